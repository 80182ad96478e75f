/*
 * libraries: OpenSSL and libevent get their memory from where we do (common/memory.h), so that a connection or a handshake that began can
 * end when there is little of it.
 */
#ifndef SERVER_NET_LIBRARIES_H
#define SERVER_NET_LIBRARIES_H

/* Before either has been used for anything; later it does nothing. */
void libraries_share_memory(void);

#endif
