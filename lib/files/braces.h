/* SPDX-License-Identifier: BSD-2-Clause */
/* braces.h - {a,b} in a glob becomes two globs. */
#ifndef PS_BRACES_H
#define PS_BRACES_H

#include "../base/base.h"

/*
 * Calls `add` with each text without braces that the glob stands for. SEARCH_OK; what `add` returned instead;
 * SEARCH_ENOMEM; or SEARCH_EINVAL, and in *problem a sentence that says why.
 */
int ps_braces_expand(const char *text, int (*add)(void *context, const char *text, size_t length), void *context,
		     const char **problem);

#endif
