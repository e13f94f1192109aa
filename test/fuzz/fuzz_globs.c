/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_globs.c - the caller's globs, those of rule files, braces, and sets of globs, each beside a naive twin; and the
 * two engines beside each other, where they should agree.
 *
 * libFuzzer: -max_len=300 -timeout=120 -dict=test/fuzz/globs.dict
 *
 * An input is pieces with a NUL after each: a byte with 1 for a directory, 2 if case is ignored, and a path; then up to
 * GLOBS times two bytes and a glob:
 *
 *   0  bit 0-7  the flags SEARCH_GLOB_EXCLUDE and following
 *   1  bit 0    SEARCH_GLOB_OVERRIDE
 *      bit 1-3  the group
 */
#include "naive_glob.h"

#include "../../lib/files/braces.h"
#include "../../lib/files/gitignore_glob.h"
#include "../../lib/files/glob_match.h"
#include "../../lib/files/globs.h"

enum { GLOBS = 6, EXPANDED = 400, LONGEST = NAIVE_MOST - 1 };

struct names {
	char *path;
	size_t length;
	bool directory, caseless;
};

/* --- one glob, one path --- */

static bool is_ascii(const char *text)
{
	while ((unsigned char)*text - 1U < 0x7F)
		text++;
	return *text == '\0';
}

/* Neither of the engines has something that the other one lacks. */
static bool engines_agree(const char *glob, const char *path)
{
	return is_ascii(glob) && is_ascii(path) && strpbrk(glob, "[\\") == NULL && strstr(glob, "***") == NULL;
}

static void check_glob(const char *glob, const struct names *names)
{
	size_t length = strlen(glob);
	char *exact = fuzz_copy(glob, length), *path = fuzz_copy(names->path, names->length);
	bool callers = ps_wildcard_matches(exact, length, path, names->length, names->caseless), gits;
	const char *flaw = ps_wildcard_flaw(exact, length);
	struct ps_glob *compiled;

	FUZZ_CHECK(callers == naive_matches(glob, length, names->path, names->length, false, names->caseless));
	FUZZ_CHECK(ps_glob_new(&compiled, exact, length, names->caseless ? PS_GLOB_CASELESS : 0) == SEARCH_OK);
	gits = ps_glob_match(compiled, path, names->length);
	FUZZ_CHECK(gits == naive_matches(glob, length, names->path, names->length, true, names->caseless));
	FUZZ_CHECK(ps_glob_is_valid(compiled) || !gits);
	FUZZ_CHECK(!engines_agree(glob, names->path) || callers == gits);
	FUZZ_CHECK(flaw == NULL || strlen(flaw) > 0);
	ps_wildcard_path_flaw(exact, length);
	ps_glob_free(compiled);
	free(exact);
	free(path);
}

/* --- braces --- */

/* Globs without braces, in any order. */
struct expanded {
	char *texts[EXPANDED];
	size_t count;
	bool wrong, too_many;
};

static void expanded_free(struct expanded *e)
{
	for (size_t i = 0; i < e->count; i++)
		free(e->texts[i]);
	e->count = 0;
}

static void expanded_add(struct expanded *e, const char *text, size_t length)
{
	e->too_many |= e->count == EXPANDED;
	if (!e->too_many)
		e->texts[e->count++] = fuzz_string(text, length);
}

static int add_expanded(void *context, const char *text, size_t length)
{
	expanded_add(context, text, length);
	return SEARCH_OK;
}

/* The place after a character, an escaped one, or a class. */
static const char *pass(const char *at)
{
	const char *close;

	if (*at == '\\' && at[1] != '\0')
		return at + 2;
	if (*at != '[')
		return at + 1;
	close = at + 1 + (at[1] == '!' || at[1] == '^');
	close = *close != '\0' ? strchr(close + 1, ']') : NULL;
	return close != NULL ? close + 1 : at + 1;
}

/* Finds one of `marks` that is not within braces; NULL: there is none before the end. */
static const char *find_mark(const char *at, const char *marks)
{
	int depth = 0;

	for (; *at != '\0'; at = pass(at)) {
		if (depth == 0 && strchr(marks, *at) != NULL)
			return at;
		depth += (*at == '{') - (*at == '}');
	}
	return NULL;
}

/* The first braces become each of their alternatives in turn, and so on with what comes of that. */
static void expand_naively(struct expanded *e, const char *text)
{
	const char *open = find_mark(text, "{}"), *close, *at;
	char *next;

	if (e->too_many || e->wrong)
		return;
	if (open == NULL) {
		expanded_add(e, text, strlen(text));
		return;
	}
	close = *open == '{' ? find_mark(open + 1, "}") : NULL;
	e->wrong = close == NULL;
	for (at = open; at != close && !e->wrong; at = strlen(at) > 0 ? find_mark(at + 1, ",}") : close) {
		const char *end = find_mark(at + 1, ",}");

		next = malloc(strlen(text) + 1);
		sprintf(next, "%.*s%.*s%s", (int)(open - text), text, (int)(end - at - 1), at + 1, close + 1);
		expand_naively(e, next);
		free(next);
	}
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Fills *naive. */
static void check_braces(struct expanded *naive, const char *glob)
{
	static struct expanded e;
	const char *problem = NULL;
	char *exact = fuzz_string(glob, strlen(glob));
	int rc;

	*naive = e = (struct expanded){ 0 };
	rc = ps_braces_expand(exact, add_expanded, &e, &problem);
	free(exact);
	expand_naively(naive, glob);
	FUZZ_CHECK(rc == SEARCH_OK || (rc == SEARCH_EINVAL && problem != NULL && strlen(problem) > 0));
	if (!naive->too_many) {
		FUZZ_CHECK((rc == SEARCH_OK) == !naive->wrong && (naive->wrong || e.count == naive->count));
		qsort(e.texts, e.count, sizeof(e.texts[0]), by_text);
		qsort(naive->texts, naive->count, sizeof(naive->texts[0]), by_text);
		for (size_t i = 0; i < e.count && !naive->wrong; i++)
			FUZZ_CHECK(strcmp(e.texts[i], naive->texts[i]) == 0);
	}
	expanded_free(&e);
}

/* --- sets --- */

/* One of the caller's globs without braces: does it match the entry? */
static bool naive_glob_matches(const char *text, uint32_t flags, const struct names *names, const char *shown)
{
	char *glob = fuzz_string(text, strlen(text)), *start = glob;
	const char *asked = strrchr(names->path, '/') != NULL ? strrchr(names->path, '/') + 1 : names->path;
	bool by_path = false, matches;
	size_t length = strlen(glob);

	if ((flags & SEARCH_GLOB_BASENAME) == 0) {
		if (length > 1 && glob[length - 1] == '/') {
			glob[--length] = '\0';
			flags |= SEARCH_GLOB_DIRS_ONLY;
		}
		by_path = strchr(glob, '/') != NULL;
		start += *glob == '/';
	}
	if (by_path)
		asked = (flags & SEARCH_GLOB_DISPLAY_PATH) != 0 ? shown : names->path;
	matches = *start != '\0' &&
		  (flags & (names->directory ? SEARCH_GLOB_FILES_ONLY : SEARCH_GLOB_DIRS_ONLY)) == 0 &&
		  naive_matches(start, strlen(start), asked, strlen(asked), false, (flags & SEARCH_GLOB_NO_CASE) != 0);
	free(glob);
	return matches;
}

/* Does one of the caller's globs select files? */
static bool selects_files(const struct search_glob *glob, const struct expanded *texts)
{
	if ((glob->flags & (SEARCH_GLOB_EXCLUDE | SEARCH_GLOB_DIRS_ONLY)) != 0)
		return false;
	return texts->count > 0;
}

/* What the sets decide, group by group; within one the last that matches. */
static unsigned decide_naively(const struct search_glob *globs, const struct expanded *texts, size_t count,
			       const struct names *names, const char *shown)
{
	unsigned answer = 0;

	for (uint32_t group = 0; group < SEARCH_GLOB_GROUPS; group++) {
		const struct search_glob *last = NULL;
		bool takes = false;

		for (size_t i = 0; i < count; i++) {
			if (globs[i].group != group)
				continue;
			takes |= selects_files(&globs[i], &texts[i]);
			for (size_t k = 0; k < texts[i].count; k++)
				if (naive_glob_matches(texts[i].texts[k], globs[i].flags, names, shown))
					last = &globs[i];
		}
		if (last == NULL && takes && !names->directory)
			return PS_FILTER_LEAVE;
		if (last == NULL)
			continue;
		if ((last->flags & SEARCH_GLOB_EXCLUDE) != 0)
			return PS_FILTER_LEAVE;
		answer |= (last->flags & SEARCH_GLOB_UNHIDE) != 0 ? PS_FILTER_HIDDEN : 0;
		if ((last->flags & SEARCH_GLOB_OVERRIDE) != 0)
			return answer | PS_FILTER_ALWAYS;
	}
	return answer;
}

static void check_sets(const struct search_glob *globs, const struct expanded *texts, size_t count,
		       const struct names *names)
{
	char *shown = malloc(names->length + 3);
	const char *slash = strrchr(names->path, '/'), *problem = NULL;
	struct ps_filter_entry entry = { .name = slash != NULL ? slash + 1 : names->path,
					 .directory = names->directory };
	struct ps_filter *filter;
	size_t wrong = SIZE_MAX;
	int rc = ps_filter_new(&filter, globs, count, &wrong, &problem);

	sprintf(shown, "x/%s", names->path);
	FUZZ_CHECK(rc == SEARCH_OK || (rc == SEARCH_EINVAL && wrong < count && problem != NULL && filter == NULL));
	if (filter != NULL) {
		FUZZ_CHECK(ps_filter_count(filter) >= count);
		entry.paths[PS_FILTER_BELOW] = ps_filter_wants(filter, PS_FILTER_BELOW) ? names->path : NULL;
		entry.paths[PS_FILTER_SHOWN] = ps_filter_wants(filter, PS_FILTER_SHOWN) ? shown : NULL;
		FUZZ_CHECK(ps_filter_ask(filter, &entry) == decide_naively(globs, texts, count, names, shown));
	}
	ps_filter_free(filter);
	free(shown);
}

/* --- the input --- */

static char *take_string(struct fuzz_input *in)
{
	const uint8_t *piece;
	size_t length = ps_min(fuzz_until(in, 0, &piece), LONGEST - 2);

	return fuzz_string(piece, length);
}

/* Fills the texts that it expands to. False: there are more than anybody wants. */
static bool take_glob(struct search_glob *glob, struct expanded *texts, struct fuzz_input *in)
{
	uint32_t flags = fuzz_byte(in);
	uint8_t more = fuzz_byte(in);

	*glob = (struct search_glob){ .flags = flags | ((more & 1) != 0 ? SEARCH_GLOB_OVERRIDE : 0),
				      .group = more >> 1 & 7 };
	glob->text = take_string(in);
	check_braces(texts, glob->text);
	if ((glob->flags & SEARCH_GLOB_BRACES) == 0) {
		expanded_free(texts);
		texts->too_many = false;
		expanded_add(texts, glob->text, strlen(glob->text));
	}
	return !texts->too_many;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct expanded texts[GLOBS];
	struct fuzz_input in = fuzz_begin(data, size);
	uint8_t how = fuzz_byte(&in);
	struct names names = { .path = take_string(&in), .directory = (how & 1) != 0, .caseless = (how & 2) != 0 };
	struct search_glob globs[GLOBS];
	size_t count = 0;
	bool few = true;

	names.length = strlen(names.path);
	while (fuzz_left(&in) > 0 && count < GLOBS) {
		few &= take_glob(&globs[count], &texts[count], &in);
		check_glob(globs[count].text, &names);
		count++;
	}
	if (few)
		check_sets(globs, texts, count, &names);
	for (size_t i = 0; i < count; i++) {
		free((char *)(uintptr_t)globs[i].text);
		expanded_free(&texts[i]);
	}
	free(names.path);
	return 0;
}
