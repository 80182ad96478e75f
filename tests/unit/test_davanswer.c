#include "client/remote/davanswer.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/test.h"

#define HEAD   "<?xml version=\"1.0\"?><D:multistatus xmlns:D=\"DAV:\">"
#define TAIL   "</D:multistatus>"
#define OK_200 "<D:status>HTTP/1.1 200 OK</D:status>"

/* What was told, one line a resource. */
static enum err note(void *arg, const struct davanswer_resource *r)
{
	char *out = arg;
	size_t len = strlen(out);

	snprintf(out + len, 1000 - len, "%s%s %d %s %lld %lld %s %s|%s|%lld\n", r->path, r->has_slash ? "/" : "",
		 r->status, r->is_folder ? "folder" : "file", (long long)r->size_bytes, (long long)r->mtime_s, r->etag,
		 r->is_locked ? r->lock.token : "-", r->lock.owner, (long long)r->lock.timeout_s);
	return OK;
}

struct report_seen {
	char id[40];
	bool has_kind, is_executable;
};

static enum err note_report(void *arg, const struct davanswer_resource *r)
{
	struct report_seen *seen = arg;

	snprintf(seen->id, sizeof seen->id, "%s", r->id);
	seen->has_kind = r->has_kind;
	seen->is_executable = r->is_executable;
	return OK;
}

static enum err read_in_steps(const char *text, size_t step, char out[1000])
{
	struct davanswer *d;
	size_t len = strlen(text);
	enum err e = OK;

	out[0] = '\0';
	d = davanswer_new(note, out);
	for (size_t at = 0; at < len && e == OK; at += step)
		e = davanswer_add(d, text + at, MIN(step, len - at));
	if (e == OK)
		e = davanswer_end(d);
	davanswer_free(d);
	return e;
}

TEST(davanswer_reads_what_servers_send)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ HEAD TAIL, "" },
		{ HEAD
		  "<D:response><D:href>/a%20b</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>12"
		  "</D:getcontentlength><D:getetag>\"x\"</D:getetag><D:getlastmodified>Sun, 06 Nov 1994 08:49:37 GMT"
		  "</D:getlastmodified></D:prop>" OK_200 "</D:propstat></D:response>" TAIL,
		  "/a b 200 file 12 784111777 \"x\" -||-1\n" },
		/* Laid out, another prefix, an absolute href, a folder; what has another status is not there. */
		{ "<multistatus xmlns=\"DAV:\">\n <response>\n  <href>\n http://host:8/d/ </href>\n  <propstat>\n "
		  "<prop>"
		  "<resourcetype> <collection/> </resourcetype></prop> "
		  "<status>HTTP/1.1 200 OK</status>"
		  "</propstat><propstat><prop><getetag>no</getetag><getcontentlength/></prop><status>HTTP/1.1 404 Not "
		  "Found"
		  "</status></propstat></response></multistatus>\n",
		  "/d/ 200 folder -1 0  -||-1\n" },
		/* A status of the response; properties without a 200. */
		{ HEAD
		  "<D:response><D:href>/x</D:href><D:status>HTTP/1.1 423 Locked</D:status></D:response>"
		  "<D:response><D:href>/y</D:href><D:propstat><D:prop/><D:status>HTTP/1.1 403 F</D:status></D:propstat>"
		  "</D:response>" TAIL,
		  "/x 423 file -1 0  -||-1\n/y 404 file -1 0  -||-1\n" },
		/* Locks: the token is no href of the resource, the owner may be anything. */
		{ HEAD
		  "<D:response><D:href>/l</D:href><D:propstat><D:prop><D:lockdiscovery><D:activelock><D:owner> <D:href>"
		  "mailto:bea</D:href> "
		  "</D:owner><D:timeout>Second-60</D:timeout><D:locktoken><D:href>urn:uuid:1</D:href>"
		  "</D:locktoken><D:lockroot><D:href>/l</D:href></D:lockroot></D:activelock></D:lockdiscovery></"
		  "D:prop>" OK_200 "</D:propstat></D:response>" TAIL,
		  "/l 200 file -1 0  urn:uuid:1|mailto:bea|60\n" },
		/* Names of other namespaces are not ours. */
		{ HEAD
		  "<D:response><D:href>/n</D:href><D:propstat><D:prop><x:getetag xmlns:x=\"urn:x\">\"no\"</x:getetag>"
		  "</D:prop>" OK_200 "</D:propstat></D:response>" TAIL,
		  "/n 200 file -1 0  -||-1\n" },
	};
	char told[1000];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		for (size_t step = 1; step < 600; step += 97) {
			assert_int_equal(read_in_steps(cases[i].text, step, told), OK);
			assert_string_equal(told, cases[i].told);
		}
}

TEST(davanswer_refuses_what_is_none)
{
	static const char *const cases[] = {
		"",
		"<html><body>sign in</body></html>",
		HEAD,
		HEAD "<D:response><D:href>/a</D:href></D:response>",
		HEAD "<D:response><D:href>/a/../b</D:href>"
		     "</D:response>" TAIL,
		HEAD "<D:response><D:href>/a%2fb</D:href></D:response>" TAIL,
		HEAD "<D:response><D:href>/a%00</D:href></D:response>" TAIL,
		HEAD "<D:response><D:href>relative</D:href></D:response>" TAIL,
		HEAD "<D:response></D:response>" TAIL,
		"<!DOCTYPE x [<!ENTITY e \"x\">]>" HEAD TAIL,
		HEAD "&e;" TAIL,
		HEAD TAIL "more",
		HEAD "<D:response>" TAIL,
	};
	char told[1000];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (read_in_steps(cases[i], 7, told) != E_BAD_REQUEST)
			fail_msg("case %zu", i);
}

TEST(davanswer_bounds_what_it_keeps)
{
	struct davanswer *d;
	char told[1000] = "", run[1000];
	enum err e;

	memset(run, 'a', sizeof run);
	d = davanswer_new(note, told);
	e = davanswer_add(d, HEAD "<D:response><D:href>/", strlen(HEAD "<D:response><D:href>/"));
	assert_int_equal(e, OK);
	for (int i = 0; i < 20 && e == OK; i++)
		e = davanswer_add(d, run, sizeof run);
	assert_int_equal(e, E_BAD_REQUEST);
	davanswer_free(d);
	d = davanswer_new(note, told);
	e = davanswer_add(d, HEAD, strlen(HEAD));
	for (int i = 0; i < 100 && e == OK; i++)
		e = davanswer_add(d, "<a>", 3);
	assert_int_equal(e, E_BAD_REQUEST);
	davanswer_free(d);
}

TEST(davanswer_reads_what_reports_of_changes_add)
{
	static const char text[] =
	    HEAD "<D:response><D:href>/f</D:href><D:propstat><D:prop><D:resourcetype/><D:resource-id><D:href>urn:uuid:1"
		 "</D:href></D:resource-id><x:executable "
		 "xmlns:x=\"http://apache.org/dav/props/\">T</x:executable></D:prop>" OK_200
		 "</D:propstat></D:response><D:sync-token>data:,1.2</D:sync-token>" TAIL;
	struct report_seen seen = { "", false, false };
	struct davanswer *d = davanswer_new(note_report, &seen);

	assert_int_equal(davanswer_add(d, text, sizeof text - 1), OK);
	assert_int_equal(davanswer_end(d), OK);
	assert_string_equal(davanswer_token(d), "data:,1.2");
	assert_string_equal(seen.id, "urn:uuid:1");
	assert_true(seen.has_kind && seen.is_executable);
	davanswer_free(d);
}
