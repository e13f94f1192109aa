/* SPDX-License-Identifier: BSD-2-Clause */
/* warm_action.h - the options that are about --warm's file itself: --warm-clear, --warm-stats, --warm-learn. */
#ifndef PSEARCH_CLI_WARM_ACTION_H
#define PSEARCH_CLI_WARM_ACTION_H

#include "../base/output.h"
#include "../options/arguments.h"
#include "query.h"

/* Does it, in place of a search: the query is one that lists files. Returns the exit status. */
int warm_act(struct query *q, const struct arguments *a, struct output *out);

#endif
