/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * complain.h - messages on standard error, under the name that the command was called by.
 *
 * What a message names, be it an option or a file, may come from a directory of a stranger's, through a * of the shell.
 * So on a terminal all of it is made safe.
 */
#ifndef PSEARCH_CLI_COMPLAIN_H
#define PSEARCH_CLI_COMPLAIN_H

#include <stdarg.h>

/* The name: "psearch" until this is called. It is borrowed. */
void complain_as(const char *program);
const char *complain_name(void);

/* Prints the name, the message and a newline. */
__attribute__((format(printf, 1, 2)))
void complain(const char *format, ...);

/* For messages that are put together: print a part of one, without newlines. */
__attribute__((format(printf, 1, 2)))
void complain_part(const char *format, ...);
__attribute__((format(printf, 1, 0)))
void complain_part_of(const char *format, va_list arguments);

void complain_of_memory(void);

#endif
