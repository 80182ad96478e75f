/*
 * call: one request on its way through the method table: who asks, for which path, and what is there now.
 * Lives in the request's arena.
 */
#ifndef SERVER_DAV_CALL_H
#define SERVER_DAV_CALL_H

#include <stdatomic.h>

#include "server/auth/who.h"
#include "server/dav/methods.h"
#include "server/http/req.h"
#include "server/store/store_history.h"

/* What every XML body is sent as: clients compare it byte by byte. */
#define DAV_XML_TYPE "application/xml; charset=utf-8"

struct dav {
	struct store *store;
	struct auth *auth;
	struct rate *rate;   /* of each user */
	atomic_uint uploads; /* bodies on their way in */
	_Atomic(const struct dav_options *) options;
};

struct call {
	struct dav *dav;
	struct req *req;
	const struct access *access;
	enum access_level level; /* on `path` */
	struct span path;
	const char
	    *prefix; /* what of the request-target is before `path`: "", or a place like "/remote.php/dav/files/ann" */
	const struct store_if *ifs; /* the If header; NULL: none */
	bool exists;
	enum err missing;    /* !exists: E_NOT_FOUND, or E_CONFLICT when the parent is missing too */
	bool is_over_quota;  /* why something is E_NO_SPACE */
	struct span culprit; /* E_LOCKED: what is locked */
	bool is_past;        /* it is looked at as it was at the number `at` (past.h): read only */
	int64_t at;
	struct store_past_budget
	    budget; /* is_past: how much may still be looked at to know what collections were as a whole (past.h) */
	bool
	    is_kept; /* a version or something in the trash, with a URL of its own below `prefix`: no place of the tree */
	const struct dav_method *row; /* of the method table */
	void *method_data;            /* the method's own, between submitting and its result */
	struct store_node node;       /* exists: as it was when the request was checked; the committer looks again */
};

/* What the config says now.  On a loop; to be read, not kept: a reload replaces it between two turns. */
const struct dav_options *call_options(const struct call *c);

/*
 * The href of a clean path as this request's client must see it: percent-encoded, under the request's prefix, a collection's
 * with a slash at the end.  In the request's arena.
 */
const char *call_href(const struct call *c, struct span path, bool is_collection);

/* Neither lock, quota nor right to change belongs to it: it is not a place of the tree as it is. */
bool call_is_fixed(const struct call *c);

/*
 * As store_list() and store_next_collection(), of the collection as the call sees it: now, or at its number; then without what is
 * now where the caller may not read.
 */
enum err call_list(struct call *c, int64_t id, const char *after, unsigned limit, store_member_fn *fn,
		   void *arg) must_check;
enum err call_next_collection(struct call *c, int64_t id, const char *after, struct store_node *out) must_check;

/* A collection of which the caller sees only the way down to what he may read: no entity tag, a filtered listing. */
bool call_is_bare(const struct call *c);

/* Is it a file that was asked for as a collection, "/a.txt/"?  Then it is not there (404). */
bool call_is_misnamed(const struct call *c);

/*
 * The request's conditions as they apply here.  A collection has no modification date that covers what is below it, so
 * date conditions do not apply to it (RFC 9110 §13.1.3, §13.1.4: ignored without a date).
 */
struct cond call_cond(const struct call *c);

/*
 * The entity tag of what the request selects; NULL: nothing is there, or what is there has none: a bare collection, and for
 * GET and HEAD a listing in another form than the plain one.
 */
const struct digest *call_tag(const struct call *c);

/* The request's conditions against what is there (RFC 9110 §13.2.2), and its If header (RFC 4918 §10.4). */
enum cond_result call_conditions(const struct call *c, bool is_read);

/* 412 with the current entity tag, so that the client can tell what it has missed. */
void call_reply_stale(struct call *c, const struct digest *current);

/* The status of `e` with one line; 405 gets its Allow, 429 and 503 their Retry-After.  `why` NULL: the error table's words. */
void call_reply_error(struct call *c, enum err e, const char *why);

/*
 * The status of `e` with a DAV:error body (RFC 4918 §16) that holds the condition `name` ("lock-token-submitted"), with the
 * DAV:href `href` in it unless that is NULL.
 */
void call_reply_condition(struct call *c, enum err e, const char *name, const char *href);

/*
 * May the caller change `scope` (enum store_lock_scope) of `path`, with the tokens he submits?  E_LOCKED: no, by what is locked at
 * c->culprit: answer with call_reply_locked(); other errors of the store.  call_is_unlocked() answers all of them: false.
 */
enum err call_check_locks(struct call *c, struct span path, unsigned scope) must_check;
bool call_is_unlocked(struct call *c, struct span path, unsigned scope) must_check;

/* Where versions and what was deleted have their URLs (protocol.md, "URL space"). */
#define DAV_VERSIONS "/.sync/versions"
#define DAV_TRASH    "/.sync/trash"
#define DAV_UNDO     "/.sync/undo"

#define DAV_PATCH_TYPE "application/x-sabredav-partialupdate"

/* May something be made at `path`?  E_URI_TOO_LONG: deeper, or with a longer name, than the config allows. */
enum err call_check_new(const struct call *c, struct span path) must_check;

/* Reads the If header, whose untagged lists are about c->path, into c->ifs.  False: it cannot be read, and that was answered. */
bool call_read_if(struct call *c);

/* Answers what a check found: 412 with the current tag, 423 with the culprit, else the error in words. */
void call_reply_refused(struct call *c, enum err e, const char *why);

/* 423 that names what is locked; 207 if that lies below what the request is about (RFC 4918 §9.6.1). */
void call_reply_locked(struct call *c);

/* X-OC-Mtime: the file's own time in whole seconds, as ownCloud's clients and ours send it; else STORE_MTIME_NOW. */
int64_t call_wanted_mtime(const struct call *c);

/* Answers a change that was not made: what the committer said. */
void call_reply_failure(struct call *c, const struct store_result *result);

/* Who makes the change; its texts live as long as the request. */
struct store_author call_author(const struct call *c);

/*
 * Submits one step for the caller's account and comes back to the loop: `done` gets the result.  `step` is borrowed for
 * the call, step->upload is taken.
 */
typedef void call_done_fn(struct call *c, const struct store_result *result);
void call_submit(struct call *c, const struct store_step *step, call_done_fn *done);

/*
 * The same for a transaction that was prepared; all of it changes what is at or below `path`; an empty one: its rights were
 * judged, and must not have changed.  `txn` is taken.
 */
void call_submit_txn(struct call *c, struct store_txn *txn, struct span path, call_done_fn *done);

/* One function a method; each answers the request, now or later. */
void dav_options(struct call *c);
void dav_get(struct call *c); /* and HEAD */
void dav_put(struct call *c);
void dav_delete(struct call *c);
void dav_patch(struct call *c);
void dav_mkcol(struct call *c);
void dav_propfind(struct call *c);
void dav_proppatch(struct call *c);
void dav_copy(struct call *c);
void dav_move(struct call *c);
void dav_lock(struct call *c);
void dav_unlock(struct call *c);
void dav_report(struct call *c);
void dav_undo(struct call *c); /* POST to DAV_UNDO */

/* GET and HEAD of a collection: a listing in the form the client prefers (collection.c). */
void dav_get_collection(struct call *c);

/* Has the listing in that form an entity tag? */
bool dav_listing_has_tag(const struct call *c);

/* What a 304 for the listing carries as well as a 200: Vary, and Content-Location if it has one (RFC 9110 §15.4.5). */
void dav_set_variant(struct call *c);

/* The value of Allow for what is at the path now. */
const char *dav_allow(const struct call *c);

#endif
