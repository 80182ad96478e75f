/*
 * The disk's reserve (store.md, "History"): PUT is refused below it, DELETE and the collection of garbage may use it.
 */
#include "server/store/space.h"

#include <sys/statvfs.h>

#include "common/clock.h"

#define SPACE_PAUSE_NS     (100 * NS_PER_MS)
#define SPACE_RESERVE_MOST (INT64_C(512) << 20)

enum { SPACE_RESERVE_PERCENT = 5 };

static void ask(struct store *s)
{
	struct statvfs st;
	int64_t unit, reserve = atomic_load(&s->options.reserve_bytes);

	if (fstatvfs(s->data_fd, &st) < 0)
		return; /* what is known stays; writing will tell */
	unit = (int64_t)(st.f_frsize ? st.f_frsize : st.f_bsize);
	if (reserve < 0)
		reserve = MIN((int64_t)st.f_blocks * unit / 100 * SPACE_RESERVE_PERCENT, SPACE_RESERVE_MOST);
	atomic_store(&s->space.reserve_bytes, reserve);
	atomic_store(&s->space.free_bytes, (int64_t)st.f_bavail * unit);
}

/* One thread asks; the others go by what was known. */
static void ask_now_and_then(struct store *s)
{
	int64_t now = clock_monotonic_ns(), asked = atomic_load(&s->space.asked_ns);

	if (now - asked >= SPACE_PAUSE_NS && atomic_compare_exchange_strong(&s->space.asked_ns, &asked, now))
		ask(s);
}

int64_t store_space_left(struct store *s)
{
	ask_now_and_then(s);
	return MAX(atomic_load(&s->space.free_bytes) - atomic_load(&s->space.reserve_bytes), 0);
}

enum err store_check_space(struct store *s, int64_t size_bytes)
{
	ask_now_and_then(s);
	if (atomic_load(&s->space.free_bytes) - MAX(size_bytes, 0) < atomic_load(&s->space.reserve_bytes))
		return E_NO_SPACE;
	/* What was just promised is gone for the next who asks, until the system tells anew. */
	atomic_fetch_sub(&s->space.free_bytes, MAX(size_bytes, 0));
	return OK;
}

void space_init(struct store *s)
{
	atomic_store(&s->space.free_bytes, INT64_MAX);
	atomic_store(&s->space.asked_ns, clock_monotonic_ns());
	ask(s);
}
