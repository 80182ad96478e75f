#include "server/config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/test.h"

static const char *write_file(const char *folder, const char *name, const char *text)
{
	static char path[4][256];
	static unsigned turn;
	char *out = path[turn++ % 4];
	FILE *f;

	snprintf(out, sizeof path[0], "%s/%s", folder, name);
	f = fopen(out, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return out;
}

TEST(config_table_agrees_with_the_layers_defaults)
{
	struct config c;

	config_init(&c);
	assert_memory_equal(&c.limits, &SERVER_LIMITS_DEFAULT, sizeof c.limits);
	assert_int_equal(c.store_options.memory_budget_bytes, STORE_DEFAULTS.memory_budget_bytes);
	assert_int_equal(c.store_options.max_queued, STORE_DEFAULTS.max_queued);
	assert_int_equal(c.store_options.reserve_bytes, STORE_DEFAULTS.reserve_bytes);
	assert_int_equal(c.log_level, LOG_INFO);
	assert_false(c.has_log_level);
	config_clear(&c);
}

TEST(config_flags_override_the_file_and_the_file_the_defaults)
{
	const char *folder = test_folder();
	const char *file =
	    write_file(folder, "syncd.conf",
		       "# ours\nlisten = 127.0.0.1:1\nlisten = 127.0.0.1:2\nstore = /srv\n"
		       "idle-timeout = 2m\nmax-upload = 5GiB\nmemory-budget = 64 MiB\nlog-level = debug\n");
	char sub[256];
	struct config c;
	struct note why = { "" };

	snprintf(sub, sizeof sub, "%s/conf.d", folder);
	mkdir(sub, 0700);
	write_file(sub, "10-a.conf", "store = /mnt\nlisten = 127.0.0.1:3\n");
	write_file(sub, "20-b.conf", "idle-timeout = 3m\n");
	write_file(sub, "30-c.conf.dpkg-old", "this is not read\n");
	config_init(&c);
	assert_int_equal(config_load(&c, file, &why), OK);
	assert_string_equal(c.store, "/mnt");
	assert_int_equal(c.listen.count, 3);
	assert_int_equal(c.limits.idle_s, 180);
	assert_true(c.max_upload_bytes == INT64_C(5) << 30);
	assert_true(c.store_options.memory_budget_bytes == 64u << 20);
	assert_int_equal(c.log_level, LOG_DEBUG);
	assert_true(c.has_log_level);
	assert_int_equal(config_set(&c, "listen", "[::1]:9", CONFIG_FLAG, &why), OK);
	assert_int_equal(config_set(&c, "listen", "[::1]:10", CONFIG_FLAG, &why), OK);
	assert_int_equal(c.listen.count, 2); /* the flags' list takes the place of the file's */
	assert_string_equal(c.listen.items[0], "[::1]:9");
	config_clear(&c);
}

TEST(config_says_file_line_and_what_is_wrong)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "store = /x\nlisten = a:1\nlisen = b:2\n",
		  "bad.conf:3: unknown key \"lisen\"; did you mean listen?" },
		{ "zzzzzz = 1\n", "bad.conf:1: unknown key \"zzzzzz\"" },
		{ "max-connections = many\n", "bad.conf:1: max-connections: \"many\" is not a number" },
		{ "max-connections = 0\n", "bad.conf:1: max-connections: 0 is outside 1 to 1000000" },
		{ "max-upload = 5 apples\n", "not a size like 64 MiB" },
		{ "idle-timeout = 5 KiB\n", "not a duration" },
		{ "idle-timeout = 400d\n", "outside" },
		{ "log-level = loud\n", "is not error, warning, info or debug" },
		{ "store =\n", "bad.conf:1: store: no value" },
		{ "[server]\nstore = /x\n", "no section [server]" },
		{ "store\n", "bad.conf:1:" },
	};
	const char *folder = test_folder();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct config c;
		struct note why = { "" };

		config_init(&c);
		if (config_load(&c, write_file(folder, "bad.conf", cases[i].text), &why) != E_USAGE ||
		    !strstr(why.text, cases[i].words))
			fail_msg("case %zu: %s", i, why.text);
		config_clear(&c);
	}
}

TEST(config_bounds_how_often_a_list_is_named)
{
	struct config c;
	struct note why;

	config_init(&c);
	for (int i = 0; i < CONFIG_LISTEN_LIMIT; i++)
		assert_int_equal(config_set(&c, "listen", "x:1", CONFIG_FLAG, &why), OK);
	assert_int_equal(config_set(&c, "listen", "x:1", CONFIG_FLAG, &why), E_USAGE);
	config_clear(&c);
}

TEST(config_wants_certificate_and_key_together)
{
	struct config c;
	struct note why;

	config_init(&c);
	assert_int_equal(config_check(&c, &why), OK);
	assert_int_equal(config_set(&c, "tls-cert", "/x", CONFIG_FLAG, &why), OK);
	assert_int_equal(config_check(&c, &why), E_USAGE);
	assert_int_equal(config_set(&c, "tls-key", "/y", CONFIG_FLAG, &why), OK);
	assert_int_equal(config_check(&c, &why), OK);
	config_clear(&c);
}

static bool shows(const struct config *c, const char *record)
{
	autobuf struct buf out = buf_new(100000);

	assert_int_equal(config_show(c, &out), OK);
	return strstr(out.data, record) != NULL;
}

TEST(config_shows_each_value_and_where_it_comes_from)
{
	const char *folder = test_folder();
	const char *file =
	    write_file(folder, "show.conf",
		       "listen = 127.0.0.1:1\nlisten = 127.0.0.1:2\n\nidle-timeout = 2m\nidle-timeout = 3m\n");
	char record[400];
	struct config c;
	struct note why;

	config_init(&c);
	assert_true(shows(&c, "key=idle-timeout\nvalue=75s\nfrom=default\n"));
	assert_true(shows(&c, "key=tls-cert\nfrom=default\n"));
	assert_int_equal(config_load(&c, file, &why), OK);
	snprintf(record, sizeof record,
		 "key=listen\nvalue=127.0.0.1:1\nfrom=%s:1\n\nkey=listen\nvalue=127.0.0.1:2\nfrom=%s:2\n", file, file);
	assert_true(shows(&c, record));
	snprintf(record, sizeof record, "key=idle-timeout\nvalue=3m\nfrom=%s:5\n", file);
	assert_true(shows(&c, record));
	assert_false(shows(&c, "value=2m"));
	assert_int_equal(config_set(&c, "listen", "[::1]:9", CONFIG_FLAG, &why), OK);
	assert_true(shows(&c, "key=listen\nvalue=[::1]:9\nfrom=--listen\n\nkey=trusted-proxy\n"));
	config_clear(&c);
}

TEST(config_tells_what_a_running_server_cannot_take)
{
	struct config before, now;
	autobuf struct buf fixed = buf_new(1000);
	struct note why;

	config_init(&before);
	config_init(&now);
	assert_int_equal(config_set(&now, "idle-timeout", "9s", CONFIG_FILE, &why), OK);
	assert_int_equal(config_list_fixed(&now, &before, &fixed), OK);
	assert_string_equal(fixed.data, "");
	assert_int_equal(config_set(&now, "listen", "127.0.0.1:1", CONFIG_FILE, &why), OK);
	assert_int_equal(config_set(&before, "loops", "3", CONFIG_FILE, &why), OK);
	assert_int_equal(config_set(&before, "workers", "3", CONFIG_FILE, &why), OK);
	assert_int_equal(config_set(&now, "workers", "3", CONFIG_FLAG, &why), OK); /* the same, said elsewhere */
	assert_int_equal(config_list_fixed(&now, &before, &fixed), OK);
	assert_string_equal(fixed.data, "listen, loops");
	config_clear(&before);
	config_clear(&now);
}
