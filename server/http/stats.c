#include "server/http/stats.h"

void stats_note(struct loop_stats *s, const struct stats_request *r)
{
	unsigned class = r->status > 0 && r->status < 100 * STATS_CLASSES ? (unsigned)r->status / 100 : 0;

	counter_add(&s->ended[r->method][class], 1);
	counter_add(&s->bytes_in, (uint64_t)r->bytes_in);
	counter_add(&s->bytes_out, (uint64_t)r->bytes_out);
	if (r->is_cut)
		counter_add(&s->cut, 1);
	histogram_add(&s->took, r->took_ns);
}

void stats_sum(const struct loop_stats *s, struct server_stats *out)
{
	/* Ended before begun: what is under way does not seem to be less than nothing. */
	for (unsigned m = 0; m < STATS_METHODS; m++)
		for (unsigned c = 0; c < STATS_CLASSES; c++) {
			uint64_t n = counter_read(&s->ended[m][c]);

			out->by[m][c] += n;
			out->ended += n;
		}
	out->begun += counter_read(&s->begun);
	out->cut += counter_read(&s->cut);
	out->bytes_in += counter_read(&s->bytes_in);
	out->bytes_out += counter_read(&s->bytes_out);
	histogram_read(&s->took, &out->took);
}

uint64_t stats_of_class(const struct server_stats *s, unsigned class)
{
	uint64_t sum = 0;

	for (unsigned m = 0; m < STATS_METHODS; m++)
		sum += s->by[m][class];
	return sum;
}
