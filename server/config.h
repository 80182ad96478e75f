/*
 * config: what `serve` can be told, by file and by flags, from one table of keys.
 *
 * Flags override the file, the file overrides the defaults.  The defaults are text in the same table, so that help and man
 * page show what is true.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "common/buf.h"
#include "common/log.h"
#include "server/dav/junk.h"
#include "server/http/server.h"
#include "server/sandbox.h"
#include "server/store/store.h"

enum { CONFIG_LISTEN_LIMIT = 16 };

struct config_list {
	char *items[CONFIG_LISTEN_LIMIT];
	unsigned count;
	int source; /* enum config_source: a source that overrides another empties the list first */
};

/* Something that was said, as it was said. */
struct config_said {
	const char *key;     /* of the table */
	char *value, *where; /* "/etc/syncd/syncd.conf:12", "--listen" */
	int source;          /* enum config_source */
};

struct config {
	struct config_list listen; /* empty: the defaults of app */
	struct config_list trusted_proxy, proxy_protocol, cors_allow;
	char *store; /* NULL: not set */
	char *public_url;
	char *tls_cert, *tls_key, *client_ca, *client_crl;
	char *pam; /* service; NULL: PAM is not asked */
	enum log_level log_level;
	bool has_log_level; /* somebody set it */
	int64_t max_upload_bytes;
	unsigned max_uploads, max_name;
	size_t max_xml_bytes;
	enum sandbox_mode sandbox;
	enum junk_policy junk;
	struct server_limits limits;
	struct store_options store_options;
	char *file;               /* that was read; NULL: none */
	struct config_said *said; /* what holds of it: what a later word replaced is left out */
	size_t said_count;
};

enum config_source { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_FLAG };

/* All defaults.  config_clear() frees what it holds. */
void config_init(struct config *c);
void config_clear(struct config *c);

/*
 * Reads FILE and then FILE's sibling folder conf.d/ *.conf in the order of their names.  E_USAGE with file, line and, for an
 * unknown key, the nearest known one in `why`; E_NOT_FOUND, E_FORBIDDEN, E_IO: FILE cannot be read.
 */
enum err config_load(struct config *c, const char *file, struct note *why) must_check;

/* Sets one key, as `--KEY VALUE`.  E_USAGE: unknown, or the value does not fit. */
enum err config_set(struct config *c, const char *key, const char *value, enum config_source source,
		    struct note *why) must_check;

/* What holds between keys (a certificate needs its key).  E_USAGE. */
enum err config_check(const struct config *c, struct note *why) must_check;

/* The proxies that are trusted (config_check() has seen that they can be read). */
void config_proxies(const struct config *c, struct cidr_list *out);

/*
 * A record with the file that was read, if any; then every key with its value and where that comes from, a record a value (in
 * the form of server/api/fields.h): key, value (absent: nobody set it and the table names no default), from ("default",
 * "--listen", "FILE:LINE").  E_TOO_LARGE.
 */
enum err config_show(const struct config *c, struct buf *out) must_check;

/*
 * The keys whose values differ and that a running server cannot take, "listen, loops"; nothing: it can take all.  The rest
 * of what `now` says is for who reloads.
 */
enum err config_list_fixed(const struct config *now, const struct config *before, struct buf *out) must_check;

/* The table for people: one line a key with its default and meaning. */
enum err config_describe(struct buf *out) must_check;

/* A row of the table; `value` is the default, NULL if `doc` says it.  All are constants. */
typedef void config_key_fn(void *arg, const char *name, const char *value, const char *doc);

/* Calls `fn` for each key in the table's order: the manual is made of it. */
void config_each_key(config_key_fn *fn, void *arg);

#endif
