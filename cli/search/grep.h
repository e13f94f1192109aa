/* SPDX-License-Identifier: BSD-2-Clause */
/* grep.h - what differs if the command is called by grep's name, beside what its options mean. */
#ifndef PSEARCH_CLI_GREP_H
#define PSEARCH_CLI_GREP_H

#include <stdbool.h>
#include <stddef.h>

#include <psearch.h>

#include "../options/arguments.h"

/* Says what is wrong with a pattern, in grep's words. False: grep has none for it, and nothing is printed. */
bool grep_print_pattern_error(const struct search_error *error, const struct arguments *a);

/* What an ERROR item says of its file, in grep's words. */
const char *grep_item_message(const struct search_item *item);

/* Can no line be selected, whatever is in the files? Then grep opens none of them, and one may be missing. */
bool grep_selects_nothing(const struct arguments *a);

/* Does the user's locale say that text is UTF-8? Otherwise all bytes are text. */
bool grep_locale_is_utf8(void);

#endif
