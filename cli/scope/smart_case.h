/* SPDX-License-Identifier: BSD-2-Clause */
/* smart_case.h - does a pattern ask for its letters' own case? */
#ifndef PSEARCH_CLI_SMART_CASE_H
#define PSEARCH_CLI_SMART_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "patterns.h"

/*
 * -S: as in rg, case counts if a pattern has a capital letter that stands for itself, and also if no pattern has any
 * letter or other literal text.
 */
bool smart_case_is_exact(const struct patterns *patterns, uint32_t syntax, bool fixed);

#endif
