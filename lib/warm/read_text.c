/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read_text.c - a file is read into a buffer of one block; the buffer grows only for a line that is longer.
 *
 * What the buffer holds starts at a line's start. As much of it as a block may have is cut off after its last line end;
 * if there is none, the line goes on, and the block ends with it. What is left moves to the front. The last bytes of
 * the file, fewer than a block may have, are a block, too.
 *
 * A file that is written meanwhile is left alone: the reader stops if the end is not where its size says. Whether it
 * was written without that, its stamp tells, which the caller compares.
 */
#include "read_text.h"

#include "../base/file.h"
#include "../base/utf8.h"
#include "../decode/decompress.h"

#include <string.h>

struct ps_text_reader {
	struct ps_signer *signer;
	size_t most;   /* bytes of a signature */
	uint8_t *buffer;
	size_t room;   /* of the buffer: PS_SIGNATURE_BLOCK to PS_SIGNER_ROOM */

	/* the file */
	int fd;
	uint64_t size;
	uint64_t at;   /* where to read next */
	size_t held;   /* bytes in the buffer; they end at `at` */
	bool at_end;   /* the last read found the end */
};

int ps_text_reader_new(struct ps_text_reader **out, const struct ps_simd *simd, size_t most)
{
	struct ps_text_reader *r = *out = calloc(1, sizeof(*r));

	if (r == NULL)
		return SEARCH_ENOMEM;
	r->most = ps_min(most, UINT32_MAX);
	r->room = PS_SIGNATURE_BLOCK;
	r->buffer = ps_buffer_new(r->room);
	if (r->buffer != NULL && ps_signer_new(&r->signer, simd) == SEARCH_OK)
		return SEARCH_OK;
	ps_text_reader_free(r);
	*out = NULL;
	return SEARCH_ENOMEM;
}

void ps_text_reader_free(struct ps_text_reader *reader)
{
	if (reader == NULL)
		return;
	ps_signer_free(reader->signer);
	ps_buffer_free(reader->buffer, reader->room);
	free(reader);
}

/*
 * Reads on, up to a whole block; for a line that is longer, into all of the buffer. False: the file cannot be read, or
 * is not as long as it was.
 */
static bool fill_buffer(struct ps_text_reader *r)
{
	size_t wanted = (r->held < PS_SIGNATURE_BLOCK ? PS_SIGNATURE_BLOCK : r->room) - r->held;
	ssize_t got = ps_read_at(r->fd, r->buffer + r->held, wanted, (off_t)r->at);

	if (got < 0)
		return false;
	r->held += (size_t)got;
	r->at += (size_t)got;
	r->at_end = (size_t)got < wanted;
	return r->at_end ? r->at == r->size : r->at <= r->size;
}

/* Doubles the buffer, which is full: to PS_SIGNER_ROOM at most, which it must not have. */
static bool grow_buffer(struct ps_text_reader *r)
{
	size_t room = ps_min(2 * r->room, PS_SIGNER_ROOM);
	uint8_t *buffer = ps_buffer_resize(r->buffer, r->room, room);

	if (buffer == NULL)
		return false;
	r->buffer = buffer;
	r->room = room;
	return true;
}

/* Returns how many bytes the next block has; 0: its end is not in the buffer. */
static size_t find_block(const struct ps_text_reader *r)
{
	const uint8_t *at;

	if (r->held < PS_SIGNATURE_BLOCK)
		return r->at_end ? r->held : 0;
	at = memrchr(r->buffer, '\n', PS_SIGNATURE_BLOCK);
	if (at == NULL)
		at = memchr(r->buffer + PS_SIGNATURE_BLOCK, '\n', r->held - PS_SIGNATURE_BLOCK);
	if (at == NULL)
		return r->at_end ? r->held : 0;
	return (size_t)(at - r->buffer) + 1;
}

/* Gets the next block into the buffer: its size is *length; 0 at the file's end. */
static int next_block(struct ps_text_reader *r, size_t *length, enum ps_text_state *state)
{
	while ((*length = find_block(r)) == 0 && !r->at_end) {
		if (r->held == r->room) {
			if (r->room == PS_SIGNER_ROOM) {
				*state = PS_TEXT_UNFIT;
				return SEARCH_OK;
			}
			if (!grow_buffer(r))
				return SEARCH_ENOMEM;
		}
		if (!fill_buffer(r)) {
			*state = PS_TEXT_CHANGING;
			return SEARCH_OK;
		}
	}
	return SEARCH_OK;
}

static void drop_block(struct ps_text_reader *r, size_t length)
{
	r->held -= length;
	memmove(r->buffer, r->buffer + length, r->held);
}

/* Looks at the first bytes of a file: they are all of it, or more than any magic number needs. */
static void look_at_head(const struct ps_text_reader *r, struct ps_text_facts *facts)
{
	static const char *const marks[] = { PS_UTF8_MARK, "\xFF\xFE", "\xFE\xFF" };
	const char *what;

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (r->held >= strlen(marks[i]) && memcmp(r->buffer, marks[i], strlen(marks[i])) == 0)
			facts->has_mark = true;
	facts->is_packed = ps_compressed(r->buffer, r->held) == PS_MAGIC_YES ||
			   ps_container(r->buffer, r->held, '\n', &what) == PS_MAGIC_YES;
}

static int sign_block(struct ps_text_reader *r, size_t length, struct ps_text_facts *facts)
{
	if (!facts->has_nul)
		facts->has_nul = memchr(r->buffer, '\0', length) != NULL;
	if (ps_signer_add(r->signer, r->buffer, length) != SEARCH_OK)
		return SEARCH_ENOMEM;
	if (ps_signer_size(r->signer) > r->most)
		facts->state = PS_TEXT_UNFIT;
	drop_block(r, length);
	return SEARCH_OK;
}

/* Reads and signs blocks until the file ends, or the state says that it will not do. */
static int read_blocks(struct ps_text_reader *r, const struct ps_watch *watch, struct ps_text_facts *facts)
{
	bool first = true;
	size_t length;
	int status;

	while (facts->state == PS_TEXT_COMPLETE) {
		if (ps_watch_is_over(watch)) {
			facts->state = PS_TEXT_STOPPED;
			break;
		}
		status = next_block(r, &length, &facts->state);
		if (status != SEARCH_OK || facts->state != PS_TEXT_COMPLETE || length == 0)
			return status;
		if (first)
			look_at_head(r, facts);
		first = false;
		status = sign_block(r, length, facts);
		if (status != SEARCH_OK)
			return status;
	}
	return SEARCH_OK;
}

int ps_text_read(struct ps_text_reader *reader, int fd, uint64_t size, const struct ps_watch *watch,
		 struct ps_text_facts *facts)
{
	int status;

	*facts = (struct ps_text_facts){ .state = PS_TEXT_COMPLETE };
	reader->fd = fd;
	reader->size = size;
	reader->at = 0;
	reader->held = 0;
	reader->at_end = false;
	ps_signer_start(reader->signer);
	status = read_blocks(reader, watch, facts);
	if (status != SEARCH_OK || facts->state != PS_TEXT_COMPLETE)
		return status;
	facts->signature = ps_signer_end(reader->signer);
	return facts->signature != NULL ? SEARCH_OK : SEARCH_ENOMEM;
}
