#include "common/status.h"

#include "common/etag.h"

/* The registered reason phrases (IANA HTTP Status Code Registry), ascending. */
static const struct {
	int status;
	const char *reason;
} reasons[] = {
	{ 100, "Continue" },
	{ 101, "Switching Protocols" },
	{ 102, "Processing" },
	{ 103, "Early Hints" },
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 203, "Non-Authoritative Information" },
	{ 204, "No Content" },
	{ 205, "Reset Content" },
	{ 206, "Partial Content" },
	{ 207, "Multi-Status" },
	{ 208, "Already Reported" },
	{ 226, "IM Used" },
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 305, "Use Proxy" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 411, "Length Required" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 424, "Failed Dependency" },
	{ 425, "Too Early" },
	{ 426, "Upgrade Required" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 451, "Unavailable For Legal Reasons" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 506, "Variant Also Negotiates" },
	{ 507, "Insufficient Storage" },
	{ 508, "Loop Detected" },
	{ 511, "Network Authentication Required" },
};

const char *status_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Unknown";
}

bool status_has_body(int status, bool is_head)
{
	return !is_head && status >= 200 && status != 204 && status != 304;
}

bool status_may_have_length(int status)
{
	return status >= 200 && status != 204;
}

enum status_meaning status_meaning(int status)
{
	switch (status) {
	case 201:
		return STATUS_CREATED;
	case 200:
	case 204:
		return STATUS_CHANGED;
	case 304:
		return STATUS_UNCHANGED;
	case 412:
		return STATUS_STALE;
	case 408:
	case 429:
	case 502:
	case 503:
	case 504:
		return STATUS_RETRY;
	default:
		return STATUS_REFUSED;
	}
}

/* What is wrong with the entity tag that came, if anything; what is not an entity tag counts as none. */
static unsigned etag_fault(struct span text)
{
	struct etag tag;

	if (!etag_parse(span_trim(text), &tag))
		return STATUS_FAULT_NO_ETAG;
	return tag.is_weak ? STATUS_FAULT_WEAK_ETAG : 0;
}

unsigned status_faults(const struct status_seen *seen)
{
	unsigned faults = 0;

	if (seen->status == 204) {
		faults |= seen->has_length ? STATUS_FAULT_LENGTH_WITH_204 : 0;
		faults |= seen->has_transfer_encoding ? STATUS_FAULT_ENCODING_WITH_204 : 0;
		faults |= seen->has_body_bytes ? STATUS_FAULT_BODY_WITH_204 : 0;
	}
	if (seen->is_put && seen->status >= 200 && seen->status < 300)
		faults |= etag_fault(seen->etag);
	return faults;
}
