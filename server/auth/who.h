/*
 * who: the credentials of a request to an identity with rights (RFC 9110 §11, RFC 7617, RFC 6750).
 *
 * Taken are `Authorization: Bearer TOKEN`, `Authorization: Basic base64(USER:TOKEN)`, Basic with the user's password (the
 * store's, or one that PAM knows for that name), and without that field the client's certificate, whose common name is the user's.
 * What was found is kept per loop, keyed by the token's SHA-256 (the user's name) and store_access_version(), so that a known
 * token costs no query, and a revoked one ends with the next request; its expiry is looked at each time.  A password that
 * was seen to fit is believed for PROOF_LIFE_S: what is kept of it is a MAC under a key that dies with the process.
 */
#ifndef SERVER_AUTH_WHO_H
#define SERVER_AUTH_WHO_H

#include "server/auth/checker.h"
#include "server/auth/rights.h"
#include "server/http/req.h"

struct auth;

/*
 * `store` is borrowed for its life, and so is `checker`: by whom PAM is asked about passwords that the store does not know; NULL: it is not.
 * auth_free(): after the loops have ended; NULL is fine.
 */
struct auth *auth_new(struct store *store, struct checker *checker);
void auth_free(struct auth *a);

/*
 * Who sends this request; calls back on its loop, perhaps from inside, else when a password has been checked elsewhere.  OK:
 * `access` lives as long as the request, and req_set_user() was called.  E_UNAUTHENTICATED: no credentials, or ones that are not
 * good; all alike, after the same time for a user who is not there, and wrong ones later each time for one address (throttle.h;
 * not for this machine's own): answer with auth_challenge().  E_BUSY: too many passwords wait to be checked, or PAM cannot say.
 * E_BUSY, E_IO, E_CORRUPT: the store could not be asked.  On the request's loop; does not block.
 */
typedef void auth_done_fn(void *arg, enum err e, const struct access *access);
void auth_identify(struct auth *a, struct req *r, auth_done_fn *done, void *arg);

/*
 * What the same credentials give now: a long request asks before its change is made, and before more of its reply is sent.
 * `out` is `access` itself, or borrowed until the thread's next call.  E_UNAUTHENTICATED: nothing any more; other errors of the
 * store.  On a loop.
 */
enum err auth_renew(struct auth *a, const struct access *access, const struct access **out) must_check;

/*
 * The step of auth_identify() that asks for tokens: what a secret gives, from the thread's own cache, else from the store.
 * `out` is borrowed until the thread's next call.  Errors as there.
 */
enum err auth_look_up(struct auth *a, struct span secret, const struct access **out) must_check;

/*
 * Answers 401 with the two challenges (protocol.md, "Statuses").  `why` (may be NULL): the line that says the reason.  This
 * is the request's one reply.
 */
void auth_challenge(struct req *r, const char *why);

#endif
