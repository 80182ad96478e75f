/*
 * notify: what a supervisor tells us and wants to hear (sd_notify(3), sd_listen_fds(3)), by hand.
 */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include "common/err.h"

enum { NOTIFY_FDS_LIMIT = 16 };

/* Sends "READY=1" and the like to $NOTIFY_SOCKET.  Without one, or when nobody listens, nothing happens. */
void notify_send(const char *state);

/*
 * The listening sockets that were handed over ($LISTEN_FDS, $LISTEN_PID) into `out`, close-on-exec; both variables are
 * unset, so that children do not take them for theirs.  Returns how many.  E_USAGE by `out_error`: one is no listening
 * stream socket, or there are too many.
 */
unsigned notify_inherit(int out[NOTIFY_FDS_LIMIT], enum err *out_error, struct note *why);

/* How often "WATCHDOG=1" is due, in milliseconds (half of $WATCHDOG_USEC); 0: nobody waits for it. */
int64_t notify_watchdog_ms(void);

#endif
