/* SPDX-License-Identifier: BSD-2-Clause */
/* translate.h - all patterns of a search, put from POSIX syntax into Oniguruma's. */
#ifndef PS_TRANSLATE_H
#define PS_TRANSLATE_H

#include "match_options.h"
#include "../onig/onig.h"
#include "../simd/simd.h"

/* A newline separates patterns, so that one that was given may be several of these. */
struct ps_translation {
	struct search_pattern *patterns;
	size_t *origins; /* of each: its place among those that were given */
	size_t count;
	char *text;
};

static inline bool ps_syntax_is_posix(uint32_t syntax)
{
	return syntax == SEARCH_SYNTAX_BASIC || syntax == SEARCH_SYNTAX_EXTENDED;
}

/*
 * Fills a zeroed translation, to be freed whatever this answers: SEARCH_OK, SEARCH_ENOMEM, or
 * SEARCH_EPATTERN, *error, and *origin, which pattern it is about. Strings (SEARCH_MATCH_FIXED) are only separated.
 */
int ps_translate(struct ps_translation *translation, const struct ps_match_options *options,
		 const struct ps_simd *simd, size_t *origin, struct ps_pattern_error *error);
void ps_translation_free(struct ps_translation *translation);

#endif
