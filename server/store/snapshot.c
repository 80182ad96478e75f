#include "server/store/store_snapshot.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fsio.h"
#include "common/rand.h"
#include "server/store/readers.h"
#include "server/store/state.h"

int64_t store_hold(struct store *s)
{
	int64_t until = clock_monotonic_ns() + STORE_HOLD_S * NS_PER_S;

	/* A slice that has begun ends before: what it gives up is in no snapshot that follows. */
	pthread_mutex_lock(&s->giving_up);
	atomic_store(&s->held_until_ns, until);
	pthread_mutex_unlock(&s->giving_up);
	return until;
}

void store_let_go(struct store *s, int64_t hold)
{
	atomic_compare_exchange_strong(&s->held_until_ns, &hold, 0);
}

static enum err vacuum_into(struct store *s, const char *path)
{
	autoreader struct reader reader = { NULL, NULL };
	enum err e = reader_take(s->readers, &reader);
	int fault = fsio_fault("snapshot");

	if (fault)
		return err_from_errno(fault);
	/* The connection may not write; into another file is no writing of its own. */
	if (e != OK || (e = db_exec(reader.db, "PRAGMA query_only=OFF")) != OK)
		return e;
	e = db_run(reader.db, "VACUUM INTO ?1", DB_STRING(path));
	if (db_exec(reader.db, "PRAGMA query_only=ON") != OK)
		return E_IO;
	return e;
}

enum err store_snapshot(struct store *s, char out[STORE_SNAPSHOT_SIZE], int64_t *out_hold)
{
	char unique[17];
	enum err e;

	rand_hex(unique, 8);
	snprintf(out, STORE_SNAPSHOT_SIZE, "tmp/snapshot-%s", unique);
	autofree char *path = xasprintf("%s/%s", s->folder, out);
	*out_hold = store_hold(s); /* before the moment that it shows */
	if ((e = vacuum_into(s, path)) != OK)
		unlinkat(s->data_fd, out, 0);
	*out_hold = store_hold(s);
	if (e != OK)
		store_let_go(s, *out_hold);
	return e;
}
