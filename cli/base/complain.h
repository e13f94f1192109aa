/* SPDX-License-Identifier: BSD-2-Clause */
/* complain.h - messages on standard error, under the name that the command was called by. */
#ifndef PSEARCH_CLI_COMPLAIN_H
#define PSEARCH_CLI_COMPLAIN_H

/* The name: "psearch" until this is called. It is borrowed. */
void complain_as(const char *program);
const char *complain_name(void);

/* Prints the name, the message and a newline. */
__attribute__((format(printf, 1, 2)))
void complain(const char *format, ...);

void complain_of_memory(void);

#endif
