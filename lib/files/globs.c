/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * globs.c - the caller's globs, asked about an entry.
 *
 * Most globs are a name, or "*" and the end of one: one comparison decides. Braces are expanded beforehand (braces.c).
 * The globs of each set are kept together; the last one is asked first.
 */
#include "globs.h"

#include "braces.h"
#include "glob_match.h"

#include <string.h>

struct glob {
	char *text; /* without a slash at its start or end */
	size_t length;
	uint32_t flags; /* SEARCH_GLOB_... bits */
	enum { SHAPE_NAME, SHAPE_END, SHAPE_ANY } shape;
	bool by_path;
};

struct set {
	struct glob *globs;
	size_t count, space;
	bool takes; /* it has globs that select files: other files are left out */
};

struct ps_filter {
	struct set sets[SEARCH_GLOB_GROUPS];
	bool wants[PS_FILTER_PATHS];
};

#define ALL_FLAGS \
	(SEARCH_GLOB_EXCLUDE | SEARCH_GLOB_NO_CASE | SEARCH_GLOB_BRACES | SEARCH_GLOB_BASENAME | SEARCH_GLOB_DISPLAY_PATH | \
	 SEARCH_GLOB_FILES_ONLY | SEARCH_GLOB_DIRS_ONLY | SEARCH_GLOB_UNHIDE | SEARCH_GLOB_OVERRIDE)

static const char *find_problem(const struct search_glob *glob)
{
	if (glob->text == NULL)
		return "a glob's text is NULL";
	if (glob->reserved != 0)
		return "a glob's reserved field is not 0";
	if ((glob->flags & ~(uint32_t)ALL_FLAGS) != 0)
		return "a glob's flags have an unknown bit";
	if (glob->group >= SEARCH_GLOB_GROUPS)
		return "a glob's group is more than 7";
	return NULL;
}

static bool is_plain(const char *text)
{
	return strpbrk(text, "*?[\\") == NULL;
}

/* Finds out what has to be compared, and with what. */
static void shape_glob(struct glob *g)
{
	char *text = g->text;

	g->shape = SHAPE_ANY;
	if ((g->flags & SEARCH_GLOB_BASENAME) == 0) {
		size_t length = strlen(text);

		if (length > 1 && text[length - 1] == '/') {
			text[length - 1] = '\0';
			g->flags |= SEARCH_GLOB_DIRS_ONLY;
		}
		g->by_path = strchr(text, '/') != NULL;
		if (text[0] == '/')
			memmove(text, text + 1, strlen(text));
	}
	if (is_plain(text)) {
		g->shape = SHAPE_NAME;
	} else if (!g->by_path && text[0] == '*' && is_plain(text + 1) && (text[1] & 0xC0) != 0x80) {
		/* an ending that began amid a character would be found in names that have that character */
		g->shape = SHAPE_END;
		memmove(text, text + 1, strlen(text));
	}
	g->length = strlen(text);
}

/* Returns a sentence that says why the glob cannot match anything, or NULL; see glob_match.h. */
static const char *find_flaw(const struct glob *g)
{
	const uint32_t neither = SEARCH_GLOB_FILES_ONLY | SEARCH_GLOB_DIRS_ONLY;

	if ((g->flags & neither) == neither)
		return "the glob applies to files only and to directories only";
	if (g->shape == SHAPE_END)
		return NULL;
	if (g->length == 0 && (g->flags & SEARCH_GLOB_EXCLUDE) != 0)
		return NULL; /* excluding nothing does no harm */
	if (g->length == 0)
		return "the glob contains no name, and so cannot match one";
	if ((g->flags & (SEARCH_GLOB_BASENAME | SEARCH_GLOB_DISPLAY_PATH)) != 0)
		return NULL; /* the path shown may be one that the host made up, with any names in it */
	return ps_wildcard_path_flaw(g->text, g->length);
}

/* For what braces.c calls with each glob that one expands to. */
struct adding {
	struct ps_filter *filter;
	const struct search_glob *from;
	const char *broken; /* why one of them is malformed, or NULL */
	const char *flaw;   /* why the last of them cannot match, or NULL */
	bool usable;        /* one of them can match */
};

static int add_glob(void *context, const char *text, size_t length)
{
	struct adding *adding = context;
	const struct search_glob *from = adding->from;
	struct set *set = &adding->filter->sets[from->group];
	struct glob *globs = ps_grow(set->globs, &set->space, set->count + 1, sizeof(*globs)), *g;

	if (globs == NULL)
		return SEARCH_ENOMEM;
	set->globs = globs;
	g = &globs[set->count];
	*g = (struct glob){ .text = malloc(length + 1), .flags = from->flags };
	if (g->text == NULL)
		return SEARCH_ENOMEM;
	memcpy(g->text, text, length);
	g->text[length] = '\0';
	set->count++;
	adding->broken = ps_wildcard_flaw(text, length);
	if (adding->broken != NULL)
		return SEARCH_EINVAL;
	shape_glob(g);
	adding->flaw = find_flaw(g);
	adding->usable |= adding->flaw == NULL;
	set->takes |= (from->flags & (SEARCH_GLOB_EXCLUDE | SEARCH_GLOB_DIRS_ONLY)) == 0;
	if (g->by_path)
		adding->filter->wants[(g->flags & SEARCH_GLOB_DISPLAY_PATH) != 0 ? PS_FILTER_SHOWN : PS_FILTER_BELOW] = true;
	return SEARCH_OK;
}

/* Adds one of the caller's globs. It may have alternatives in braces that cannot match, if another one can. */
static int add_given(struct ps_filter *filter, const struct search_glob *glob, const char **problem)
{
	struct adding adding = { .filter = filter, .from = glob };
	int rc = SEARCH_EINVAL;

	*problem = find_problem(glob);
	if (*problem != NULL)
		return rc;
	if ((glob->flags & SEARCH_GLOB_BRACES) != 0)
		rc = ps_braces_expand(glob->text, add_glob, &adding, problem);
	else
		rc = add_glob(&adding, glob->text, strlen(glob->text));
	if (adding.broken != NULL)
		*problem = adding.broken;
	if (rc != SEARCH_OK || adding.usable)
		return rc;
	*problem = adding.flaw;
	return SEARCH_EINVAL;
}

/* Does the set exclude every file, as its include globs apply to directories only? */
static bool takes_no_file(const struct set *set)
{
	bool none = set->takes;

	for (size_t i = 0; i < set->count; i++)
		none &= (set->globs[i].flags & (SEARCH_GLOB_EXCLUDE | SEARCH_GLOB_DIRS_ONLY)) != 0;
	return none;
}

/* Finds the last include glob that ends in a slash, and so selects only directories, in a set that selects no file. */
static bool find_futile(const struct ps_filter *filter, const struct search_glob *globs, size_t count, size_t *wrong)
{
	for (size_t i = count; i-- > 0;) {
		if ((globs[i].flags & (SEARCH_GLOB_EXCLUDE | SEARCH_GLOB_DIRS_ONLY)) == 0 &&
		    takes_no_file(&filter->sets[globs[i].group])) {
			*wrong = i;
			return true;
		}
	}
	return false;
}

int ps_filter_new(struct ps_filter **out, const struct search_glob *globs, size_t count, size_t *wrong,
		  const char **problem)
{
	struct ps_filter *filter;
	int rc = SEARCH_OK;

	*out = NULL;
	if (count == 0)
		return SEARCH_OK;
	filter = calloc(1, sizeof(*filter));
	if (filter == NULL)
		return SEARCH_ENOMEM;
	for (size_t i = 0; rc == SEARCH_OK && i < count; i++) {
		*wrong = i;
		rc = add_given(filter, &globs[i], problem);
	}
	if (rc == SEARCH_OK && find_futile(filter, globs, count, wrong)) {
		*problem = "the glob selects directories only, so no file would be searched; write 'NAME/**' for the files in them";
		rc = SEARCH_EINVAL;
	}
	if (rc != SEARCH_OK) {
		ps_filter_free(filter);
		return rc;
	}
	*out = filter;
	return SEARCH_OK;
}

void ps_filter_free(struct ps_filter *filter)
{
	if (filter == NULL)
		return;
	for (size_t s = 0; s < SEARCH_GLOB_GROUPS; s++) {
		for (size_t i = 0; i < filter->sets[s].count; i++)
			free(filter->sets[s].globs[i].text);
		free(filter->sets[s].globs);
	}
	free(filter);
}

bool ps_filter_wants(const struct ps_filter *filter, enum ps_filter_path path)
{
	return filter->wants[path];
}

static bool is_same_text(const struct glob *g, const char *text, size_t length)
{
	if (g->length != length)
		return false;
	if ((g->flags & SEARCH_GLOB_NO_CASE) == 0)
		return memcmp(g->text, text, length) == 0;
	for (size_t i = 0; i < length; i++)
		if (ps_wildcard_lower((unsigned char)g->text[i]) != ps_wildcard_lower((unsigned char)text[i]))
			return false;
	return true;
}

static bool glob_matches(const struct glob *g, const struct ps_filter_entry *entry, size_t name_length)
{
	const char *text = entry->name;
	size_t length = name_length;

	if ((g->flags & (entry->directory ? SEARCH_GLOB_FILES_ONLY : SEARCH_GLOB_DIRS_ONLY)) != 0)
		return false;
	if (g->by_path) {
		text = entry->paths[(g->flags & SEARCH_GLOB_DISPLAY_PATH) != 0 ? PS_FILTER_SHOWN : PS_FILTER_BELOW];
		length = strlen(text);
	}
	switch (g->shape) {
	case SHAPE_NAME:
		return g->length > 0 && is_same_text(g, text, length);
	case SHAPE_END:
		return length >= g->length && is_same_text(g, text + length - g->length, g->length);
	default:
		return ps_wildcard_matches(g->text, g->length, text, length, (g->flags & SEARCH_GLOB_NO_CASE) != 0);
	}
}

/* The last glob of the set that matches, or NULL. */
static const struct glob *last_match(const struct set *set, const struct ps_filter_entry *entry, size_t name_length)
{
	for (size_t i = set->count; i-- > 0;)
		if (glob_matches(&set->globs[i], entry, name_length))
			return &set->globs[i];
	return NULL;
}

size_t ps_filter_count(const struct ps_filter *filter)
{
	size_t count = 0;

	for (int s = 0; s < SEARCH_GLOB_GROUPS; s++)
		count += filter->sets[s].count;
	return count;
}

unsigned ps_filter_ask(const struct ps_filter *filter, const struct ps_filter_entry *entry)
{
	size_t name_length = strlen(entry->name);
	unsigned answer = 0;

	for (size_t s = 0; s < SEARCH_GLOB_GROUPS; s++) {
		const struct set *set = &filter->sets[s];
		const struct glob *last = last_match(set, entry, name_length);

		if (last == NULL && set->takes && !entry->directory)
			return PS_FILTER_LEAVE;
		if (last == NULL)
			continue;
		if ((last->flags & SEARCH_GLOB_EXCLUDE) != 0)
			return PS_FILTER_LEAVE;
		if ((last->flags & SEARCH_GLOB_UNHIDE) != 0)
			answer |= PS_FILTER_HIDDEN;
		if ((last->flags & SEARCH_GLOB_OVERRIDE) != 0)
			return answer | PS_FILTER_ALWAYS;
	}
	return answer;
}
