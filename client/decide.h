/*
 * decide: the decisions of push, pull and rm, without any I/O: what to send, and what an answer means.
 */
#ifndef CLIENT_DECIDE_H
#define CLIENT_DECIDE_H

#include <sys/types.h>

#include "client/remote/answer.h"
#include "client/state.h"
#include "client/ui/output.h"

/* How a change may be sent. */
enum send_plan {
	SEND_CREATE,  /* If-None-Match: * */
	SEND_REPLACE, /* If-Match: the remembered tag */
	SEND_LOOK,    /* ask first: conditions would not be enough here */
	SEND_FORCED   /* no condition */
};

/*
 * `seen`: what is remembered, NULL: nothing.  `is_ours`: a server of our kind, which keeps conditions; others may ignore
 * them (nginx does), so they are looked at first.
 */
enum send_plan decide_send(const struct seen *seen, bool is_ours, bool force);

/* Is what the look found (HEAD, 200) still the version that is remembered? */
bool decide_is_seen(const struct seen *seen, const struct answer *found);

/* The end of a PUT. */
struct put_end {
	enum result_word word;
	enum err err;
	bool remember;          /* the server holds what was sent: the state learns it */
	bool is_parent_missing; /* 409: make the folders above and send again */
	bool is_breach;         /* the server did not do what it announces: ask it anew the next time */
	char why[200];          /* for failures */
	char note[200];         /* for what is odd and no failure; "" */
};

/*
 * `sent`: digest of the bytes that were sent, or of the whole file if the server refused before all of them were.
 * `is_creation`: sent with If-None-Match: *.  `has_digest_tags`: the server announces that tags are digests.
 */
void decide_put(const struct answer *a, const struct digest *sent, bool is_creation, bool has_digest_tags,
		struct put_end *out);

/* What stands at the place of a file that is to be fetched (client/here.h). */
enum here_state {
	HERE_NOTHING,
	HERE_SAME,    /* as it was when it and the server last agreed */
	HERE_CHANGED, /* since then */
	HERE_UNSEEN   /* never pushed or pulled */
};

struct here {
	enum here_state state;
	bool has_seen;
	struct seen seen;     /* what is remembered, when has_seen */
	struct digest digest; /* of the file, unless HERE_NOTHING; so are the rest */
	struct local_id id;
	mode_t mode;
	int64_t taken_ns;
};

enum pull_verdict {
	PULL_FETCH,
	PULL_COMPARE, /* a foreign tag and our size: only the content tells; it is fetched to be compared, not to replace */
	PULL_KEEP,     /* the server has what is here, or nothing newer */
	PULL_CONFLICT, /* both sides changed, or what is here was never seen and differs */
	PULL_FAILED    /* for the caller's use */
};

/* After the head of a 200 or 206: shall the body come? */
enum pull_verdict decide_pull(const struct here *here, const struct answer *found, bool force);

/* What is odd about the head of a 2xx to PUT or DELETE, as a sentence; "" nothing. */
void decide_note(const struct answer *a, bool is_put, char *out, size_t size);

/* An ETag field without its quotes, "W/" kept; empty for none.  Borrowed from the field. */
struct span decide_bare_tag(const char *field, char *buffer, size_t size);

#endif
