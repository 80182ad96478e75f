/*
 * sf: structured fields, as far as dictionaries of items go (RFC 8941 §3.2, §4.2.2): what digest fields are made of.
 */
#ifndef COMMON_SF_H
#define COMMON_SF_H

#include "common/span.h"

enum sf_type { SF_INTEGER, SF_DECIMAL, SF_STRING, SF_TOKEN, SF_BYTES, SF_BOOLEAN, SF_INNER_LIST };

/* One member; parameters were read and dropped.  All texts are borrowed from what was parsed. */
struct sf_member {
	struct span key;
	enum sf_type type;
	struct span text; /* as written: of SF_BYTES the base64 between the colons */
	int64_t number;   /* of SF_INTEGER and SF_BOOLEAN (0, 1) */
};

enum sf_result { SF_MEMBER, SF_END, SF_MALFORMED };

/*
 * Cuts the next member off `rest`, which starts as the whole field value, several lines joined by ", ".  After
 * SF_MALFORMED the whole field is void (§4.2), also what was read of it before.  Of members with the same key the last
 * one counts; that is the caller's to keep.
 */
enum sf_result sf_dict_next(struct span *rest, struct sf_member *out);

/*
 * Decodes base64 (§4.2.7: padding may be missing, pad bits may be anything).  False: other characters, a length that
 * cannot be, or more than `size` bytes.
 */
bool sf_decode_bytes(struct span base64, void *out, size_t size, size_t *out_len);

#endif
