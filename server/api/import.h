/*
 * import: a batch of files and folders for the tree, as a request; what became of each, as records (streams.h).
 *
 * The request is a record with `user` and `client`, then a record for each item: `op` folder or file, `path`, and of a file `mtime`
 * (ns), `have` (the SHA-256 that must be there now; absent: nothing may be there), `executable` (yes), and either `size`, with so
 * many bytes after the record's empty line, or `staged`, the name of a file that the store's owner put below the store's tmp/ (a
 * body too large for a request; upload_take_file()).  The answer has a record for each, in order: `path`, and `result` (made, exists,
 * created, saved) or `error`.
 */
#ifndef SERVER_API_IMPORT_H
#define SERVER_API_IMPORT_H

enum { IMPORT_ITEMS_LIMIT = 256, IMPORT_BYTES_LIMIT = 2 << 20, IMPORT_REQUEST_LIMIT = 6 << 20 };

#endif
