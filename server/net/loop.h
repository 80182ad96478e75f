/*
 * loop: one event_base on one thread, an inbox for what other threads have to say to it, and what its connections share.
 *
 * libevent is used without its locks: everything that touches a loop's objects runs on its thread.  Only loop_post() and
 * loop_turned_ns() may be called from elsewhere.
 */
#ifndef SERVER_NET_LOOP_H
#define SERVER_NET_LOOP_H

#include "common/arena.h"
#include "common/err.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
	LOOP_READ_SIZE = 262144, /* one read of a body */
	LOOP_TEXT_SIZE = 65536,  /* one window of a reply */
	LOOP_ARENAS_KEPT = 64
};

/* Something to run on a loop.  Belongs to the caller until it runs. */
struct task {
	struct task *next;
	void (*run)(struct task *t);
};

struct loop {
	struct event_base *base;
	unsigned index;
	unsigned now_s;   /* counts its seconds: what deadlines are measured with */
	unsigned open;    /* connections */
	unsigned working; /* jobs of its own that are with a worker, and timers: it may not end before them */
	bool is_closing;  /* graceful stop has begun */

	unsigned char *read_buf; /* LOOP_READ_SIZE: filled and emptied in one event, never nested */
	unsigned char *text_buf; /* LOOP_TEXT_SIZE: plain bytes of a reply on their way to the stream */
	struct arena *arenas[LOOP_ARENAS_KEPT];
	unsigned arena_count;

	void (*on_second)(void *arg); /* for the owner: deadlines */
	void *on_second_arg;

	/* Private to loop.c. */
	struct event second, wake;
	int wake_fd;
	pthread_mutex_t lock; /* inbox */
	struct task *first, **last;
	_Atomic int64_t turned_ns;
};

/* E_IO: no descriptors left.  The caller frees it, after the loop's thread has ended. */
enum err loop_new(unsigned index, struct loop **out);
void loop_free(struct loop *l);

/* Runs until loop_end() (on the loop's thread). */
void loop_run(struct loop *l);
void loop_end(struct loop *l);

/* Runs what libevent has put off: bufferevents are freed by later turns. */
void loop_settle(struct loop *l);

/* Any thread: `t` runs on the loop soon, in the order of the posts of one thread. */
void loop_post(struct loop *l, struct task *t);

/* Any thread: monotonic time of the loop's last turn. */
int64_t loop_turned_ns(const struct loop *l);

/* An empty arena, and its return. */
struct arena *loop_take_arena(struct loop *l);
void loop_give_arena(struct loop *l, struct arena *a);

/* "Sun, 06 Nov 1994 08:49:37 GMT" of now and, in `out_s`, its seconds; cached per thread. */
const char *loop_date(int64_t *out_s);

#endif
