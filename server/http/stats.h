/*
 * stats: what the loops count: connections, requests by method and class of status, bytes, and how long answers took.  For
 * `syncd status` and for whoever shows it in another form.
 */
#ifndef SERVER_HTTP_STATS_H
#define SERVER_HTTP_STATS_H

#include "common/counter.h"
#include "server/http/method.h"

enum { STATS_METHODS = METHOD_UNKNOWN + 1, STATS_CLASSES = 6 }; /* status / 100; 0: none */

/* Of one loop, which alone writes it. */
struct loop_stats {
	struct counter begun; /* requests */
	struct counter ended[STATS_METHODS][STATS_CLASSES];
	struct counter cut;                 /* of those: the client left before the whole answer */
	struct counter bytes_in, bytes_out; /* of bodies */
	struct histogram took;              /* from the whole head to the answer's last byte */
};

/* A request has ended. */
struct stats_request {
	enum method method;
	int status;
	int64_t bytes_in, bytes_out, took_ns;
	bool is_cut;
};
void stats_note(struct loop_stats *s, const struct stats_request *r);

/* Of all loops: a plain value. */
struct server_stats {
	unsigned connections, max_connections; /* now; at most */
	unsigned loops;
	uint64_t accepted; /* connections, ever */
	uint64_t begun, ended, cut;
	uint64_t by[STATS_METHODS][STATS_CLASSES]; /* ended requests */
	uint64_t bytes_in, bytes_out;
	struct histogram_view took;
};

/* Adds one loop's numbers to a sum that began zeroed.  Any thread. */
void stats_sum(const struct loop_stats *s, struct server_stats *out);

/* Ended requests of a class of status, whatever the method. */
uint64_t stats_of_class(const struct server_stats *s, unsigned class);

#endif
