/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - --json: what is found as lines of JSON, as ripgrep prints it.
 *
 * A file with something to show has a message "begin", then one "match" or "context" for each line, and an "end" with
 * totals; after the last file comes a "summary". Matches over several lines are in one message, and as in ripgrep so
 * are those in adjacent lines, if the whole text is searched at once. Errors and a search that was cut off have messages
 * of their own, which readers of ripgrep's skip.
 */
#ifndef PSEARCH_CLI_JSON_H
#define PSEARCH_CLI_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include <psearch.h>

#include "../base/output.h"
#include "../look/look.h"
#include "../look/replace.h"
#include "stats.h"

struct json;

/*
 * `options`: of the search; `replacement`: of --replace, or NULL. NULL: it cannot be, and a message has said why. A
 * build without json-c never has it.
 */
struct json *json_new(struct output *out, const struct look *look, const struct search_options *options,
		      struct replacement *replacement);
void json_free(struct json *j);

/*
 * These count an item and print what it means, or print an error. False: out of memory. `s`: the search that the item
 * is of.
 */
bool json_item(struct json *j, struct tally *tally, const struct search *s, const struct search_item *item);
bool json_error(struct json *j, const char *path, const char *message);

/* Ends the last file, and prints the summary. `limit`: of --max-results, if that ended the search, else 0. */
bool json_finish(struct json *j, struct tally *tally, uint64_t limit);

/* Was there a line that is too long for a message? */
bool json_failed(const struct json *j);

#endif
