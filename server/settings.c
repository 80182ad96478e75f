#include "server/settings.h"

#include <stdlib.h>
#include <unistd.h>

/*
 * systemd.exec(5), LoadCredential=tls:FOLDER: tls.crt and tls.key of a folder that we may not read ourselves.  The caller frees
 * it; NULL: there is no such file.
 */
static char *handed_over(const char *name)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	autofree char *path = folder && *folder ? xasprintf("%s/tls_%s", folder, name) : NULL;

	return path && access(path, F_OK) == 0 ? TAKE(path) : NULL;
}

/* One without the other is a mistake to be said, not a reason to take another pair. */
static enum err read_handed_pair(struct settings *s, bool *out_found, struct note *why)
{
	autofree char *cert = handed_over("tls.crt"), *key = handed_over("tls.key");

	*out_found = cert || key;
	if (!*out_found)
		return OK;
	if (!cert || !key)
		return note_set(why, E_USAGE, "the credentials hold %s but no %s", cert ? "tls.crt" : "tls.key",
				cert ? "tls.key" : "tls.crt");
	return tls_new(cert, key, &s->tls, why);
}

static enum err read_own_pair(const struct settings_options *options, struct settings *s, bool *out_made,
			      struct note *why)
{
	autofree char *cert = xasprintf("%s/tls.crt", options->folder);
	autofree char *key = xasprintf("%s/tls.key", options->folder);
	enum err e;

	if (options->makes_key && access(cert, F_OK) != 0 && access(key, F_OK) != 0) {
		if ((e = tls_make_self_signed(cert, key, why)) != OK)
			return e;
		*out_made = true;
	}
	return tls_new(cert, key, &s->tls, why);
}

static enum err read_tls(const struct settings_options *options, struct settings *s, bool *out_made, struct note *why)
{
	bool is_found = true;
	enum err e;

	if (options->no_tls)
		return s->config->client_ca
			   ? note_set(why, E_USAGE, "client-ca: without TLS nobody shows a certificate")
			   : OK;
	if (s->config->tls_cert)
		e = tls_new(s->config->tls_cert, s->config->tls_key, &s->tls, why);
	else
		e = read_handed_pair(s, &is_found, why);
	if (e == OK && !is_found)
		e = read_own_pair(options, s, out_made, why);
	if (e == OK && s->config->client_ca)
		e = tls_trust_clients(s->tls, &(struct tls_authorities){ s->config->client_ca, s->config->client_crl },
				      why);
	if (e == OK) {
		s->pin = tls_pin(s->tls);
		s->needs_pin = tls_is_self_signed(s->tls);
	}
	return e;
}

enum err settings_new(struct config *config, const struct settings_options *options, struct settings **out,
		      bool *out_made_key, struct note *why)
{
	struct settings *s = xcalloc(1, sizeof *s);
	enum err e;

	s->config = config;
	s->owned = options->owns ? config : NULL;
	*out_made_key = false;
	if ((e = read_tls(options, s, out_made_key, why)) != OK) {
		settings_free(s);
		return e;
	}
	s->origins = (struct browser_origins){ config->cors_allow.items, config->cors_allow.count };
	config_proxies(config, &s->proxies);
	s->dav = (struct dav_options){ .max_upload_bytes = config->max_upload_bytes,
				       .max_xml_bytes = config->max_xml_bytes,
				       .max_path_segments = config->store_options.max_depth,
				       .max_name_bytes = config->max_name,
				       .max_uploads = config->max_uploads,
				       .requests_per_user = config->limits.requests_per_user,
				       .junk = config->junk,
				       .public_url = config->public_url };
	*out = s;
	return OK;
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	tls_free(s->tls);
	free(s->pin);
	if (s->owned)
		config_clear(s->owned);
	free(s->owned);
	free(s);
}
