#include "server/settings.h"

#include <stdlib.h>
#include <unistd.h>

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
	enum err e;

	if (options->no_tls)
		return s->config->client_ca
			   ? note_set(why, E_USAGE, "client-ca: without TLS nobody shows a certificate")
			   : OK;
	if (s->config->tls_cert)
		e = tls_new(s->config->tls_cert, s->config->tls_key, &s->tls, why);
	else
		e = read_own_pair(options, s, out_made, why);
	if (e == OK && s->config->client_ca)
		e = tls_trust_clients(s->tls, s->config->client_ca, why);
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
				       .max_path_segments = config->max_path_depth,
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
