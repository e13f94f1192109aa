/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * archive.h - compressed files, made by the programs that people use for that.
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

/* How a program is called to compress its standard input. */
struct archive_program {
	const char *format;  /* also the program's name */
	const char *command; /* for the shell */
	bool built_in;       /* the library reads the format */
	bool checked;        /* any change of the text is noticed */
	bool parts;          /* a file that is cut off at certain places is not damaged */
	bool alone;          /* a file has only one member */
};

extern const struct archive_program archive_programs[];
extern const size_t archive_program_count;

/*
 * Is the program here, and the format built in? If not, says so, once; with PS_NEED_ALL, as in continuous integration,
 * it ends the test.
 */
bool archive_can(const struct archive_program *program);

/* Is any format built in? */
bool archive_any(void);

/* Runs the command on the text. Ends the test if the command fails. */
struct archive archive_make(const char *command, const void *text, size_t size);

/* Has the program decompress the archive into *text. False: it fails, or warns. */
bool archive_undo(const char *program, const struct archive *archive, struct archive *text);

/* Does the format's program read what the two commands make, one after the other? (lz4 1.10.0 refuses an old file after a frame.) */
bool archive_mixes(const struct archive_program *program, const struct archive_program *other);

/* Adds bytes at the end; they may be the archive's own, or NULL: zeros. */
void archive_append(struct archive *archive, const void *bytes, size_t size);
void archive_free(struct archive *archive);

#endif
