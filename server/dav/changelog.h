/*
 * changelog: the report `changes` of our namespace: what happened in a collection, the last change first.
 */
#ifndef SERVER_DAV_CHANGELOG_H
#define SERVER_DAV_CHANGELOG_H

#include "common/xml.h"
#include "server/dav/call.h"

/*
 * Answers the report on the collection c->path, whose body is `root`: `before`, the number of a change, is the one to begin before.  One
 * sees what happened where one may read, of what is now where one may read.
 */
void changelog_report(struct call *c, const struct xml_node *root);

#endif
