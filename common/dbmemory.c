/*
 * db: where SQLite gets its memory.  It survives an allocation that fails, but the outcome of a commit in which the map of the WAL's index
 * cannot be extended nobody knows (tx_commit()).
 */
#include "common/db.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "common/memory.h"

static void *allocate(int size)
{
	return memory_alloc((size_t)size);
}

static void *resize(void *old, int size)
{
	return memory_resize(old, (size_t)size);
}

static int usable_size(void *at)
{
	return at ? (int)malloc_usable_size(at) : 0;
}

static int round_up(int size)
{
	return (size + 7) & ~7;
}

static int begin(void *arg not_used)
{
	return SQLITE_OK;
}

static void end(void *arg not_used)
{
}

static void *map(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	void *mapped;

	do
		mapped = mmap(at, len, protection, flags, fd, offset);
	while (mapped == MAP_FAILED && memory_give_up());
	return mapped;
}

void db_share_memory(void)
{
	static const sqlite3_mem_methods methods = { .xMalloc = allocate,
						     .xFree = free,
						     .xRealloc = resize,
						     .xSize = usable_size,
						     .xRoundup = round_up,
						     .xInit = begin,
						     .xShutdown = end };
	sqlite3_vfs *vfs;

	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK)
		return;
	vfs = sqlite3_vfs_find(NULL);
	if (vfs && vfs->iVersion >= 3 && vfs->xSetSystemCall)
		vfs->xSetSystemCall(vfs, "mmap", (sqlite3_syscall_ptr)map);
}
