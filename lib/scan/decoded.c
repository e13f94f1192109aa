/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decoded.c - the scanner's side of decoding: for the scanner, the file is the text that the pipeline yields.
 *
 * Offsets, line numbers, binary or not, and all limits refer to that text. A decoded file is searched in one piece, and
 * its descriptor is not positioned (ps_input.seekable).
 */
#include "scanner.h"

void ps_scan_start_decoding(struct ps_scanner *s)
{
	const struct ps_decode_options options = {
		.encoding = &s->options->encoding,
		.decompress = (s->options->flags & SEARCH_MATCH_DECOMPRESS) != 0,
		.line_end = s->lines.end,
	};

	ps_decode_start(&s->decode, &options, s->input.part);
}

static ssize_t read_input(void *scanner, uint8_t *to, size_t room, bool *end)
{
	return ps_scan_read(scanner, to, room, end);
}

ssize_t ps_scan_read_text(struct ps_scanner *s, uint8_t *to, size_t room, bool *end)
{
	const struct ps_decode_source input = { read_input, s };

	return ps_decode_read(&s->decode, &input, to, room, end);
}

int ps_scan_look_for_stages(struct ps_scanner *s)
{
	struct ps_decode_looked look;
	int rc = ps_decode_look(&s->decode, s->buffer.text, s->buffer.end, s->reading.eof, &look);

	if (rc == SEARCH_OK && look.taken) {
		s->buffer.end = 0;
		s->reading.asked = true; /* it is not split */
		s->input.seekable = false;
		s->reading.eof = look.error != 0;
		s->reading.error = look.error;
	} else if (rc == SEARCH_OK && look.mark > 0) {
		s->buffer.out = s->buffer.pos = look.mark;
	}
	if (!s->decode.looking)
		s->totals.bytes = s->buffer.end; /* what was looked at is text, all of it */
	return rc;
}
