/*
 * exchange: one request on its way: its libcurl handle and what its callbacks see.  For http.c only.
 */
#ifndef CLIENT_REMOTE_EXCHANGE_H
#define CLIENT_REMOTE_EXCHANGE_H

#include <sys/queue.h>

#include <curl/curl.h>

#include "client/remote/http.h"

enum { HTTP_RUN_SIZE = 16 };

struct http {
	CURLM *multi;
	struct http_config config;
	struct origin origin; /* copies */
	char *user, *secret, *pin, *client_cert, *client_key;
	bool is_basic;
	char run[2 * HTTP_RUN_SIZE + 1];
	size_t running;                /* exchanges that are not aside, and steps in the background */
	size_t asides;                 /* exchanges that are */
	struct background *background; /* NULL: none was needed yet */
	CURL *spare[HTTP_PARALLEL];    /* handles to be used again: making one costs as much as a small request */
	size_t spare_count;
	TAILQ_HEAD(exchange_list, exchange) exchanges;
};

struct exchange {
	unsigned magic;
	struct http *http;
	struct http_request *req;
	CURL *easy;
	struct curl_slist *lines;
	char *small; /* a short body, read: it goes out with the head, in one piece, as a text does; NULL: none such */
	char *redirect; /* where a same-origin redirect sent us; NULL: the request's own URL */
	char error[CURL_ERROR_SIZE];
	enum err stopped;    /* a callback ended it, and this is why */
	unsigned heads_sent; /* in this try: libcurl repeats by itself what died on a kept connection */
	bool sent_basic, is_in_multi;
	unsigned tries, redirects;
	int64_t waited_ms, wake_ns; /* wake_ns: when the next try starts; 0: running */
	TAILQ_ENTRY(exchange) link;
};

enum { EXCHANGE_MAGIC = 0x65786368 };

struct exchange *exchange_new(struct http *h, struct http_request *req);
void exchange_free(struct exchange *x);

/* Prepares the handle for the next try. */
enum err exchange_prepare(struct exchange *x) must_check;

#endif
