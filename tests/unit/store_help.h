/*
 * store_help: what the store's tests share: stores in a folder of their own, and waiting for what is submitted.
 */
#ifndef TESTS_UNIT_STORE_HELP_H
#define TESTS_UNIT_STORE_HELP_H

#include "server/store/store_change.h"

/* A store in a new folder, with the default options; NULL when that fails.  The caller closes it. */
struct store *help_store_open(void);

/* Opens the store of `folder` again. */
struct store *help_store_reopen(const char *folder);

/* Submits one step as "ann" and waits for its result. */
struct store_result help_run(struct store *s, const struct store_step *step);

/* The steps that tests take most.  `cond` may be NULL. */
struct store_result help_put(struct store *s, const char *path, const void *bytes, size_t len, const struct cond *cond);
struct store_result help_put_text(struct store *s, const char *path, const char *text);
struct store_result help_mkcol(struct store *s, const char *path);
struct store_result help_delete(struct store *s, const char *path, const struct cond *cond);

/* A finished upload of these bytes. */
struct upload *help_upload(struct store *s, const void *bytes, size_t len);

/* Waiting for a result by hand: submit with help_done and the waiter. */
struct help_waiter;
struct help_waiter *help_waiter_new(void);
void help_done(void *waiter, const struct store_result *result);
struct store_result help_wait(struct help_waiter *w); /* and frees it */

/* What the fourth format and those after it added, undone: for tests of migration. */
#define HELP_UNDO_HISTORY \
	"DROP INDEX version_at; DROP INDEX gone_node; DROP INDEX trash_at; DROP INDEX object_dead;" \
	"ALTER TABLE version DROP COLUMN made_ns; ALTER TABLE version DROP COLUMN client;" \
	"ALTER TABLE version DROP COLUMN executable"

/* Everything but OK ends the test. */
#define assert_ok(e) assert_int_equal((e), OK)

/* Is the content at `path` these bytes? */
bool help_has(struct store *s, const char *path, const void *bytes, size_t len);

#endif
