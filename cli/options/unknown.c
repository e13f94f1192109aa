/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unknown.c - an option that is not known, or lacks its argument.
 */
#include "unknown.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../base/nearest.h"
#include "options.h"

#define MOST_CANDIDATES 6 /* in a message */

/* Options of rg that psearch lacks, and what to do instead, which is not to give the nearest name. */
static const struct {
	const char *name;
	const char *remedy;
} lacking[] = {
	{ "colors", "set the variable GREP_COLORS" },
	{ "debug", "give --explain to see how a pattern is searched for" },
	{ "trace", "give --explain to see how a pattern is searched for" },
	{ "mmap", "leave it out; no file is mapped into memory" },
	{ "no-mmap", "leave it out; no file is mapped into memory" },
	{ "sort-files", "leave it out; files come sorted" },
	{ "pcre2-version", "give --version" },
	{ "block-buffered", "leave it out; what is not for a terminal is written in blocks" },
};

static const char *find_remedy(const char *name)
{
	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++)
		if (strcmp(lacking[i].name, name) == 0)
			return lacking[i].remedy;
	return NULL;
}

/* Calls f for each long name. */
static void each_name(void (*f)(void *context, const char *name, const struct option_row *row), void *context)
{
	for (const struct option_row *row = option_table; row < option_table + option_rows; row++) {
		if (option_is_heading(row))
			continue;
		if (row->name)
			f(context, row->name, row);
		for (int i = 0; i < 2; i++)
			if (row->aliases[i])
				f(context, row->aliases[i], row);
	}
}

static void try_name(void *nearest, const char *name, const struct option_row *row)
{
	(void)row;
	nearest_try(nearest, name);
}

/* The long names that a name is short for. */
struct candidates {
	const char *prefix;
	bool greps;                    /* only names that grep has */
	const struct option_row *last; /* the option of the last one: one name of each is enough */
	size_t count;
	char list[256]; /* "'--a', '--b'" */
};

static void add_candidate(void *context, const char *name, const struct option_row *row)
{
	struct candidates *c = context;
	size_t length = strlen(c->list);

	if (c->greps && !option_is_greps(name))
		return;
	if (row == c->last || strncmp(name, c->prefix, strlen(c->prefix)) != 0)
		return;
	c->last = row;
	if (c->count++ >= MOST_CANDIDATES)
		return;
	snprintf(c->list + length, sizeof(c->list) - length, "%s'--%s'", length > 0 ? ", " : "", name);
}

/* `word` is a long option, perhaps with an argument. */
static enum arguments_status report_long_option(const struct parser *p, const char *word)
{
	char name[64];
	struct candidates c = { .prefix = name, .greps = p->a->personality != AS_PSEARCH };
	struct nearest near = { .word = name };
	const char *remedy;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	each_name(add_candidate, &c);
	each_name(try_name, &near);
	if (c.count > MOST_CANDIDATES)
		return bad_argument("option '--%s' is short for %zu options: %s, ...; give more of its name", name, c.count,
				    c.list);
	if (c.count > 1)
		return bad_argument("option '--%s' is short for several: %s; give more of its name", name, c.list);
	remedy = find_remedy(name);
	if (remedy)
		return bad_argument("option '--%s' is not known; %s", name, remedy);
	if (near.best)
		return bad_argument("option '--%s' is not known; did you mean '--%s'?", name, near.best);
	return bad_argument("option '--%s' is not known; see --help=all", name);
}

enum arguments_status report_unknown_option(const struct parser *p, int id)
{
	const char *word = p->argv[optind - 1];

	if (id == ':' && optopt < OPTION_NUMBER)
		return bad_argument("option '-%c' takes an argument; give one", optopt);
	if (id == ':')
		return bad_argument("option '%s' takes an argument; give one", word);
	if (optopt == 0)
		return report_long_option(p, word);
	if (optopt >= FIRST_LONG)
		return bad_argument("option '%s' takes no argument; leave it out", word);
	if (optopt < ' ' || optopt > '~') /* perhaps a part of a character, or one that a terminal would obey */
		return bad_argument("option '-\\x%02X' is not known; see --help=all", (unsigned)optopt & 0xFF);
	return bad_argument("option '-%c' is not known; see --help=all", optopt);
}
