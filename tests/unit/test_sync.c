/* Reports of what changed: which tokens are good, what a report holds, what it costs. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/db.h"
#include "common/fsio.h"
#include "server/store/changes.h"
#include "server/store/readers.h"
#include "server/store/state.h"
#include "tests/unit/store_help.h"
#include "tests/unit/table.h"

static const unsigned char no_view[STORE_SYNC_VIEW_SIZE];

static const char *token_now(struct store *s, char out[STORE_SYNC_TOKEN_SIZE])
{
	assert_ok(store_sync_token(s, no_view, out));
	return out;
}

/* One page as words: "+/a +/d/ -/b", and its state and token. */
static enum err report(struct store *s, const struct store_sync_query *q, struct buf *out, enum store_sync_state *state,
		       char token[STORE_SYNC_TOKEN_SIZE])
{
	struct store_sync *y = store_sync_new(s, q);
	const struct store_change *changes;
	size_t count;
	enum err e;

	buf_reset(out);
	do {
		if ((e = store_sync_next(y, &changes, &count, state)) != OK)
			break;
		for (size_t i = 0; i < count; i++)
			assert_ok(buf_addf(out, "%s%c%.*s%s", out->len ? " " : "", changes[i].is_gone ? '-' : '+',
					   (int)changes[i].path.len, changes[i].path.ptr,
					   changes[i].is_collection ? "/" : ""));
	} while (*state == STORE_SYNC_MORE);
	if (token)
		memcpy(token, store_sync_end(y), STORE_SYNC_TOKEN_SIZE);
	store_sync_free(y);
	return e;
}

static struct store_sync_query query(const char *path, const char *token)
{
	return (struct store_sync_query){ .path = span_of(path), .token = span_of(token), .is_deep = true };
}

/* The whole report is on one page, and these are its words. */
static void assert_report(struct store *s, const struct store_sync_query *q, const char *want)
{
	autobuf struct buf out = buf_new(1 << 20);
	enum store_sync_state state;

	assert_ok(report(s, q, &out, &state, NULL));
	assert_int_equal(state, STORE_SYNC_DONE);
	assert_string_equal(out.data, want);
}

static enum err try_token(struct store *s, const char *path, const char *token)
{
	autobuf struct buf out = buf_new(1 << 20);
	struct store_sync_query q = query(path, token);
	enum store_sync_state state;

	return report(s, &q, &out, &state, NULL);
}

TEST(sync_first_listing_then_changes)
{
	struct store *s = help_store_open();
	char token[STORE_SYNC_TOKEN_SIZE];
	struct store_sync_query q = query("/", "");

	assert_report(s, &q, "");
	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_mkcol(s, "/d/e").error);
	assert_ok(help_put_text(s, "/d/e/f", "1").error);
	assert_ok(help_put_text(s, "/a", "1").error);
	assert_report(s, &q, "+/a +/d/ +/d/e/ +/d/e/f");
	q = query("/", token_now(s, token));
	assert_report(s, &q, "");

	assert_ok(help_put_text(s, "/d/e/f", "2").error);
	assert_report(s, &q, "+/d/ +/d/e/ +/d/e/f");
	assert_ok(help_delete(s, "/d/e/f", NULL).error);
	assert_report(s, &q, "+/d/ +/d/e/ -/d/e/f");
	q.is_deep = false;
	assert_report(s, &q, "+/d/");
	q.path = span_of("/d/e");
	assert_report(s, &q, "-/d/e/f");
	q.path = span_of("/d");
	q.is_deep = true;
	assert_report(s, &q, "+/d/e/ -/d/e/f");

	/* Came and went, three times: who made it knows it. */
	q = query("/", token_now(s, token));
	for (int i = 0; i < 3; i++) {
		assert_ok(help_put_text(s, "/d/new", "1").error);
		assert_ok(help_delete(s, "/d/new", NULL).error);
	}
	assert_report(s, &q, "+/d/ -/d/new");

	/* The same of what is in a collection that came to its place, since it did. */
	q = query("/", token_now(s, token));
	assert_ok(help_put_text(s, "/d/e/old", "1").error);
	assert_ok(help_put_text(s, "/d/e/new", "1").error);
	assert_ok(help_delete(s, "/d/e/old", NULL).error);
	assert_ok(
	    help_run(s,
		     &(struct store_step){ .op = STORE_MOVE, .path = span_of("/d"), .destination = span_of("/moved") })
		.error);
	assert_ok(help_delete(s, "/moved/e/new", NULL).error);
	assert_report(s, &q, "-/d/ -/moved/e/new +/moved/ +/moved/e/");
	store_close(s);
}

TEST(sync_deleted_collection_is_one_tombstone_and_never_live)
{
	struct store *s = help_store_open();
	char token[STORE_SYNC_TOKEN_SIZE];
	struct store_sync_query q = query("/", "");

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_put_text(s, "/d/f", "1").error);
	q.token = span_of(token_now(s, token));
	assert_ok(help_put_text(s, "/d/f", "2").error);
	assert_ok(help_delete(s, "/d", NULL).error);
	assert_report(s, &q, "-/d/");
	q.token = span_of("");
	assert_report(s, &q, "");
	store_close(s);
}

TEST(sync_collection_under_a_taken_name_makes_plain_clients_start_over)
{
	struct store *s = help_store_open();
	char token[STORE_SYNC_TOKEN_SIZE];
	struct store_sync_query q = query("/", "");
	autobuf struct buf out = buf_new(1 << 20);
	enum store_sync_state end;

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_put_text(s, "/d/f", "1").error);
	assert_ok(help_put_text(s, "/g", "1").error);
	q.token = span_of(token_now(s, token));
	assert_ok(help_delete(s, "/d", NULL).error);
	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_put_text(s, "/d/new", "1").error);
	assert_int_equal(report(s, &q, &out, &end, NULL), E_PRECONDITION);
	q.knows_ids = true;
	assert_report(s, &q, "+/d/ +/d/new");
	q.is_deep = q.knows_ids = false; /* of the members of /d this client knows nothing */
	assert_report(s, &q, "+/d/");

	/* A file for a collection, and the other way round. */
	q.token = span_of(token_now(s, token));
	assert_ok(help_delete(s, "/g", NULL).error);
	assert_ok(help_mkcol(s, "/g").error);
	assert_int_equal(report(s, &q, &out, &end, NULL), E_PRECONDITION);
	q.token = span_of(token_now(s, token));
	assert_ok(help_delete(s, "/g", NULL).error);
	assert_ok(help_put_text(s, "/g", "1").error);
	assert_int_equal(report(s, &q, &out, &end, NULL), E_PRECONDITION);
	/* A file for a file is only a change. */
	q.token = span_of(token_now(s, token));
	assert_ok(help_delete(s, "/g", NULL).error);
	assert_ok(help_put_text(s, "/g", "2").error);
	assert_report(s, &q, "+/g");
	store_close(s);
}

TEST(sync_token_is_no_good_where_another_collection_was)
{
	struct store *s = help_store_open();
	char token[STORE_SYNC_TOKEN_SIZE];

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_mkcol(s, "/d/e").error);
	token_now(s, token);
	assert_ok(try_token(s, "/d/e", token));
	assert_ok(help_delete(s, "/d", NULL).error);
	assert_int_equal(try_token(s, "/d/e", token), E_NOT_FOUND);
	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_mkcol(s, "/d/e").error);
	assert_int_equal(try_token(s, "/d/e", token), E_PRECONDITION);
	assert_int_equal(try_token(s, "/d", token), E_PRECONDITION);
	assert_ok(help_put_text(s, "/f", "1").error);
	assert_int_equal(try_token(s, "/f", token_now(s, token)), E_NOT_FOUND);
	store_close(s);
}

TEST(sync_token_of_another_history_is_refused)
{
	struct store *s = help_store_open();
	struct sync_token good, t;
	char text[STORE_SYNC_TOKEN_SIZE];

	for (int i = 0; i < 3; i++)
		assert_ok(help_put_text(s, "/f", i ? "a" : "b").error);
	assert_true(sync_token_read(span_of(token_now(s, text)), &good));
	assert_ok(try_token(s, "/", sync_token_write(&good, text)));

	for (int i = 0; i < 10; i++) {
		t = good;
		switch (i) {
		case 0:
			t.epoch[7] ^= 1;
			break;
		case 1:
			t.chain[7] ^= 1;
			break;
		case 2:
			t.view[7] ^= 1;
			break;
		case 3:
			t.number--; /* known, with another chain */
			break;
		case 4:
			t.number++; /* future */
			break;
		case 5:
			t.number = INT64_MAX;
			break;
		case 6:
			t.cursor = (struct sync_cursor){ SYNC_GONE, t.number + 1, 1, 0, 0 };
			break;
		case 7:
			t.cursor = (struct sync_cursor){ SYNC_LIST, 0, 0, 0, 999 }; /* no such node */
			break;
		case 8:
			t.cursor = (struct sync_cursor){ SYNC_LIST, 0, 0, 0, INT64_MAX };
			break;
		default:
			t.cursor = (struct sync_cursor){ SYNC_LIST, 0, 0, 0, 2 }; /* the trash */
		}
		CASE_EQUAL(i, try_token(s, "/", sync_token_write(&t, text)), E_PRECONDITION);
	}
	assert_int_equal(try_token(s, "/", "data:,"), E_PRECONDITION);
	assert_int_equal(try_token(s, "/", "http://example.org/1"), E_PRECONDITION);
	store_close(s);
}

/* Changes the closed store's database. */
static void edit(const char *folder, const char *sql)
{
	autofree char *path = xasprintf("%s/db", folder);
	struct db *db = NULL;

	assert_ok(db_open(path, DB_WRITE, &db));
	assert_ok(db_exec(db, sql));
	db_close(db);
}

TEST(sync_token_of_a_purged_number_or_a_restored_store_is_refused)
{
	struct store *s = help_store_open();
	autofree char *folder = strdup(store_folder(s));
	char old[STORE_SYNC_TOKEN_SIZE], kept[STORE_SYNC_TOKEN_SIZE];

	assert_ok(help_put_text(s, "/f", "1").error);
	token_now(s, old);
	assert_ok(help_put_text(s, "/f", "2").error);
	token_now(s, kept);
	assert_ok(help_put_text(s, "/f", "3").error);
	store_close(s);
	edit(folder, "UPDATE ns SET kept = 2, kept_chain = (SELECT chain FROM journal WHERE seq = 2);"
		     "DELETE FROM journal WHERE seq <= 2");
	s = help_store_reopen(folder);
	assert_int_equal(try_token(s, "/", old), E_PRECONDITION);
	assert_ok(try_token(s, "/", kept));
	store_close(s);
	edit(folder, "UPDATE ns SET epoch = randomblob(8)");
	s = help_store_reopen(folder);
	assert_int_equal(try_token(s, "/", kept), E_PRECONDITION);
	store_close(s);
}

static void copy_file(const char *from, const char *to)
{
	autofree char *text = NULL;
	autoclose int in = open(from, O_RDONLY | O_CLOEXEC),
		      out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t len;

	assert_true(in >= 0 && out >= 0);
	len = lseek(in, 0, SEEK_END);
	assert_true(len > 0);
	text = xmalloc((size_t)len);
	assert_ok(fsio_read_at(in, text, (size_t)len, 0));
	assert_int_equal(write(out, text, (size_t)len), len);
}

/* A copy of the database put back knows nothing of an epoch; the number is there again, reached by another way. */
TEST(sync_token_from_before_an_old_database_was_copied_back_is_refused)
{
	struct store *s = help_store_open();
	autofree char *folder = strdup(store_folder(s)), *db = xasprintf("%s/db", folder),
		      *aside = xasprintf("%s/old", folder);
	char before[STORE_SYNC_TOKEN_SIZE], after[STORE_SYNC_TOKEN_SIZE];

	assert_ok(help_put_text(s, "/f", "1").error);
	token_now(s, before);
	store_close(s);
	copy_file(db, aside);
	s = help_store_reopen(folder);
	assert_ok(help_put_text(s, "/f", "2").error);
	assert_ok(help_put_text(s, "/g", "2").error);
	token_now(s, after);
	store_close(s);

	copy_file(aside, db);
	s = help_store_reopen(folder);
	assert_int_equal(try_token(s, "/", after), E_PRECONDITION);
	assert_ok(help_put_text(s, "/f", "2").error);
	assert_ok(help_put_text(s, "/g", "2").error);
	assert_int_equal(try_token(s, "/", after), E_PRECONDITION);
	assert_ok(try_token(s, "/", before));
	store_close(s);
}

/* ---- pages ---- */

TEST(sync_pages_hold_no_more_than_they_may_and_all_of_it)
{
	enum { FILES = 700 };
	struct store *s = help_store_open();
	char token[STORE_SYNC_TOKEN_SIZE];
	static const unsigned limits[] = { 1, 7, 256, 257, FILES + 1, 0 };

	assert_ok(help_mkcol(s, "/d").error);
	token_now(s, token);
	for (int i = 0; i < FILES; i++) {
		autofree char *path = xasprintf("/d/%d", i);

		assert_ok(help_put_text(s, path, "x").error);
	}
	for (size_t i = 0; i < 2 * ARRAY_LEN(limits); i++) {
		unsigned limit = limits[i / 2], members = 0, pages = 0;
		char at[STORE_SYNC_TOKEN_SIZE];
		enum store_sync_state end = STORE_SYNC_CUT;

		memcpy(at, i % 2 ? token : "", i % 2 ? sizeof at : 1);
		while (end != STORE_SYNC_DONE) {
			autobuf struct buf out = buf_new(1 << 20);
			struct store_sync_query q = query("/", at);
			unsigned words = 0;

			q.limit = limit;
			assert_ok(report(s, &q, &out, &end, at));
			for (size_t k = 0; k < out.len; k++)
				words += out.data[k] == '+';
			if (limit)
				assert_true(words <= limit);
			members += words;
			pages++;
		}
		/* The collection above is on each page that changed something in it; in a listing once. */
		CASE_TRUE(i, members >= FILES + 1 && members <= FILES + pages + 1);
		CASE_TRUE(i, pages <= (limit ? 2 * (FILES + 1) / limit + 2 : 1));
	}
	store_close(s);
}

static void page_0(struct store *s)
{
	assert_ok(help_delete(s, "/w", NULL).error);
	assert_ok(help_delete(s, "/x", NULL).error);
	assert_ok(help_put_text(s, "/y", "1").error);
}

static void page_1(struct store *s)
{
	assert_ok(help_put_text(s, "/x", "2").error);
	assert_ok(help_delete(s, "/y", NULL).error);
}

static void page_2(struct store *s)
{
	assert_ok(help_delete(s, "/x", NULL).error);
}

/* A client that has read half of a report when the tree changes gets the rest of what it was, and then the changes. */
TEST(sync_pages_that_the_tree_changes_between_are_made_good)
{
	struct store *s = help_store_open();
	autobuf struct buf out = buf_new(1 << 20);
	char token[STORE_SYNC_TOKEN_SIZE];
	enum store_sync_state end;
	struct {
		void (*change)(struct store *s);
		const char *want;
		enum store_sync_state end;
	} pages[] = {
		{ page_0, "-/w", STORE_SYNC_CUT },
		{ page_1, "-/x", STORE_SYNC_CUT }, /* though there is another /x now */
		{ page_2, "", STORE_SYNC_CUT },    /* /y came in time, but is gone */
		{ NULL, "-/y", STORE_SYNC_CUT },
		{ NULL, "-/x", STORE_SYNC_CUT }, /* the other /x, of which he knows who made it */
		{ NULL, "", STORE_SYNC_DONE },
	};

	assert_ok(help_put_text(s, "/w", "1").error);
	assert_ok(help_put_text(s, "/x", "1").error);
	token_now(s, token);
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		struct store_sync_query q = query("/", token);

		q.limit = 1;
		if (pages[i].change)
			pages[i].change(s);
		assert_ok(report(s, &q, &out, &end, token));
		CASE_TEXT(i, out.data, pages[i].want);
		CASE_EQUAL(i, end, pages[i].end);
	}
	store_close(s);
}

/* ---- If ---- */

static bool holds(struct store *s, const char *path, const char *token)
{
	autoreader struct reader reader = { NULL, NULL };
	struct store_node node;
	bool out;

	assert_ok(store_lookup(s, span_of(path), &node));
	assert_ok(reader_take(s->readers, &reader));
	assert_ok(changes_token_holds(reader.db, span_of(token), node.id, &out));
	return out;
}

TEST(sync_token_holds_as_a_condition_until_something_below_changes)
{
	struct store *s = help_store_open();
	char token[STORE_SYNC_TOKEN_SIZE];

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_mkcol(s, "/e").error);
	token_now(s, token);
	assert_true(holds(s, "/d", token));
	assert_true(holds(s, "/", token));
	assert_false(holds(s, "/d", "data:,"));
	assert_false(holds(s, "/d", ""));
	assert_ok(help_put_text(s, "/e/f", "1").error);
	assert_true(holds(s, "/d", token));
	assert_false(holds(s, "/e", token));
	assert_false(holds(s, "/", token));
	token_now(s, token);
	assert_ok(help_delete(s, "/e/f", NULL).error);
	assert_true(holds(s, "/d", token));
	assert_false(holds(s, "/e", token));
	token[10] = token[10] == '0' ? '1' : '0';
	assert_false(holds(s, "/d", token));
	store_close(s);
}
