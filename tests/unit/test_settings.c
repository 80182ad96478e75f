#include "client/choice.h"
#include "client/cred.h"
#include "client/settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fsio.h"
#include "tests/unit/test.h"

static char *path_in(const char *folder, const char *name)
{
	return xasprintf("%s/%s", folder, name);
}

static void put_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_file(const char *path, const char *want)
{
	struct buf text = buf_new(10000);

	assert_int_equal(fsio_read_file(AT_FDCWD, path, &text), OK);
	assert_string_equal(text.data, want);
	buf_clear(&text);
}

TEST(settings_edit_leaves_other_lines_as_they_are)
{
	autofree char *path = path_in(test_folder(), "sub/config");
	struct note why;

	assert_int_equal(settings_edit_set(path, "a", "url", "https://a/", &why), OK);
	assert_file(path, "[remote a]\nurl = https://a/\n");
	put_file(
	    path,
	    "# head\n[remote a]\n; mine\nurl = https://a/ # here\n\n\n[remote \"b\"]\n  url=https://b/\n[defaults]\n",
	    0644);
	assert_int_equal(settings_edit_set(path, "a", "user", "ann", &why), OK);
	assert_file(path, "# head\n[remote a]\n; mine\nurl = https://a/ # here\nuser = ann\n\n\n[remote \"b\"]\n  "
			  "url=https://b/\n[defaults]\n");
	assert_int_equal(settings_edit_set(path, "b", "url", "https://c/", &why), OK);
	assert_int_equal(settings_edit_set(path, NULL, "remote", "b", &why), OK);
	assert_int_equal(settings_edit_set(path, "a", "user", NULL, &why), OK);
	assert_file(path, "# head\n[remote a]\n; mine\nurl = https://a/ # here\n\n\n[remote \"b\"]\nurl = "
			  "https://c/\n[defaults]\nremote = b\n");
	assert_int_equal(settings_edit_drop(path, "a", &why), OK);
	assert_file(path, "# head\n[remote \"b\"]\nurl = https://c/\n[defaults]\nremote = b\n");
	assert_int_equal(settings_edit_drop(path, "a", &why), E_NOT_FOUND);
}

TEST(settings_edit_refuses_values_the_grammar_cannot_hold)
{
	static const char *const values[] = { "", " x", "a\nb", "a #b", ";a", "#a", "a\x7f" };
	autofree char *path = path_in(test_folder(), "config");
	struct note why;

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		assert_int_equal(settings_edit_set(path, "a", "user", values[i], &why), E_USAGE);
	assert_int_not_equal(access(path, F_OK), 0);
}

TEST(settings_edit_writes_through_a_link)
{
	const char *folder = test_folder();
	autofree char *path = path_in(folder, "config"), *target = path_in(folder, "dotfiles");
	struct note why;
	struct stat st;

	put_file(target, "", 0600);
	assert_int_equal(symlink("dotfiles", path), 0);
	assert_int_equal(settings_edit_set(path, "a", "url", "https://a/", &why), OK);
	assert_true(lstat(path, &st) == 0 && S_ISLNK(st.st_mode));
	assert_file(target, "[remote a]\nurl = https://a/\n");
}

TEST(settings_are_read_by_table_and_refused_with_file_and_line)
{
	static const struct {
		const char *text, *why; /* NULL: fine */
	} cases[] = {
		{ "[remote a]\nurl = https://h/\nuser = ann\nauth = basic\nallow-plain-http = "
		  "yes\n[defaults]\nlimit-rate = 2m\nremote = a\n",
		  NULL },
		{ "[remote a]\nurl = https://h/\nusr = ann\n", "config:3: unknown key \"usr\" (did you mean user?)" },
		{ "[remotes a]\nurl = https://h/\n", "unknown section" },
		{ "[remote a]\nuser = ann\n", "has no url" },
		{ "[remote a/b]\nurl = https://h/\n", "a remote's name" },
		{ "[remote a]\nurl = https://h/\nauth = digest\n", "neither basic nor bearer" },
		{ "[defaults]\nlimit-rate = 10x\n", "is no size" },
		{ "url = x\n", "unknown section" },
	};
	autofree char *path = path_in(test_folder(), "config");

	setenv("SYNC_CONFIG", path, 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct settings c;
		struct note why = { "" };

		put_file(path, cases[i].text, 0600);
		if ((settings_load(&c, &why) == OK) != !cases[i].why ||
		    (cases[i].why && !strstr(why.text, cases[i].why)))
			fail_msg("case %zu: %s", i, why.text);
		if (!cases[i].why) {
			const struct remote_config *r = settings_remote(&c, "a");

			assert_true(r && r->is_basic && r->allow_plain && c.limit_rate_bytes == 2 << 20);
			settings_clear(&c);
		}
	}
	unsetenv("SYNC_CONFIG");
}

TEST(credentials_that_others_may_read_are_refused)
{
	const char *folder = test_folder();
	autofree char *config = path_in(folder, "config"), *path = path_in(folder, "credentials");
	struct settings c;
	char *secret = NULL;
	struct note why;

	setenv("SYNC_CONFIG", config, 1);
	assert_int_equal(settings_load(&c, &why), OK);
	assert_int_equal(cred_get(&c, "a", &secret, &why), E_NOT_FOUND);
	assert_int_equal(cred_set(&c, "a", "top", &why), OK);
	assert_int_equal(cred_set(&c, "b", "secret", &why), OK);
	assert_int_equal(cred_get(&c, "b", &secret, &why), OK);
	assert_string_equal(secret, "secret");
	cred_free(secret);
	for (mode_t mode = 01; mode <= 040; mode <<= 1) {
		assert_int_equal(chmod(path, 0600 | mode), 0);
		assert_int_equal(cred_get(&c, "b", &secret, &why), E_USAGE);
		assert_int_equal(cred_set(&c, "b", "x", &why), E_USAGE);
	}
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(cred_set(&c, "a", NULL, &why), OK);
	assert_int_equal(cred_get(&c, "a", &secret, &why), E_NOT_FOUND);
	assert_file(path, "[remote b]\ntoken = secret\n");
	put_file(path, "[remote b]\nurl = https://h/\n", 0600);
	assert_int_equal(cred_get(&c, "b", &secret, &why), E_USAGE);
	settings_clear(&c);
	unsetenv("SYNC_CONFIG");
}

TEST(cred_secrets_are_one_bounded_line)
{
	char long_one[CRED_SECRET_LIMIT + 2];
	char *secret = NULL;
	struct note why;

	memset(long_one, 'x', sizeof long_one);
	long_one[sizeof long_one - 1] = '\0';
	assert_false(cred_is_secret(long_one));
	assert_true(cred_is_secret(long_one + 1));
	assert_false(cred_is_secret("") || cred_is_secret("a\tb") || cred_is_secret("a\r"));
	assert_int_equal(cred_from_command("echo token; echo more", &secret, &why), OK);
	assert_string_equal(secret, "token");
	cred_free(secret);
	assert_int_equal(cred_from_command("echo token; exit 1", &secret, &why), E_USAGE);
	assert_int_equal(cred_from_command("true", &secret, &why), E_USAGE);
}
