/* cond: four lines are the four fields.  A change is never "not modified"; what fails a read fails a change. */
#include "common/cond.h"

#include "tests/fuzz/fuzz.h"

static void try_target(const struct cond *c, const struct cond_target *target)
{
	enum cond_result reading = cond_evaluate(c, true, target), writing = cond_evaluate(c, false, target);

	MUST(writing != COND_NOT_MODIFIED);
	MUST(reading != COND_FAILED || writing == COND_FAILED);
	MUST(reading != COND_PASS || writing == COND_PASS);
	MUST(!cond_is_none(c) || reading == COND_PASS);
	MUST(!c->if_match || target->exists || writing == COND_FAILED);
}

FUZZ(text)
{
	struct digest digest = digest_of("", 0);
	struct cond_target there = { true, &digest, 784111777 }, bare = { true, NULL, 784111777 }, nothing = { 0 };
	char *lines[4];
	struct cond c, copy;

	for (size_t i = 0; i < 4; i++)
		lines[i] = fuzz_line(&text);
	c = cond_from_fields(
	    &(struct cond_fields){ lines[0][0] ? lines[0] : NULL, lines[1][0] ? lines[1] : NULL, lines[2], lines[3] },
	    1767225600);
	try_target(&c, &there);
	try_target(&c, &bare);
	try_target(&c, &nothing);
	copy = cond_dup(&c);
	MUST(cond_evaluate(&c, true, &there) == cond_evaluate(&copy, true, &there));
	cond_clear(&copy);
	for (size_t i = 0; i < 4; i++)
		free(lines[i]);
}
