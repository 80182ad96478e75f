/*
 * Random rules over one tree of real files, judged by us and by the installed `git check-ignore`: the two must agree on every path.
 * Without git there is nothing to compare with.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/sync/ignore.h"
#include "common/buf.h"
#include "tests/unit/test.h"

enum { ROUNDS = 100, RULES_MAX = 6, ATOMS_MAX = 6, PATHS_MAX = 200, TEXT_LIMIT = 1 << 16 };

#define GIT "env -u GIT_DIR -u GIT_WORK_TREE GIT_CONFIG_NOSYSTEM=1 HOME=. git -C "

static const char *const folders[] = { "a", "b", "a/b", "a/b/a", "ab", "ab/a", "a.c", "b/ab", "b/ab/d" };
static const char *const files[] = { "f.c", "b.o", "ab.c", "x y", "#h", "!n", "c", "abc", "z\\q" };
static const char *const atoms[] = { "a",           "b",  "c",  "ab",   "*",    "?",     "**",  "/", "/",
				     "/",           ".c", ".o", "[ab]", "[!a]", "[a-c]", "\\",  "!", "#",
				     "[[:alpha:]]", " ",  "f",  "x",    "[",    "**/",   "/**", "z", "]" };

static unsigned seed = 1;

static struct {
	char text[64];
	bool is_folder;
} paths[PATHS_MAX];
static size_t path_count;

static void add_path(const char *top, const char *folder, const char *name, bool is_folder)
{
	char whole[512];

	snprintf(paths[path_count].text, sizeof paths[0].text, "%s%s%s", folder, *folder && *name ? "/" : "", name);
	paths[path_count].is_folder = is_folder;
	snprintf(whole, sizeof whole, "%s/%s", top, paths[path_count].text);
	assert_true(++path_count < PATHS_MAX);
	if (is_folder)
		assert_int_equal(mkdir(whole, 0700), 0);
	else
		fclose(fopen(whole, "w"));
}

static void make_tree(const char *top)
{
	path_count = 0;
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		add_path(top, folders[i], "", true);
	for (size_t i = 0; i <= ARRAY_LEN(folders); i++)
		for (size_t k = 0; k < ARRAY_LEN(files); k++)
			add_path(top, i == ARRAY_LEN(folders) ? "" : folders[i], files[k], false);
}

/*
 * git cuts a pattern's plain beginning off before it looks at stars, and so takes "ab**" + "/c" for "ab" and then any folders; the manual
 * says that such stars are one star.  We do as the manual says, and do not compare these.
 */
static bool is_taken_otherwise(const char *rule)
{
	const char *stars = strstr(rule, "**");

	return stars && stars > rule && stars[-1] != '/' && strcspn(rule, "*?[\\") == (size_t)(stars - rule);
}

static void make_rules(struct buf *out)
{
	unsigned n = 1 + (unsigned)rand_r(&seed) % RULES_MAX;

	buf_reset(out);
	while (n > 0) {
		char rule[ATOMS_MAX * 16] = "";
		size_t len = 0;

		for (unsigned k = 1 + (unsigned)rand_r(&seed) % ATOMS_MAX; k > 0; k--)
			len += (size_t)snprintf(rule + len, sizeof rule - len, "%s",
						atoms[(unsigned)rand_r(&seed) % ARRAY_LEN(atoms)]);
		if (is_taken_otherwise(rule))
			continue;
		assert_int_equal(buf_addf(out, "%s\n", rule), OK);
		n--;
	}
}

static void write_rules(const char *top, const char *folder, const struct buf *rules)
{
	char name[512];
	FILE *f;

	snprintf(name, sizeof name, "%s/%s/.gitignore", top, folder);
	f = fopen(name, "w");
	assert_non_null(f);
	fwrite(rules->data, 1, rules->len, f);
	fclose(f);
}

/* The paths that git ignores, each between two zero bytes. */
static void ask_git(const char *top, struct buf *out)
{
	char command[1024], piece[4096];
	FILE *f;
	size_t n;

	snprintf(command, sizeof command, "%s/ask", top);
	f = fopen(command, "w");
	assert_non_null(f);
	for (size_t i = 0; i < path_count; i++)
		fwrite(paths[i].text, 1, strlen(paths[i].text) + 1, f);
	fclose(f);
	snprintf(command, sizeof command,
		 GIT "%s -c core.excludesFile=/dev/null check-ignore --no-index --stdin -z <%s/ask", top, top);
	f = popen(command, "r");
	assert_non_null(f);
	buf_reset(out);
	assert_int_equal(buf_add(out, "", 1), OK);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		assert_int_equal(buf_add(out, piece, n), OK);
	pclose(f);
}

static bool is_named(const struct buf *told, const char *path)
{
	size_t len = strlen(path) + 2;
	char key[128];

	key[0] = '\0';
	memcpy(key + 1, path, strlen(path) + 1);
	return memmem(told->data, told->len, key, len) != NULL;
}

static void compare(const char *top, struct buf *rules, struct buf *deeper, struct buf *told)
{
	struct ignore *g = ignore_new(NULL);

	make_rules(rules);
	make_rules(deeper);
	write_rules(top, "", rules);
	write_rules(top, "a", deeper);
	ignore_set(g, "", buf_span(rules));
	ignore_set(g, "a", buf_span(deeper));
	ask_git(top, told);
	for (size_t i = 0; i < path_count; i++) {
		bool ours = ignore_covers(g, paths[i].text, paths[i].is_folder);

		if (ours != is_named(told, paths[i].text))
			fail_msg("%s%s: %s by us\nrules:\n%sin a/:\n%s", paths[i].text, paths[i].is_folder ? "/" : "",
				 ours ? "ignored" : "kept", rules->data, deeper->data);
	}
	ignore_free(g);
}

TEST(ignore_agrees_with_git_on_random_rules)
{
	const char *top = test_folder();
	struct buf rules = buf_new(TEXT_LIMIT), deeper = buf_new(TEXT_LIMIT), told = buf_new(TEXT_LIMIT);
	char command[600];

	snprintf(command, sizeof command, GIT "%s init -q 2>/dev/null", top);
	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own words */
		skip();
	make_tree(top);
	for (unsigned i = 0; i < ROUNDS; i++)
		compare(top, &rules, &deeper, &told);
	buf_clear(&rules);
	buf_clear(&deeper);
	buf_clear(&told);
}
