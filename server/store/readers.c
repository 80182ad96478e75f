#include "server/store/readers.h"

#include <pthread.h>
#include <stdlib.h>

enum { READERS_MAX = 12 };

struct readers {
	char *path;
	pthread_mutex_t lock;
	pthread_cond_t given;
	struct db *idle[READERS_MAX];
	unsigned idle_count, open_count;
};

struct readers *readers_new(const char *path)
{
	struct readers *r = xcalloc(1, sizeof *r);

	r->path = xstrdup(path);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->given, NULL);
	return r;
}

void readers_free(struct readers *r)
{
	if (!r)
		return;
	while (r->idle_count)
		db_close(r->idle[--r->idle_count]);
	pthread_cond_destroy(&r->given);
	pthread_mutex_destroy(&r->lock);
	free(r->path);
	free(r);
}

/* An idle connection, the right to open one (NULL), or a wait for either. */
static struct db *take_idle(struct readers *r)
{
	struct db *db = NULL;

	pthread_mutex_lock(&r->lock);
	while (!r->idle_count && r->open_count == READERS_MAX)
		pthread_cond_wait(&r->given, &r->lock);
	if (r->idle_count)
		db = r->idle[--r->idle_count];
	else
		r->open_count++;
	pthread_mutex_unlock(&r->lock);
	return db;
}

enum err reader_take(struct readers *r, struct reader *out)
{
	enum err e;

	*out = (struct reader){ r, take_idle(r) };
	if (out->db || (e = db_open(r->path, DB_READ, &out->db)) == OK)
		return OK;
	out->db = NULL;
	pthread_mutex_lock(&r->lock);
	r->open_count--;
	pthread_cond_signal(&r->given);
	pthread_mutex_unlock(&r->lock);
	return e;
}

void reader_give(struct reader *reader)
{
	struct readers *r = reader->pool;

	if (!reader->db)
		return;
	pthread_mutex_lock(&r->lock);
	r->idle[r->idle_count++] = reader->db;
	pthread_cond_signal(&r->given);
	pthread_mutex_unlock(&r->lock);
	reader->db = NULL;
}

enum err readers_open(struct readers *r, struct db **out)
{
	return db_open(r->path, DB_READ, out);
}

enum err readers_number(struct readers *r, const char *sql, int64_t *out)
{
	autoreader struct reader reader = { NULL, NULL };
	autorows struct db_rows rows = { NULL, NULL };
	enum err e = reader_take(r, &reader);

	if (e == OK)
		e = db_select_values(reader.db, sql, &rows, NULL, 0);
	if (e == OK && (e = db_next(&rows)) == OK)
		*out = db_col_int(&rows, 0);
	return e;
}
