#include <stdio.h>

#include "client/cmd/cmd.h"
#include "client/session.h"
#include "common/jsonw.h"

enum err command_version(struct session *s)
{
	struct buf line = buf_new(200);
	struct jsonw w = jsonw_new(&line);

	if (!output_is_json(s->out)) {
		printf("%s %s\n", s->cli->self, VERSION);
		return OK;
	}
	jsonw_object(&w);
	jsonw_key_text(&w, "version", VERSION);
	jsonw_end(&w);
	if (jsonw_error(&w) == OK)
		output_json(s->out, line.data);
	buf_clear(&line);
	return OK;
}
