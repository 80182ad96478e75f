#include "client/remote/obstacle.h"

#include <stdlib.h>

#include "client/remote/davanswer.h"

struct obstacle {
	char *path;
	int status;
};

/* What failed only because of another (424) is not the reason. */
static enum err take_obstacle(void *arg, const struct davanswer_resource *r)
{
	struct obstacle *o = arg;

	if (!o->path && r->status >= 400 && r->status != 424) {
		o->path = xstrdup(r->path);
		o->status = r->status;
	}
	return OK;
}

enum err obstacle_read(const struct answer *a, struct note *why)
{
	struct obstacle o = { NULL, 0 };
	struct davanswer *d = davanswer_new(take_obstacle, &o);
	enum err e = davanswer_add(d, a->body.data, a->body.len);

	if (e == OK)
		e = davanswer_end(d);
	davanswer_free(d);
	if (e != OK || !o.path)
		e = note_set(why, E_BAD_REQUEST, "partly done, the server says (207), and not why");
	else
		e = note_set(why, o.status == 423 ? E_LOCKED : E_FORBIDDEN, "%.200s is in the way%s (%d)", o.path,
			     o.status == 423 ? ": locked" : "", o.status);
	free(o.path);
	return e;
}
