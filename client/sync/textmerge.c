#include "client/sync/textmerge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/local.h"
#include "client/tool.h"
#include "common/fsio.h"
#include "common/utf8.h"

/* Two texts of chosen lines can keep diff(1) busy for a minute: more than this of processor time is not worth it. */
#define BOUNDED(program) "sh", "-c", "ulimit -t 10; exec " program " \"$@\"", "sh"

enum { MARK_LEN = 7, RESULT_LIMIT = 4 * TEXTMERGE_LIMIT_BYTES };

struct buf textmerge_buf(void)
{
	return buf_new(RESULT_LIMIT);
}

static enum err read_all(int fd, size_t limit, struct buf *out)
{
	struct stat st;
	char *room;
	enum err e;

	if (fstat(fd, &st) != 0)
		return err_from_errno(errno);
	if ((uint64_t)st.st_size > limit)
		return E_TOO_LARGE;
	if ((e = buf_reserve(out, (size_t)st.st_size, &room)) != OK ||
	    (e = fsio_read_at(fd, room, (size_t)st.st_size, 0)) != OK)
		return e;
	buf_commit(out, (size_t)st.st_size);
	return OK;
}

static enum err check_text(int fd, struct note *why)
{
	struct buf text = buf_new(TEXTMERGE_LIMIT_BYTES);
	enum err e = read_all(fd, TEXTMERGE_LIMIT_BYTES, &text);
	bool is_text = e == OK && !memchr(text.data, '\0', text.len) && utf8_is_valid(buf_span(&text));

	buf_clear(&text);
	if (e == E_TOO_LARGE)
		return note_set(why, e, "too large to be merged by lines");
	if (e != OK)
		return note_set(why, E_IO, "it cannot be read");
	return is_text ? OK : note_set(why, E_MEDIA_TYPE, "no text that can be merged by lines");
}

static int merge_with_base(const struct textmerge *m, int out)
{
	/* -E: what both changed alike is no conflict. */
	const char *const argv[] = { BOUNDED("diff3"), "-m",        "-E",        "-a", "-L",
				     m->mine_label,    "-L",        "base",      "-L", m->theirs_label,
				     TOOL_FILE_1,      TOOL_FILE_2, TOOL_FILE_3, NULL };
	const int files[] = { m->mine, m->base, m->theirs };

	return tool_run(argv, files, ARRAY_LEN(files), out);
}

/* Without a base each difference is a conflict. */
static int mark_differences(const struct textmerge *m, int out)
{
	autofree char *changed = xasprintf("--changed-group-format=<<<<<<< %s%%c'\012'%%<=======%%c'\012'%%>>>>>>>> "
					   "%s%%c'\012'",
					   m->mine_label, m->theirs_label);
	const char *const argv[] = { BOUNDED("diff"), "-a",        changed, "--unchanged-group-format=%=",
				     TOOL_FILE_1,     TOOL_FILE_2, NULL };
	const int files[] = { m->mine, m->theirs };

	return tool_run(argv, files, ARRAY_LEN(files), out);
}

static int merge(const struct textmerge *m, int out)
{
	return m->base >= 0 ? merge_with_base(m, out) : mark_differences(m, out);
}

/* A last line without an end would have the mark after it in the same line.  A copy with one; -1: none is needed, or can be made. */
static int with_last_end(int fd)
{
	struct buf text = buf_new(TEXTMERGE_LIMIT_BYTES + 1);
	int copy = -1;

	if (fd >= 0 && read_all(fd, TEXTMERGE_LIMIT_BYTES, &text) == OK && text.len &&
	    text.data[text.len - 1] != '\n' && buf_add_text(&text, "\n") == OK && (copy = local_temporary()) >= 0 &&
	    fsio_write("merge", copy, text.data, text.len) != OK) {
		close(copy);
		copy = -1;
	}
	buf_clear(&text);
	return copy;
}

static int merge_with_ends(const struct textmerge *asked, int out)
{
	struct textmerge m = *asked;
	autoclose int mine = with_last_end(m.mine), theirs = with_last_end(m.theirs), base = with_last_end(m.base);

	m.mine = mine >= 0 ? mine : m.mine;
	m.theirs = theirs >= 0 ? theirs : m.theirs;
	m.base = base >= 0 ? base : m.base;
	if (ftruncate(out, 0) != 0 || lseek(out, 0, SEEK_SET) != 0)
		return -1;
	return merge(&m, out);
}

/* A label stands in a format and at the end of a line: what could be more than text there is left out. */
static char *plain_label(const char *label)
{
	char *plain = xstrdup(label), *to = plain;

	for (const char *c = label; *c; c++)
		if ((unsigned char)*c >= ' ' && *c != 0x7f && *c != '%')
			*to++ = *c;
	*to = '\0';
	return plain;
}

enum err textmerge_run(const struct textmerge *m, struct buf *out, struct note *why)
{
	autofree char *mine_label = plain_label(m->mine_label), *theirs_label = plain_label(m->theirs_label);
	struct textmerge plain = *m;
	autoclose int result = local_temporary();
	int status;
	enum err e;

	plain.mine_label = mine_label;
	plain.theirs_label = theirs_label;
	if ((e = check_text(m->mine, why)) != OK || (e = check_text(m->theirs, why)) != OK ||
	    (m->base >= 0 && (e = check_text(m->base, why)) != OK))
		return e;
	if (result < 0)
		return note_set(why, E_IO, "no temporary file can be made: %s", strerror(errno));
	status = merge(&plain, result);
	if (status == 1)
		status = merge_with_ends(&plain, result);
	if (status != 0 && status != 1)
		return note_set(why, E_IO, "%s(1) could not do it", m->base >= 0 ? "diff3" : "diff");
	if (read_all(result, RESULT_LIMIT, out) != OK)
		return note_set(why, E_IO, "what came of the merge cannot be read");
	return status == 0 ? OK : note_set(why, E_PRECONDITION, "both changed the same lines");
}

static bool is_mark(struct span line, char sign, const char *label)
{
	autofree char *plain = plain_label(label);

	for (size_t i = 0; i < MARK_LEN; i++)
		if (line.len <= MARK_LEN || line.ptr[i] != sign)
			return false;
	line = (struct span){ line.ptr + MARK_LEN, line.len - MARK_LEN };
	return line.ptr[0] == ' ' && span_starts((struct span){ line.ptr + 1, line.len - 1 }, plain);
}

bool textmerge_has_marks(const struct textmerge *m, struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line))
		if (is_mark(line, '<', m->mine_label) || is_mark(line, '>', m->theirs_label))
			return true;
	return false;
}
