#include "common/clock.h"
#include "server/http/rate.h"
#include "server/net/crowd.h"
#include "tests/unit/test.h"

#include <string.h>

static struct network at(const char *peer)
{
	struct network n;

	assert_true(network_of(peer, &n));
	return n;
}

static bool are_one(const char *a, const char *b)
{
	struct network of_a = at(a), of_b = at(b);

	return memcmp(&of_a, &of_b, sizeof of_a) == 0;
}

TEST(a_network_is_an_ipv4_address_or_an_ipv6_64)
{
	assert_true(are_one("2001:db8::1", "2001:db8::ffff:1"));
	assert_true(are_one("2001:db8:0:0:9::", "2001:db8::1"));
	assert_false(are_one("2001:db8::1", "2001:db8:0:1::1"));
	assert_true(are_one("192.0.2.1", "::ffff:192.0.2.1"));
	assert_false(are_one("192.0.2.1", "192.0.2.2"));
}

TEST(this_machine_and_what_is_no_address_have_no_network)
{
	static const char *const peers[] = { "unix", "?", "", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1",
					     "1.2.3" };
	struct network n;

	for (size_t i = 0; i < ARRAY_LEN(peers); i++)
		assert_false(network_of(peers[i], &n));
}

TEST(a_crowd_has_room_again_when_one_leaves_and_others_do_not_notice)
{
	struct crowd *c = crowd_new();
	struct network one = at("192.0.2.1"), other = at("192.0.2.2");

	assert_true(crowd_enter(c, &one, 2));
	assert_true(crowd_enter(c, &one, 2));
	assert_false(crowd_enter(c, &one, 2));
	assert_true(crowd_enter(c, &other, 2));
	assert_true(crowd_enter(c, &one, 0)); /* no limit */
	crowd_leave(c, &one);
	crowd_leave(c, &one);
	assert_true(crowd_enter(c, &one, 2));
	crowd_leave(c, &one);
	crowd_leave(c, &one);
	crowd_leave(c, &other);
	crowd_leave(c, &other); /* not there: nothing */
	assert_true(crowd_enter(c, &other, 1));
	crowd_free(c);
}

static unsigned takes(struct rate *r, uint64_t key, unsigned per_second, int64_t now_ns, unsigned tries)
{
	unsigned got = 0;

	for (unsigned i = 0; i < tries; i++)
		got += rate_take(r, key, per_second, now_ns);
	return got;
}

TEST(a_rate_lets_a_burst_pass_and_then_so_many_a_second)
{
	struct rate *r = rate_new();
	int64_t now = 1000 * NS_PER_S;

	assert_int_equal(takes(r, 7, 3, now, 100), 3 * RATE_BURST_S);
	assert_int_equal(takes(r, 7, 3, now + NS_PER_S, 100), 3);
	assert_int_equal(takes(r, 7, 3, now + NS_PER_S + NS_PER_S / 3 + 1, 100), 1);
	assert_int_equal(takes(r, 7, 3, now, 100), 0); /* a clock that another thread read before */
	assert_int_equal(takes(r, 8, 3, now, 1), 1);   /* another's bucket */
	assert_int_equal(takes(r, 7, 3, now + 3600 * NS_PER_S, 100), 3 * RATE_BURST_S);
	assert_int_equal(takes(r, 7, 0, now, 100), 100);
	rate_free(r);
}

TEST(more_keys_than_a_rates_table_holds_are_not_limited)
{
	struct rate *r = rate_new();

	for (uint64_t key = 1; key < 40000; key++)
		assert_true(rate_take(r, key * 8192, 1, NS_PER_S)); /* all in one row */
	rate_free(r);
}
