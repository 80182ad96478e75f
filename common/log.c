#include "common/log.h"

#include "common/utf8.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { RING_SIZE = 1 << 20, STOP_WAIT_S = 2 };

static const char *const names[] = { "error", "warning", "info", "debug" };
static atomic_int wanted = LOG_INFO;

/* The writer's queue: bytes of whole lines in a ring; `head` and `tail` count bytes ever put in and taken out. */
static struct {
	pthread_mutex_t lock;
	pthread_cond_t more;
	pthread_t thread;
	char *ring;
	size_t head, tail;
	unsigned long dropped;
	bool running, stop;
} writer = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER };

/*
 * What a line may not hold as it is.  What is no UTF-8 would make journald take it for binary; C1 controls move cursors as C0
 * ones do; the separators U+2028 and U+2029 are line breaks to some readers, and the marks of direction show a name that is
 * another.
 */
static bool is_misleading(int32_t code_point)
{
	return code_point < 0 || utf8_is_control(code_point) || code_point == 0x200e || code_point == 0x200f ||
	       (code_point >= 0x2028 && code_point <= 0x202e) || (code_point >= 0x2066 && code_point <= 0x2069);
}

const char *log_quote(char out[LOG_QUOTED_MAX], const char *text)
{
	struct span rest = span_of(text);
	char *o = out, *end = out + LOG_QUOTED_MAX - 24; /* room for one character and the end */

	*o++ = '"';
	while (rest.len && o < end) {
		const char *at = rest.ptr;
		int32_t code_point = utf8_next(&rest);

		if (code_point == '"' || code_point == '\\')
			*o++ = '\\';
		for (; at < rest.ptr; at++)
			if (is_misleading(code_point))
				o += snprintf(o, 5, "\\x%02x", (unsigned char)*at);
			else
				*o++ = *at;
	}
	if (rest.len)
		o = mempcpy(o, "...", 3);
	*o++ = '"';
	*o = '\0';
	return out;
}

static void write_all(const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(STDERR_FILENO, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nobody reads stderr any more: there is nowhere to say it */
		bytes += n;
		len -= (size_t)n;
	}
}

static bool ring_put(const char *line, size_t len)
{
	size_t at = writer.head % RING_SIZE, first = MIN(len, RING_SIZE - at);

	if (len > RING_SIZE - (writer.head - writer.tail))
		return false;
	memcpy(writer.ring + at, line, first);
	memcpy(writer.ring, line + first, len - first);
	writer.head += len;
	return true;
}

static void *write_lines(void *arg not_used)
{
	pthread_mutex_lock(&writer.lock);
	while (!writer.stop || writer.head != writer.tail || writer.dropped) {
		size_t at = writer.tail % RING_SIZE, len = writer.head - writer.tail, first;
		unsigned long dropped = writer.dropped;

		if (!len && !dropped) {
			pthread_cond_wait(&writer.more, &writer.lock);
			continue;
		}
		writer.dropped = 0;
		first = MIN(len, RING_SIZE - at);
		pthread_mutex_unlock(&writer.lock);
		write_all(writer.ring + at, first);
		write_all(writer.ring, len - first); /* whole lines before a word about lost ones */
		if (dropped) {
			char line[64];

			write_all(line, (size_t)snprintf(line, sizeof line, "drop log_lines=%lu\n", dropped));
		}
		pthread_mutex_lock(&writer.lock);
		writer.tail += len;
	}
	pthread_mutex_unlock(&writer.lock);
	return NULL;
}

void log_start_writer(void)
{
	writer.ring = xmalloc(RING_SIZE);
	writer.stop = false;
	writer.running = pthread_create(&writer.thread, NULL, write_lines, NULL) == 0;
}

void log_stop_writer(void)
{
	pthread_mutex_lock(&writer.lock);
	bool was_running = writer.running;
	writer.stop = true;
	writer.running = false;
	pthread_cond_signal(&writer.more);
	pthread_mutex_unlock(&writer.lock);
	if (was_running) {
		struct timespec until;

		/* Who does not read what stderr is connected to must not keep the program from ending. */
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += STOP_WAIT_S;
		if (pthread_timedjoin_np(writer.thread, NULL, &until) != 0)
			return; /* the thread still uses the ring */
	}
	free(TAKE(writer.ring));
}

static void put_line(const char *line, size_t len)
{
	pthread_mutex_lock(&writer.lock);
	bool running = writer.running;
	if (running) {
		if (!ring_put(line, len))
			writer.dropped++;
		pthread_cond_signal(&writer.more);
	}
	pthread_mutex_unlock(&writer.lock);
	if (!running)
		write_all(line, len);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	static const int priority[] = { 3, 4, 6, 7 };
	char line[LOG_LINE_MAX];
	size_t len = 0;
	va_list args;
	int n;

	if (!log_wants(level))
		return;
	if (getenv("JOURNAL_STREAM"))
		len = (size_t)snprintf(line, sizeof line, "<%d>", priority[level]);
	else if (level <= LOG_WARNING)
		len = (size_t)snprintf(line, sizeof line, "%s: ", names[level]);
	va_start(args, fmt);
	n = vsnprintf(line + len, sizeof line - len - 1, fmt, args);
	va_end(args);
	if (n > 0)
		len = MIN(len + (size_t)n, sizeof line - 2);
	for (size_t i = 0; i < len; i++) /* one event, one line, also when a library's words had a line break */
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = ' ';
	line[len++] = '\n';
	put_line(line, len);
}

bool log_wants(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&wanted, memory_order_relaxed);
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&wanted, (int)level, memory_order_relaxed);
}

bool log_level_from_text(const char *text, enum log_level *out)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(text, names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	return false;
}
