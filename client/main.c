/*
 * The client.  It speaks of itself by argv[0]: `sync` when the dispatcher started it, else `syncc`.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "client/cmd/cmd.h"
#include "client/session.h"

static void interrupt(int number not_used)
{
	session_interrupted = 1;
	/* A second one ends us at once: nothing half done is ever in its place. */
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
}

static void catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = interrupt };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct sigaction old;

		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) /* nohup stays nohup */
			sigaction(numbers[i], &action, NULL);
	}
}

/* `syncc --version` and `syncc --help` are the commands of that name. */
static void turn_into_word(int argc, char **argv)
{
	static char version[] = "version", help[] = "help";

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		argv[1] = version;
	else if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
		argv[1] = help;
}

static int run(struct session *s)
{
	enum err e = s->cli->command->run(s);
	bool is_many = s->cli->recursive;

	session_close(s);
	if (session_interrupted) {
		output_error(s->out, E_INTERRUPTED, NULL, "%s", err_words(E_INTERRUPTED));
		return err_exit_code(E_INTERRUPTED);
	}
	if (e != OK && output_exit_code(s->out) == 0)
		output_error(s->out, e, NULL, "%s", err_words(e));
	return output_finish(s->out, is_many);
}

int main(int argc, char **argv)
{
	struct cli cli;
	struct note why;
	struct session session = { .cli = &cli };
	enum err e;
	int code;

	turn_into_word(argc, argv);
	e = cli_parse(argc, argv, &cli, &why);
	if (e != OK && argc < 2) {
		help_print_commands(&cli, true);
		return err_exit_code(e);
	}
	session.out = output_new(&(struct output_options){ .self = cli.self,
							   .json = cli.json,
							   .quiet = cli.quiet,
							   .verbose = cli.verbose > 0,
							   .dry_run = cli.dry_run,
							   .color = cli.color });
	if (e != OK) {
		output_error(session.out, e, NULL, "%s", why.text);
		output_hint(session.out, "%s help%s%s", cli.self, cli.command ? " " : "",
			    cli.command ? cli.command->word : "");
		output_free(session.out);
		return err_exit_code(e);
	}
	if (cli.help) {
		help_print_command(&cli, cli.command);
		output_free(session.out);
		return fflush(stdout) == 0 ? 0 : 1;
	}
	catch_signals();
	curl_global_init(CURL_GLOBAL_DEFAULT);
	code = run(&session);
	curl_global_cleanup();
	output_free(session.out);
	return code;
}
