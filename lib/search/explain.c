/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain.c - how a search would look for its patterns, without opening one.
 */
#include "search.h"

/* With SEARCH_MATCH_INVERT only lines of context have any. */
static bool wants_spans(const struct search_options *o, uint32_t flags)
{
	bool context = o->before_context > 0 || o->after_context > 0 || (flags & SEARCH_RESULT_ALL_LINES) != 0;

	if ((flags & SEARCH_RESULT_NO_SPANS) != 0)
		return false;
	return (flags & SEARCH_MATCH_INVERT) == 0 || (context && (flags & SEARCH_MATCH_MULTILINE) == 0);
}

int search_explain(const struct search_options *options, char *buffer, size_t size, struct search_error *error)
{
	struct ps_settings settings;
	struct ps_given given;
	struct search_error e = SEARCH_ERROR_INIT;
	struct ps_matcher *matcher = NULL;
	size_t length = 0;
	int rc;

	if (buffer != NULL && size > 0)
		buffer[0] = '\0';
	if (!ps_error_is_valid(error))
		return SEARCH_EINVAL;
	if (buffer == NULL && size > 0)
		return ps_fail(&e, SEARCH_EINVAL, "buffer is NULL"), ps_error_give(error, &e);
	rc = ps_options_load(&settings, &given, options, &e);
	if (rc == SEARCH_OK)
		rc = ps_search_matcher(&matcher, &given.options, true, &e);
	if (rc == SEARCH_OK)
		rc = ps_matcher_explain(matcher, wants_spans(&given.options, settings.flags),
					ps_search_needs_all_files(&settings), buffer, size, &length);
	ps_matcher_free(matcher);
	if (rc != SEARCH_OK) {
		if (size > 0)
			buffer[0] = '\0';
		ps_fail_by_code(&e, rc);
	}
	ps_error_give(error, &e);
	return rc == SEARCH_OK ? (int)length : rc;
}
