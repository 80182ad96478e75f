#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "common/path.h"
#include "tests/unit/store_check.h"
#include "tests/unit/store_help.h"
#include "tests/unit/test.h"

static struct store_result transfer(struct store *s, enum store_op op, const char *from, const char *to)
{
	return help_run(s, &(struct store_step){ .op = op,
						 .path = span_of(from),
						 .destination = span_of(to),
						 .overwrite = true,
						 .mtime_ns = STORE_MTIME_NOW });
}

static struct store_node node_at(struct store *s, const char *path)
{
	struct store_node node;

	assert_ok(store_lookup(s, span_of(path), &node));
	return node;
}

static void set_prop(struct store *s, const char *path, const char *name, const char *value)
{
	struct store_prop_change change = { .prop = { span_of("x:"), span_of(name), span_of(""), span_of(value) } };

	assert_ok(help_run(s, &(struct store_step){ .op = STORE_PROPPATCH,
						    .path = span_of(path),
						    .props = &change,
						    .prop_count = 1,
						    .mtime_ns = STORE_MTIME_NOW })
		      .error);
}

struct wanted {
	const char *name;
	char value[32];
};

static bool note_prop(void *arg, const struct store_prop *p)
{
	struct wanted *w = arg;

	if (span_is(p->name, w->name))
		snprintf(w->value, sizeof w->value, "%.*s", (int)p->value.len, p->value.ptr);
	return true;
}

static void assert_prop(struct store *s, const char *path, const char *name, const char *value)
{
	struct wanted w = { name, "" };

	assert_ok(store_props(s, node_at(s, path).id, note_prop, &w));
	assert_string_equal(w.value, value);
}

static void close_and_check(struct store *s)
{
	char *folder = strdup(store_folder(s));

	store_close(s);
	assert_true(check_store(folder));
	free(folder);
}

/* What a copy takes along, and what it does not: the node is new, its history its own. */
TEST(copy_takes_content_type_time_and_properties_to_a_new_node)
{
	struct store *s = help_store_open();
	struct store_node from, to;
	struct store_result r;

	assert_ok(help_put_text(s, "/f", "abc").error);
	set_prop(s, "/f", "colour", "blue");
	r = transfer(s, STORE_COPY, "/f", "/g");
	assert_ok(r.error);
	assert_true(r.created);
	from = node_at(s, "/f");
	to = node_at(s, "/g");
	assert_true(digest_equal(&from.digest, &to.digest));
	assert_string_equal(from.type, to.type);
	assert_int_equal(from.mtime_ns, to.mtime_ns);
	assert_int_not_equal(from.id, to.id);
	assert_true(to.seq > from.seq);
	assert_prop(s, "/g", "colour", "blue");
	/* From now on each goes its way. */
	set_prop(s, "/g", "colour", "red");
	assert_ok(help_put_text(s, "/f", "other").error);
	assert_prop(s, "/f", "colour", "blue");
	assert_true(help_has(s, "/g", "abc", 3));
	close_and_check(s);
}

/* A file that is copied over keeps its node and so its history; its properties are the source's. */
TEST(copy_over_a_file_keeps_the_node_that_is_there)
{
	struct store *s = help_store_open();
	struct store_node before, after;
	struct store_result r;

	assert_ok(help_put_text(s, "/f", "abc").error);
	assert_ok(help_put_text(s, "/g", "old").error);
	set_prop(s, "/g", "old", "1");
	set_prop(s, "/f", "new", "1");
	before = node_at(s, "/g");
	r = transfer(s, STORE_COPY, "/f", "/g");
	assert_ok(r.error);
	assert_false(r.created);
	after = node_at(s, "/g");
	assert_int_equal(before.id, after.id);
	assert_true(help_has(s, "/g", "abc", 3));
	assert_prop(s, "/g", "old", "");
	assert_prop(s, "/g", "new", "1");
	close_and_check(s);
}

TEST(move_takes_the_node_along_whatever_is_below)
{
	struct store *s = help_store_open();
	struct store_node d, f, moved;
	struct store_result r;

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_mkcol(s, "/to").error);
	assert_ok(help_put_text(s, "/d/f", "abc").error);
	set_prop(s, "/d/f", "colour", "blue");
	set_prop(s, "/d", "kind", "box");
	d = node_at(s, "/d");
	f = node_at(s, "/d/f");
	r = transfer(s, STORE_MOVE, "/d", "/to/e");
	assert_ok(r.error);
	assert_true(r.created);
	moved = node_at(s, "/to/e");
	assert_int_equal(moved.id, d.id);
	assert_true(digest_equal(&moved.digest, &d.digest));
	assert_int_equal(node_at(s, "/to/e/f").id, f.id);
	assert_prop(s, "/to/e/f", "colour", "blue");
	assert_prop(s, "/to/e", "kind", "box");
	assert_int_equal(store_lookup(s, span_of("/d"), &moved), E_NOT_FOUND);
	close_and_check(s);
}

TEST(copy_of_a_collection_with_depth_0_has_its_properties_and_no_members)
{
	struct store *s = help_store_open();

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_put_text(s, "/d/f", "abc").error);
	set_prop(s, "/d", "kind", "box");
	assert_ok(help_run(s, &(struct store_step){ .op = STORE_COPY,
						    .path = span_of("/d"),
						    .destination = span_of("/e"),
						    .is_shallow = true,
						    .mtime_ns = STORE_MTIME_NOW })
		      .error);
	assert_int_equal(node_at(s, "/e").members, 0);
	assert_prop(s, "/e", "kind", "box");
	close_and_check(s);
}

TEST(copy_and_move_replace_a_collection_as_a_whole)
{
	static const enum store_op ops[] = { STORE_COPY, STORE_MOVE };

	for (size_t i = 0; i < ARRAY_LEN(ops); i++) {
		struct store *s = help_store_open();
		struct store_node node;
		struct store_result r;

		assert_ok(help_mkcol(s, "/d").error);
		assert_ok(help_put_text(s, "/d/new", "1").error);
		assert_ok(help_mkcol(s, "/e").error);
		assert_ok(help_put_text(s, "/e/old", "1").error);
		r = transfer(s, ops[i], "/d", "/e");
		assert_ok(r.error);
		assert_false(r.created);
		assert_true(help_has(s, "/e/new", "1", 1));
		assert_int_equal(store_lookup(s, span_of("/e/old"), &node), E_NOT_FOUND);
		/* A file takes a collection's place, too, and the other way. */
		assert_ok(help_put_text(s, "/f", "2").error);
		assert_ok(transfer(s, ops[i], "/f", "/e").error);
		assert_true(help_has(s, "/e", "2", 1));
		assert_ok(help_mkcol(s, "/g").error);
		assert_ok(transfer(s, ops[i], "/g", "/e").error);
		assert_int_equal(node_at(s, "/e").kind, STORE_COLLECTION);
		close_and_check(s);
	}
}

TEST(move_to_another_normal_form_renames)
{
	static const char nfc[] = "/\xc3\xa9", nfd[] = "/e\xcc\x81";
	struct store *s = help_store_open();
	struct store_node node;
	int64_t id;

	assert_ok(help_put_text(s, nfc, "1").error);
	id = node_at(s, nfc).id;
	assert_int_equal(transfer(s, STORE_MOVE, nfc, nfc).error, E_FORBIDDEN);
	assert_int_equal(transfer(s, STORE_COPY, nfc, nfd).error, E_FORBIDDEN);
	assert_ok(transfer(s, STORE_MOVE, nfc, nfd).error);
	node = node_at(s, nfc);
	assert_int_equal(node.id, id);
	assert_string_equal(node.name, nfd + 1);
	assert_int_equal(node_at(s, "/").members, 1);
	close_and_check(s);
}

TEST(copy_and_move_hold_the_conditions_against_the_source)
{
	struct store *s = help_store_open();
	struct cond stale = { 0 };
	struct store_node node;

	assert_ok(help_put_text(s, "/f", "1").error);
	stale = (struct cond){ .if_modified_since_s = COND_NO_DATE, .if_unmodified_since_s = 1 };
	for (int is_move = 0; is_move < 2; is_move++)
		assert_int_equal(help_run(s, &(struct store_step){ .op = is_move ? STORE_MOVE : STORE_COPY,
								   .path = span_of("/f"),
								   .destination = span_of("/g"),
								   .cond = &stale,
								   .mtime_ns = STORE_MTIME_NOW })
				     .error,
				 E_PRECONDITION);
	assert_int_equal(store_lookup(s, span_of("/g"), &node), E_NOT_FOUND);
	close_and_check(s);
}

/* Over the limit a copy is built aside; attached, it is as any other. */
TEST(copy_of_many_is_staged_and_the_same)
{
	enum { FOLDERS = 100, FILES = 60 };
	struct store *s = help_store_open();
	struct store_stage stage = { 0, 0, 0 };
	int64_t nodes, top;
	struct store_node from, to;
	char path[64];

	assert_ok(help_mkcol(s, "/d").error);
	assert_ok(help_mkcol(s, "/d/0").error);
	for (int k = 0; k < FILES; k++) {
		snprintf(path, sizeof path, "/d/0/%d", k);
		assert_ok(help_put_text(s, path, path).error);
	}
	for (int i = 1; i < FOLDERS; i++) {
		snprintf(path, sizeof path, "/d/%d", i);
		assert_ok(transfer(s, STORE_COPY, "/d/0", path).error);
	}
	set_prop(s, "/d/7/7", "colour", "blue");
	assert_ok(store_copy_stage(s, span_of("/d"), &(struct store_author){ "ann", "c" }, &stage));
	assert_true(stage.top != 0);
	assert_ok(help_run(s, &(struct store_step){ .op = STORE_COPY,
						    .path = span_of("/d"),
						    .destination = span_of("/e"),
						    .stage = stage,
						    .mtime_ns = STORE_MTIME_NOW })
		      .error);
	from = node_at(s, "/d");
	to = node_at(s, "/e");
	assert_true(digest_equal(&from.digest, &to.digest));
	assert_int_equal(from.size_bytes, to.size_bytes);
	assert_ok(store_count_below(s, to.id, 1 << 20, &nodes));
	assert_int_equal(nodes, FOLDERS * (FILES + 1));
	assert_prop(s, "/e/7/7", "colour", "blue");

	/* What changed since is not copied half: it is E_BUSY, and nothing is left behind. */
	assert_ok(store_copy_stage(s, span_of("/d"), &(struct store_author){ "ann", "c" }, &stage));
	assert_ok(help_put_text(s, "/d/7/7", "changed").error);
	assert_int_equal(help_run(s, &(struct store_step){ .op = STORE_COPY,
							   .path = span_of("/d"),
							   .destination = span_of("/g"),
							   .stage = stage,
							   .mtime_ns = STORE_MTIME_NOW })
			     .error,
			 E_BUSY);
	store_unstage(s, &stage);
	assert_int_equal(store_lookup(s, span_of("/g"), &to), E_NOT_FOUND);

	/* Nor are properties, which the hash does not show; what is prepared is good as long as nothing below the source changes. */
	assert_ok(store_copy_stage(s, span_of("/d"), &(struct store_author){ "ann", "c" }, &stage));
	assert_ok(help_put_text(s, "/elsewhere", "1").error);
	top = stage.top;
	assert_ok(store_copy_stage(s, span_of("/d"), &(struct store_author){ "ann", "c" }, &stage));
	assert_int_equal(stage.top, top);
	set_prop(s, "/d/7/7", "colour", "red");
	assert_int_equal(help_run(s, &(struct store_step){ .op = STORE_COPY,
							   .path = span_of("/d"),
							   .destination = span_of("/g"),
							   .stage = stage,
							   .mtime_ns = STORE_MTIME_NOW })
			     .error,
			 E_BUSY);
	assert_ok(store_copy_stage(s, span_of("/d"), &(struct store_author){ "ann", "c" }, &stage));
	assert_true(stage.top != top);
	assert_ok(help_run(s, &(struct store_step){ .op = STORE_COPY,
						    .path = span_of("/d"),
						    .destination = span_of("/g"),
						    .stage = stage,
						    .mtime_ns = STORE_MTIME_NOW })
		      .error);
	assert_prop(s, "/g/7/7", "colour", "red");
	close_and_check(s);
}

/* What could not be named any more is not moved there. */
TEST(move_and_copy_stop_where_paths_end)
{
	struct store *s = help_store_open();
	struct buf path = buf_new(PATH_LIMIT + 100), deep = buf_new(PATH_LIMIT + 100);

	for (int i = 0; i < PATH_SEGMENTS_LIMIT / 2; i++) {
		assert_ok(buf_add_text(&path, "/a"));
		assert_ok(help_mkcol(s, path.data).error);
		assert_ok(buf_add_text(&deep, "/b"));
		assert_ok(help_mkcol(s, deep.data).error);
	}
	/* As deep as may be, but for a file in the last one. */
	assert_ok(buf_add_text(&deep, "/c"));
	assert_ok(transfer(s, STORE_COPY, "/a", deep.data).error);
	assert_ok(help_delete(s, deep.data, NULL).error);
	assert_ok(buf_add_text(&path, "/f"));
	assert_ok(help_put_text(s, path.data, "x").error);
	assert_int_equal(transfer(s, STORE_MOVE, "/a", deep.data).error, E_URI_TOO_LONG);
	assert_int_equal(transfer(s, STORE_COPY, "/a", deep.data).error, E_URI_TOO_LONG);
	assert_ok(transfer(s, STORE_MOVE, "/a", "/b/c").error);
	buf_clear(&path);
	buf_clear(&deep);
	close_and_check(s);
}
