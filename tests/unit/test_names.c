/* Names in their Unicode forms: which are one name, and how a file system that respells them is undone. */
#include "client/sync/names.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/sync/possible.h"
#include "tests/unit/test.h"

#define ONE   "\xc3\xa9"
#define APART "e\xcc\x81"

TEST(names_respelled_are_those_that_differ_in_nothing_else)
{
	assert_true(names_is_respelled(ONE, APART));
	assert_true(names_is_respelled("x" ONE APART, "x" APART ONE));
	assert_false(names_is_respelled(ONE, ONE));
	assert_false(names_is_respelled(ONE, "e"));
	assert_false(names_is_respelled("x" ONE, "X" APART));
	assert_false(names_is_respelled("\xff", "\xfe"));
	assert_true(names_is_usual_form("plain"));
	assert_true(names_is_usual_form(ONE) && names_is_usual_form(APART));
	assert_false(names_is_usual_form(ONE APART));
}

static bool is_known(void *arg, const char *name)
{
	for (const char *const *known = arg; *known; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

static int folder_with(const char *const *names)
{
	int fd = open(test_folder(), O_RDONLY | O_DIRECTORY);

	assert_true(fd >= 0);
	for (; *names; names++)
		close(openat(fd, *names, O_WRONLY | O_CREAT, 0600));
	return fd;
}

TEST(names_are_spelled_as_they_are_known_else_composed)
{
	static const char *const there[] = { "a" APART, "b" APART, "c" ONE, "d" APART, "plain", NULL };
	static const char *const known[] = { "a" ONE, "b" APART, "c" APART, NULL };
	static const char *const want[] = { "a" ONE, "b" APART, "c" APART, "d" ONE, "plain" };
	int fd = folder_with(there);
	struct names names;

	assert_int_equal(names_read(fd, &names), OK);
	names_respell(&names, is_known, (void *)known);
	assert_int_equal(names.count, ARRAY_LEN(want));
	for (size_t i = 0; i < names.count; i++)
		assert_string_equal(names.entries[i].name, want[i]);
	names_clear(&names);
	close(fd);
}

TEST(possible_here_is_every_name_and_no_trial_stays)
{
	static const char *const odd[] = { "a:b", "dot.", "blank ", "CON", "com1.txt", ONE, APART, ONE APART, "plain" };
	static const char *const none[] = { NULL };
	struct place place = { .temp = folder_with(none) };
	struct possible possible;
	struct names names;

	possible_init(&possible, &place);
	for (size_t i = 0; i < ARRAY_LEN(odd); i++)
		assert_null(possible_why_not(&possible, odd[i]));
	possible_clear(&possible);
	assert_false(possible_is_normalising(&place));
	assert_int_equal(names_read(place.temp, &names), OK);
	assert_int_equal(names.count, 0);
	names_clear(&names);
	close(place.temp);
}
