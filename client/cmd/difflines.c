#include "client/cmd/difflines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/tool.h"
#include "client/ui/human.h"

enum err difflines_show(const struct difflines *d, struct note *why)
{
	autofree char *old = human_quoted(d->old_label), *new = human_quoted(d->new_label);
	const char *const argv[] = { "diff", "-u", "--label", old, "--label", new, TOOL_FILE_1, TOOL_FILE_2, NULL };
	const int files[] = { d->old, d->new };
	int status;

	fflush(stdout);
	status = tool_run(argv, files, ARRAY_LEN(files), STDOUT_FILENO);
	if (status < 0 && errno)
		return note_set(why, E_IO, "they differ; diff(1) cannot be run: %s", strerror(errno));
	if (status < 0 || status > 1)
		return note_set(why, E_IO, "they differ, and diff(1) could not show how");
	return OK;
}
