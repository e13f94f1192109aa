/* SPDX-License-Identifier: BSD-2-Clause */
/* unknown.h - an option that is not known, or lacks its argument: what is wrong, and what was probably meant. */
#ifndef PSEARCH_CLI_UNKNOWN_H
#define PSEARCH_CLI_UNKNOWN_H

#include "parser.h"

/* `id`: what getopt_long returned, '?' or ':'. */
enum arguments_status report_unknown_option(const struct parser *p, int id);

#endif
