#include "common/folderhash.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

struct folder_sum folder_term(bool is_collection, struct span name, const struct digest *hash)
{
	unsigned char bytes[3 + 255 + DIGEST_SIZE];
	struct digest d;

	assert(name.len <= 255);
	bytes[0] = is_collection ? 'd' : 'f';
	bytes[1] = 0;
	bytes[2] = (unsigned char)name.len;
	memcpy(bytes + 3, name.ptr, name.len);
	memcpy(bytes + 3 + name.len, hash->bytes, DIGEST_SIZE);
	d = digest_of(bytes, 3 + name.len + DIGEST_SIZE);
	return folder_sum_read(d.bytes);
}

void folder_add(struct folder_sum *sum, const struct folder_sum *term)
{
	unsigned carry = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t partial = sum->limb[i] + term->limb[i];
		unsigned next = partial < term->limb[i];

		sum->limb[i] = partial + carry;
		carry = next | (sum->limb[i] < partial);
	}
}

void folder_subtract(struct folder_sum *sum, const struct folder_sum *term)
{
	unsigned borrow = 0;

	for (int i = 0; i < 4; i++) {
		uint64_t partial = sum->limb[i] - term->limb[i];
		unsigned next = sum->limb[i] < term->limb[i];

		sum->limb[i] = partial - borrow;
		borrow = next | (partial < borrow);
	}
}

struct digest folder_hash(const struct folder_sum *sum, int64_t members)
{
	unsigned char bytes[DIGEST_SIZE + 8];
	uint64_t count = htobe64((uint64_t)members);

	folder_sum_write(sum, bytes);
	memcpy(bytes + DIGEST_SIZE, &count, sizeof count);
	return digest_of(bytes, sizeof bytes);
}

void folder_sum_write(const struct folder_sum *sum, unsigned char out[DIGEST_SIZE])
{
	for (int i = 0; i < 4; i++) {
		uint64_t limb = htobe64(sum->limb[3 - i]);

		memcpy(out + (size_t)i * 8, &limb, 8);
	}
}

struct folder_sum folder_sum_read(const unsigned char bytes[DIGEST_SIZE])
{
	struct folder_sum sum;

	for (int i = 0; i < 4; i++) {
		uint64_t limb;

		memcpy(&limb, bytes + (size_t)i * 8, 8);
		sum.limb[3 - i] = be64toh(limb);
	}
	return sum;
}
