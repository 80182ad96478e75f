#include "server/address.h"

#include "server/listening.h"
#include "server/net/tls.h"
#include "server/where.h"

#include <string.h>
#include <unistd.h>

static const char *first_inet(const struct config *config)
{
	for (unsigned i = 0; i < config->listen.count; i++)
		if (strncmp(config->listen.items[i], "unix:", 5) != 0)
			return config->listen.items[i];
	return config->listen.count ? NULL : "[::]:8443";
}

void address_of_stopped(const char *folder, char **out_url, char **out_pin)
{
	autofree char *own_cert = xasprintf("%s/tls.crt", folder);
	const char *cert = own_cert, *listen;
	struct config config;
	struct note why;

	where_site_config(folder, &config);
	listen = first_inet(&config);
	*out_url = NULL;
	*out_pin = NULL;
	if (config.public_url)
		*out_url = xstrdup(config.public_url);
	else if (listen)
		*out_url = listening_url(listen, true);
	if (config.tls_cert)
		cert = config.tls_cert;
	/* Not there, or not for us to read: then it is an authority's, or there is no TLS here. */
	if (access(cert, R_OK) == 0 && tls_pin_of_file(cert, out_pin, &why) != OK)
		*out_pin = NULL;
	config_clear(&config);
}
