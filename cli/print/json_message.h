/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_message.h - the messages of --json, each a line of JSON, as ripgrep has them: the same keys in the same order,
 * and the same bytes.
 *
 * json-c keeps a message as a tree of objects. Each kind of message is made once; after that only its values are set,
 * which is several times faster than a new tree for each line. Text that is not UTF-8, be it a line, a match or a path,
 * becomes base64 under the key "bytes" instead of "text".
 *
 * The matches of a line are printed one by one, into the place that the line's own tree leaves for them: there may be
 * millions.
 *
 * Each function that writes returns false if there is no memory. Then part of the message may have been written.
 */
#ifndef PSEARCH_CLI_JSON_MESSAGE_H
#define PSEARCH_CLI_JSON_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <psearch.h>

#include "../base/output.h"
#include "../look/look.h"
#include "stats.h"

/* A longer line cannot be a message: json-c counts in int, and a byte may become six. */
#define JSON_LONGEST_LINE ((size_t)256 << 20)

struct json_writer;

/* A line, or several that one match touches. */
struct json_line {
	bool selected;     /* not one of context */
	const char *text;  /* with what ends the line */
	size_t length;
	uint64_t number;
	uint64_t offset;
	const struct search_span *spans;
	size_t span_count;
	const char *replaced; /* with --replace: what the matches became, */
	const struct search_span *replaced_spans; /* and where each is in that */
};

/* NULL: it could not be made, and a message has said why. */
struct json_writer *json_writer_new(struct output *out, const struct look *look);
void json_writer_free(struct json_writer *w);

/* The messages about a file, which has the path that was set last. */
bool json_set_path(struct json_writer *w, const char *path, size_t length);
bool json_write_begin(struct json_writer *w);
bool json_write_line(struct json_writer *w, const struct json_line *line);

/* `binary_offset`: of the first NUL; NULL: none was met. */
bool json_write_end(struct json_writer *w, const struct stats *stats, const uint64_t *binary_offset);

/* `elapsed`: nanoseconds since the start. */
bool json_write_summary(struct json_writer *w, const struct stats *stats, uint64_t elapsed);

/* The messages that ripgrep does not have. */
bool json_write_error(struct json_writer *w, const char *path, const char *message);
bool json_write_truncated(struct json_writer *w, uint64_t max_results);

#endif
