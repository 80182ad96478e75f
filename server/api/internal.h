/*
 * internal: what the resources of api share.
 */
#ifndef SERVER_API_INTERNAL_H
#define SERVER_API_INTERNAL_H

#include "server/api/api.h"
#include "server/api/events.h"
#include "server/auth/throttle.h"

enum { HEALTHY_LAG_MS = 5000 };

struct api {
	struct store *store;
	struct api_options options;
	struct throttle *throttle;
	struct events *events;
};

/* The functions of the routes. */
void api_health(struct api *a, struct req *r);
void api_ready(struct api *a, struct req *r);
void api_login(struct api *a, struct req *r);
void api_list_tokens(struct api *a, struct req *r);
void api_list_locks(struct api *a, struct req *r);
void api_remove_lock(struct api *a, struct req *r);
void api_list_quotas(struct api *a, struct req *r);
void api_set_quota(struct api *a, struct req *r);
void api_add_token(struct api *a, struct req *r);
void api_remove_token(struct api *a, struct req *r);
void api_add_code(struct api *a, struct req *r);
void api_list_users(struct api *a, struct req *r);
void api_add_user(struct api *a, struct req *r);
void api_remove_user(struct api *a, struct req *r);
void api_set_rights(struct api *a, struct req *r);
void api_set_password(struct api *a, struct req *r);
void api_invite(struct api *a, struct req *r);
void api_reload(struct api *a, struct req *r);
void api_show_config(struct api *a, struct req *r);
void api_events(struct api *a, struct req *r);
void api_metrics(struct api *a, struct req *r);
void api_status(struct api *a, struct req *r);
void api_stream(struct api *a, struct req *r);

/* Answers one line of text that nobody keeps. */
void api_reply_text(struct req *r, int status, const char *text);

#endif
