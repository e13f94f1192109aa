/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status_line.c - a line on the terminal that is replaced again and again.
 *
 * One call writes all of it, so that no part is ever seen alone. It ends without a newline: the cursor stays on the
 * line, and one escape sequence erases it.
 */
#include "status_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "numbers.h"

#define ERASE "\r\033[K"
#define USUAL_COLUMNS 80
#define MOST_COLUMNS 200 /* a status line needs no more */

bool status_line_suits(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term != '\0' && strcmp(term, "dumb") != 0;
}

size_t status_line_columns(void)
{
	const char *given = getenv("COLUMNS");
	uint64_t columns = 0;
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0)
		columns = size.ws_col;
	if (columns == 0 && (!given || !read_number(given, MOST_COLUMNS, &columns) || columns == 0))
		columns = USUAL_COLUMNS;
	return (size_t)(columns < MOST_COLUMNS ? columns : MOST_COLUMNS) - 1;
}

/* If it fails there is nobody to tell. */
static void write_text(const char *text, size_t length)
{
	ssize_t n = write(STDERR_FILENO, text, length);

	(void)n;
}

/* Does the terminal belong to another process group? If it has no owner, it is nobody's. */
static bool is_others(void)
{
	pid_t owner = tcgetpgrp(STDERR_FILENO);

	return owner >= 0 && owner != getpgrp();
}

void status_line_show(struct status_line *l, const char *text)
{
	char line[sizeof(ERASE) + MOST_COLUMNS];
	int length = snprintf(line, sizeof(line), ERASE "%s", text);

	if (is_others())
		return;
	write_text(line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
	l->shown = true;
}

void status_line_hide(struct status_line *l)
{
	if (!l->shown)
		return;
	write_text(ERASE, strlen(ERASE));
	l->shown = false;
}
