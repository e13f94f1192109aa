/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ignore.c - what holds in a directory: its own rules, chained to those above.
 *
 * Paths start at the file system's root if the absolute path of the walk's root is known, else at the walk's root. With
 * each set of rules there is the length of the path's part that the rules do not look at. For each kind of rules there
 * is a chain of only those directories that have such rules: asking visits no others.
 */
#include "git_index.h"

#include <string.h>
#include <unistd.h>

struct ps_ignore {
	struct ps_ignore *above; /* of a root: freed with it */
	bool in_repository;      /* this directory, or one above, is the top of one */
	bool caseless;           /* that repository's rules ignore case */
	bool has_rules;
	struct ps_rules *rules[PS_IGNORE_KINDS];           /* of this directory; the last ones belong to the options */
	size_t base[PS_IGNORE_KINDS];                      /* where a path starts for them */
	const struct ps_ignore *first[PS_IGNORE_KINDS];    /* the deepest with rules of the kind, this one included; */
	const struct ps_ignore *further[PS_IGNORE_KINDS];  /* this one excluded */
	struct ps_tracked *own_tracked;                    /* of the repository whose top this directory is */
	const struct ps_tracked *tracked;                  /* the index that applies here; NULL: none, or no matter */
	size_t tracked_base;
	const char *path;        /* of the root: absolute, without its leading '/'; "" unless known */
	bool known;
	char *own_path;
};

static const struct {
	enum ps_ignore_kind kind;
	const char *name;
	enum ps_file_kind file;
} files[] = {
	{ PS_IGNORE_PSEARCH, ".psearchignore", PS_FILE_MET },
	{ PS_IGNORE_PLAIN, ".ignore", PS_FILE_MET },
	{ PS_IGNORE_GIT, ".gitignore", PS_FILE_GITS },
	{ PS_IGNORE_EXCLUDE, ".git", PS_FILE_MET }, /* not read as rules */
};

enum { RULE_FILES = 3 };

unsigned ps_ignore_bit(const char *name)
{
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(name, files[i].name) == 0)
			return 1U << files[i].kind;
	return 0;
}

bool ps_ignore_wanted(const struct ps_ignore_options *options)
{
	return options->vcs || options->plain || options->extra != NULL;
}

static bool is_gits(enum ps_ignore_kind kind)
{
	return kind == PS_IGNORE_GIT || kind == PS_IGNORE_EXCLUDE || kind == PS_IGNORE_GLOBAL;
}

/* --- making --- */

/* A directory whose rules are to be read. */
struct place {
	const struct ps_ignore_options *options;
	const struct ps_ignore_host *host;
	const char *directory; /* its files are opened by this path; "": it is the one that is listed */
	const char *from_top;  /* its absolute path without its leading '/'; NULL: unknown */
	size_t base;           /* where the paths of its entries start */
	unsigned has;
	bool root;
};

static int read_repository(struct ps_ignore *node, const struct place *place)
{
	struct ps_repository repository;
	bool anywhere = place->options->anywhere && place->root && !node->in_repository;
	int rc;

	if (!place->options->vcs || (!anywhere && (place->has & PS_HAS_REPOSITORY) == 0))
		return SEARCH_OK;
	rc = ps_repository_load(&repository, place->options, place->host, place->directory, place->from_top, anywhere);
	node->rules[PS_IGNORE_EXCLUDE] = repository.exclude;
	node->rules[PS_IGNORE_GLOBAL] = repository.global;
	if (repository.found || anywhere)
		node->caseless = repository.caseless;
	if (repository.found) {
		node->in_repository = true;
		node->tracked = node->own_tracked = repository.tracked;
		node->tracked_base = place->base;
		for (int kind = 0; kind < PS_IGNORE_KINDS; kind++)
			if (is_gits((enum ps_ignore_kind)kind))
				node->further[kind] = NULL;
	}
	return rc;
}

static bool wants_file(const struct ps_ignore *node, const struct place *place, enum ps_ignore_kind kind)
{
	const struct ps_ignore_options *o = place->options;

	if ((place->has & 1U << kind) == 0)
		return false;
	return kind == PS_IGNORE_GIT ? o->vcs && (o->anywhere || node->in_repository) : o->plain;
}

static int read_files(struct ps_ignore *node, const struct place *place)
{
	struct ps_text path = { 0 };
	int rc = SEARCH_OK;

	for (int i = 0; rc == SEARCH_OK && i < RULE_FILES; i++) {
		enum ps_ignore_kind kind = files[i].kind;

		if (!wants_file(node, place, kind))
			continue;
		if (ps_text_join(&path, place->directory, files[i].name) == NULL)
			rc = SEARCH_ENOMEM;
		else
			rc = ps_rules_load(&node->rules[kind], place->host, PS_AT_DIRECTORY, path.bytes, files[i].file,
					   node->caseless);
	}
	ps_text_free(&path);
	return rc;
}

static void link_chains(struct ps_ignore *node)
{
	for (int kind = 0; kind < PS_IGNORE_KINDS; kind++) {
		node->first[kind] = node->rules[kind] != NULL ? node : node->further[kind];
		node->has_rules |= node->first[kind] != NULL;
	}
}

static int make_node(struct ps_ignore **out, const struct ps_ignore *above, const struct place *place)
{
	struct ps_ignore *node = calloc(1, sizeof(*node));
	int rc;

	*out = node;
	if (node == NULL)
		return SEARCH_ENOMEM;
	for (int kind = 0; kind < PS_IGNORE_KINDS; kind++) {
		node->base[kind] = place->base;
		node->further[kind] = above != NULL ? above->first[kind] : NULL;
	}
	if (above != NULL) {
		node->in_repository = above->in_repository;
		node->caseless = above->caseless;
		node->path = above->path;
		node->known = above->known;
		node->tracked = above->tracked;
		node->tracked_base = above->tracked_base;
	}
	rc = read_repository(node, place);
	if (rc == SEARCH_OK)
		rc = read_files(node, place);
	link_chains(node);
	return rc;
}

int ps_ignore_below(struct ps_ignore **out, const struct ps_ignore *above, const struct ps_ignore_options *options,
		    const struct ps_ignore_host *host, const char *path, unsigned has)
{
	size_t length = strlen(path);
	struct place place = {
		.options = options, .host = host, .directory = "", .base = length + (length > 0), .has = has,
		.from_top = above->known ? path : NULL,
	};
	int rc = make_node(out, above, &place);

	if (rc != SEARCH_OK || (memcmp((*out)->first, above->first, sizeof(above->first)) == 0 &&
				(*out)->in_repository == above->in_repository && (*out)->caseless == above->caseless &&
				(*out)->tracked == above->tracked)) {
		ps_ignore_free(*out);
		*out = NULL;
	}
	return rc;
}

/* --- the root of a walk --- */

/* Loads what holds in the directories above `path`; *above becomes the nearest. */
static int read_parents(struct ps_ignore **above, const struct ps_ignore_options *options,
			const struct ps_ignore_host *host, const char *path)
{
	struct ps_text directory = { 0 };
	struct place place = { .options = options, .host = host, .has = ~0U };
	int rc = SEARCH_OK;

	for (const char *end = path; rc == SEARCH_OK && end != NULL; end = strchr(end + 1, '/')) {
		struct ps_ignore *node;

		if (path[1] == '\0')
			break; /* nothing is above */
		directory.length = 0;
		if (!ps_text_add(&directory, path, end == path ? 1 : (size_t)(end - path))) {
			rc = SEARCH_ENOMEM;
			break;
		}
		place.directory = directory.bytes;
		place.from_top = directory.bytes + 1;
		place.base = (size_t)(end - path);
		rc = make_node(&node, *above, &place);
		if (node != NULL) {
			node->above = *above;
			*above = node;
		}
	}
	ps_text_free(&directory);
	return rc;
}

size_t ps_working_directory_in(const char *path)
{
	char *directory = getcwd(NULL, 0);
	size_t length = directory != NULL ? strlen(directory) : 0;
	bool within = length > 0 && strncmp(path, directory, length) == 0;

	free(directory);
	if (length == 1)
		length = 0; /* of "/" the paths below have the slash themselves */
	return within && (path[length] == '/' || path[length] == '\0') ? length : SIZE_MAX;
}

/* Those rules are relative to the working directory if that is above the root of the walk. */
static size_t extra_base(const char *path, size_t root_base)
{
	size_t length = path != NULL ? ps_working_directory_in(path) : SIZE_MAX;

	return ps_min(length, root_base);
}

int ps_ignore_root(struct ps_ignore **out, const struct ps_ignore_options *options,
		   const struct ps_ignore_host *host, const char *path, unsigned has)
{
	struct place place = { .options = options, .host = host, .directory = "", .has = has, .root = true };
	const char *from_top = path != NULL ? path + 1 : "";
	size_t length = strlen(from_top);
	struct ps_ignore *above = NULL, *node = NULL;
	int rc = SEARCH_OK;

	*out = NULL;
	place.base = length + (length > 0);
	place.from_top = path != NULL ? from_top : NULL;
	if (path != NULL && !options->no_parents)
		rc = read_parents(&above, options, host, path);
	if (rc == SEARCH_OK)
		rc = make_node(&node, above, &place);
	if (node == NULL) {
		ps_ignore_free(above);
		return rc;
	}
	node->above = above;
	node->known = path != NULL;
	node->own_path = strdup(from_top);
	node->path = node->own_path;
	if (rc == SEARCH_OK && node->path == NULL)
		rc = SEARCH_ENOMEM;
	if (rc != SEARCH_OK) {
		ps_ignore_free(node);
		return rc;
	}
	node->rules[PS_IGNORE_EXTRA] = options->extra;
	node->base[PS_IGNORE_EXTRA] = extra_base(path, place.base);
	link_chains(node);
	*out = node;
	return SEARCH_OK;
}

void ps_ignore_free(struct ps_ignore *ignore)
{
	while (ignore != NULL) {
		struct ps_ignore *above = ignore->above;

		for (int kind = 0; kind < PS_IGNORE_EXTRA; kind++)
			ps_rules_free(ignore->rules[kind]);
		ps_tracked_free(ignore->own_tracked);
		free(ignore->own_path);
		free(ignore);
		ignore = above;
	}
}

/* --- asking --- */

const char *ps_ignore_path(const struct ps_ignore *ignore)
{
	return ignore->path;
}

bool ps_ignore_has_rules(const struct ps_ignore *ignore)
{
	return ignore->has_rules;
}

/* The verdict of the rules of one kind. */
static enum ps_verdict ask_kind(const struct ps_ignore *ignore, int kind, struct ps_subject *subject)
{
	enum ps_verdict verdict = PS_RULES_SILENT;

	for (const struct ps_ignore *at = ignore->first[kind]; at != NULL && verdict == PS_RULES_SILENT;
	     at = at->further[kind])
		verdict = ps_rules_ask(at->rules[kind], subject, at->base[kind]);
	return verdict;
}

/* Git's rules exclude an entry: does the index name it, or (*within) something in it? */
static bool is_tracked(const struct ps_ignore *ignore, const struct ps_subject *subject, bool *within)
{
	const char *path = subject->path + ignore->tracked_base;
	size_t length = subject->length - ignore->tracked_base;

	if (ignore->tracked == NULL)
		return false;
	if (ps_tracked_has(ignore->tracked, path, length))
		return true;
	*within = subject->directory && ps_tracked_has_below(ignore->tracked, path, length);
	return *within;
}

enum ps_verdict ps_ignore_ask(const struct ps_ignore *ignore, struct ps_subject *subject, bool *within)
{
	bool left_out = *within;

	*within = false;
	for (int kind = 0; kind < PS_IGNORE_KINDS; kind++) {
		enum ps_verdict verdict = ask_kind(ignore, kind, subject);

		if (is_gits((enum ps_ignore_kind)kind) && (verdict == PS_RULES_IGNORE || left_out)) {
			if (!is_tracked(ignore, subject, within))
				return PS_RULES_IGNORE;
			kind = PS_IGNORE_GLOBAL; /* the last of git's */
			continue;
		}
		if (verdict != PS_RULES_SILENT)
			return verdict;
	}
	return PS_RULES_SILENT;
}

bool ps_ignore_same_repository(const struct ps_ignore *ignore, const struct ps_ignore *other)
{
	return ignore->tracked == other->tracked;
}

size_t ps_ignore_size(const struct ps_ignore *ignore)
{
	size_t size = sizeof(*ignore);

	for (int kind = 0; kind < PS_IGNORE_EXTRA; kind++)
		if (ignore->rules[kind] != NULL)
			size += ps_rules_size(ignore->rules[kind]);
	if (ignore->own_tracked != NULL)
		size += ps_tracked_size(ignore->own_tracked);
	return size;
}
