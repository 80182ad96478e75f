#include "server/records.h"

#include "server/api/fields.h"

struct span record_find(struct span record, const char *key)
{
	struct span name, value;

	while (fields_next(&record, &name, &value))
		if (span_is(name, key))
			return value;
	return (struct span){ NULL, 0 };
}

bool record_has(struct span record, const char *key)
{
	return record_find(record, key).ptr != NULL;
}

int64_t record_number(struct span record, const char *key)
{
	struct span value = record_find(record, key);
	int64_t n;

	return value.ptr && span_to_int64(value, &n) ? n : 0;
}
