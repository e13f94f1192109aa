/* SPDX-License-Identifier: BSD-2-Clause */
/* notes.h - what is odd about a command line that is not wrong. */
#ifndef PSEARCH_CLI_NOTES_H
#define PSEARCH_CLI_NOTES_H

#include <psearch.h>

#include "../options/arguments.h"
#include "query.h"

/* Says what is probably not meant, each thing once, before anything is found. */
void print_notes(const struct arguments *a, const struct query *q, const struct search *s);

#endif
