#include "server/waken.h"

#include "server/admin_door.h"
#include "server/where.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PORT = 8443, TRIES = 100, TRY_PAUSE_MS = 100 };

static bool is_site(const char *folder)
{
	struct config config;
	bool is_named;

	where_site_config(folder, &config);
	is_named = config.store != NULL;
	config_clear(&config);
	return is_named;
}

/* False: nobody listens. */
static bool knock(int *out_fd)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	*out_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return *out_fd >= 0 && connect(*out_fd, (struct sockaddr *)&at, sizeof at) == 0;
}

enum err waken_service(const char *folder, struct note *why)
{
	static const struct timespec pause = { .tv_nsec = TRY_PAUSE_MS * 1000000L };
	autoclose int fd = -1;

	if (!is_site(folder) || store_is_at(folder) || admin_door_answers(folder))
		return OK;
	if (knock(&fd))
		for (int tries = 0; tries < TRIES; tries++) {
			if (admin_door_answers(folder))
				return OK;
			nanosleep(&pause, NULL);
		}
	return note_set(why, E_NOT_FOUND,
			"there is no store in %.100s yet; its server makes it:  systemctl start syncd", folder);
}
