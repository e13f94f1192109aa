/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain.c - how a search would look for its patterns, without opening one.
 */
#include "search.h"

int search_explain(const struct search_options *options, char *buffer, size_t size, struct search_error *error)
{
	struct ps_settings settings;
	struct search_options given;
	struct ps_matcher *matcher = NULL;
	size_t length = 0;
	int rc;

	if (error != NULL)
		*error = (struct search_error){ 0 };
	if (buffer == NULL && size > 0)
		return ps_fail(error, SEARCH_EINVAL, 0, "buffer is NULL");
	if (size > 0)
		buffer[0] = '\0';
	rc = ps_options_load(&settings, &given, options, error);
	if (rc == SEARCH_OK)
		rc = ps_search_matcher(&matcher, &given, error);
	if (rc == SEARCH_OK)
		rc = ps_matcher_explain(matcher, (given.flags & (SEARCH_RESULT_NO_SPANS | SEARCH_MATCH_INVERT)) == 0, buffer, size,
					&length);
	ps_matcher_free(matcher);
	if (rc == SEARCH_OK)
		return (int)length;
	if (size > 0)
		buffer[0] = '\0';
	return ps_fail_by_code(error, rc);
}
