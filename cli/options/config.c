/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.c - options from a file.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/complain.h"

#define LONGEST ((size_t)1 << 20) /* bytes of the file */

/* A "--" ends the options; what looks like one after that is an operand. */
static bool is_refused(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--no-config") == 0)
			return true;
	return false;
}

/* Reads the whole file. Returns 0 or an errno. */
static int read_text(FILE *file, char **text)
{
	size_t length;
	int error;

	*text = malloc(LONGEST + 1);
	if (!*text)
		return ENOMEM;
	errno = 0;
	length = fread(*text, 1, LONGEST + 1, file);
	error = errno;
	if (ferror(file))
		return error ? error : EIO;
	if (length > LONGEST)
		return EFBIG;
	if (memchr(*text, '\0', length))
		return EINVAL;
	(*text)[length] = '\0';
	return 0;
}

static int read_file(const char *path, char **text)
{
	FILE *file = fopen(path, "re");
	struct stat st;
	int error;

	if (!file)
		return errno;
	error = fstat(fileno(file), &st) == 0 && S_ISDIR(st.st_mode) ? EISDIR : read_text(file, text);
	fclose(file);
	return error;
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* Cuts the text into arguments. */
static void add_lines(struct config *c)
{
	static const char space[] = " \t\r\n";

	for (char *line = c->text, *next; line; line = next) {
		char *end;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line += strspn(line, space);
		end = line + strlen(line);
		while (end > line && strchr(space, end[-1]))
			end--;
		*end = '\0';
		if (*line != '\0' && *line != '#')
			c->argv[c->argc++] = line;
	}
}

bool config_read(struct config *c, int argc, char **argv)
{
	const char *path = getenv("PSEARCH_CONFIG_PATH");
	int error;

	*c = (struct config){ NULL, NULL, 0 };
	if (!path || *path == '\0' || argc == 0 || is_refused(argc, argv))
		return true;
	error = read_file(path, &c->text);
	if (!error) {
		c->argv = calloc(count_lines(c->text) + (size_t)argc + 1, sizeof(*c->argv));
		error = c->argv ? 0 : ENOMEM;
	}
	if (error) {
		complain("%s, which PSEARCH_CONFIG_PATH names: %s; correct it, or give --no-config", path,
			 error == EINVAL ? "there is a NUL in it" : strerror(error));
		return false;
	}
	c->argv[c->argc++] = argv[0];
	add_lines(c);
	for (int i = 1; i < argc; i++)
		c->argv[c->argc++] = argv[i];
	return true;
}

void config_free(struct config *c)
{
	free(c->argv);
	free(c->text);
	*c = (struct config){ NULL, NULL, 0 };
}
