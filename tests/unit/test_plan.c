#include "client/sync/plan.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/test.h"

enum { ITEMS_MAX = 64, LINE_SIZE = 256, WORDS_MAX = 5, COMBINATIONS = 37 };

/* "a" a file with that content, "D" a folder, "-" nothing, "!" held. */
static struct plan_value value_of(const char *word)
{
	struct plan_value v = { .kind = PLAN_FILE };

	if (word[0] == '-')
		v.kind = PLAN_ABSENT;
	else if (word[0] == 'D')
		v.kind = PLAN_FOLDER;
	else if (word[0] == '!')
		v.kind = PLAN_HELD;
	else
		v.digest.bytes[0] = (unsigned char)word[0];
	return v;
}

struct plan_case {
	const char *file;
	unsigned line;
	struct plan_item items[ITEMS_MAX];
	char expected[ITEMS_MAX][16];
	size_t count;
};

static void check(struct plan_case *c)
{
	plan_make(c->items, c->count);
	for (size_t i = 0; i < c->count; i++) {
		if (strcmp(plan_word(c->items[i].action), c->expected[i]) != 0)
			fail_msg("%s, before line %u: %s: %s, not %s", c->file, c->line, c->items[i].path,
				 plan_word(c->items[i].action), c->expected[i]);
		free((char *)(uintptr_t)c->items[i].path);
	}
	c->count = 0;
}

static void add(struct plan_case *c, char *const words[WORDS_MAX], size_t count)
{
	struct plan_item *x = &c->items[c->count];
	size_t first = count == WORDS_MAX;

	assert_true(c->count < ITEMS_MAX && count >= WORDS_MAX - 1);
	*x = (struct plan_item){ .path = xstrdup(first ? words[0] : "x"),
				 .base = value_of(words[first]),
				 .local = value_of(words[first + 1]),
				 .remote = value_of(words[first + 2]),
				 .is_ignored = strchr(words[first + 1], '~') != NULL };
	snprintf(c->expected[c->count++], sizeof c->expected[0], "%s", words[first + 3]);
	if (!first)
		check(c);
}

/* Returns how many lines with a decision there were. */
static unsigned run_file(const char *name)
{
	struct plan_case *c = xcalloc(1, sizeof *c);
	char path[512], line[LINE_SIZE];
	unsigned decisions = 0;
	FILE *f;

	snprintf(path, sizeof path, "tests/plan/%s", name);
	f = fopen(path, "r");
	assert_non_null(f);
	c->file = path;
	while (fgets(line, sizeof line, f)) {
		char *words[WORDS_MAX], *rest = line;
		size_t count = 0;

		c->line++;
		if (line[0] == '#')
			continue;
		for (char *word; count < WORDS_MAX && (word = strsep(&rest, " \n"));)
			if (*word)
				words[count++] = word;
		if (count) {
			add(c, words, count);
			decisions++;
		} else {
			check(c);
		}
	}
	check(c);
	fclose(f);
	free(c);
	return decisions;
}

TEST(plan_decides_as_its_cases_say)
{
	DIR *dir = opendir("tests/plan");
	const struct dirent *entry;
	unsigned files = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (strstr(entry->d_name, ".case") && run_file(entry->d_name))
			files++;
	closedir(dir);
	assert_true(files >= 4);
}

/* The table is whole: every combination, up to the names of the contents, stands in it. */
TEST(plan_cases_hold_all_combinations)
{
	static const char *const values[] = { "-", "a", "b", "c", "D" };
	char text[16 << 10], want[32];
	unsigned found = 0;
	FILE *f = fopen("tests/plan/one-path.case", "r");
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, sizeof text - 1, f);
	text[len] = '\0';
	fclose(f);
	for (unsigned i = 0; i < 5 * 5 * 5; i++) {
		unsigned of[3] = { i / 25, i / 5 % 5, i % 5 }, seen = 0;
		bool is_canonical = true;

		/* The first content met is a, the next b. */
		for (unsigned k = 0; k < 3; k++)
			if (of[k] >= 1 && of[k] <= 3) {
				is_canonical &= of[k] <= seen + 1;
				seen = MAX(seen, of[k]);
			}
		if (!is_canonical)
			continue;
		snprintf(want, sizeof want, "\n%s    %s     %s  ", values[of[0]], values[of[1]], values[of[2]]);
		if (!strstr(text, want))
			fail_msg("no line for %s %s %s", values[of[0]], values[of[1]], values[of[2]]);
		found++;
	}
	assert_int_equal(found, COMBINATIONS);
}

TEST(plan_order_makes_parents_first_and_deletes_the_deepest_first)
{
	struct plan_item items[] = {
		{ .path = "a", .base = value_of("D"), .local = value_of("D"), .remote = value_of("-") },
		{ .path = "a/b", .base = value_of("D"), .local = value_of("D"), .remote = value_of("-") },
		{ .path = "c", .base = value_of("-"), .local = value_of("-"), .remote = value_of("D") },
		{ .path = "c/d", .base = value_of("-"), .local = value_of("-"), .remote = value_of("a") },
		{ .path = "e", .base = value_of("a"), .local = value_of("b"), .remote = value_of("c") },
		{ .path = "f", .base = value_of("-"), .local = value_of("a"), .remote = value_of("a") },
		{ .path = "g", .base = value_of("a"), .local = value_of("a"), .remote = value_of("a") },
	};
	static const size_t expected[] = { 4, 5, 2, 3, 1, 0 };
	size_t order[ARRAY_LEN(items)];

	plan_make(items, ARRAY_LEN(items));
	assert_int_equal(plan_order(items, ARRAY_LEN(items), order), ARRAY_LEN(expected));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		assert_int_equal(order[i], expected[i]);
}
