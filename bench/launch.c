/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * launch.c - runs a command, drains its output through a pipe, and measures it.
 *
 * usage: launch [-d SECONDS] [-l LINES] [-t SECONDS] [-p] DESCRIPTOR COMMAND [ARGUMENT...]
 *
 * -d  when output has begun, the reader waits this long before it reads on
 * -l  after this many lines the reader has enough: it closes the pipe and terminates the command
 * -t  the command is killed after this time
 * -p  the output is passed on to standard output
 *
 * Writes one line to DESCRIPTOR. Microseconds: from the start of the command to its end; to the first byte of output;
 * from when the reader had enough to the end; of processor time. Then the peak memory in KiB; the bytes of output; and
 * the exit status, or 128 plus the signal, or -1 if the time was up.
 *
 * The kernel's peak for a process begins with the memory of the process that forked it, and forking takes time in
 * proportion to that. So this program is small: what it shows is the command's own.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MICRO 1000000LL

struct reader {
	long long delay, limit; /* microseconds; limit 0: none */
	long long lines;        /* how many are enough; 0: all */
	int pass;
};

struct seen {
	long long first, enough; /* microseconds since the start, or 0 */
	long long bytes, lines;
	int late; /* the time was up */
};

static long long start;

static long long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * MICRO + t.tv_nsec / 1000 - start;
}

static pid_t spawn(char **command, int output)
{
	pid_t child = fork();
	int null;

	if (child != 0)
		return child;
	null = open("/dev/null", O_RDWR);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	execvp(command[0], command);
	_exit(127);
}

/* Waits for output or its end. Returns 0 if the time is up before. */
static int wait_for_output(const struct reader *r, int input)
{
	struct pollfd p = { .fd = input, .events = POLLIN };
	long long left = r->limit - now_us();

	if (r->limit == 0)
		return poll(&p, 1, -1);
	return left > 0 ? poll(&p, 1, (int)(left / 1000) + 1) : 0;
}

static void write_all(const char *p, ssize_t n)
{
	while (n > 0) {
		ssize_t written = write(STDOUT_FILENO, p, (size_t)n);

		if (written < 0)
			exit(2);
		p += written;
		n -= written;
	}
}

static long long count_lines(const char *p, const char *end)
{
	long long lines = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		p++;
	}
	return lines;
}

static void drain_output(const struct reader *r, int input, struct seen *seen)
{
	static char buffer[256 << 10];
	ssize_t n;

	while (wait_for_output(r, input) > 0) {
		if (seen->first == 0) {
			seen->first = now_us();
			if (r->delay > 0)
				usleep((useconds_t)r->delay);
		}
		n = read(input, buffer, sizeof buffer);
		if (n <= 0)
			return;
		seen->bytes += n;
		if (r->pass)
			write_all(buffer, n);
		if (r->lines == 0)
			continue;
		seen->lines += count_lines(buffer, buffer + n);
		if (seen->lines >= r->lines) {
			seen->enough = now_us();
			return;
		}
	}
	seen->late = 1;
}

static long long processor_time(const struct rusage *used)
{
	return (used->ru_utime.tv_sec + used->ru_stime.tv_sec) * MICRO + used->ru_utime.tv_usec +
	       used->ru_stime.tv_usec;
}

static int exit_status(const struct seen *seen, int status)
{
	if (seen->late)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int measure_command(const struct reader *r, int report, char **command)
{
	struct seen seen = { 0 };
	struct rusage used;
	int pipes[2], status;
	long long end;
	pid_t child;

	if (pipe2(pipes, O_CLOEXEC) != 0)
		return 2;
	start = now_us();
	child = spawn(command, pipes[1]);
	if (child < 0)
		return 2;
	close(pipes[1]);
	drain_output(r, pipes[0], &seen);
	close(pipes[0]);
	if (seen.late || seen.enough > 0)
		kill(child, seen.late ? SIGKILL : SIGTERM);
	if (wait4(child, &status, 0, &used) != child)
		return 2;
	end = now_us();
	dprintf(report, "%lld %lld %lld %lld %ld %lld %d\n", end, seen.first,
		seen.enough > 0 ? end - seen.enough : 0, processor_time(&used), used.ru_maxrss, seen.bytes,
		exit_status(&seen, status));
	return 0;
}

int main(int argc, char **argv)
{
	struct reader r = { 0 };
	int option;

	while ((option = getopt(argc, argv, "+d:l:t:p")) != -1)
		switch (option) {
		case 'd': r.delay = (long long)(atof(optarg) * MICRO); break;
		case 'l': r.lines = atoll(optarg); break;
		case 't': r.limit = (long long)(atof(optarg) * MICRO); break;
		case 'p': r.pass = 1; break;
		default: argc = 0;
		}
	if (argc - optind < 2) {
		fprintf(stderr, "usage: launch [-d SECONDS] [-l LINES] [-t SECONDS] [-p] "
				"DESCRIPTOR COMMAND [ARGUMENT...]\n");
		return 2;
	}
	return measure_command(&r, atoi(argv[optind]), argv + optind + 1);
}
