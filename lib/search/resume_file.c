/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * resume_file.c - a page that begins amid a large file need not read what lies before.
 *
 * The rest of the file is then searched as if it were the last of the file's parts (scan/part.c), and may be cut into
 * more of them. It begins some lines before the cursor's: as many as may lie between a match and the last line of
 * context after it, so that matches before that have no effect any more. What is found up to the cursor's item is
 * dropped, and what a join knows of the parts before (merge_parts.c) is told by the cursor.
 *
 * That gives the items of the whole file only if nothing else depends on what lies before: see may_begin_later().
 */
#include "search.h"

#include "../base/file.h"

#include <string.h>

enum {
	BACK = 4096,          /* bytes read at once */
	MOST_BACK = 1 << 20   /* and the most in all */
};

/* Does the text begin like one that is decoded? If it cannot be read, it counts as one. */
static bool may_be_decoded(int fd, enum ps_encoding_kind kind)
{
	unsigned char first[2];

	if (kind == PS_ENCODING_NONE)
		return false;
	return kind != PS_ENCODING_UTF8 || ps_read_at(fd, first, sizeof(first), 0) != sizeof(first) || first[0] >= 0xFE;
}

/*
 * A file that is decoded, or searched as a whole, has no parts. A limit on its matches counts from its start. A file
 * whose cursor is at a line is text up to there: NULs play no part.
 */
static bool may_begin_later(const struct search *s, const struct ps_opened *opened)
{
	const uint32_t none = (uint32_t)SEARCH_RESULT_COUNT | (uint32_t)SEARCH_RESULT_ALL_LINES |
			      (uint32_t)SEARCH_MATCH_DECOMPRESS;
	const struct ps_cursor *from = &s->pages.from;

	return (from->kind == SEARCH_ITEM_MATCH || from->kind == SEARCH_ITEM_CONTEXT) &&
	       from->stamp.kind == PS_STAMP_FILE && from->offset > s->settings.later_bytes &&
	       from->offset < opened->info.size && opened->fd >= 0 && !opened->stream && !opened->borrowed &&
	       (s->settings.flags & none) == 0 && !ps_matcher_is_whole(s->matcher) &&
	       !may_be_decoded(opened->fd, s->settings.scan.encoding.kind);
}

/* Reads the bytes before `at`. Returns how many; 0: they cannot be read. */
static size_t read_back(int fd, char *to, uint64_t at)
{
	size_t size = (size_t)ps_min64(BACK, at);
	return ps_read_at(fd, to, size, (off_t)(at - size)) == (ssize_t)size ? size : 0;
}

/* Finds the start of the line that is so many lines before the one at *at. False: it is not found. */
static bool go_back(int fd, char line_end, uint32_t lines, uint64_t *at)
{
	uint64_t lowest = *at > MOST_BACK ? *at - MOST_BACK : 0, left = (uint64_t)lines + 1;
	char text[BACK];

	while (*at > lowest) {
		size_t size = read_back(fd, text, *at);
		const char *end = size > 0 ? memrchr(text, line_end, size) : NULL;

		if (size == 0)
			return false;
		for (; end != NULL; end = memrchr(text, line_end, (size_t)(end - text)))
			if (--left == 0) {
				*at = *at - size + (size_t)(end - text) + 1;
				return true;
			}
		*at -= size;
	}
	return false;
}

bool ps_resume_file(struct search *s, const struct ps_opened *opened, struct ps_part *part)
{
	const struct ps_cursor *from = &s->pages.from;
	char line_end = (s->settings.flags & SEARCH_MATCH_NUL_LINES) != 0 ? '\0' : '\n';
	uint32_t back = s->settings.scan.after_context;
	uint64_t begin = from->offset;

	if (!may_begin_later(s, opened) || !go_back(opened->fd, line_end, back, &begin))
		return false;
	*part = (struct ps_part){ PS_PART_FIRST, begin, PS_NO_END };
	s->pages.later = true;
	s->pages.before = PS_SUMS_NONE;
	s->pages.before.lines = from->line - 1 - back;
	s->pages.before.bytes = begin;
	return true;
}

/*
 * Does the record, as the part has it, come after the cursor's item? An error about a line may follow a match in the
 * same line, and comes before context there. Lines that cannot be read may be such before the cursor.
 */
static bool comes_after(const struct ps_cursor *from, const struct ps_record *r)
{
	bool match = from->kind == SEARCH_ITEM_MATCH;

	if (r->kind == SEARCH_ITEM_MATCH || r->kind == SEARCH_ITEM_CONTEXT || (r->flags & PS_RECORD_GAP) != 0)
		return r->offset > from->offset;
	if (r->kind == SEARCH_ITEM_ERROR && r->error == 0)
		return r->offset >= from->offset + !match;
	return true;
}

bool ps_resume_join(struct ps_join *join, const struct search *s, struct ps_record *r)
{
	bool after = comes_after(&s->pages.from, r), match = r->kind == SEARCH_ITEM_MATCH;
	bool wanted = ps_join_record(join, &s->settings, r);

	join->matches -= match && !after; /* the cursor has counted it */
	return wanted && after;
}
