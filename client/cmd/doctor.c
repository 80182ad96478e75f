/*
 * doctor [--race PATH]: one line for each thing that has to work, from the name of the server to the limits of this machine; and how
 * many of several writers with one If-Match a server lets win.
 */
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "client/cmd/cmd.h"
#include "client/cmd/known.h"
#include "client/cmd/race.h"
#include "client/cmd/syncfolder.h"
#include "client/remote/members.h"
#include "client/sync/foreign.h"
#include "client/sync/linked.h"
#include "client/ui/human.h"
#include "common/clock.h"
#include "common/jsonw.h"

enum { JSON_LIMIT = 16 << 10, CLOCK_OFF_S = 60, NUMBER_ROOM = 32, CONNECT_S = 10, FREE_FEWEST = 100 << 20 };

/* One line: what, how it is, and more about it. */
static void tell(struct session *s, const char *what, enum err e, const char *fmt, ...) printf_like(4, 5);

static void tell(struct session *s, const char *what, enum err e, const char *fmt, ...)
{
	static const size_t widths[] = { 10, 4, 0 };
	struct buf line = buf_new(JSON_LIMIT);
	struct jsonw w = jsonw_new(&line);
	autofree char *detail = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&detail, fmt, args) < 0)
		abort();
	va_end(args);
	if (e != OK)
		output_count(s->out, e);
	jsonw_object(&w);
	jsonw_key_text(&w, "check", what);
	jsonw_key_text(&w, "result", e == OK ? "ok" : "failed");
	jsonw_key_text(&w, "detail", detail);
	jsonw_end(&w);
	if (output_is_json(s->out) && jsonw_error(&w) == OK)
		output_json(s->out, line.data);
	else if (!output_is_json(s->out) && (e != OK || !s->cli->quiet))
		output_columns(s->out, (const char *const[]){ what, e == OK ? "ok" : "FAIL", detail }, 3, widths);
	buf_clear(&line);
}

/* ---- the way to the server ---- */

static void check_name(struct session *s)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	const char *host = s->remote.origin.host;
	char text[NI_MAXHOST] = "";
	int code = getaddrinfo(host, NULL, &hints, &found);

	if (code == 0)
		getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
	if (code == 0)
		tell(s, "name", OK, "%s is %s", host, text);
	else
		tell(s, "name", E_NETWORK, "%s: %s", host, gai_strerror(code));
	if (found)
		freeaddrinfo(found);
}

static void check_clock(struct session *s, const struct answer *a)
{
	int64_t there = answer_date_s(a), off = there ? there - clock_now_s() : 0;

	if (!there)
		tell(s, "clock", OK, "the server tells no time");
	else if (llabs(off) > CLOCK_OFF_S)
		tell(s, "clock", E_IO,
		     "the server's differs by %lld s; times of files will look odd, nothing else depends on it",
		     (long long)off);
	else
		tell(s, "clock", OK, "within a minute of the server's");
}

/* Is there a proxy, by a variable that curl goes by, too?  Then what is behind it is its own to reach. */
static bool has_proxy(void)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "http_proxy", "ALL_PROXY", "all_proxy" };
	bool has = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		has |= getenv(names[i]) && *getenv(names[i]);
	return has;
}

/* OK, or errno of the last address that was tried. */
static int connect_any(const struct addrinfo *at)
{
	int number = EADDRNOTAVAIL;

	for (; at; at = at->ai_next) {
		autoclose int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
		struct timeval patience = { .tv_sec = CONNECT_S };

		/* Of Linux: the time that connect() takes at most. */
		if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
		    connect(fd, at->ai_addr, at->ai_addrlen) == 0)
			return 0;
		number = errno == EINPROGRESS ? ETIMEDOUT : errno;
	}
	return number;
}

static void check_tcp(struct session *s)
{
	const struct origin *o = &s->remote.origin;
	const char *port = strrchr(o->base, ':') + 1;
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
	int number;

	if (has_proxy()) {
		tell(s, "tcp", OK, "through a proxy: not tried");
		return;
	}
	if (getaddrinfo(o->host, port, &hints, &found) != 0)
		return; /* said */
	number = connect_any(found);
	tell(s, "tcp", number ? E_NETWORK : OK, "port %s %s%s", port, number ? "cannot be reached: " : "can be reached",
	     number ? strerror(number) : "");
	freeaddrinfo(found);
}

/* OPTIONS: does it answer, with the key that is known, and what does it announce? */
static bool check_server(struct session *s)
{
	struct http_request req;
	struct note why = { "" };
	enum err e;

	http_request_init(&req, "OPTIONS", xstrdup(""));
	e = http_do(s->http, &req);
	if (e == OK) {
		struct span features = answer_field(&req.answer, ANSWER_SYNC_FEATURES);

		tell(s, "connection", OK, "%s%s", s->remote.url,
		     s->remote.origin.is_plain ? ", not encrypted"
		     : s->remote.pin           ? ", encrypted, and the key is the one known"
					       : ", encrypted, and vouched for by an authority");
		check_clock(s, &req.answer);
		if (features.len)
			tell(s, "features", OK, "%.*s", (int)features.len, features.ptr);
		else
			tell(s, "features", OK, "none of ours: push and pull work; two-way sync as the server lets it");
	} else {
		http_status_err(&req.answer, &why);
		tell(s, "connection", e, "%s: %s", s->remote.url, why.text);
	}
	http_request_clear(&req);
	return e == OK;
}

static void check_token(struct session *s)
{
	const char *what = s->remote.secret || !s->remote.client_cert ? "token" : "certificate";
	struct members m;
	struct note why = { "" };
	enum err e = members_ask(s->http, "/", true, false, &m, &why);

	members_clear(&m);
	if (e == OK)
		tell(s, what, OK, "%s%sthe server lets us read", s->remote.user ? s->remote.user : "",
		     s->remote.user ? ": " : "");
	else
		tell(s, what, e, "%s", why.text);
}

/* ---- this machine ---- */

static void check_state(struct session *s)
{
	autofree char *path = settings_state_path();

	tell(s, "state", s->state ? OK : E_IO, "%s%s", path,
	     s->state ? "" : " cannot be used: what was seen is not known");
}

static void check_watches(struct session *s)
{
	char text[NUMBER_ROOM] = "";
	FILE *f = fopen("/proc/sys/fs/inotify/max_user_watches", "re");

	if (f && fgets(text, sizeof text, f))
		text[strcspn(text, "\n")] = '\0';
	if (f)
		fclose(f);
	if (text[0])
		tell(s, "watches", OK, "%s folders can be watched (fs.inotify.max_user_watches)", text);
	else
		tell(s, "watches", OK, "no inotify here: watch reads everything again and again");
}

/* What the two sides had; without it everything is compared anew, and nothing is lost. */
static void check_folder_state(struct session *s)
{
	autofree char *states = syncfolder_states(), *path = NULL;
	struct linked l;
	struct base *base = NULL;
	struct note why = { "" };
	enum err e = linked_read(".", &l, &why);

	if (e == OK) {
		path = xasprintf("%s/%s.db", states, l.id);
		if (access(path, F_OK) == 0)
			e = base_open(path, &base, &why);
		else
			(void)note_set(&why, OK, "%s is not there: everything will be compared anew", path);
	}
	base_close(base);
	linked_clear(&l);
	tell(s, "pairing", e == E_BUSY ? OK : e, "%s", why.text[0] ? why.text : path);
}

static void check_folder(struct session *s)
{
	char *root = linked_find(".");
	struct statvfs fs;
	char size[HUMAN_SIZE];
	autofree char *marker = NULL;

	if (!root) {
		tell(s, "folder", OK, "not in a linked one");
		return;
	}
	marker = xasprintf("%s/" LINKED_FOLDER "/id", root);
	if (access(marker, R_OK) != 0)
		tell(s, "folder", E_PRECONDITION, "%s: %s", marker, strerror(errno));
	else
		tell(s, "folder", OK, "%s", root);
	check_folder_state(s);
	if (statvfs(root, &fs) == 0) {
		int64_t free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;

		tell(s, "room", free_bytes < FREE_FEWEST ? E_NO_SPACE : OK, "%s free", human_bytes(free_bytes, size));
	}
	free(root);
}

/* What a server that is not of our kind keeps is found out with files of our own at its root. */
static void check_foreign(struct session *s)
{
	struct foreign foreign;
	struct note why = { "" };
	const char *sentence;
	enum err e = session_learn(s, &why);

	if (e != OK || session_is_ours(s) || s->cli->dry_run)
		return;
	if ((e = foreign_probe(s->http, "/", &foreign, &why)) != OK) {
		tell(s, "two-way", OK, "not tried: %s", why.text);
		return;
	}
	tell(s, "two-way", OK, "%s keep%s writers apart there%s", foreign_guard_word(foreign.guard),
	     foreign.guard == FOREIGN_UNSAFE ? "s" : "", foreign.guard == FOREIGN_UNSAFE ? ": only with --unsafe" : "");
	for (size_t i = 0; (sentence = foreign_says(&foreign, i)); i++)
		tell(s, "", OK, "%s", sentence);
}

/* ---- whom to ask ---- */

/* The server of a whole URL, else the folder's, else the usual one.  `out_race`: the path there, for a URL. */
static enum err connect_to(struct session *s, char **out_race)
{
	const char *race = s->cli->race;
	struct linked l = { .place = { -1, -1, -1 }, .dot = -1 };
	struct note why = { "" };
	enum err e = session_load_config(s);

	if (e != OK)
		return e;
	if (race && (strncmp(race, "http://", 7) == 0 || strncmp(race, "https://", 8) == 0)) {
		e = choice_find(&s->config, race, &s->remote, out_race, &why);
		return e == OK ? session_connect_chosen(s) : known_error(s, e, NULL, why.text);
	}
	if (!s->cli->remote)
		(void)!linked_read(".", &l, &why); /* what is wrong with it is said later */
	e = session_connect(s, l.remote);
	linked_clear(&l);
	return e;
}

static void race(struct session *s, const char *path)
{
	struct race_result result;
	struct note why = { "" };
	enum err e = race_run(s, path, &result, &why);

	if (e != OK)
		tell(s, "race", e, "%s", why.text);
	else
		tell(s, "race", result.won == 1 ? OK : E_IO, "%zu writers with one If-Match: %zu won%s", result.writers,
		     result.won, result.won == 1 ? "" : "; changes of others can be overwritten unseen there");
}

enum err command_doctor(struct session *s)
{
	autofree char *race_path = NULL;
	enum err e = connect_to(s, &race_path);
	bool is_there, is_nobody = race_path && !s->remote.secret;

	if (e != OK)
		return e;
	check_name(s);
	check_tcp(s);
	is_there = check_server(s);
	if (is_there && !is_nobody)
		check_token(s);
	if (is_there && !is_nobody)
		check_foreign(s);
	check_state(s);
	check_watches(s);
	check_folder(s);
	if (s->cli->race && is_there && !s->cli->dry_run)
		race(s, race_path ? race_path : s->cli->race);
	return OK;
}
