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
#include "arguments.h"

#define LONGEST ((size_t)1 << 20) /* bytes of the file */

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

/* Puts the arguments of the file between the program's name and the arguments given. Returns 0 or an errno. */
static int join(struct config *c, const char *path, int argc, char **argv)
{
	int error = read_file(path, &c->text);

	if (error)
		return error;
	c->owned = calloc(count_lines(c->text) + (size_t)argc + 1, sizeof(*c->owned));
	if (!c->owned)
		return ENOMEM;
	c->path = path;
	c->argv = c->owned;
	c->argc = 1;
	c->argv[0] = argv[0];
	add_lines(c);
	c->first_given = c->argc;
	for (int i = 1; i < argc; i++)
		c->argv[c->argc++] = argv[i];
	return 0;
}

bool config_read(struct config *c, int argc, char **argv)
{
	const char *path = getenv("PSEARCH_CONFIG_PATH");
	int error;

	*c = (struct config){ .argv = argv, .argc = argc, .first_given = 1 };
	if (!path || *path == '\0' || argc == 0 || arguments_refuse_config(argc, argv))
		return true;
	error = join(c, path, argc, argv);
	if (error)
		complain("%s, which PSEARCH_CONFIG_PATH names: %s; correct it, or give --no-config", path,
			 error == EINVAL ? "there is a NUL in it" : strerror(error));
	return error == 0;
}

void config_free(struct config *c)
{
	free(c->owned);
	free(c->text);
	*c = (struct config){ 0 };
}
