/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * column.c - columns in the units that editors count in.
 */
#include "../base/base.h"
#include "../base/utf8.h"

size_t search_column(const struct search_item *item, size_t byte, int unit)
{
	const uint8_t *p, *end;
	size_t units = 0;

	if (item == NULL || item->text == NULL || byte <= item->text_offset)
		return 0;
	byte = ps_min(byte - (size_t)item->text_offset, item->length);
	if (unit == SEARCH_UNIT_BYTES)
		return byte;
	p = (const uint8_t *)item->text;
	end = p + item->length;
	for (const uint8_t *to = p + byte; p < to; units++) {
		size_t length = ps_utf8_sequence(p, end);

		units += unit == SEARCH_UNIT_UTF16 && length == 4;
		p += length > 0 ? length : 1;
	}
	return units;
}
