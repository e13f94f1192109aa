/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.h - the rules of one file in .gitignore's format, compiled once.
 *
 * A line is a rule. The last rule that matches a path decides: if it starts with '!' the path is wanted, else ignored.
 * A rule without a '/' is for names, wherever they are; a rule with a '/' that is not its last byte is for paths
 * relative to the file's directory. A rule with a '/' at its end is for directories only. The rest is a glob, see
 * gitignore_glob.h.
 *
 * Rules are constant after they are made: any number of threads may ask them. Asking allocates nothing. Rules without a
 * special byte, and those like *.c, are found by a hash, however many there are; the others are tried one after the
 * other.
 */
#ifndef PS_RULES_H
#define PS_RULES_H

#include "gitignore_glob.h"

struct ps_rules;

/* A path that is asked about; hashed once for all rules. */
struct ps_subject {
	const char *path;   /* names with '/' between them, none before or after */
	size_t length;
	size_t name;        /* where the last name starts */
	bool directory;
	uint32_t name_hash;
	uint32_t ending_hash; /* of the name from its last '.' on */
	bool has_ending;      /* it has a '.' */
	const struct ps_watch *watch; /* or NULL. After the search is over, verdicts mean nothing */
	size_t spent;         /* grows with the work of asking, by about 1 for each nanosecond */
};

enum ps_verdict {
	PS_RULES_SILENT,
	PS_RULES_IGNORE,
	PS_RULES_WANT
};

/*
 * Compiles a file's text. As in git, a UTF-8 byte order mark, the \r of lines that end in \r\n, comments, and blanks at
 * a line's end are left out. `flags`: PS_GLOB_CASELESS. SEARCH_OK and *out, NULL if there is no rule; or SEARCH_ENOMEM.
 * A rule with a malformed glob matches nothing. If the search is over, rules may be missing; `watch` may be NULL.
 */
int ps_rules_new(struct ps_rules **out, const char *text, size_t size, unsigned flags, const struct ps_watch *watch);
void ps_rules_free(struct ps_rules *rules); /* NULL is fine */

/* Fills in the rest of a subject whose path, length, name and directory are there. */
void ps_subject_hash(struct ps_subject *subject);

/* Asks about the path from its byte `base` on; before that is the directory of the rules' file. */
enum ps_verdict ps_rules_ask(const struct ps_rules *rules, struct ps_subject *subject, size_t base);

/* About how many bytes of memory they take. */
size_t ps_rules_size(const struct ps_rules *rules);

#endif
