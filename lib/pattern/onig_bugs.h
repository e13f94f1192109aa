/* SPDX-License-Identifier: BSD-2-Clause */
/* onig_bugs.h - patterns that Oniguruma's optimiser gets wrong. */
#ifndef PS_ONIG_BUGS_H
#define PS_ONIG_BUGS_H

#include "../base/base.h"

/*
 * Whether P, a pattern that compiles, must be given to Oniguruma as (?:(?:P)|(?!)) to get the right answer. `word`: it
 * will be put after (?<!\w).
 */
bool ps_hits_onig_bug(const uint8_t *pattern, size_t length, uint32_t syntax, bool word);

#endif
