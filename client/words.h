/*
 * words: the client's commands, the one source of help, completion, "did you mean" and of the words that the program
 * named `sync` takes for ours (packaging/alias/dispatch.c, which uses nothing of a row but its word).
 *
 * X(word, fewest operands, most operands, its options, synopsis, one line of help, examples)
 */
#ifndef CLIENT_WORDS_H
#define CLIENT_WORDS_H

enum command_option {
	OPTION_RECURSIVE = 1,
	OPTION_FORCE = 2,
	OPTION_OUTPUT = 4,
	OPTION_TOKEN_FILE = 8,
	OPTION_USER = 16,
	OPTION_PIN = 32,
	OPTION_LONG = 64,
	OPTION_AT = 128,
	OPTION_ALLOW_DELETES = 256,
	OPTION_EXIT_CODE = 512,
	OPTION_MINE = 1024,
	OPTION_THEIRS = 2048,
	OPTION_RACE = 4096,
	OPTION_REDO = 8192,
	OPTION_ANY_CLIENT = 16384,
	OPTION_MERGE = 32768,
	OPTION_CERTIFICATE = 65536,
	OPTION_UNSAFE = 1 << 20,
	OPTION_LINKS = 1 << 21
};

enum { MANY = 1 << 30 };

#define CLIENT_COMMANDS(X) \
	X(push, 1, MANY, OPTION_RECURSIVE | OPTION_FORCE, "LOCAL... [REMOTE]", \
	  "upload, if nobody changed it since you last had it", \
	  "push report.txt\0push -R docs/ backup/\0push - /now.txt < notes.txt\0") \
	X(pull, 1, MANY, OPTION_RECURSIVE | OPTION_FORCE | OPTION_OUTPUT, "REMOTE... [-o LOCAL]", \
	  "download, if it changed; never over your own changes", "pull report.txt\0pull -R docs/ -o /tmp/docs\0") \
	X(rm, 1, MANY, OPTION_RECURSIVE | OPTION_FORCE, "PATH...", "remove on the server, if nobody changed it since", \
	  "rm image/123\0rm -R old/\0") \
	X(stat, 1, 1, 0, "PATH", "size, time and ETag of a remote file or folder", "stat report.txt\0") \
	X(cat, 1, 1, OPTION_AT, "PATH", "a remote file to standard output", \
	  "cat report.txt | less\0cat report.txt --at 2h\0") \
	X(ls, 0, 1, OPTION_LONG | OPTION_RECURSIVE, "[PATH]", "what is in a remote folder", \
	  "ls\0ls -l docs/\0ls -R docs/\0") \
	X(mv, 2, 2, OPTION_FORCE, "FROM TO", "move or rename on the server, over nothing that is there", \
	  "mv draft.txt report.txt\0mv report.txt archive/\0") \
	X(cp, 2, 2, OPTION_FORCE, "FROM TO", "copy on the server, over nothing that is there", \
	  "cp report.txt report-old.txt\0cp docs/ backup/docs\0") \
	X(mkdir, 1, MANY, 0, "PATH...", "make a folder on the server, and those above it", "mkdir docs/2026\0") \
	X(log, 1, 1, 0, "PATH", "every version of a remote file, or what changed in a folder; the newest first", \
	  "log report.txt\0log docs/\0log / | head\0") \
	X(diff, 1, 3, OPTION_AT, "PATH [VERSION [VERSION]]", \
	  "what changed: here and there, then and now; exits 1 if anything did", \
	  "diff report.txt\0diff report.txt 9f86d081\0diff report.txt 9f86d081 2c8b08da\0diff docs/ --at yesterday\0") \
	X(restore, 1, 2, OPTION_AT | OPTION_FORCE, "PATH [VERSION]", \
	  "bring back what was removed, an old version, or a folder as it was", \
	  "restore report.txt\0restore report.txt 9f86d081\0restore docs/ --at 2d\0") \
	X(undo, 0, 0, OPTION_REDO | OPTION_ANY_CLIENT, "", "take back what your last command changed on the server", \
	  "undo\0undo -n\0undo --redo\0") \
	X(lock, 1, 1, 0, "PATH", "keep others from changing a file or folder for a while", "lock report.txt\0") \
	X(unlock, 1, 1, 0, "PATH", "give up a lock", "unlock report.txt\0") \
	X(clone, 1, 2, OPTION_UNSAFE | OPTION_LINKS, "[NAME:]PATH [DIR]", \
	  "make a folder here that stays the same as one on the server", \
	  "clone docs\0clone laptop:docs ~/docs\0clone -y docs existing-folder\0") \
	X(run, 0, 1, OPTION_ALLOW_DELETES | OPTION_UNSAFE | OPTION_LINKS, "[DIR]", \
	  "bring a cloned folder and the server together", "run\0run -n\0run --allow-deletes ~/docs\0") \
	X(watch, 0, 1, OPTION_UNSAFE | OPTION_LINKS, "[DIR]", \
	  "keep a cloned folder and the server together until ctrl-C", "watch\0watch ~/docs\0") \
	X(status, 0, 1, OPTION_EXIT_CODE, "[DIR]", "what run would do, what is held and what conflicts", \
	  "status\0status --exit-code ~/docs\0") \
	X(resolve, 1, 2, OPTION_MINE | OPTION_THEIRS | OPTION_MERGE, "PATH [REMOTE] [--mine | --theirs | --merge]", \
	  "settle a conflict: of a refused push, or in a cloned folder", \
	  "resolve plan.md\0resolve plan.md --mine\0resolve plan.md --merge\0") \
	X(edit, 1, 1, 0, "PATH", "a remote file in your editor; saved if nobody changed it meanwhile", \
	  "edit notes.txt\0edit laptop:docs/plan.md\0") \
	X(verify, 0, 1, 0, "[DIR]", "read every file of a cloned folder, and compare with the server", \
	  "verify\0verify ~/docs\0") \
	X(doctor, 0, 0, OPTION_RACE, "[--race PATH | URL]", \
	  "what works between this machine and the server, and what does not", \
	  "doctor\0doctor -r files --race /race-test\0doctor --race https://host/dav/race-test\0") \
	X(login, 0, 1, OPTION_TOKEN_FILE | OPTION_USER | OPTION_PIN | OPTION_CERTIFICATE, "[LINK | URL]", \
	  "sign in with a login link, a token file, or a certificate of yours", \
	  "login 'https://host:8443/#ann:CODE~sha256//PIN='\0login https://host/ --token-file token.txt\0" \
	  "login https://host/ --client-cert ann.crt --client-key ann.key\0") \
	X(logout, 0, 0, 0, "", "forget the token of a remote", "logout -r laptop\0") \
	X(remote, 0, 3, OPTION_USER | OPTION_PIN | OPTION_CERTIFICATE, "[add NAME URL | rm NAME | default NAME]", \
	  "list or change the known servers", \
	  "remote\0remote add files https://files.example.org:8443/\0remote default files\0") \
	X(help, 0, 1, 0, "[COMMAND]", "this help, or that of a command", "help push\0") \
	X(version, 0, 0, 0, "", "the version", "") \
	X(completion, 1, 1, 0, "bash|zsh|fish", "a completion script for the shell", \
	  "completion bash >> ~/.bash_completion\0completion zsh > ~/.zfunc/_sync\0completion fish | source\0")

#endif
