/*
 * putmany URL COUNT CONNECTIONS SIZE [TOKEN]: COUNT small PUTs, each of other bytes, to URL0, URL1, ... over CONNECTIONS
 * keep-alive connections of one libcurl multi handle.  Prints the requests a second; exit status 1 if any failed.
 */
#include "common/base.h"
#include "common/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

struct load {
	const char *url;
	long count, next, done, failed;
	size_t size;
	char *body;
	struct curl_slist *headers;
};

struct transfer {
	struct load *load;
	long number;
	size_t sent;
};

static size_t read_body(char *out, size_t a, size_t b, void *arg)
{
	struct transfer *t = arg;
	size_t n = MIN(a * b, t->load->size - t->sent);

	memcpy(out, t->load->body + t->sent, n);
	/* The number at the front makes every body another content. */
	if (t->sent == 0 && n >= sizeof t->number)
		memcpy(out, &t->number, sizeof t->number);
	t->sent += n;
	return n;
}

static size_t discard(char *bytes not_used, size_t a, size_t b, void *arg not_used)
{
	return a * b;
}

static void begin(CURLM *multi, CURL *easy, struct transfer *t)
{
	char url[1024];

	t->sent = 0;
	t->number = t->load->next++;
	snprintf(url, sizeof url, "%s%ld", t->load->url, t->number);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_multi_add_handle(multi, easy);
}

static CURL *new_transfer(struct load *load)
{
	struct transfer *t = xcalloc(1, sizeof *t);
	CURL *easy = curl_easy_init();

	t->load = load;
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
	curl_easy_setopt(easy, CURLOPT_READDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
	curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)load->size);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, load->headers);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L); /* a throw-away key on loopback */
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	return easy;
}

static void finished(CURLM *multi, const CURLMsg *msg)
{
	CURL *easy = msg->easy_handle;
	struct transfer *t;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	if (msg->data.result != CURLE_OK || (status != 201 && status != 204))
		t->load->failed++;
	t->load->done++;
	curl_multi_remove_handle(multi, easy);
	if (t->load->next < t->load->count) {
		begin(multi, easy, t);
	} else {
		curl_easy_cleanup(easy);
		free(t);
	}
}

static void run(struct load *load, long connections)
{
	CURLM *multi = curl_multi_init();
	int running = 1, queued;
	CURLMsg *msg;

	curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
	for (long i = 0; i < connections && i < load->count; i++) {
		CURL *easy = new_transfer(load);
		struct transfer *t;

		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &t);
		begin(multi, easy, t);
	}
	while (load->done < load->count) {
		curl_multi_perform(multi, &running);
		while ((msg = curl_multi_info_read(multi, &queued)))
			finished(multi, msg);
		if (running)
			curl_multi_poll(multi, NULL, 0, 100, NULL);
	}
	curl_multi_cleanup(multi);
}

int main(int argc, char **argv)
{
	struct load load = { 0 };
	autofree char *bearer = NULL;
	double seconds;
	int64_t start;

	if (argc < 5) {
		fprintf(stderr, "usage: putmany URL COUNT CONNECTIONS SIZE [TOKEN]\n");
		return 2;
	}
	load.url = argv[1];
	load.count = strtol(argv[2], NULL, 10);
	load.size = (size_t)strtol(argv[4], NULL, 10);
	load.body = xmalloc(load.size);
	for (size_t i = 0; i < load.size; i++)
		load.body[i] = (char)rand();
	curl_global_init(CURL_GLOBAL_ALL);
	load.headers = curl_slist_append(NULL, "Expect:");
	if (argc > 5) {
		bearer = xasprintf("Authorization: Bearer %s", argv[5]);
		load.headers = curl_slist_append(load.headers, bearer);
	}
	start = clock_monotonic_ns();
	run(&load, strtol(argv[3], NULL, 10));
	seconds = (double)(clock_monotonic_ns() - start) / NS_PER_S;
	printf("%.0f\n", (double)load.done / seconds);
	curl_slist_free_all(load.headers);
	free(load.body);
	curl_global_cleanup();
	return load.failed != 0;
}
