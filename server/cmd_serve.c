/*
 * cmd_serve: flags and files to what app runs.
 */
#include "server/app.h"
#include "server/auth/checker.h"
#include "server/captive.h"
#include "server/cmd.h"
#include "server/where.h"

#include <stdio.h>
#include <stdlib.h>

/* The flags that are keys of the config. */
static const char *const key_flags[] = { "listen", "tls-cert", "tls-key", "client-ca", "client-crl", "log-level" };

void cmd_serve_help(void)
{
	autobuf struct buf keys = buf_new(16 * 1024);

	if (config_describe(&keys) == OK)
		printf("\nKeys of the --config FILE (and of FILE's folder conf.d/*.conf), `key = value` a line:\n%s",
		       keys.data);
}

static enum err read_config(void *arg, struct config *config, struct note *why)
{
	const struct cmd_args *args = arg;
	const char *file = cmd_value(args, "config"), *value;
	enum err e = file ? config_load(config, file, why) : OK;

	for (size_t i = 0; i < ARRAY_LEN(key_flags); i++)
		for (unsigned at = 0; e == OK && (value = cmd_next(args, key_flags[i], &at));)
			e = config_set(config, key_flags[i], value, CONFIG_FLAG, why);
	if (e == OK)
		e = config_check(config, why);
	/* A config that cannot be read is a wrong config, whatever the reason. */
	return e == OK ? OK : E_USAGE;
}

static enum err choose_folder(const struct cmd_args *args, struct config *config, struct app_options *options,
			      char **out, struct note *why)
{
	const char *named = args->operand_count ? args->operands[0] : NULL;
	enum err e;

	options->is_temporary = options->run && !named;
	if (options->is_temporary)
		e = captive_make_folder(out, why);
	else
		e = where_to_serve(named, config, out, why);
	if (e == OK)
		e = where_become_owner(*out, why);
	options->folder = *out;
	return e;
}

int cmd_serve(const struct cmd_args *args)
{
	autofree char *folder = NULL;
	struct app_options options = { .no_tls = cmd_has(args, "no-tls"), .run = cmd_value(args, "run") };
	struct config config;
	struct note why = { "" };
	enum err e;
	int exit_code;

	config_init(&config);
	options.config = &config;
	options.read_config = read_config;
	options.read_config_arg = (void *)(uintptr_t)args;
	e = read_config((void *)(uintptr_t)args, &config, &why);
	/* As who started us: root may ask PAM about everybody, the store's owner may not. */
	if (e == OK && config.pam)
		e = checker_start(config.pam, &options.checker, &why);
	if (e == OK)
		e = choose_folder(args, &config, &options, &folder, &why);
	if (e == OK) {
		/* The tests that a captive server runs want to see their own words. */
		log_set_level(options.run && !config.has_log_level ? LOG_WARNING : config.log_level);
		exit_code = app_run(&options);
	} else {
		fprintf(stderr, "syncd: %s\n", why.text[0] ? why.text : err_words(e));
		exit_code = e == E_USAGE ? CMD_USAGE : CMD_FAILED;
	}
	checker_free(options.checker);
	config_clear(&config);
	return exit_code;
}
