/*
 * pool: a fixed number of threads for what may block.  A job runs on one of them and comes back to its loop.  The queue is as
 * long as there are requests, which is bounded by the connections.
 */
#ifndef SERVER_NET_POOL_H
#define SERVER_NET_POOL_H

#include "server/net/loop.h"

struct job {
	struct task task; /* task.run: back on the loop, when the work is done; may free the job */
	struct loop *home;
	struct job *next;
	void (*work)(struct job *j); /* on a worker: may block, touches nothing of the loop */
};

struct pool;

/* Starts up to `threads` threads, at least one.  E_IO: none could be started.  The caller frees it. */
enum err pool_new(unsigned threads, struct pool **out);

/* Queues a job (any thread); its home may not end before it came back. */
void pool_put(struct pool *p, struct job *j);

/* Finishes what is queued and ends the threads.  NULL is fine. */
void pool_free(struct pool *p);

#endif
