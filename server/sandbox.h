/*
 * sandbox: what the process gives up once it serves, whoever started it: new privileges, core files with secrets, and every
 * system call that serving does not need.
 */
#ifndef SERVER_SANDBOX_H
#define SERVER_SANDBOX_H

#include "common/err.h"

/* The key `sandbox`. */
enum sandbox_mode { SANDBOX_AUTO, SANDBOX_YES, SANDBOX_NO };
bool sandbox_mode_from_text(const char *text, enum sandbox_mode *out);

/*
 * No core file and no debugger of the same user (the memory holds keys and tokens).  Before any secret is read; programs that
 * are started later inherit no more than the limit of core files.  `SANDBOX_NO`: nothing.
 */
void sandbox_hide_memory(enum sandbox_mode mode);

/*
 * Ends, for all threads and for good, what serving does not need: no new privileges, and a seccomp filter by which a call that
 * is not in its list fails with EPERM.  After everything is open and the captive command, which is not bound by it, runs.
 * E_NOT_IMPLEMENTED for SANDBOX_YES where the kernel or a build with sanitizers has none; SANDBOX_AUTO logs that and goes on.
 */
enum err sandbox_enter(enum sandbox_mode mode, struct note *why) must_check;

#endif
