/* SPDX-License-Identifier: BSD-2-Clause */
/* utf8.h - takes UTF-8 apart. */
#ifndef PSEARCH_CLI_UTF8_H
#define PSEARCH_CLI_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * The length of the character at the start of the text, and the character. 0: it is not valid UTF-8, or there is none.
 */
size_t utf8_decode(const char *text, size_t length, uint32_t *character);

#endif
