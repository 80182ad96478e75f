/*
 * junk: the files that desktops leave everywhere (".DS_Store", "._name", "Thumbs.db"), and what becomes of them.
 */
#ifndef SERVER_DAV_JUNK_H
#define SERVER_DAV_JUNK_H

#include "common/span.h"

/* The key `junk-files`. */
enum junk_policy {
	JUNK_KEEP, /* files like all others */
	JUNK_HIDE, /* kept, but not shown by PROPFIND, nor in a listing for people; what our client compares by holds them */
	JUNK_DROP /* as JUNK_HIDE; and PUT takes the body, keeps nothing, and answers without an entity tag: there is no promise */
};

bool junk_policy_from_text(const char *text, enum junk_policy *out);

/* Is a file of this name junk?  Case matters not: the systems that make them do not care either. */
bool junk_is_name(struct span name);

#endif
