/* SPDX-License-Identifier: BSD-2-Clause */
/* numbers.h - numbers and sizes on the command line. */
#ifndef PSEARCH_CLI_NUMBERS_H
#define PSEARCH_CLI_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

/* Reads a decimal number. If it is too large, it becomes `largest`. False: it is not one. */
bool read_number(const char *text, uint64_t largest, uint64_t *number);

/* Reads a number of bytes, at least 1, with or without a unit: K, M or G. */
bool read_size(const char *text, uint64_t *size);

#endif
