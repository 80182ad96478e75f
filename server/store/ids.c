#include "server/store/ids.h"

#include <pthread.h>
#include <stdlib.h>

enum { IDS_BLOCK = 4096, IDS_LOW = IDS_BLOCK / 2 };

struct ids {
	pthread_mutex_t lock;
	pthread_cond_t raised;
	int64_t first, next, limit; /* next <= n < limit are free to use; all 0 until the first block */
	bool stopped;
};

struct ids *ids_new(void)
{
	struct ids *ids = xcalloc(1, sizeof *ids);

	pthread_mutex_init(&ids->lock, NULL);
	pthread_cond_init(&ids->raised, NULL);
	return ids;
}

void ids_free(struct ids *ids)
{
	if (!ids)
		return;
	pthread_cond_destroy(&ids->raised);
	pthread_mutex_destroy(&ids->lock);
	free(ids);
}

enum err ids_take(struct ids *ids, void (*low)(void *arg), void *arg, int64_t *out)
{
	bool is_low;
	enum err e = OK;

	pthread_mutex_lock(&ids->lock);
	while (ids->next == ids->limit && !ids->stopped) {
		pthread_mutex_unlock(&ids->lock);
		low(arg);
		pthread_mutex_lock(&ids->lock);
		if (ids->next == ids->limit && !ids->stopped)
			pthread_cond_wait(&ids->raised, &ids->lock);
	}
	if (ids->next == ids->limit)
		e = E_IO;
	else
		*out = ids->next++;
	is_low = e == OK && ids->limit - ids->next == IDS_LOW;
	pthread_mutex_unlock(&ids->lock);
	if (is_low)
		low(arg);
	return e;
}

bool ids_are_low(struct ids *ids)
{
	bool is_low;

	pthread_mutex_lock(&ids->lock);
	is_low = ids->limit - ids->next <= IDS_LOW;
	pthread_mutex_unlock(&ids->lock);
	return is_low;
}

enum err ids_raise(struct db *db, int64_t *out_limit)
{
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = db_select(db, "UPDATE meta SET next_object = next_object + ?1 RETURNING next_object", &rows,
			       DB_INT(IDS_BLOCK));

	if (e != OK || (e = db_next(&rows)) != OK)
		return e;
	*out_limit = db_col_int(&rows, 0);
	e = db_next(&rows); /* RETURNING changes when it is stepped to its end */
	return e == E_NOT_FOUND ? OK : e;
}

void ids_raised(struct ids *ids, int64_t limit)
{
	pthread_mutex_lock(&ids->lock);
	if (!ids->limit)
		ids->first = ids->next = limit - IDS_BLOCK;
	ids->limit = limit;
	pthread_cond_broadcast(&ids->raised);
	pthread_mutex_unlock(&ids->lock);
}

void ids_stop(struct ids *ids)
{
	pthread_mutex_lock(&ids->lock);
	ids->stopped = true;
	pthread_cond_broadcast(&ids->raised);
	pthread_mutex_unlock(&ids->lock);
}

int64_t ids_first(const struct ids *ids)
{
	return ids->first;
}
