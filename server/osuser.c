#include "server/osuser.h"

#include <pwd.h>
#include <string.h>
#include <unistd.h>

static bool is_fit(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       (ch && strchr("._@-", ch));
}

const char *osuser_name(char out[STORE_USER_SIZE])
{
	const struct passwd *account = getpwuid(geteuid());
	const char *name = account ? account->pw_name : "";
	size_t len = 0;

	while (*name == '-' || *name == '.')
		name++;
	for (; *name && len < STORE_USER_SIZE - 1; name++)
		if (is_fit(*name))
			out[len++] = *name;
	out[len] = '\0';
	if (!len)
		memcpy(out, "user", sizeof "user");
	return out;
}
