#include "server/listening.h"
#include "server/notify.h"
#include "server/osuser.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/unit/test.h"

static enum err choose(const char *address, bool no_tls, bool is_captive, struct listening *out)
{
	struct config config = { .listen = { .count = 0 } };
	struct note why;

	if (address)
		config.listen.items[config.listen.count++] = (char *)address;
	return listening_choose(&config, no_tls, is_captive, out, &why);
}

TEST(listening_without_tls_is_for_this_machine_alone)
{
	static const struct {
		const char *address;
		bool want;
	} cases[] = {
		{ "127.0.0.1:80", true },
		{ "127.9.9.9:0", true },
		{ "[::1]:8443", true },
		{ "localhost:1", true },
		{ "unix:/run/x", true },
		{ "0.0.0.0:80", false },
		{ "[::]:80", false },
		{ "192.0.2.1:80", false },
		{ "localhost.example:80", false },
		{ "1127.0.0.1:80", false },
		{ ":80", false },
		{ "", false },
		{ "[::ffff:192.0.2.1]:80", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct listening l;
		enum err e = choose(cases[i].address, true, false, &l);

		if ((e == OK) != cases[i].want)
			fail_msg("case %zu: %s", i, cases[i].address);
		if (e == OK)
			assert_false(l.items[0].is_tls);
	}
}

TEST(listening_has_defaults_and_captive_mode_a_free_port)
{
	struct listening l;

	assert_int_equal(choose(NULL, false, false, &l), OK);
	assert_int_equal(l.count, 2);
	assert_true(l.items[0].is_tls && l.items[1].is_tls);
	assert_string_equal(l.items[0].address, "0.0.0.0:8443");
	assert_int_equal(choose(NULL, true, false, &l), OK);
	assert_string_equal(l.items[0].address, "127.0.0.1:8443"); /* plain: not for strangers */
	assert_int_equal(choose("192.0.2.1:1", false, true, &l), OK);
	assert_int_equal(l.count, 2);
	assert_string_equal(l.items[0].address, "127.0.0.1:0");
	assert_int_equal(choose("unix:/x", false, false, &l), OK);
	assert_false(l.items[0].is_tls); /* a proxy speaks plain HTTP */
}

TEST(listening_urls_name_the_host_for_a_wildcard)
{
	char host[256], want[300], *url = listening_url("[::]:8443", true);

	gethostname(host, sizeof host);
	snprintf(want, sizeof want, "https://%s:8443/", host);
	assert_string_equal(url, want);
	free(url);
	url = listening_url("127.0.0.1:80", false);
	assert_string_equal(url, "http://127.0.0.1:80/");
	free(url);
	url = listening_url("unix:/run/x.sock", false);
	assert_string_equal(url, "unix:/run/x.sock");
	free(url);
}

TEST(osuser_name_is_one_the_store_takes)
{
	char name[STORE_USER_SIZE];

	osuser_name(name);
	assert_true(name[0] && name[0] != '-' && name[0] != '.' && !strchr(name, ' '));
}

TEST(notify_reaches_a_supervisor_and_takes_only_its_own_sockets)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fds[NOTIFY_FDS_LIMIT], fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	char in[64] = "";
	struct note why;
	enum err e;

	snprintf(at.sun_path, sizeof at.sun_path, "%s/notify", test_folder());
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	setenv("NOTIFY_SOCKET", at.sun_path, 1);
	notify_send("READY=1");
	assert_int_equal(recv(fd, in, sizeof in, 0), 7);
	assert_string_equal(in, "READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify_send("READY=1"); /* nobody: nothing happens */
	close(fd);

	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1); /* somebody else's */
	assert_int_equal(notify_inherit(fds, &e, &why), 0);
	assert_int_equal(e, OK);
	assert_null(getenv("LISTEN_FDS"));
	setenv("LISTEN_FDS", "17", 1);
	char pid[16];
	snprintf(pid, sizeof pid, "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	assert_int_equal(notify_inherit(fds, &e, &why), 0);
	assert_int_equal(e, E_USAGE);

	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_ms(), 15000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_ms(), 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(notify_watchdog_ms(), 0);
}
