/*
 * watcher PATH: looks at PATH without a pause until TERM comes, then says how often it looked and how often no program was
 * there.  Exit status 1 if that was ever so.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static volatile sig_atomic_t is_over;

static void end(int number)
{
	is_over = number;
}

int main(int argc, char **argv)
{
	unsigned long looks = 0, misses = 0;

	if (argc != 2)
		return 2;
	signal(SIGTERM, end);
	for (; !is_over; looks++)
		misses += access(argv[1], X_OK) != 0;
	printf("%lu looks, %lu misses\n", looks, misses);
	return misses != 0;
}
