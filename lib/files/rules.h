/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.h - the rules of one file in .gitignore's format, compiled once.
 *
 * A line is a rule. The last rule that matches a path decides on it: what a rule with '!' matches is
 * wanted, what another matches is ignored. A rule without a '/' is for names, wherever they are; one
 * with a '/' that is not its last byte, for paths from the directory of the file on. A '/' at the
 * end makes it one for directories alone. The rest is a glob as gitignore_glob.h has it.
 *
 * Rules are constant once they are made: any number of threads may ask them. A question allocates
 * nothing. Rules without a special byte, and those like *.c, are found by hashing however many there
 * are; the others are tried one after the other.
 */
#ifndef PS_RULES_H
#define PS_RULES_H

#include "gitignore_glob.h"

struct ps_rules;

/* A path that is asked about: hashed once, for all the rules that it is held against. */
struct ps_subject {
	const char *path;   /* names with '/' between, none before and none behind */
	size_t length;
	size_t name;        /* where the last of the names begins */
	bool directory;
	uint32_t name_hash;
	uint32_t ending_hash; /* of the name from its last '.' on, */
	bool has_ending;      /* if it has one */
	const struct ps_watch *watch; /* NULL: nothing ends the asking. Once the search is over, verdicts mean nothing */
	size_t spent;         /* grows with the work of asking; about a nanosecond each */
};

enum ps_verdict {
	PS_RULES_SILENT,
	PS_RULES_IGNORE,
	PS_RULES_WANT
};

/*
 * Compiles a file's text: as git reads it, so with a UTF-8 BOM, lines that end in \r\n, comments, and
 * blanks at a line's end left out. `flags`: PS_GLOB_CASELESS. SEARCH_OK and *out, NULL where there is
 * no rule; or SEARCH_ENOMEM. A rule of a glob that is not well-formed matches nothing. If the search is over some
 * rules may be missing; `watch` may be NULL.
 */
int ps_rules_new(struct ps_rules **out, const char *text, size_t size, unsigned flags, const struct ps_watch *watch);
void ps_rules_free(struct ps_rules *rules); /* NULL is fine */

/* Fills in the rest of a subject whose path, length, name and directory are there. */
void ps_subject_hash(struct ps_subject *subject);

/* Asks about the path from `base` bytes on: what is before them is the directory of the rules' file. */
enum ps_verdict ps_rules_ask(const struct ps_rules *rules, struct ps_subject *subject, size_t base);

/* Bytes of memory that they take, about. */
size_t ps_rules_size(const struct ps_rules *rules);

#endif
