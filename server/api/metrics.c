/*
 * /.sync/metrics: what the server and its store count, in the text form that Prometheus and its like read.  Through the admin socket,
 * or for who may read the path /.sync/metrics: a token with that scope sees this and nothing else.
 */
#include <stdio.h>

#include "common/clock.h"
#include "server/api/internal.h"
#include "server/store/store_stats.h"

enum { METRICS_LIMIT = 256 << 10 };

#define US_PER_S 1000000.0

enum kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

static enum err head(struct buf *out, const char *name, enum kind kind, const char *help)
{
	static const char *const words[] = {
		[KIND_COUNTER] = "counter", [KIND_GAUGE] = "gauge", [KIND_HISTOGRAM] = "histogram"
	};

	return buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, words[kind]);
}

static enum err add_histogram(struct buf *out, const char *name, const char *help, const struct histogram_view *h)
{
	uint64_t sum = 0;
	enum err e = head(out, name, KIND_HISTOGRAM, help);

	/* The last bucket has no bound. */
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS - 1 && e == OK; i++) {
		sum += h->buckets[i];
		e = buf_addf(out, "%s_bucket{le=\"%.6f\"} %llu\n", name, (double)histogram_bound_us(i) / US_PER_S,
			     (unsigned long long)sum);
	}
	if (e != OK)
		return e;
	return buf_addf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9f\n%s_count %llu\n", name,
			(unsigned long long)h->count, name, (double)h->sum_ns / NS_PER_S, name,
			(unsigned long long)h->count);
}

/* Ended requests by method and class of status, without the pairs that never came. */
static enum err add_requests(struct buf *out, const struct server_stats *s)
{
	static const char name[] = "syncd_requests_total";
	enum err e = head(out, name, KIND_COUNTER, "Requests that were answered.");

	for (unsigned m = 0; m < STATS_METHODS; m++)
		for (unsigned class = 0; class < STATS_CLASSES && e == OK; class ++)
			if (s->by[m][class])
				e = buf_addf(out, "%s{method=\"%s\",status=\"%uxx\"} %llu\n", name,
					     m == METHOD_UNKNOWN ? "other" : method_name((enum method)m), class,
					     (unsigned long long)s->by[m][class]);
	return e;
}

struct metric {
	const char *name;
	enum kind kind;
	int64_t value;
	const char *help;
};

static enum err add_metrics(struct buf *out, const struct metric *metrics, size_t count)
{
	enum err e = OK;

	for (size_t i = 0; i < count && e == OK; i++) {
		e = head(out, metrics[i].name, metrics[i].kind, metrics[i].help);
		if (e == OK)
			e = buf_addf(out, "%s %lld\n", metrics[i].name, (long long)metrics[i].value);
	}
	return e;
}

static enum err add_server(struct api *a, struct buf *out)
{
	struct server_stats s = { .connections = 0 };
	int64_t started_s;
	enum err e;

	a->options.stats(a->options.arg, &s, &started_s);
	const struct metric metrics[] = {
		{ "syncd_start_time_seconds", KIND_GAUGE, started_s, "When the server started, seconds since 1970." },
		{ "syncd_connections", KIND_GAUGE, s.connections, "Open connections." },
		{ "syncd_connections_limit", KIND_GAUGE, s.max_connections, "Connections that may be open." },
		{ "syncd_connections_accepted_total", KIND_COUNTER, (int64_t)s.accepted, "Connections, ever." },
		{ "syncd_requests_running", KIND_GAUGE, (int64_t)(s.begun > s.ended ? s.begun - s.ended : 0),
		  "Requests under way." },
		{ "syncd_requests_cut_total", KIND_COUNTER, (int64_t)s.cut,
		  "Requests whose client left before the whole answer." },
		{ "syncd_received_bytes_total", KIND_COUNTER, (int64_t)s.bytes_in, "Bytes of request bodies." },
		{ "syncd_sent_bytes_total", KIND_COUNTER, (int64_t)s.bytes_out, "Bytes of answers' bodies." },
		{ "syncd_loop_lag_milliseconds", KIND_GAUGE, a->options.lag_ms(a->options.arg),
		  "How long the slowest event loop has not turned." },
	};

	if ((e = buf_addf(out, "# HELP syncd_build_info The version.\n# TYPE syncd_build_info gauge\n"
			       "syncd_build_info{version=\"" VERSION "\"} 1\n")) != OK ||
	    (e = add_metrics(out, metrics, ARRAY_LEN(metrics))) != OK || (e = add_requests(out, &s)) != OK)
		return e;
	return add_histogram(out, "syncd_request_duration_seconds", "From the whole head to the answer's last byte.",
			     &s.took);
}

static enum err add_store(struct store *store, struct buf *out)
{
	struct store_stats s;
	enum err e;

	store_stats(store, &s);
	const struct metric metrics[] = {
		{ "syncd_store_head", KIND_COUNTER, s.head, "Number of the last change." },
		{ "syncd_store_commits_total", KIND_COUNTER, (int64_t)s.commits, "Commits since the start." },
		{ "syncd_store_changes_total", KIND_COUNTER, (int64_t)s.changes, "Changes in them." },
		{ "syncd_store_queued", KIND_GAUGE, s.queued, "Changes that wait for a commit." },
		{ "syncd_store_queued_limit", KIND_GAUGE, s.max_queued, "Changes that may wait." },
		{ "syncd_store_memory_bytes", KIND_GAUGE, s.memory_bytes, "Small bodies that wait in memory." },
		{ "syncd_store_memory_limit_bytes", KIND_GAUGE, s.memory_budget_bytes, "What they may take." },
		{ "syncd_store_database_bytes", KIND_GAUGE, s.db_bytes, "Size of the database." },
		{ "syncd_store_wal_bytes", KIND_GAUGE, s.wal_bytes, "Size of its write-ahead log." },
		{ "syncd_store_free_bytes", KIND_GAUGE, s.free_bytes, "What uploads may still take of the disk." },
		{ "syncd_store_scrubbed_bytes_total", KIND_COUNTER, (int64_t)s.scrub_bytes,
		  "Bytes of contents that were read back and proved." },
		{ "syncd_store_scrub_damages_total", KIND_COUNTER, (int64_t)s.scrub_damages,
		  "Contents that were found damaged by that." },
		{ "syncd_store_read_only", KIND_GAUGE, s.is_read_only, "1: the store takes no changes; see the log." },
	};

	if ((e = add_metrics(out, metrics, ARRAY_LEN(metrics))) != OK)
		return e;
	return add_histogram(out, "syncd_store_commit_duration_seconds", "A group of changes, until it is durable.",
			     &s.took);
}

static void reply_metrics(struct api *a, struct req *r)
{
	autobuf struct buf body = buf_new(METRICS_LIMIT);
	enum err e = add_server(a, &body);

	if (e == OK)
		e = add_store(a->store, &body);
	if (e != OK) {
		req_reply_error(r, e, NULL);
		return;
	}
	req_set_header(r, "Cache-Control", "no-store");
	req_reply_buf(r, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

struct asking {
	struct api *api;
	struct req *req;
};

static void identified(void *arg, enum err e, const struct access *access)
{
	const struct asking *q = arg;

	if (e == E_UNAUTHENTICATED)
		auth_challenge(q->req, NULL);
	else if (e != OK)
		req_reply_error(q->req, e, NULL);
	else if (!access_may_read(access, span_of(req_target(q->req)->path)))
		req_reply_error(q->req, E_NOT_FOUND, NULL);
	else
		reply_metrics(q->api, q->req);
}

void api_metrics(struct api *a, struct req *r)
{
	struct asking *q = arena_zalloc(req_arena(r), sizeof *q);

	*q = (struct asking){ a, r };
	if (req_is_admin(r))
		reply_metrics(a, r);
	else
		auth_identify(a->options.auth, r, identified, q);
}
