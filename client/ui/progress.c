#include "client/ui/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/ui/human.h"
#include "client/ui/term.h"
#include "common/clock.h"

enum { QUIET_MS = 500, REDRAW_MS = 100 };

struct progress {
	bool enabled, is_drawn;
	int64_t expected_bytes, moved_bytes, began_ns, drawn_ns;
};

struct progress *progress_new(bool enabled)
{
	struct progress *p = xcalloc(1, sizeof *p);

	p->enabled = enabled;
	p->began_ns = clock_monotonic_ns();
	return p;
}

void progress_free(struct progress *p)
{
	free(p);
}

void progress_expect(struct progress *p, int64_t bytes)
{
	if (bytes > 0)
		p->expected_bytes += bytes;
}

void progress_moved(struct progress *p, size_t bytes)
{
	p->moved_bytes += (int64_t)bytes;
}

char *progress_text(int64_t moved, int64_t expected, int64_t elapsed_ms, unsigned columns, char *out, size_t size)
{
	char done[HUMAN_SIZE], whole[HUMAN_SIZE], rate[HUMAN_SIZE], left[HUMAN_SIZE];
	int64_t per_second = elapsed_ms > 0 ? moved * 1000 / elapsed_ms : 0;

	human_bytes(moved, done);
	human_bytes(per_second, rate);
	if (expected > moved && per_second > 0)
		snprintf(out, size, "%s of %s  %s/s  %s left", done, human_bytes(expected, whole), rate,
			 human_seconds((expected - moved) / per_second, left));
	else
		snprintf(out, size, "%s  %s/s", done, rate);
	if (strlen(out) >= columns && columns > 0)
		out[columns - 1] = '\0'; /* a line that wraps cannot be cleared */
	return out;
}

void progress_tick(struct progress *p)
{
	int64_t now_ns = clock_monotonic_ns();
	char text[128];

	/* Nothing is on its way any more: the next line of output comes at once. */
	if (p->expected_bytes && p->moved_bytes >= p->expected_bytes)
		return;
	if (!p->enabled || p->moved_bytes == 0 || now_ns - p->began_ns < QUIET_MS * NS_PER_MS ||
	    now_ns - p->drawn_ns < REDRAW_MS * NS_PER_MS)
		return;
	p->drawn_ns = now_ns;
	p->is_drawn = true;
	fprintf(stderr, "\r\033[K%s",
		progress_text(p->moved_bytes, p->expected_bytes, (now_ns - p->began_ns) / NS_PER_MS, term_columns(),
			      text, sizeof text));
	fflush(stderr);
}

void progress_clear(struct progress *p)
{
	if (!p->is_drawn)
		return;
	p->is_drawn = false;
	p->drawn_ns = 0;
	fputs("\r\033[K", stderr);
	fflush(stderr);
}
