/*
 * health: two questions for supervisors, without credentials.  healthz: do the loops turn?  readyz: will a change be taken?
 */
#include "server/api/internal.h"

void api_health(struct api *a, struct req *r)
{
	if (a->options.lag_ms(a->options.arg) > HEALTHY_LAG_MS)
		api_reply_text(r, 503, "an event loop is stuck");
	else
		api_reply_text(r, 200, "ok");
}

void api_ready(struct api *a, struct req *r)
{
	if (a->options.is_draining(a->options.arg))
		api_reply_text(r, 503, "stopping");
	else if (store_is_read_only(a->store))
		api_reply_text(r, 503, "the store takes no changes; see the log");
	else
		api_reply_text(r, 200, "ready");
}
