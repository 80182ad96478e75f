/*
 * Resource-ids (RFC 5842 §3.1): a UUID of version 8 (RFC 9562 §5.8).  Its first 60 free bits are of the store id's SHA-256,
 * the last 62 are the node's id, so that one can be read back without looking anything up.
 */
#include <stdio.h>
#include <string.h>

#include "common/uuid.h"
#include "server/store/state.h"

enum { NODE_AT = 8 };

static void make(const struct store *s, int64_t node, unsigned char out[UUID_SIZE])
{
	uint64_t id = (uint64_t)node;
	struct digest store = digest_of(s->id, sizeof s->id);

	memcpy(out, store.bytes, NODE_AT);
	out[6] = 0x80 | (out[6] & 0x0f);
	for (int i = 0; i < 8; i++)
		out[NODE_AT + i] = (unsigned char)(id >> (56 - 8 * i));
	out[NODE_AT] = 0x80 | (out[NODE_AT] & 0x3f);
}

const char *store_resource_id(const struct store *s, int64_t node, char out[STORE_RESOURCE_ID_SIZE])
{
	unsigned char u[UUID_SIZE];

	make(s, node, u);
	return uuid_write(u, out);
}

int64_t store_resource_node(const struct store *s, struct span text)
{
	unsigned char bytes[UUID_SIZE], same[UUID_SIZE];
	uint64_t id = 0;

	if (!uuid_read(text, bytes))
		return -1;
	for (int i = 0; i < 8; i++)
		id = id << 8 | bytes[NODE_AT + i];
	id &= ~(uint64_t)0 >> 2;
	/* Every other bit has one right value. */
	make(s, (int64_t)id, same);
	return memcmp(bytes, same, sizeof same) == 0 ? (int64_t)id : -1;
}

const char *store_epoch(const struct store *s, char out[STORE_EPOCH_TEXT_SIZE])
{
	for (size_t i = 0; i < sizeof s->epoch; i++)
		snprintf(out + 2 * i, 3, "%02x", s->epoch[i]);
	return out;
}
