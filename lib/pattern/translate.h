/* SPDX-License-Identifier: BSD-2-Clause */
/* translate.h - translates all patterns of a search from POSIX syntax into Oniguruma's. */
#ifndef PS_TRANSLATE_H
#define PS_TRANSLATE_H

#include "match_options.h"
#include "../onig/onig.h"
#include "../simd/simd.h"

/* The translated patterns. A newline separates patterns, so one that was given may become several. */
struct ps_translation {
	struct search_pattern *patterns;
	size_t *origins; /* of each: its place among those given */
	size_t count;
	char *text;
};

static inline bool ps_syntax_is_posix(uint32_t syntax)
{
	return syntax == SEARCH_SYNTAX_BASIC || syntax == SEARCH_SYNTAX_EXTENDED;
}

/*
 * Fills a zeroed translation, which the caller frees in any case. SEARCH_OK, SEARCH_ENOMEM, or SEARCH_EPATTERN; then
 * *error says why, and *origin which pattern. Strings (SEARCH_MATCH_FIXED) are only separated.
 */
int ps_translate(struct ps_translation *translation, const struct ps_match_options *options,
		 const struct ps_simd *simd, size_t *origin, struct ps_pattern_error *error);
void ps_translation_free(struct ps_translation *translation);

#endif
