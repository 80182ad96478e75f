#include "client/sync/ignore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "client/sync/treepath.h"
#include "client/sync/wildmatch.h"
#include "common/fsio.h"

struct rule {
	struct wildmatch *pattern; /* NULL: fits nothing */
	bool is_negated, is_folder_only;
	bool is_name; /* of the last name alone; else of the path below the rules' folder */
};

struct rules {
	char *folder;
	struct rule *rules;
	size_t count;
	struct rules *next; /* of a folder that is not below this one */
};

struct ignore {
	struct rules defaults;
	struct rules *first; /* the deepest first */
};

/* ---- reading ---- */

/* Spaces at the end do not count unless a backslash keeps them. */
static struct span trim_end(struct span line)
{
	size_t end = 0;

	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] == '\\' && i + 1 < line.len)
			end = ++i + 1;
		else if (line.ptr[i] != ' ')
			end = i + 1;
	}
	line.len = end;
	return line;
}

static void add_rule(struct rules *to, struct span line)
{
	struct rule rule = { .pattern = NULL };

	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	line = trim_end(line);
	if (!line.len || line.ptr[0] == '#')
		return;
	rule.is_negated = line.ptr[0] == '!';
	line.ptr += rule.is_negated;
	line.len -= rule.is_negated;
	rule.is_folder_only = line.len && line.ptr[line.len - 1] == '/';
	line.len -= rule.is_folder_only;
	rule.is_name = !memchr(line.ptr, '/', line.len);
	if (line.len && line.ptr[0] == '/') {
		line.ptr++;
		line.len--;
	}
	if (!line.len)
		return;
	rule.pattern = wildmatch_new(line);
	to->rules = xrealloc(to->rules, (to->count + 1) * sizeof rule);
	to->rules[to->count++] = rule;
}

static void add_lines(struct rules *to, struct span text, char separator)
{
	struct span line;

	if (span_starts(text, "\xef\xbb\xbf")) {
		text.ptr += 3;
		text.len -= 3;
	}
	while (span_cut(&text, separator, &line))
		add_rule(to, line);
}

static void rules_clear(struct rules *r)
{
	for (size_t i = 0; i < r->count; i++)
		wildmatch_free(r->rules[i].pattern);
	free(r->rules);
	free(r->folder);
	memset(r, 0, sizeof *r);
}

struct ignore *ignore_new(const char *defaults)
{
	struct ignore *g = xcalloc(1, sizeof *g);

	g->defaults.folder = xstrdup("");
	add_lines(&g->defaults, span_of(".sync-*.part"), ' '); /* what an interrupted pull leaves */
	if (defaults)
		add_lines(&g->defaults, span_of(defaults), ' ');
	return g;
}

void ignore_free(struct ignore *g)
{
	struct rules *r;

	if (!g)
		return;
	while ((r = g->first)) {
		g->first = r->next;
		rules_clear(r);
		free(r);
	}
	rules_clear(&g->defaults);
	free(g);
}

void ignore_set(struct ignore *g, const char *folder, struct span text)
{
	struct rules **at = &g->first, *r;

	while (*at && strcmp((*at)->folder, folder) != 0 && !treepath_is_below(folder, (*at)->folder))
		at = &(*at)->next;
	if (*at && strcmp((*at)->folder, folder) == 0) {
		r = *at;
		*at = r->next;
		rules_clear(r);
	} else {
		r = xcalloc(1, sizeof *r);
	}
	r->folder = xstrdup(folder);
	add_lines(r, text, '\n');
	r->next = *at;
	*at = r;
}

/* Forgets the rules of a folder. */
static void drop(struct ignore *g, const char *folder)
{
	struct rules **at = &g->first, *r;

	while (*at && strcmp((*at)->folder, folder) != 0)
		at = &(*at)->next;
	if (!(r = *at))
		return;
	*at = r->next;
	rules_clear(r);
	free(r);
}

enum err ignore_read(struct ignore *g, const char *folder, int fd)
{
	struct buf text = buf_new(IGNORE_FILE_LIMIT);
	struct stat st;
	enum err e;

	drop(g, folder);
	if (fstatat(fd, IGNORE_FILE, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? OK : err_from_errno(errno);
	if (S_ISLNK(st.st_mode))
		return OK; /* no link is followed, as git does not either */
	e = fsio_read_file(fd, IGNORE_FILE, &text);
	if (e == OK)
		ignore_set(g, folder, buf_span(&text));
	buf_clear(&text);
	return e == E_NOT_FOUND ? OK : e;
}

/* ---- asking ---- */

enum verdict { SAYS_NOTHING, SAYS_IGNORED, SAYS_KEPT };

static enum verdict ask(const struct rules *r, const char *path, bool is_folder)
{
	const char *below = *r->folder ? path + strlen(r->folder) + 1 : path, *name = treepath_name(path);

	for (size_t i = r->count; i-- > 0;) {
		const struct rule *rule = &r->rules[i];

		if (!rule->pattern || (rule->is_folder_only && !is_folder))
			continue;
		if (wildmatch_matches(rule->pattern, span_of(rule->is_name ? name : below)))
			return rule->is_negated ? SAYS_KEPT : SAYS_IGNORED;
	}
	return SAYS_NOTHING;
}

bool ignore_matches(const struct ignore *g, const char *path, bool is_folder)
{
	enum verdict v = SAYS_NOTHING;

	for (const struct rules *r = g->first; r && v == SAYS_NOTHING; r = r->next)
		if (treepath_is_below(path, r->folder))
			v = ask(r, path, is_folder);
	if (v == SAYS_NOTHING)
		v = ask(&g->defaults, path, is_folder);
	return v == SAYS_IGNORED;
}

bool ignore_covers(const struct ignore *g, const char *path, bool is_folder)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		autofree char *folder = xstrndup(path, (size_t)(slash - path));

		if (ignore_matches(g, folder, true))
			return true;
	}
	return ignore_matches(g, path, is_folder);
}
