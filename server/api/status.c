#include "server/api/status.h"

#include "common/clock.h"
#include "server/api/fields.h"
#include "server/store/store_journal.h"
#include "server/store/store_retain.h"
#include "server/store/store_stats.h"

#include <stdio.h>
#include <unistd.h>

struct number {
	const char *key;
	int64_t value;
};

static enum err add_numbers(struct buf *out, const struct number *numbers, size_t count)
{
	enum err e = OK;

	for (size_t i = 0; i < count && e == OK; i++)
		e = fields_add_number(out, numbers[i].key, numbers[i].value);
	return e;
}

/* "NAME_p50_us" and so on: bounds that so many durations keep. */
static enum err add_times(struct buf *out, const char *name, const struct histogram_view *took)
{
	const struct {
		const char *suffix;
		int64_t value;
	} times[] = {
		{ "mean", took->count ? (int64_t)(took->sum_ns / took->count / 1000) : 0 },
		{ "p50", histogram_quantile_us(took, 500) },
		{ "p99", histogram_quantile_us(took, 990) },
		{ "most", histogram_quantile_us(took, 1000) },
	};
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(times) && e == OK; i++)
		e = buf_addf(out, "%s_%s_us=%lld\n", name, times[i].suffix, (long long)times[i].value);
	return e;
}

enum err status_of_server(const struct status_server *server, struct buf *out)
{
	const struct server_stats *s = server->stats;
	const struct number numbers[] = {
		{ "pid", getpid() },
		{ "started", server->started_s },
		{ "uptime_s", clock_now_s() - server->started_s },
		{ "connections", s->connections },
		{ "max_connections", s->max_connections },
		{ "accepted", (int64_t)s->accepted },
		{ "requests", (int64_t)s->ended },
		{ "running", (int64_t)(s->begun > s->ended ? s->begun - s->ended : 0) },
		{ "refused", (int64_t)stats_of_class(s, 4) },
		{ "failed", (int64_t)stats_of_class(s, 5) },
		{ "cut", (int64_t)s->cut },
		{ "bytes_in", (int64_t)s->bytes_in },
		{ "bytes_out", (int64_t)s->bytes_out },
	};
	enum err e;

	if ((e = fields_add(out, "version", VERSION)) != OK ||
	    (e = fields_add(out, "state", server->is_draining ? "stopping" : "running")) != OK ||
	    (e = add_numbers(out, numbers, ARRAY_LEN(numbers))) != OK)
		return e;
	return add_times(out, "request", &s->took);
}

enum err status_of_store(struct store *s, struct buf *out)
{
	struct store_stats stats;
	struct store_sizes sizes;
	struct store_retention kept;
	struct store_journal_span journal = { .first = 0 };
	enum err e = store_sizes(s, &sizes);

	if (e == OK)
		e = store_journal_span(s, &journal);

	store_stats(s, &stats);
	store_retention(s, &kept);
	const struct number numbers[] = {
		{ "head", stats.head },
		{ "commits", (int64_t)stats.commits },
		{ "changes", (int64_t)stats.changes },
		{ "queued", stats.queued },
		{ "max_queued", stats.max_queued },
		{ "memory_bytes", stats.memory_bytes },
		{ "memory_budget_bytes", stats.memory_budget_bytes },
		{ "db_bytes", stats.db_bytes },
		{ "wal_bytes", stats.wal_bytes },
		{ "live_bytes", sizes.live_bytes },
		{ "history_bytes", sizes.history_bytes },
		{ "stored_bytes", sizes.stored_bytes },
		{ "dead_bytes", sizes.dead_bytes },
		{ "damaged", sizes.damaged },
		{ "free_bytes", stats.free_bytes },
		{ "versions", sizes.versions },
		{ "trashed", sizes.trashed },
		{ "keep_all_s", kept.all_s },
		{ "keep_daily_s", kept.daily_s },
		{ "keep_weekly_s", kept.weekly_s },
		{ "keep_versions", kept.versions_max },
		{ "keep_journal_s", kept.journal_s },
		{ "journal_first", journal.first },
		{ "journal_since", journal.first_ns / 1000000000 },
		{ "retained", kept.last_ns / 1000000000 },
		{ "retained_versions", kept.last.versions },
		{ "retained_trashed", kept.last.trashed },
		{ "retained_changes", kept.last.changes },
		{ "scrub_bytes_per_s", stats.scrub_bytes_per_s },
		{ "scrub_bytes", (int64_t)stats.scrub_bytes },
		{ "scrub_damages", (int64_t)stats.scrub_damages },
		{ "scrub_ended", stats.scrub_ended_s },
		{ "scrub_round_bytes", stats.scrub_round_bytes },
		{ "users", sizes.users },
		{ "tokens", sizes.tokens },
	};

	if (e != OK || (e = fields_add(out, "store", store_folder(s))) != OK ||
	    (e = fields_add(out, "changes_taken", stats.is_read_only ? "no" : "yes")) != OK ||
	    (e = add_numbers(out, numbers, ARRAY_LEN(numbers))) != OK ||
	    /* Before the first pass it is not known. */
	    (kept.bytes_max >= 0 && (e = fields_add_number(out, "history_max_bytes", kept.bytes_max)) != OK))
		return e;
	return add_times(out, "commit", &stats.took);
}
