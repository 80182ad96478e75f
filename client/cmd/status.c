/*
 * status [DIR]: what run would do, after what is held, what conflicts and what is not synced at all.
 */
#include "client/cmd/cmd.h"
#include "client/cmd/syncfolder.h"

enum err command_status(struct session *s)
{
	struct syncfolder f;
	enum err e = syncfolder_open(s, s->cli->operand_count ? s->cli->operands[0] : NULL, &f);

	if (e == OK)
		e = syncfolder_show(&f);
	/* With --exit-code "something to do" is 1, and says nothing that was not said. */
	if (e == OK && s->cli->exit_code && f.up + f.down + f.both && output_exit_code(s->out) == 0)
		output_count(s->out, E_IO);
	syncfolder_close(&f);
	return e;
}
