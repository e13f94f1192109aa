/* SPDX-License-Identifier: BSD-2-Clause */
/* base64.h - bytes as letters, digits, + and /: how JSON carries what is not UTF-8. */
#ifndef PSEARCH_CLI_BASE64_H
#define PSEARCH_CLI_BASE64_H

#include <stddef.h>

static inline size_t base64_length(size_t length)
{
	return (length + 2) / 3 * 4;
}

/* Writes base64_length() characters, without a NUL. */
void base64_encode(char *to, const char *bytes, size_t length);

#endif
