#include "server/welcome.h"

#include "common/clock.h"
#include "common/log.h"
#include "server/api/accounts.h"
#include "server/auth/secret.h"
#include "server/osuser.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum err invite(struct store *s, const char *url, const char *pin)
{
	static const struct store_right all = { .write = true, .prefix = "/" };
	char user[STORE_USER_SIZE], code[SECRET_CODE_SIZE];
	struct digest digest;
	enum err e;

	osuser_name(user);
	secret_new_code(code, &digest);
	if ((e = store_user_add(s, user, &all, 1)) != OK ||
	    (e = store_code_add(s, user, &digest, clock_now_s() + SECRET_CODE_LIFE_S)) != OK)
		return e;
	autofree char *link = accounts_link(&(struct accounts_address){ url, pin }, user, code);
	/* Single quotes: "#" and "~" mean something to a shell. */
	fprintf(stderr, "On any machine, within ten minutes:\n  sync login '%s'\n(later: syncd invite %s)\n", link,
		user);
	explicit_bzero(link, strlen(link));
	explicit_bzero(code, sizeof code);
	return OK;
}

enum err welcome_first(struct store *s, const char *url, const char *pin, struct note *why)
{
	int64_t users;
	enum err e = store_user_count(s, &users);

	if (e == OK && users == 0 && url && isatty(STDERR_FILENO)) {
		e = invite(s, url, pin);
	} else if (e == OK) {
		/* Public, and needed by who signs in without a link: by a token, by curl. */
		if (pin)
			log_info("known_by pin=%s use=\"SYNC_PIN, login --pin\"", pin);
		if (users == 0)
			log_info("nobody can sign in yet: syncd invite --store %s NAME", store_folder(s));
	}
	return e == OK ? OK : note_set(why, e, "cannot make the first user: %s", err_words(e));
}
