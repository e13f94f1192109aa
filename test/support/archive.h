/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * archive.h - compressed files, made by the programs that people make them with.
 */
#ifndef TEST_ARCHIVE_H
#define TEST_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive {
	uint8_t *bytes;
	size_t size;
};

/* How a program is called: it compresses its standard input. */
struct archive_program {
	const char *format;  /* also the program's name */
	const char *command; /* for the shell */
	bool built_in;       /* the library reads the format */
	bool checked;        /* whatever changes the text is noticed */
	bool parts;          /* what is cut off at some places is not missed */
	bool alone;          /* a file has one member */
};

extern const struct archive_program archive_programs[];
extern const size_t archive_program_count;

/*
 * Is the program here, and the format built in? What is not is said, once. PS_NEED_ALL set, as
 * continuous integration has it, ends the test then.
 */
bool archive_can(const struct archive_program *program);

/* What the command makes of the text. Ends the test if it fails. */
struct archive archive_make(const char *command, const void *text, size_t size);

/* What the program says that the archive holds, in *text. False: it fails, or warns. */
bool archive_undo(const char *program, const struct archive *archive, struct archive *text);

/* Does the format's program read what the two commands make, one after the other? (lz4 1.10.0 refuses an old file after a frame.) */
bool archive_mixes(const struct archive_program *program, const struct archive_program *other);

/* Adds bytes behind, which may be its own, or NULL: zeros. */
void archive_append(struct archive *archive, const void *bytes, size_t size);
void archive_free(struct archive *archive);

#endif
