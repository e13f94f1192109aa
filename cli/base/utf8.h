/* SPDX-License-Identifier: BSD-2-Clause */
/* utf8.h - takes UTF-8 apart, and lets the C library know it. */
#ifndef PSEARCH_CLI_UTF8_H
#define PSEARCH_CLI_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The length of the character at the start of the text, and the character. 0: it is not valid UTF-8, or there is none.
 */
size_t utf8_decode(const char *text, size_t length, uint32_t *character);

/*
 * From now on this thread's functions of the C library that know characters, such as fnmatch() and wcwidth(), take text
 * as UTF-8, whatever the user's locale, if the system has such a one. To load it takes a tenth of a start-up, so
 * whoever calls these functions calls this before.
 */
void utf8_use_locale(void);

/* Is all of the text valid UTF-8? */
bool utf8_is_valid(const char *text, size_t length);

#endif
