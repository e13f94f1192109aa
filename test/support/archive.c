/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * archive.c - see archive.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "archive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef PS_WITH_GZIP
#define GZIP true
#else
#define GZIP false
#endif
#ifdef PS_WITH_BZIP2
#define BZIP2 true
#else
#define BZIP2 false
#endif
#ifdef PS_WITH_XZ
#define XZ true
#else
#define XZ false
#endif
#ifdef PS_WITH_ZSTD
#define ZSTD true
#else
#define ZSTD false
#endif
#ifdef PS_WITH_LZ4
#define LZ4 true
#else
#define LZ4 false
#endif

const struct archive_program archive_programs[] = {
	{ "gzip", "gzip -9nc", GZIP, true, false, false },
	{ "gzip", "gzip -1c", GZIP, true, false, false },
	{ "bzip2", "bzip2 -9c", BZIP2, true, false, false },
	{ "bzip2", "bzip2 -1c", BZIP2, true, false, false },
	{ "xz", "xz -6c", XZ, true, false, false },
	{ "xz", "xz -0c --check=crc32 --block-size=5000", XZ, true, false, false },
	{ "xz", "xz -1c --check=none --delta --lzma2=preset=1", XZ, false, false, false },
	{ "lzma", "xz -0c --format=lzma", XZ, false, false, true },
	{ "lzma", "xz -c --format=lzma --lzma1=dict=6KiB", XZ, false, false, true },
	{ "zstd", "zstd -3cq", ZSTD, true, false, false },
	{ "zstd", "zstd -19cq --long=20", ZSTD, true, false, false },
	{ "zstd", "zstd -1cq --no-check", ZSTD, false, false, false },
	{ "lz4", "lz4 -1cq", LZ4, true, false, false },
	{ "lz4", "lz4 -9cq -BD -B4 -BX", LZ4, true, false, false },
	{ "lz4", "lz4 -cq --no-frame-crc -B7", LZ4, false, false, false },
	{ "lz4", "lz4 -lcq", LZ4, false, true, false },
};

const size_t archive_program_count = sizeof(archive_programs) / sizeof(archive_programs[0]);

static void die(const char *what)
{
	perror(what);
	exit(99);
}

static bool is_there(const char *program)
{
	char command[64];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	return system(command) == 0;
}

bool archive_can(const struct archive_program *program)
{
	const char *lack = !program->built_in ? "is not built in" : !is_there(program->format) ? "has no program here" : NULL;

	if (lack == NULL)
		return true;
	printf("left out: %s %s\n", program->format, lack);
	if (getenv("PS_NEED_ALL") != NULL)
		exit(99);
	return false;
}

bool archive_any(void)
{
	for (size_t i = 0; i < archive_program_count; i++)
		if (archive_programs[i].built_in)
			return true;
	return false;
}

/* Runs the command from one file in memory to another. */
static int run(const char *command, int in, int out)
{
	int status = 0;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		die(command);
	return status;
}

static int open_memory(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0)
		die(name);
	return fd;
}

/* Runs the command on the input. *status: its exit status. */
static struct archive pipe_through(const char *command, const void *text, size_t size, int *status)
{
	int in = open_memory("text"), out = open_memory("archive");
	struct archive made = { 0 };
	struct stat st;

	for (size_t at = 0; at < size;) {
		ssize_t n = write(in, (const char *)text + at, size - at);

		if (n < 0)
			die("text");
		at += (size_t)n;
	}
	lseek(in, 0, SEEK_SET);
	*status = run(command, in, out);
	if (fstat(out, &st) != 0)
		die(command);
	made.bytes = malloc((size_t)st.st_size + 1);
	for (ssize_t n; made.bytes != NULL && made.size < (size_t)st.st_size; made.size += (size_t)n) {
		n = pread(out, made.bytes + made.size, (size_t)st.st_size - made.size, (off_t)made.size);
		if (n <= 0)
			die(command);
	}
	close(in);
	close(out);
	return made;
}

struct archive archive_make(const char *command, const void *text, size_t size)
{
	int status;
	struct archive made = pipe_through(command, text, size, &status);

	if (status != 0) {
		fprintf(stderr, "%s failed\n", command);
		exit(99);
	}
	return made;
}

bool archive_undo(const char *program, const struct archive *archive, struct archive *text)
{
	char command[128];
	int status;

	snprintf(command, sizeof(command), "exec 3>&1; said=$(%s -dc 2>&1 >&3) && [ -z \"$said\" ]", program);
	*text = pipe_through(command, archive->bytes, archive->size, &status);
	return status == 0;
}

static bool reads_in_order(const char *program, const char *first, const char *second)
{
	const char text[] = "text\n";
	struct archive both = archive_make(first, text, 5), after = archive_make(second, text, 5), undone;
	bool content;

	archive_append(&both, after.bytes, after.size);
	content = archive_undo(program, &both, &undone);
	archive_free(&both);
	archive_free(&after);
	archive_free(&undone);
	return content;
}

bool archive_mixes(const struct archive_program *program, const struct archive_program *other)
{
	static enum { UNKNOWN, YES, NO } known[sizeof(archive_programs) / sizeof(archive_programs[0])]
					      [sizeof(archive_programs) / sizeof(archive_programs[0])];
	ptrdiff_t i = program - archive_programs, k = other - archive_programs;

	if (strcmp(program->format, other->format) != 0)
		return false;
	if (known[i][k] == UNKNOWN)
		known[i][k] = reads_in_order(program->format, program->command, other->command) &&
					      reads_in_order(program->format, other->command, program->command) ?
				      YES :
				      NO;
	return known[i][k] == YES;
}

void archive_append(struct archive *archive, const void *bytes, size_t size)
{
	uint8_t *longer = malloc(archive->size + size + 1);

	if (longer == NULL)
		die("archive");
	if (archive->size > 0)
		memcpy(longer, archive->bytes, archive->size);
	if (bytes == NULL)
		memset(longer + archive->size, 0, size);
	else if (size > 0)
		memcpy(longer + archive->size, bytes, size);
	free(archive->bytes);
	archive->bytes = longer;
	archive->size += size;
}

void archive_free(struct archive *archive)
{
	free(archive->bytes);
	*archive = (struct archive){ 0 };
}
