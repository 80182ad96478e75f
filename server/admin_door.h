/*
 * admin_door: DATA/admin.sock, from both sides: the server's listening socket and the commands' small HTTP client.
 *
 * A socket's address holds 107 bytes; a longer path is reached through /proc/self/fd/N of the open folder.
 */
#ifndef SERVER_ADMIN_DOOR_H
#define SERVER_ADMIN_DOOR_H

#include "common/buf.h"
#include "server/api/streams.h"
#include "server/store/store.h"

/*
 * Makes the listening socket with mode 0600, in the place of one that a crash left: the caller holds the store's lock.
 * E_FORBIDDEN, E_NO_SPACE, E_IO.
 */
enum err admin_door_listen(const char *folder, int *out_fd, struct note *why) must_check;

/* Removes it from its folder. */
void admin_door_remove(const char *folder);

/* Does a server answer there? */
bool admin_door_answers(const char *folder);

/* One request to a running server, at most DOOR_TIMEOUT_S seconds.  All borrowed for the call. */
struct admin_call {
	const char *method, *path;
	struct span text; /* what `direct` gets; over the socket the body of a POST */
	/* The same on a stopped store: what the server would have done. */
	enum err (*direct)(struct store *s, struct span text, struct buf *out, struct note *why);
};

/*
 * Has the running server of the store in `folder` do it, or, when none runs, opens the store and does it.  `out` gets the
 * answer's text.  Errors are those of `direct`, with the reason in `why`; E_NOT_FOUND also: no store there; E_BUSY: somebody
 * has the store but does not answer; E_NETWORK: the server answered badly or not at all, the outcome is not known.
 * Blocks.
 */
enum err admin_door_call(const char *folder, const struct admin_call *call, struct buf *out,
			 struct note *why) must_check;

/*
 * The same for what is long or takes long (server/api/streams.h): `take` gets record by record, each without its empty line.  An
 * error of it ends the stream and is returned.  A record "failed=WHY" is an error with that reason, E_NETWORK a stream that was
 * cut.
 */
typedef enum err admin_record_fn(void *arg, struct span record);
enum err admin_door_stream(const char *folder, const struct stream_kind *kind, struct span request,
			   admin_record_fn *take, void *arg, struct note *why) must_check;

/* ---- a store that is held open ---- */

/*
 * A store, running or stopped, in the hand of a command that works beside it for long: a stopped one is open, and nobody else has
 * it, until it is let go.
 */
struct admin_hand {
	const char *folder;  /* borrowed */
	struct store *store; /* NULL: its server runs */
};
enum err admin_door_take(const char *folder, struct admin_hand *out, struct note *why) must_check;
void admin_door_let_go(struct admin_hand *h);
enum err admin_door_ask(const struct admin_hand *h, const struct stream_kind *kind, struct span request,
			admin_record_fn *take, void *arg, struct note *why) must_check;

#endif
