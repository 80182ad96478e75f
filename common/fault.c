/* The fault hook of fsio.h: a small table of armed points, empty in real life. */
#include "common/fsio.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FAULTS_MAX = 16, POINT_SIZE = 32 };

enum action { ACTION_ERRNO, ACTION_KILL, ACTION_STOP, ACTION_SLEEP };

struct fault {
	char point[POINT_SIZE];
	int64_t at, seen;
	bool repeats;
	enum action action;
	int value; /* errno, or milliseconds */
};

static struct fault faults[FAULTS_MAX];
static size_t fault_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool armed;

static const struct {
	const char *name;
	enum action action;
	int value;
} actions[] = {
	{ "EIO", ACTION_ERRNO, EIO },       { "ENOSPC", ACTION_ERRNO, ENOSPC }, { "EDQUOT", ACTION_ERRNO, EDQUOT },
	{ "EACCES", ACTION_ERRNO, EACCES }, { "EMFILE", ACTION_ERRNO, EMFILE }, { "short", ACTION_ERRNO, FSIO_SHORT },
	{ "kill", ACTION_KILL, 0 },         { "stop", ACTION_STOP, 0 },
};

static bool parse_action(struct span text, struct fault *f)
{
	int64_t ms;

	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (span_is(text, actions[i].name)) {
			f->action = actions[i].action;
			f->value = actions[i].value;
			return true;
		}
	}
	if (!span_starts(text, "sleep") || !span_to_int64((struct span){ text.ptr + 5, text.len - 5 }, &ms) ||
	    ms > 60000)
		return false;
	f->action = ACTION_SLEEP;
	f->value = (int)ms;
	return true;
}

static bool parse_fault(struct span item, struct fault *f)
{
	struct span point, at;

	*f = (struct fault){ .at = 0 };
	if (!span_cut(&item, ':', &point) || !span_cut(&item, ':', &at) || !point.len || point.len >= POINT_SIZE)
		return false;
	memcpy(f->point, point.ptr, point.len);
	f->repeats = at.len > 1 && at.ptr[at.len - 1] == '+';
	at.len -= f->repeats;
	return span_to_int64(at, &f->at) && parse_action(item, f);
}

void fsio_fault_set(const char *spec)
{
	struct span rest = span_of(spec), item;

	pthread_mutex_lock(&lock);
	fault_count = 0;
	while (fault_count < FAULTS_MAX && span_cut(&rest, ',', &item))
		if (parse_fault(item, &faults[fault_count]))
			fault_count++;
	atomic_store(&armed, fault_count > 0);
	pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void read_environment(void)
{
	const char *spec = secure_getenv("SYNCD_FAULT");

	if (spec)
		fsio_fault_set(spec);
}

/* The armed fault whose turn it is at this pass, copied out; every one of that point counts the pass. */
static bool take(const char *point, struct fault *out)
{
	bool found = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < fault_count; i++) {
		struct fault *f = &faults[i];

		if (strcmp(f->point, point) != 0)
			continue;
		f->seen++;
		if (f->seen == f->at || (f->repeats && f->seen > f->at)) {
			*out = *f;
			found = true;
		}
	}
	pthread_mutex_unlock(&lock);
	return found;
}

int fsio_fault(const char *point)
{
	struct fault f;
	struct timespec pause;

	if (!atomic_load_explicit(&armed, memory_order_relaxed) || !take(point, &f))
		return 0;
	switch (f.action) {
	case ACTION_KILL:
		raise(SIGKILL);
		return 0;
	case ACTION_STOP:
		kill(getpid(), SIGSTOP);
		return 0;
	case ACTION_SLEEP:
		pause = (struct timespec){ f.value / 1000, f.value % 1000 * 1000000L };
		nanosleep(&pause, NULL);
		return 0;
	default:
		return f.value;
	}
}
