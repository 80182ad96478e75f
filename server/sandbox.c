/*
 * The list is what libc, OpenSSL, SQLite and libevent ask for while we serve and stop: no program is started, no descriptor
 * of another process is touched, no clock is set, nothing is mounted.  EPERM rather than a kill: a call of a
 * library that nobody foresaw costs a request and not the service.  In tests it kills.
 */
#include "server/sandbox.h"

#include "common/fsio.h"
#include "common/log.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <seccomp.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#else
#define HAS_SANITIZER 0
#endif

static const char *const allowed[] = {
	/* files */
	"access",
	"chdir",
	"chmod",
	"close",
	"close_range",
	"copy_file_range",
	"creat",
	"dup",
	"dup2",
	"dup3",
	"faccessat",
	"faccessat2",
	"fadvise64",
	"fallocate",
	"fchdir",
	"fchmod",
	"fchmodat",
	"fchown",
	"fcntl",
	"fdatasync",
	"flock",
	"fstat",
	"fstatfs",
	"fsync",
	"ftruncate",
	"getcwd",
	"getdents",
	"getdents64",
	"link",
	"linkat",
	"lseek",
	"lstat",
	"mkdir",
	"mkdirat",
	"newfstatat",
	"open",
	"openat",
	"openat2",
	"pread64",
	"preadv",
	"preadv2",
	"pwrite64",
	"pwritev",
	"pwritev2",
	"read",
	"readahead",
	"readlink",
	"readlinkat",
	"readv",
	"rename",
	"renameat",
	"renameat2",
	"rmdir",
	"sendfile",
	"splice",
	"stat",
	"statfs",
	"statx",
	"symlink",
	"sync_file_range",
	"tee",
	"truncate",
	"umask",
	"unlink",
	"unlinkat",
	"utimensat",
	"write",
	"writev",
	/* sockets and waiting */
	"accept",
	"accept4",
	"bind",
	"connect",
	"epoll_create",
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd",
	"eventfd2",
	"getpeername",
	"getsockname",
	"getsockopt",
	"ioctl",
	"listen",
	"pipe",
	"pipe2",
	"poll",
	"ppoll",
	"pselect6",
	"recvfrom",
	"recvmmsg",
	"recvmsg",
	"select",
	"sendmmsg",
	"sendmsg",
	"sendto",
	"setsockopt",
	"shutdown",
	"signalfd",
	"signalfd4",
	"socket",
	"socketpair",
	"timerfd_create",
	"timerfd_settime",
	/* memory and threads */
	"arch_prctl",
	"brk",
	"exit",
	"exit_group",
	"futex",
	"get_robust_list",
	"madvise",
	"membarrier",
	"mincore",
	"mlock",
	"mmap",
	"mprotect",
	"mremap",
	"msync",
	"munlock",
	"munmap",
	"prctl",
	"rseq",
	"sched_getaffinity",
	"sched_yield",
	"set_robust_list",
	"set_tid_address",
	/* signals, time, who we are */
	"alarm",
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"getegid",
	"geteuid",
	"getgid",
	"getgroups",
	"getpgrp",
	"getpid",
	"getppid",
	"getpriority",
	"getrandom",
	"getresgid",
	"getresuid",
	"getrlimit",
	"getrusage",
	"gettid",
	"gettimeofday",
	"getuid",
	"kill",
	"nanosleep",
	"pause",
	"prlimit64",
	"restart_syscall",
	"rt_sigaction",
	"rt_sigpending",
	"rt_sigprocmask",
	"rt_sigreturn",
	"rt_sigtimedwait",
	"setrlimit",
	"sigaltstack",
	"sysinfo",
	"tgkill",
	"time",
	"times",
	"uname",
	"wait4",
	"waitid",
};

bool sandbox_mode_from_text(const char *text, enum sandbox_mode *out)
{
	static const char *const words[] = { [SANDBOX_AUTO] = "auto", [SANDBOX_YES] = "yes", [SANDBOX_NO] = "no" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*out = (enum sandbox_mode)i;
			return true;
		}
	return false;
}

void sandbox_hide_memory(enum sandbox_mode mode)
{
	struct rlimit cores = { 0, 0 };

	/* The leak check of a sanitizer looks at its own process as a debugger does. */
	if (mode == SANDBOX_NO || HAS_SANITIZER)
		return;
	/* The hard limit stays, for a captive command that wants its own. */
	if (getrlimit(RLIMIT_CORE, &cores) == 0)
		cores.rlim_cur = 0;
	if (setrlimit(RLIMIT_CORE, &cores) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		log_warning("keep core_files=allowed error=\"%s\"", strerror(errno));
}

/* 0, or a negative errno. */
static int allow_all(scmp_filter_ctx filter)
{
	int result;

	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		int number = seccomp_syscall_resolve_name(allowed[i]);

		if (number == __NR_SCMP_ERROR) /* newer than this library, or not of this machine */
			continue;
		if ((result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0)) < 0 && result != -EDOM)
			return result;
	}
	/*
	 * Threads, but no processes: a filter can read clone()'s flags, not those of clone3(), which lie in memory; told that
	 * there is no clone3(), libc takes clone().
	 */
	if ((result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0)) < 0)
		return result;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
				SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
}

static int load_filter(void)
{
	/* Tests want to see what is asked for and not allowed: SYNCD_FAULT=sandbox:1:EPERM. */
	scmp_filter_ctx filter = seccomp_init(fsio_fault("sandbox") ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	int result;

	if (!filter)
		return -ENOMEM;
	/* All threads at once; no_new_privs goes with it. */
	result = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (result == 0)
		result = allow_all(filter);
	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

enum err sandbox_enter(enum sandbox_mode mode, struct note *why)
{
	const char *reason = "a build with sanitizers has none";
	int result = -ENOSYS;

	if (mode == SANDBOX_NO)
		return OK;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		result = -errno;
	else if (!HAS_SANITIZER)
		result = load_filter();
	if (result == 0)
		return OK;
	if (!HAS_SANITIZER)
		reason = strerror(-result);
	if (mode == SANDBOX_YES)
		return note_set(why, E_NOT_IMPLEMENTED, "sandbox = yes, but there is none to be had: %s", reason);
	log_info("leave_out sandbox=seccomp reason=\"%s\"", reason);
	return OK;
}
