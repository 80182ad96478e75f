/*
 * config: one table, from which the file, the flags, the defaults and the help are read.  A key that does nothing in this
 * build is not in it.
 */
#include "server/config.h"

#include "common/ini.h"
#include "common/path.h"
#include "common/suggest.h"
#include "server/api/fields.h"
#include "server/auth/pam.h"
#include "server/units.h"

#include <stdlib.h>
#include <string.h>

enum type {
	TYPE_TEXT,    /* char * */
	TYPE_LIST,    /* struct config_list; each mention adds one */
	TYPE_LEVEL,   /* enum log_level */
	TYPE_SANDBOX, /* enum sandbox_mode */
	TYPE_JUNK,    /* enum junk_policy */
	TYPE_BYTES,   /* int64_t */
	TYPE_MEMORY,  /* size_t, in bytes */
	TYPE_SECONDS, /* unsigned */
	TYPE_COUNT    /* unsigned */
};

static const struct key {
	const char *name;
	enum type type;
	size_t offset;
	const char *value; /* the default; NULL: what `doc` says */
	int64_t min, max;
	const char *doc;
} keys[] = {
#define AT(member) offsetof(struct config, member)
	{ "listen", TYPE_LIST, AT(listen), NULL, 0, 0,
	  "ADDR:PORT or unix:PATH, repeatable; default [::]:8443 and 0.0.0.0:8443" },
	{ "trusted-proxy", TYPE_LIST, AT(trusted_proxy), NULL, 0, 0,
	  "ADDRESS, ADDRESS/BITS or unix, repeatable: whose Forwarded, X-Forwarded-* and PROXY header count" },
	{ "proxy-protocol", TYPE_LIST, AT(proxy_protocol), NULL, 0, 0,
	  "a listen address, repeatable: connections there begin with a PROXY header (v1 or v2)" },
	{ "cors-allow", TYPE_LIST, AT(cors_allow), NULL, 0, 0,
	  "an origin (https://app.example), repeatable: its pages may use this server with a token" },
	{ "store", TYPE_TEXT, AT(store), NULL, 0, 0, "folder of the store; default the personal one" },
	{ "public-url", TYPE_TEXT, AT(public_url), NULL, 0, 0,
	  "address to print in login links; default host name and port" },
	{ "tls-cert", TYPE_TEXT, AT(tls_cert), NULL, 0, 0,
	  "certificate chain (PEM); default the service manager's, else a self-signed one in the store" },
	{ "tls-key", TYPE_TEXT, AT(tls_key), NULL, 0, 0, "its private key (PEM)" },
	{ "client-ca", TYPE_TEXT, AT(client_ca), NULL, 0, 0,
	  "authorities (PEM): a client with a certificate of theirs is the user in its common name" },
	{ "client-crl", TYPE_TEXT, AT(client_crl), NULL, 0, 0,
	  "what they have revoked (lists in PEM, one of each): who shows such a certificate gets no connection" },
	{ "pam", TYPE_TEXT, AT(pam), NULL, 0, 0,
	  "PAM service (of /etc/pam.d, or a file's path) asked about passwords of users who are here; default none" },
	{ "log-level", TYPE_LEVEL, AT(log_level), "info", 0, 0, "error, warning, info or debug" },
	{ "sandbox", TYPE_SANDBOX, AT(sandbox), "auto", 0, 0,
	  "yes, no or auto (yes where the kernel can): system calls that serving does not need fail" },
	{ "junk-files", TYPE_JUNK, AT(junk), "keep", 0, 0,
	  "._*, .DS_Store, Thumbs.db, desktop.ini: keep, hide from listings, or drop" },
	{ "max-upload", TYPE_BYTES, AT(max_upload_bytes), "0", 0, INT64_MAX, "largest file; 0: what the disk holds" },
	{ "max-uploads", TYPE_COUNT, AT(max_uploads), "2000", 1, 1000000,
	  "files being uploaded at once; one more is 503, before its body" },
	{ "max-path-depth", TYPE_COUNT, AT(store_options.max_depth), "256", 1, PATH_SEGMENTS_LIMIT,
	  "folders and file in the path of what is made; more are 414" },
	{ "max-name", TYPE_COUNT, AT(max_name), "255", 1, PATH_NAME_LIMIT,
	  "bytes of a name that is made; more are 414" },
	{ "max-xml", TYPE_MEMORY, AT(max_xml_bytes), "1 MiB", 4096, 64 << 20, "a request's XML; more is 413" },
	{ "max-properties", TYPE_COUNT, AT(store_options.max_props), "1000", 0, 100000,
	  "that clients keep on one file or folder" },
	{ "max-property-bytes", TYPE_BYTES, AT(store_options.max_props_bytes), "256 KiB", 0, 16 << 20,
	  "all that they take, names and values" },
	{ "max-locks", TYPE_COUNT, AT(store_options.max_locks), "10000", 0, 1000000, "locks, all together" },
	{ "max-locks-per-user", TYPE_COUNT, AT(store_options.max_locks_of_user), "1000", 0, 1000000, "of one user" },
	{ "max-connections", TYPE_COUNT, AT(limits.max_connections), "10000", 1, 1000000,
	  "open connections, all together" },
	{ "max-connections-per-address", TYPE_COUNT, AT(limits.max_connections_per_address), "1000", 0, 1000000,
	  "of them from one address (IPv6: one /64); not from this machine and proxies; 0: any number" },
	{ "requests-per-address", TYPE_COUNT, AT(limits.requests_per_address), "2000", 0, 10000000,
	  "a second from one address, beyond bursts; more are 429; not from this machine; 0: any number" },
	{ "requests-per-user", TYPE_COUNT, AT(limits.requests_per_user), "0", 0, 10000000,
	  "a second of one user, beyond bursts; more are 429; 0: any number" },
	{ "handshake-timeout", TYPE_SECONDS, AT(limits.handshake_head_s), "20s", 1, 3600,
	  "from connecting to a whole request head" },
	{ "idle-timeout", TYPE_SECONDS, AT(limits.idle_s), "75s", 1, 86400, "a kept connection without a request" },
	{ "stall-timeout", TYPE_SECONDS, AT(limits.stall_s), "30s", 1, 86400, "a body or an answer without progress" },
	{ "linger-timeout", TYPE_SECONDS, AT(limits.linger_s), "5s", 1, 60, "reading on after an early answer" },
	{ "drain-timeout", TYPE_SECONDS, AT(limits.drain_s), "30s", 0, 3600, "for running requests, when stopping" },
	{ "loops", TYPE_COUNT, AT(limits.loops), "0", 0, 256, "threads for connections; 0: one a core" },
	{ "workers", TYPE_COUNT, AT(limits.workers), "8", 1, 256, "threads for work that waits for the disk" },
	{ "disk-reserve", TYPE_BYTES, AT(store_options.reserve_bytes), NULL, 0, INT64_MAX,
	  "free space that uploads leave; default 512 MiB or 5 % of the disk, whichever is less" },
	{ "memory-budget", TYPE_MEMORY, AT(store_options.memory_budget_bytes), "32 MiB", 1 << 20, INT64_C(1) << 40,
	  "small bodies waiting to be stored, all together" },
	{ "max-queued", TYPE_COUNT, AT(store_options.max_queued), "4096", 1, 1000000, "changes waiting to be stored" },
	{ "keep-all", TYPE_SECONDS, AT(store_options.keep_all_s), "24h", 0, UINT32_MAX,
	  "every version that ended so recently is kept" },
	{ "keep-daily", TYPE_SECONDS, AT(store_options.keep_daily_s), "30d", 0, UINT32_MAX,
	  "older ones only as each midnight (UTC) found the file" },
	{ "keep-weekly", TYPE_SECONDS, AT(store_options.keep_weekly_s), "1y", 0, UINT32_MAX,
	  "older ones only as each Monday found it; beyond that none, nor what was deleted" },
	{ "keep-versions", TYPE_COUNT, AT(store_options.keep_versions), "0", 0, 1000000000,
	  "old versions of one file at most; 0: any number" },
	{ "keep-journal", TYPE_SECONDS, AT(store_options.keep_journal_s), "1y", 0, UINT32_MAX,
	  "who changed what, and at least what history needs; a client away longer merges, and deletes nothing" },
	{ "history-max", TYPE_BYTES, AT(store_options.history_max_bytes), NULL, 0, INT64_MAX,
	  "size of all history, the oldest goes first; default half of what is free for it at start" },
	{ "scrub-rate", TYPE_BYTES, AT(store_options.scrub_bytes_per_s), "8 MiB", 0, INT64_C(1) << 40,
	  "bytes a second that are read back from the disk and proved, all the time; 0: none" },
#undef AT
};

static const struct key *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* ---- values ---- */

static void empty_list(struct config_list *list)
{
	while (list->count)
		free(list->items[--list->count]);
}

static enum err set_list(struct config_list *list, const char *value, enum config_source source, struct note *why)
{
	if (list->source != (int)source) { /* the flags' list takes the place of the file's */
		empty_list(list);
		list->source = source;
	}
	if (list->count == CONFIG_LISTEN_LIMIT)
		return note_set(why, E_USAGE, "more than %d times", CONFIG_LISTEN_LIMIT);
	list->items[list->count++] = xstrdup(value);
	return OK;
}

/* Reads a number of the key's kind into the key's range. */
static enum err read_number(const struct key *key, const char *value, int64_t *out, struct note *why)
{
	struct span text = span_of(value);
	bool is_size = key->type == TYPE_BYTES || key->type == TYPE_MEMORY, is_read;

	if (is_size)
		is_read = units_read_bytes(text, out);
	else if (key->type == TYPE_SECONDS)
		is_read = units_read_seconds(text, out);
	else
		is_read = span_to_int64(text, out);
	if (!is_read)
		return note_set(why, E_USAGE, "\"%.60s\" is not %s", value,
				is_size                     ? "a size like 64 MiB"
				: key->type == TYPE_SECONDS ? "a duration like 30s, 10m, 24h, 7d"
							    : "a number");
	if (*out < key->min || *out > key->max)
		return note_set(why, E_USAGE, "%.60s is outside %lld to %lld", value, (long long)key->min,
				(long long)key->max);
	return OK;
}

static enum err set_value(struct config *c, const struct key *key, const char *value, enum config_source source,
			  struct note *why)
{
	void *at = (char *)c + key->offset;
	int64_t number;
	enum err e;

	switch (key->type) {
	case TYPE_TEXT:
		free(*(char **)at);
		*(char **)at = xstrdup(value);
		return OK;
	case TYPE_LIST:
		return set_list(at, value, source, why);
	case TYPE_LEVEL:
		if (!log_level_from_text(value, at))
			return note_set(why, E_USAGE, "\"%.60s\" is not error, warning, info or debug", value);
		c->has_log_level = source != CONFIG_DEFAULT;
		return OK;
	case TYPE_SANDBOX:
		if (!sandbox_mode_from_text(value, at))
			return note_set(why, E_USAGE, "\"%.60s\" is not yes, no or auto", value);
		return OK;
	case TYPE_JUNK:
		if (!junk_policy_from_text(value, at))
			return note_set(why, E_USAGE, "\"%.60s\" is not keep, hide or drop", value);
		return OK;
	case TYPE_BYTES:
	case TYPE_MEMORY:
	case TYPE_SECONDS:
	case TYPE_COUNT:
		break;
	}
	if ((e = read_number(key, value, &number, why)) != OK)
		return e;
	if (key->type == TYPE_BYTES)
		*(int64_t *)at = number;
	else if (key->type == TYPE_MEMORY)
		*(size_t *)at = (size_t)number;
	else
		*(unsigned *)at = (unsigned)number;
	return OK;
}

/* ---- what was said ---- */

static void forget(struct config *c, size_t i)
{
	free(c->said[i].value);
	free(c->said[i].where);
	memmove(&c->said[i], &c->said[i + 1], (--c->said_count - i) * sizeof c->said[0]);
}

/* A list's values add up, unless they come from a source that overrides the other. */
static void note_said(struct config *c, const struct key *key, const char *value, enum config_source source,
		      const char *where)
{
	for (size_t i = c->said_count; i-- > 0;)
		if (c->said[i].key == key->name && (key->type != TYPE_LIST || c->said[i].source != (int)source))
			forget(c, i);
	c->said = xrealloc(c->said, (c->said_count + 1) * sizeof c->said[0]);
	c->said[c->said_count++] = (struct config_said){ key->name, xstrdup(value), xstrdup(where), (int)source };
}

static const struct config_said *next_said(const struct config *c, const char *key, size_t *at)
{
	while (*at < c->said_count)
		if (strcmp(c->said[(*at)++].key, key) == 0)
			return &c->said[*at - 1];
	return NULL;
}

static enum err set_key(struct config *c, const char *name, const char *value, enum config_source source,
			const char *where, struct note *why)
{
	const struct key *key = find(name);
	struct note reason = { "" };
	const char *near;
	enum err e;

	if (!key) {
		near = suggest_nearest(name, &keys[0].name, ARRAY_LEN(keys), sizeof keys[0]);
		return note_set(why, E_USAGE, "unknown key \"%.60s\"%s%s%s", name, near ? "; did you mean " : "",
				near ? near : "", near ? "?" : "");
	}
	if (!value[0])
		return note_set(why, E_USAGE, "%s: no value", name);
	if ((e = set_value(c, key, value, source, &reason)) != OK)
		return note_set(why, e, "%s: %s", name, reason.text);
	note_said(c, key, value, source, where);
	return OK;
}

void config_init(struct config *c)
{
	struct note why;

	*c = (struct config){ .limits = SERVER_LIMITS_DEFAULT, .store_options = STORE_DEFAULTS };
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (keys[i].value && set_value(c, &keys[i], keys[i].value, CONFIG_DEFAULT, &why) != OK)
			abort(); /* the table is wrong */
}

void config_clear(struct config *c)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		void *at = (char *)c + keys[i].offset;

		if (keys[i].type == TYPE_TEXT)
			free(*(char **)at);
		else if (keys[i].type == TYPE_LIST)
			empty_list(at);
	}
	while (c->said_count)
		forget(c, c->said_count - 1);
	free(c->said);
	free(c->file);
	*c = (struct config){ .log_level = LOG_INFO };
}

/* ---- files ---- */

static enum err take_entry(void *arg, const struct ini_entry *entry, struct note *why)
{
	autofree char *where = xasprintf("%s:%u", entry->file, entry->line);

	if (entry->section[0])
		return note_set(why, E_USAGE, "no section [%.60s] here: keys stand at the left margin", entry->section);
	return set_key(arg, entry->key, entry->value, CONFIG_FILE, where, why);
}

enum err config_load(struct config *c, const char *file, struct note *why)
{
	const char *slash = strrchr(file, '/');
	enum err e = ini_read_file(file, take_entry, c, why);

	if (e != OK)
		return e;
	free(c->file);
	c->file = realpath(file, NULL); /* whoever asks may be in another folder */
	autofree char *folder = xasprintf("%.*sconf.d", slash ? (int)(slash + 1 - file) : 0, file);
	return ini_read_folder(folder, take_entry, c, why);
}

enum err config_set(struct config *c, const char *key, const char *value, enum config_source source, struct note *why)
{
	autofree char *where = xasprintf("--%s", key);

	return set_key(c, key, value, source, where, why);
}

static bool list_has(const struct config_list *list, const char *item)
{
	for (unsigned i = 0; i < list->count; i++)
		if (strcmp(list->items[i], item) == 0)
			return true;
	return false;
}

static enum err check_proxies(const struct config *c, struct note *why)
{
	struct cidr_list list = { .count = 0 };

	for (unsigned i = 0; i < c->trusted_proxy.count; i++)
		if (cidr_add(&list, span_of(c->trusted_proxy.items[i])) != OK)
			return note_set(why, E_USAGE, "trusted-proxy: \"%.60s\" is not ADDRESS, ADDRESS/BITS or unix",
					c->trusted_proxy.items[i]);
	for (unsigned i = 0; i < c->proxy_protocol.count; i++)
		if (!list_has(&c->listen, c->proxy_protocol.items[i]))
			return note_set(why, E_USAGE, "proxy-protocol: %.80s is no `listen` address",
					c->proxy_protocol.items[i]);
	return OK;
}

void config_proxies(const struct config *c, struct cidr_list *out)
{
	*out = (struct cidr_list){ .count = 0 };
	for (unsigned i = 0; i < c->trusted_proxy.count; i++)
		if (cidr_add(out, span_of(c->trusted_proxy.items[i])) != OK)
			log_warning("leave_out trusted_proxy=%s", QUOTED(c->trusted_proxy.items[i]));
}

/* RFC 6454 §6.2: an origin is scheme, host and perhaps a port; compared as it is. */
static enum err check_origins(const struct config *c, struct note *why)
{
	for (unsigned i = 0; i < c->cors_allow.count; i++) {
		const char *origin = c->cors_allow.items[i], *host = strstr(origin, "://");

		if (!host || !host[3] || strchr(host + 3, '/') || strpbrk(origin, " ,*\"\t"))
			return note_set(why, E_USAGE, "cors-allow: \"%.60s\" is not an origin like https://app.example",
					origin);
	}
	return OK;
}

static enum err check_pam(const struct config *c, struct note *why)
{
	struct note reason = { "" };

	if (!c->pam || pam_find_service(c->pam, &reason) == OK)
		return OK;
	return note_set(why, E_USAGE, "pam: %s", reason.text);
}

enum err config_check(const struct config *c, struct note *why)
{
	enum err e;

	if (!c->tls_cert != !c->tls_key)
		return note_set(why, E_USAGE, "tls-cert and tls-key belong together: only %s is set",
				c->tls_cert ? "tls-cert" : "tls-key");
	if (c->client_crl && !c->client_ca)
		return note_set(why, E_USAGE, "client-crl: only client-ca says whose certificates are taken");
	if ((e = check_proxies(c, why)) != OK || (e = check_pam(c, why)) != OK)
		return e;
	return check_origins(c, why);
}

enum err config_describe(struct buf *out)
{
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(keys) && e == OK; i++)
		e = buf_addf(out, "  %-28s %s%s%s%s\n", keys[i].name, keys[i].doc, keys[i].value ? " (" : "",
			     keys[i].value ? keys[i].value : "", keys[i].value ? ")" : "");
	return e;
}

void config_each_key(config_key_fn *fn, void *arg)
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		fn(arg, keys[i].name, keys[i].value, keys[i].doc);
}

/* ---- showing ---- */

static enum err show_value(struct buf *out, const char *key, const char *value, const char *from)
{
	autofree char *shown = xstrdup(value ? value : "");
	enum err e = fields_add(out, "key", key);

	for (char *p = shown; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?'; /* a field is one line */
	if (e == OK && value)
		e = fields_add(out, "value", shown);
	if (e != OK || (e = fields_add(out, "from", from)) != OK)
		return e;
	return fields_end(out);
}

enum err config_show(const struct config *c, struct buf *out)
{
	enum err first = c->file ? fields_add(out, "file", c->file) : OK;

	if (first != OK || (c->file && (first = fields_end(out)) != OK))
		return first;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct config_said *said;
		size_t at = 0;
		bool any = false;
		enum err e;

		while ((said = next_said(c, keys[i].name, &at)) != NULL) {
			any = true;
			if ((e = show_value(out, said->key, said->value, said->where)) != OK)
				return e;
		}
		if (!any && (e = show_value(out, keys[i].name, keys[i].value, "default")) != OK)
			return e;
	}
	return OK;
}

static bool is_same(const struct config *a, const struct config *b, const char *key)
{
	const struct config_said *of_a, *of_b;
	size_t at_a = 0, at_b = 0;

	do {
		of_a = next_said(a, key, &at_a);
		of_b = next_said(b, key, &at_b);
	} while (of_a && of_b && strcmp(of_a->value, of_b->value) == 0);
	return !of_a && !of_b;
}

enum err config_list_fixed(const struct config *now, const struct config *before, struct buf *out)
{
	/* Sockets, threads, the folder and who asks PAM are made once; a sandbox is for good. */
	static const char *const fixed[] = {
		"listen", "proxy-protocol", "store", "loops", "workers", "sandbox", "pam"
	};
	enum err e = OK;

	for (size_t i = 0; i < ARRAY_LEN(fixed) && e == OK; i++)
		if (!is_same(now, before, fixed[i]))
			e = buf_addf(out, "%s%s", out->len ? ", " : "", fixed[i]);
	return e;
}
