/*
 * run [DIR]: brings a linked folder and its folder on the server together, once.
 */
#include "client/cmd/cmd.h"
#include "client/cmd/syncfolder.h"

enum err command_run(struct session *s)
{
	struct syncfolder f;
	enum err e = syncfolder_open(s, s->cli->operand_count ? s->cli->operands[0] : NULL, &f);

	if (e == OK)
		e = s->cli->dry_run ? syncfolder_show(&f) : syncfolder_run(&f);
	syncfolder_close(&f);
	return e;
}
