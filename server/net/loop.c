#include "server/net/loop.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/httpdate.h"

/*
 * An eventfd and a mutexed list, not event_active(): waking a foreign event_base through libevent needs
 * evthread_use_pthreads(), which puts a mutex into every call.
 */
static void on_wake(evutil_socket_t fd, short what not_used, void *arg)
{
	struct loop *l = arg;
	struct task *t, *next;
	eventfd_t count;

	if (eventfd_read(fd, &count) < 0)
		return;
	pthread_mutex_lock(&l->lock);
	t = l->first;
	l->first = NULL;
	l->last = &l->first;
	pthread_mutex_unlock(&l->lock);
	for (; t; t = next) {
		next = t->next;
		t->run(t);
	}
}

void loop_post(struct loop *l, struct task *t)
{
	bool was_empty;

	t->next = NULL;
	pthread_mutex_lock(&l->lock);
	was_empty = !l->first;
	*l->last = t;
	l->last = &t->next;
	/* Inside the lock: once it is released the loop may run the task and, being done, end. */
	if (was_empty && eventfd_write(l->wake_fd, 1) < 0)
		abort();
	pthread_mutex_unlock(&l->lock);
}

static void on_second(evutil_socket_t fd not_used, short what not_used, void *arg)
{
	struct loop *l = arg;

	l->now_s++;
	atomic_store_explicit(&l->turned_ns, clock_monotonic_ns(), memory_order_relaxed);
	if (l->on_second)
		l->on_second(l->on_second_arg);
}

int64_t loop_turned_ns(const struct loop *l)
{
	return atomic_load_explicit(&l->turned_ns, memory_order_relaxed);
}

static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (!config)
		return NULL;
	/*
	 * The changelist turns a disable and enable of the same turn into no epoll_ctl() at all; it is safe because no
	 * descriptor that is watched here is ever dup()ed.
	 */
	if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0 &&
	    event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST) == 0)
		base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

enum err loop_new(unsigned index, struct loop **out)
{
	static const struct timeval second = { 1, 0 };
	struct loop *l = xcalloc(1, sizeof *l);

	l->index = index;
	pthread_mutex_init(&l->lock, NULL);
	l->last = &l->first;
	l->read_buf = xmalloc(LOOP_READ_SIZE);
	l->text_buf = xmalloc(LOOP_TEXT_SIZE);
	l->turned_ns = clock_monotonic_ns();
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	l->base = base_new();
	if (l->wake_fd < 0 || !l->base) {
		loop_free(l);
		return E_IO;
	}
	event_assign(&l->wake, l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
	event_add(&l->wake, NULL);
	event_assign(&l->second, l->base, -1, EV_PERSIST, on_second, l);
	event_add(&l->second, &second);
	*out = l;
	return OK;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->base) {
		if (event_initialized(&l->wake)) {
			event_del(&l->wake);
			event_del(&l->second);
		}
		event_base_free(l->base);
	}
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	while (l->arena_count)
		arena_free(l->arenas[--l->arena_count]);
	free(l->read_buf);
	free(l->text_buf);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

void loop_run(struct loop *l)
{
	atomic_store_explicit(&l->turned_ns, clock_monotonic_ns(), memory_order_relaxed);
	event_base_dispatch(l->base);
}

void loop_end(struct loop *l)
{
	event_base_loopbreak(l->base);
}

void loop_settle(struct loop *l)
{
	for (int turns = 0; turns < 8; turns++)
		event_base_loop(l->base, EVLOOP_NONBLOCK);
}

struct arena *loop_take_arena(struct loop *l)
{
	return l->arena_count ? l->arenas[--l->arena_count] : arena_new();
}

void loop_give_arena(struct loop *l, struct arena *a)
{
	if (l->arena_count == LOOP_ARENAS_KEPT) {
		arena_free(a);
		return;
	}
	arena_reset(a);
	l->arenas[l->arena_count++] = a;
}

const char *loop_date(int64_t *out_s)
{
	static _Thread_local char text[HTTPDATE_SIZE];
	static _Thread_local int64_t at = INT64_MIN;
	int64_t now_s = clock_now_s();

	if (now_s != at) {
		at = now_s;
		httpdate_format(now_s, text);
	}
	if (out_s)
		*out_s = now_s;
	return text;
}
