/*
 * status: what a server and its store are doing, as fields (server/api/fields.h); `syncd status` makes words of it.
 */
#ifndef SERVER_API_STATUS_H
#define SERVER_API_STATUS_H

#include "common/buf.h"
#include "server/http/stats.h"
#include "server/store/store.h"

enum { STATUS_LIMIT = 64 * 1024 };

/* A server that runs: version, state, pid, started, uptime, connections, requests, bytes, times.  E_TOO_LARGE. */
struct status_server {
	const struct server_stats *stats;
	int64_t started_s;
	bool is_draining;
};
enum err status_of_server(const struct status_server *server, struct buf *out) must_check;

/* The store: commits, queue, WAL, sizes.  Takes as long as store_sizes() (server/store/store_stats.h). */
enum err status_of_store(struct store *s, struct buf *out) must_check;

#endif
