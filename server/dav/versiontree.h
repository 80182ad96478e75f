/*
 * versiontree: the DAV:version-tree report (RFC 3253 §3.7).
 */
#ifndef SERVER_DAV_VERSIONTREE_H
#define SERVER_DAV_VERSIONTREE_H

#include "common/xml.h"
#include "server/dav/call.h"

/* Answers the report on c->path, whose body is `root`.  404: no file was ever there, or none that the caller may know of. */
void versiontree_report(struct call *c, const struct xml_node *root);

#endif
