#include "server/http/mime.h"

#include "common/fsio.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FILE_LIMIT = 1 << 20, EXTENSION_LIMIT = 32, EXTENSIONS_LIMIT = 20000 };

/* What most files are, for machines without media-types. */
static const char own_types[] = "text/plain txt text log md conf c h sh py\n"
				"text/html html htm\n"
				"text/css css\n"
				"text/csv csv\n"
				"text/javascript js mjs\n"
				"application/json json\n"
				"application/xml xml\n"
				"application/pdf pdf\n"
				"application/zip zip\n"
				"application/gzip gz tgz\n"
				"application/zstd zst\n"
				"application/x-tar tar\n"
				"application/x-7z-compressed 7z\n"
				"application/wasm wasm\n"
				"application/epub+zip epub\n"
				"application/vnd.oasis.opendocument.text odt\n"
				"application/vnd.oasis.opendocument.spreadsheet ods\n"
				"application/vnd.openxmlformats-officedocument.wordprocessingml.document docx\n"
				"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet xlsx\n"
				"application/vnd.openxmlformats-officedocument.presentationml.presentation pptx\n"
				"image/png png\n"
				"image/jpeg jpg jpeg\n"
				"image/gif gif\n"
				"image/webp webp\n"
				"image/avif avif\n"
				"image/svg+xml svg\n"
				"image/tiff tif tiff\n"
				"image/vnd.microsoft.icon ico\n"
				"audio/mpeg mp3\n"
				"audio/flac flac\n"
				"audio/ogg ogg oga\n"
				"audio/x-wav wav\n"
				"video/mp4 mp4\n"
				"video/webm webm\n"
				"video/quicktime mov\n"
				"font/woff2 woff2\n";

/* Extensions in ascending order; names and types point into the text. */
struct mime_map {
	char *text;
	struct entry {
		const char *extension, *type;
		size_t order; /* of several lines for one extension the first counts */
	} * entries;
	size_t count, size;
};

static struct mime_map *system_map, *own_map;

static bool is_token_char(char ch)
{
	return (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (ch && strchr("!#$%&'*+-.^_`|~", ch));
}

/* Cuts a token (RFC 9110 §5.6.2) off the front. */
static bool cut_token(struct span *rest)
{
	size_t len = 0;

	while (len < rest->len && is_token_char(rest->ptr[len]))
		len++;
	rest->ptr += len;
	rest->len -= len;
	return len > 0;
}

static bool cut_char(struct span *rest, char ch)
{
	if (rest->len == 0 || rest->ptr[0] != ch)
		return false;
	rest->ptr++;
	rest->len--;
	return true;
}

static void skip_spaces(struct span *rest)
{
	while (cut_char(rest, ' ') || cut_char(rest, '\t'))
		;
}

/* Cuts a quoted string (§5.6.4). */
static bool cut_quoted(struct span *rest)
{
	if (!cut_char(rest, '"'))
		return false;
	while (rest->len) {
		unsigned char ch;

		if (cut_char(rest, '"'))
			return true;
		if (cut_char(rest, '\\') && rest->len == 0)
			return false;
		ch = (unsigned char)rest->ptr[0];
		if ((ch < ' ' && ch != '\t') || ch == 0x7f)
			return false;
		rest->ptr++;
		rest->len--;
	}
	return false;
}

/* type "/" subtype and nothing of parameters. */
static bool cut_type(struct span *rest)
{
	return cut_token(rest) && cut_char(rest, '/') && cut_token(rest);
}

static bool is_media_type(struct span rest)
{
	if (!cut_type(&rest))
		return false;
	for (;;) {
		skip_spaces(&rest);
		if (rest.len == 0)
			return true;
		if (!cut_char(&rest, ';'))
			return false;
		skip_spaces(&rest);
		if (rest.len == 0 || rest.ptr[0] == ';')
			continue; /* §5.6.6 lets a parameter be empty */
		if (!cut_token(&rest) || !cut_char(&rest, '='))
			return false;
		if (!cut_token(&rest) && !cut_quoted(&rest))
			return false;
	}
}

const char *mime_check(struct span value, struct arena *arena)
{
	if (!value.ptr)
		return NULL;
	value = span_trim(value);
	return value.len <= MIME_TYPE_LIMIT && is_media_type(value) ? arena_span(arena, value) : NULL;
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcasecmp(x->extension, y->extension);

	return order ? order : (x->order > y->order) - (x->order < y->order);
}

static void add_entry(struct mime_map *map, const char *extension, const char *type)
{
	if (map->count == EXTENSIONS_LIMIT || strlen(extension) > EXTENSION_LIMIT)
		return;
	if (map->count == map->size) {
		map->size = MAX(map->size * 2, (size_t)128);
		map->entries = xrealloc(map->entries, map->size * sizeof *map->entries);
	}
	map->entries[map->count] = (struct entry){ extension, type, map->count };
	map->count++;
}

/* "text/plain  asc txt": a malformed line is skipped, as are comments. */
static void add_line(struct mime_map *map, char *line)
{
	static const char blanks[] = " \t\r";
	char *rest = line + strcspn(line, "#"), *type;
	struct span whole;

	*rest = '\0';
	rest = line;
	while (*rest && strchr(blanks, *rest))
		rest++;
	type = strsep(&rest, blanks);
	whole = span_of(type);
	if (!cut_type(&whole) || whole.len || strlen(type) > MIME_TYPE_LIMIT)
		return;
	for (char *word; (word = strsep(&rest, blanks));)
		if (*word)
			add_entry(map, word, type);
}

struct mime_map *mime_map_new(struct span text)
{
	struct mime_map *map = xcalloc(1, sizeof *map);
	char *rest, *line;

	rest = map->text = span_dup(text);
	while ((line = strsep(&rest, "\n")))
		add_line(map, line);
	if (map->count)
		qsort(map->entries, map->count, sizeof *map->entries, compare_entries);
	return map;
}

void mime_map_free(struct mime_map *map)
{
	if (!map)
		return;
	free(map->entries);
	free(map->text);
	free(map);
}

const char *mime_map_find(const struct mime_map *map, struct span extension)
{
	char text[EXTENSION_LIMIT + 1];
	size_t low = 0, high = map->count;

	if (extension.len == 0 || extension.len > EXTENSION_LIMIT)
		return NULL;
	memcpy(text, extension.ptr, extension.len);
	text[extension.len] = '\0';
	while (low < high) { /* the first entry that is not before it */
		size_t middle = low + (high - low) / 2;

		if (strcasecmp(map->entries[middle].extension, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < map->count && strcasecmp(map->entries[low].extension, text) == 0 ? map->entries[low].type : NULL;
}

static void load(void)
{
	autobuf struct buf file = buf_new(FILE_LIMIT);

	/* Missing or too large: our own table has to do. */
	if (fsio_read_file(AT_FDCWD, "/etc/mime.types", &file) != OK)
		buf_reset(&file);
	system_map = mime_map_new(buf_span(&file));
	own_map = mime_map_new(span_of(own_types));
}

const char *mime_from_name(struct span name)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const char *dot = name.len ? memrchr(name.ptr, '.', name.len) : NULL, *type = NULL;

	pthread_once(&once, load);
	if (dot && dot != name.ptr) { /* ".profile" has no extension */
		struct span extension = { dot + 1, name.len - (size_t)(dot + 1 - name.ptr) };

		type = mime_map_find(system_map, extension);
		type = type ? type : mime_map_find(own_map, extension);
	}
	return type ? type : "application/octet-stream";
}

bool mime_is_for_showing(const char *type)
{
	/* Not image/svg+xml, nor any other that may hold a script. */
	static const char *const shown[] = { "text/plain", "image/png", "image/jpeg",  "image/gif",      "image/webp",
					     "image/avif", "image/bmp", "audio/mpeg",  "audio/ogg",      "audio/wav",
					     "audio/flac", "audio/mp4", "audio/webm",  "video/mp4",      "video/ogg",
					     "video/webm", "audio/aac", "audio/x-wav", "application/pdf" };
	struct span name = { type, strcspn(type, "; \t") };

	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		if (span_eq_nocase(name, shown[i]))
			return true;
	return false;
}
