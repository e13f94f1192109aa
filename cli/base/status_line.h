/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status_line.h - a line of standard error, a terminal, that is replaced again and again, and hidden before anything
 * else is printed there.
 */
#ifndef PSEARCH_CLI_STATUS_LINE_H
#define PSEARCH_CLI_STATUS_LINE_H

#include <stdbool.h>
#include <stddef.h>

struct status_line {
	bool shown;
};

/* Is standard error a terminal that can show such a line? A dumb one cannot. */
bool status_line_suits(void);

/* How many columns such a line may take: less than the terminal has, so that it is never wrapped. */
size_t status_line_columns(void);

/*
 * Shows the text, ASCII without control characters, in place of what is shown. Nothing is shown while the terminal
 * belongs to another process group: the command runs in the background, or is about to be stopped.
 */
void status_line_show(struct status_line *l, const char *text);

void status_line_hide(struct status_line *l);

#endif
