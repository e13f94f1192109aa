/* SPDX-License-Identifier: BSD-2-Clause */
/* onig_error.h - what Oniguruma's errors mean. For onig.c only: it needs oniguruma.h. */
#ifndef PS_ONIG_ERROR_H
#define PS_ONIG_ERROR_H

#include "onig.h"

#define ONIG_ESCAPE_REGEX_T_COLLISION
#define ONIG_ESCAPE_UCHAR_COLLISION
#include <oniguruma.h>

/* Describes an error in a pattern, which *info may point into. */
void ps_onig_describe(struct ps_pattern_error *error, int code, OnigErrorInfo *info, const uint8_t *pattern,
		      size_t length);

#endif
