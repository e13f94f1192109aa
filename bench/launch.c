/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * launch.c - runs a command and writes what it used to a descriptor: peak
 * memory in KiB, and processor time in microseconds.
 *
 * usage: launch DESCRIPTOR COMMAND [ARGUMENT...]
 *
 * A process begins with the memory of the one that started it, as far as the
 * kernel's peak is concerned: this one is small, and so shows the command's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct rusage used;
	int status = 0;
	pid_t child;

	if (argc < 3) {
		fprintf(stderr, "usage: launch DESCRIPTOR COMMAND [ARGUMENT...]\n");
		return 2;
	}
	child = fork();
	if (child < 0) {
		perror("fork");
		return 2;
	}
	if (child == 0) {
		close(atoi(argv[1]));
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	close(STDOUT_FILENO);
	if (wait4(child, &status, 0, &used) != child)
		return 2;
	dprintf(atoi(argv[1]), "%ld %lld\n", used.ru_maxrss,
		(long long)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000 +
			used.ru_utime.tv_usec + used.ru_stime.tv_usec);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
