/* SPDX-License-Identifier: BSD-2-Clause */
/* settle.h - when all options are read: what they mean together. */
#ifndef PSEARCH_CLI_SETTLE_H
#define PSEARCH_CLI_SETTLE_H

#include "parser.h"

enum arguments_status arguments_settle(struct parser *p);

#endif
