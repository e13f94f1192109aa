/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_command_faults.c - in the command each place that allocates fails once, and each open, read and write; and its
 * output cannot be written.
 *
 * The command is linked into this program, as psearch_main(), and runs in child processes. However it is called, it ends
 * with the output and status of a run in which nothing fails, or with status 2 and a message; never with a signal, and it
 * never hangs.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../support/faults.h"
#include "../support/forest.h"
#include "../support/scale.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/choose.h"

int psearch_main(int argc, char **argv);

enum { MOST_ARGUMENTS = 10, MOST_OUTPUT = 1 << 20, LONGEST = TEST_SANITIZED ? 120 : 60 };
enum { LONG_LINE = 40000, PLACES = 2000 };

/* A new way to call it is a row. */
static const char *const calls[][MOST_ARGUMENTS] = {
	{ "psearch", "-n", "needle", "t" },
	{ "psearch", "-j1", "--json", "-C1", "n(e)edle", "t" },
	{ "psearch", "-c", "needle", "t" },
	{ "psearch", "-j1", "--color=always", "-n", "-C1", "--line-buffered", "ne*dle", "t" },
	{ "psearch", "--files", "t" },
	{ "psearch", "--sort=path", "-l", "needle", "t" },
	{ "psearch", "-o", "--replace=<$1>", "n(e)edle", "t" },
	{ "psearch", "-g", "*.c", "-t", "c", "-f", "patterns", "t" },
	{ "psearch", "-j1", "--cursor", "--max-results=2", "needle", "t" },
	{ "psearch", "-E", "-i", "-w", "needle|other", "t/a.c", "t/b.txt" },
	{ "psearch", "--multiline", "needle\\nline", "t" },
	{ "psearch", "--explain", "(needle) \\1" },
	{ "psearch", "-c", "--files-from=list", "needle" },
	{ "psearch", "-n", "needle", "long" },
	{ "psearch", "--sort=modified", "--hyperlink-format=file://{host}{path}", "--color=always", "needle", "t" },
	{ "grep", "-rn", "needle", "t" },
	{ "psearch", "-j1", "--stats", "-l", "e", "t" },
	{ "psearch", "-j1", "--warm=warm", "--stats", "e", "t" },
	{ "psearch", "-j1", "--files", "--color=always", "--hyperlink-format=file://{path}", "t" },
	{ "grep", "-n", "needle", "latin", "t/b.txt" },
	{ "psearch", "--help=all" },
	{ "psearch", "--type-list" },
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static char *root;

static struct shared {
	long reached; /* calls of what was armed, */
	long cut;     /* and writes that were short */
	_Atomic long place_count;
	const void *_Atomic places[PLACES]; /* in the code, that allocate; some may be in it twice */
} *shared;

struct result {
	int status; /* 1000 and more: a signal */
	char *output, *errors;
};

/* --- calls of the command's own that fail, or are short --- */

static struct fault write_fault, stream_fault, array_fault;
static _Atomic bool short_writes;

ssize_t __real_write(int fd, const void *from, size_t size);
ssize_t __real_writev(int fd, const struct iovec *pieces, int count);
FILE *__real_fopen(const char *path, const char *mode);
size_t __real_fread(void *to, size_t size, size_t count, FILE *from);
void *__real_reallocarray(void *old, size_t count, size_t size);

ssize_t __wrap_write(int fd, const void *from, size_t size);
ssize_t __wrap_writev(int fd, const struct iovec *pieces, int count);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
size_t __wrap_fread(void *to, size_t size, size_t count, FILE *from);
void *__wrap_reallocarray(void *old, size_t count, size_t size);

/* Not the library's event descriptors. */
ssize_t __wrap_write(int fd, const void *from, size_t size)
{
	return fd == STDOUT_FILENO && fails(&write_fault) ? -1 : __real_write(fd, from, size);
}

/* A short one takes the first byte only. */
ssize_t __wrap_writev(int fd, const struct iovec *pieces, int count)
{
	if (fd != STDOUT_FILENO)
		return __real_writev(fd, pieces, count);
	if (fails(&write_fault))
		return -1;
	if (!atomic_load(&short_writes))
		return __real_writev(fd, pieces, count);
	while (count > 1 && pieces->iov_len == 0)
		pieces++, count--;
	shared->cut++;
	return __real_write(fd, pieces->iov_base, pieces->iov_len > 0);
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	return fails(&stream_fault) ? NULL : __real_fopen(path, mode);
}

/* The same with offsets of 64 bits. */
FILE *__wrap_fopen64(const char *path, const char *mode)
{
	return __wrap_fopen(path, mode);
}

/* libc tells by the stream that the read under it has failed: it is one that cannot be read any more. */
size_t __wrap_fread(void *to, size_t size, size_t count, FILE *from)
{
	if (!fails(&stream_fault))
		return __real_fread(to, size, count, from);
	dup2(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), fileno(from));
	return __real_fread(to, size, count, from);
}

void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return fails(&array_fault) ? NULL : __real_reallocarray(old, count, size);
}

/* --- the places that allocate --- */

static const void *failing; /* the place whose first call fails */

/* They may lie anywhere: what addr2line takes is counted from here. */
extern const char __executable_start[];

static bool note_place(const void *place)
{
	long count = atomic_load(&shared->place_count);

	for (long i = 0; i < count && i < PLACES; i++)
		if (shared->places[i] == place)
			return false;
	count = atomic_fetch_add(&shared->place_count, 1);
	if (count < PLACES)
		shared->places[count] = place;
	return false;
}

static bool is_failing(const void *place)
{
	static atomic_flag failed = ATOMIC_FLAG_INIT;

	return place == failing && !atomic_flag_test_and_set(&failed);
}

/* --- running it --- */

/* So long that the command does not copy it. */
static void make_long_line(void)
{
	static char line[LONG_LINE];

	memset(line, '.', LONG_LINE);
	memcpy(line, "needle", 6);
	line[LONG_LINE - 1] = '\n';
	forest_file(root, "long", line, LONG_LINE);
}

static int set_up(void **state)
{
	(void)state;
	root = forest_open();
	assert_int_equal(chdir(root), 0);
	forest_directory(root, "t");
	forest_directory(root, "t/d");
	forest_text(root, "t/a.c", "a line\na needle\nline\n");
	forest_text(root, "t/b.txt", "another needle\nline\n");
	forest_text(root, "t/d/c.c", "the other needle\n");
	forest_text(root, "patterns", "needle\nno such\n");
	forest_text(root, "list", "t/a.c\nt/d\n");
	forest_text(root, "latin", "a needle\n\xff needle\n");
	make_long_line();
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(shared != MAP_FAILED);
	setenv("LC_ALL", "C.UTF-8", 1); /* where grep's output has text only */
	forest_text(root, "config", "--line-number\n");
	setenv("PSEARCH_CONFIG_PATH", "config", 1);
	unsetenv("RIPGREP_CONFIG_PATH");
	setenv("HOME", root, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (chdir("/") != 0)
		return -1;
	forest_close(root);
	return 0;
}

static char *read_whole(const char *name)
{
	char *text = calloc(1, MOST_OUTPUT + 1);
	int fd = open(name, O_RDONLY | O_CLOEXEC);

	assert_non_null(text);
	assert_true(fd >= 0 && read(fd, text, MOST_OUTPUT) >= 0);
	close(fd);
	return text;
}

/* Only a search with a warm tree prints this line. Without memory for the tree the command warns and goes on. */
static void leave_out_ruled_out(char *text)
{
	static const char line[] = "\n0 files ruled out\n";
	char *at = strstr(text, line);

	if (at != NULL)
		memmove(at, at + sizeof(line) - 2, strlen(at + sizeof(line) - 2) + 1);
}

/*
 * Numbers become #: with --json and --stats the times differ. A single digit that begins a line and has a blank after it
 * stays: it is a count of --stats.
 */
static void leave_out_numbers(char *text)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		bool begins = from == text || from[-1] == '\n', counts = begins && from[1] == ' ';
		bool digit = *from >= '0' && *from <= '9' && !counts;

		if (!digit || to == text || to[-1] != '#')
			*to++ = digit ? '#' : *from;
	}
	*to = '\0';
}

static void free_result(struct result *r)
{
	free(r->output);
	free(r->errors);
}

/* What is armed for the child: a fault, and where its output goes; NULL: to a file. */
struct trial {
	struct fault *fault;
	long number;
	bool (*chosen)(const void *place);
	int error;
	const char *output;
	bool pipe_closed, ignore_pipe, short_writes;
};

static void redirect(const struct trial *t)
{
	int out = open("output", O_WRONLY | O_CREAT | O_TRUNC, 0600), pair[2];
	int errors = open("errors", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (t->output != NULL)
		out = open(t->output, O_WRONLY);
	if (t->pipe_closed && pipe(pair) == 0) {
		close(pair[0]);
		out = pair[1];
	}
	dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
}

static int count_arguments(const char *const *call)
{
	int n = 0;

	while (n < MOST_ARGUMENTS && call[n] != NULL)
		n++;
	return n;
}

static void run_child(const char *const *call, const struct trial *t)
{
	static const int signals[] = { SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGALRM };
	char *arguments[MOST_ARGUMENTS + 1] = { NULL };
	int n = count_arguments(call), rc;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_DFL); /* not cmocka's handlers */
	signal(SIGPIPE, t->ignore_pipe ? SIG_IGN : SIG_DFL);
	for (int i = 0; i < n; i++)
		arguments[i] = strdup(call[i]);
	redirect(t);
	alarm(patience(LONGEST));
	atomic_store(&short_writes, t->short_writes);
	if (t->fault != NULL)
		arm(t->fault, t->number, 1, t->error);
	if (t->fault != NULL)
		t->fault->chosen = t->chosen;
	rc = psearch_main(n, arguments);
	if (t->fault != NULL)
		shared->reached = atomic_load(&t->fault->calls);
	_exit(rc);
}

static struct result run(const char *const *call, const struct trial *t)
{
	struct result r;
	int status = 0;
	pid_t child;

	shared->reached = shared->cut = 0;
	atomic_store(&shared->place_count, 0);
	fflush(NULL);
	child = fork();
	if (child == 0)
		run_child(call, t);
	assert_true(child > 0 && waitpid(child, &status, 0) == child);
	r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
	r.output = read_whole("output");
	leave_out_ruled_out(r.output);
	leave_out_numbers(r.output);
	r.errors = read_whole("errors");
	return r;
}

static void fail_with(const char *const *call, const struct trial *t, const struct result *r)
{
	char text[400] = "";

	for (int i = 0; i < count_arguments(call); i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ", call[i]);
	if (t->chosen != NULL)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "(addr2line %#tx)",
			 (const char *)failing - __executable_start);
	fail_msg("%s: call %ld, %s: status %d, output '%.300s', errors '%.300s'", text, t->number, strerror(t->error), r->status,
		 r->output, r->errors);
}

/* --- each call fails --- */

static const struct {
	const char *name;
	struct fault *fault;
	int error;
	const char *says; /* what the message must contain */
} faults[] = {
	{ "memory", &allocation, ENOMEM, "memory" },
	{ "reallocarray", &array_fault, ENOMEM, "memory" },
	{ "fopen, fread", &stream_fault, EIO, "" },
	{ "open", &open_fault, EIO, "" },
	{ "open", &open_fault, EMFILE, "" },
	{ "read", &read_fault, EIO, "" },
	{ "getdents", &list_fault, EIO, "" },
	{ "write", &write_fault, ENOSPC, "write error: No space left on device" },
	{ "write", &write_fault, EIO, "write error: Input/output error" },
};

enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

#define TOO_MANY "too many files to be sorted" /* what it says of memory if it sorts */

/* The messages must contain those of a run without a fault. */
static bool is_same(const struct result *got, const struct result *want)
{
	return got->status == want->status && strcmp(got->output, want->output) == 0 &&
	       strstr(got->errors, want->errors) != NULL;
}

static void judge(const char *const *call, const struct trial *t, const struct result *want, const struct result *got,
		  const char *says)
{
	bool told = got->errors[0] != '\0' && (strstr(got->errors, says) != NULL || strstr(got->errors, TOO_MANY) != NULL);

	if (!is_same(got, want) && (got->status != 2 || !told))
		fail_with(call, t, got);
}

/* Each place that allocates, in each call of the command: what its failure means is up to who calls the function. */
static unsigned long try_places(const char *const *call, const struct result *want)
{
	const struct trial notes = { .fault = &allocation, .number = 1, .chosen = note_place };
	struct result got = run(call, &notes);
	long count = shared->place_count;
	unsigned long trials = 0;

	if (!is_same(&got, want) || count > PLACES)
		fail_with(call, &notes, &got);
	free_result(&got);
	for (long i = 0; i < count; i++) {
		const struct trial t = { .fault = &allocation, .number = 1, .chosen = is_failing, .error = ENOMEM };

		failing = shared->places[i];
		got = run(call, &t);
		judge(call, &t, want, &got, "memory");
		free_result(&got);
		trials++;
	}
	return trials;
}

/* The first call fails, the second, and so on; in a short run some are left out, most of them allocations. */
static unsigned long try_numbers(const char *const *call, size_t f, const struct result *want)
{
	struct trial t = { .fault = faults[f].fault, .number = 1, .error = faults[f].error };
	unsigned long trials = 0;

	for (bool reached = true; reached;) {
		struct result got = run(call, &t);

		judge(call, &t, want, &got, faults[f].says);
		reached = shared->reached >= t.number || got.status == 2;
		trials += reached;
		free_result(&got);
		if (t.number > 100000)
			fail_with(call, &t, want);
		if (runs_long() || (t.number < 8 && t.fault != &allocation))
			t.number++;
		else
			t.number += t.fault == &allocation ? t.number : t.number / (TEST_SANITIZED ? 2 : 4);
	}
	return trials;
}

static void test_command_faults__each_call_may_fail(void **state)
{
	unsigned long trials[FAULTS] = { 0 }, places = 0;

	(void)state;
	if (TEST_COUNTED)
		skip(); /* among the places that allocate is libgcov's */
	for (size_t i = 0; i < CALLS; i++) {
		struct trial none = { 0 };
		struct result want = run(calls[i], &none);

		assert_in_range(want.status, 0, 1);
		places += try_places(calls[i], &want);
		for (size_t f = 0; f < FAULTS; f++)
			trials[f] += try_numbers(calls[i], f, &want);
		free_result(&want);
	}
	printf("%lu places that allocate", places);
	for (size_t f = 0; f < FAULTS; f++) {
		printf(", %lu of %s", trials[f], faults[f].name);
		if (trials[f] == 0)
			fail_msg("no call of %s has failed: the command calls something else", faults[f].name);
	}
	putchar('\n');
}

/* --- the output --- */

static void test_command_faults__output_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		const struct trial full = { .output = "/dev/full", .error = ENOSPC }, gone = { .pipe_closed = true, .error = EPIPE },
				   ignored = { .pipe_closed = true, .ignore_pipe = true, .error = EPIPE };
		const struct trial none = { 0 };
		struct result want = run(calls[i], &none), r = run(calls[i], &full);

		assert_in_range(want.status, 0, 1);
		if (r.status != 2 || strstr(r.errors, "write error: No space left on device") == NULL)
			fail_with(calls[i], &full, &r);
		free_result(&r);
		r = run(calls[i], &gone); /* as every command's */
		if (r.status != 1000 + SIGPIPE || r.errors[0] != '\0')
			fail_with(calls[i], &gone, &r);
		free_result(&r);
		r = run(calls[i], &ignored); /* no message about the closed pipe: the reader wants no more */
		if (r.status != 2 || strncmp(r.errors, want.errors, strlen(r.errors)) != 0)
			fail_with(calls[i], &ignored, &r);
		free_result(&r);
		free_result(&want);
	}
}

static void test_command_faults__writes_may_be_short_or_interrupted(void **state)
{
	(void)state;
	for (size_t i = 0; i < CALLS; i++) {
		const struct trial none = { 0 }, some = { .short_writes = true };
		struct result want = run(calls[i], &none), got = run(calls[i], &some);

		if (!is_same(&got, &want) || shared->cut == 0)
			fail_with(calls[i], &some, &got);
		free_result(&got);
		for (long n = 1; n < 4; n++) {
			const struct trial interrupted = { .fault = &write_fault, .number = n, .error = EINTR };

			got = run(calls[i], &interrupted);
			assert_true(n > 1 || shared->reached > 0);
			if (!is_same(&got, &want))
				fail_with(calls[i], &interrupted, &got);
			free_result(&got);
		}
		free_result(&want);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_faults__each_call_may_fail),
		cmocka_unit_test(test_command_faults__output_that_cannot_be_written_is_an_error),
		cmocka_unit_test(test_command_faults__writes_may_be_short_or_interrupted),
	};

	return RUN_TESTS(tests, set_up, tear_down);
}
