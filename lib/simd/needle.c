/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * needle.c - chooses the two bytes of a literal to look for.
 *
 * The rarer the byte, the fewer places need a closer look. The ranks were counted over the drivers, the kernel and the
 * documentation of Linux 6.1, the Python library and a system's /usr/share/doc, with weights (source code most):
 * rank = 12 * (23 + log2(share of the byte)), so 12 more is twice as common, and 0 is a byte that hardly occurs.
 *
 * Lead bytes of UTF-8 (C2 to F4) are set to 200 by hand, as common as a letter. They are rare in the texts counted, but
 * a needle with one is looked for in texts of its own language, where every other byte is the same lead byte.
 */
#include "kernels.h"

const uint8_t ps_byte_rank[256] = {
	  0,   0,   0,   0,   0,   0,   0,   0,   0, 209, 216,   0,  21,  32,   0,   0,
	  0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
	244, 145, 183, 165, 112, 142, 163, 178, 197, 197, 190, 153, 198, 196, 195, 184,
	190, 178, 176, 166, 164, 157, 159, 149, 158, 150, 180, 187, 163, 196, 180, 121,
	142, 183, 165, 183, 176, 188, 171, 167, 160, 184, 121, 158, 180, 174, 179, 177,
	179, 135, 182, 182, 186, 169, 157, 152, 153, 150, 133, 159, 159, 159, 128, 215,
	160, 219, 194, 213, 210, 229, 205, 197, 202, 219, 149, 188, 212, 202, 217, 217,
	207, 170, 220, 220, 225, 207, 190, 185, 185, 187, 158, 167, 152, 167, 140,   0,
	143, 129, 133, 123, 135, 126, 123, 123, 130, 124, 120, 124, 135, 122, 115, 130,
	121, 113, 103, 111, 127, 121, 123, 118, 124, 122, 135, 120, 133, 120, 113, 121,
	126, 124, 111, 110, 122, 122, 118, 116, 132, 109, 115, 108, 111, 121, 127, 130,
	127, 111, 106, 112, 116, 106, 119, 111, 139, 119, 130, 132, 137, 129, 116, 125,
	  0,   0, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200,
	200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200,
	200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200,
	200, 200, 200, 200, 200,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
};

/* Returns the offset of the rarest byte that is not `other`, or length if there is none. */
static size_t rarest_byte_except(const uint8_t *bytes, size_t length, int other)
{
	size_t best = length;

	for (size_t i = 0; i < length; i++)
		if (bytes[i] != other && (best == length || ps_byte_rank[bytes[i]] < ps_byte_rank[bytes[best]]))
			best = i;
	return best;
}

void ps_needle_init(struct ps_needle *needle, const uint8_t *bytes, size_t length)
{
	size_t first = rarest_byte_except(bytes, length, -1);
	size_t second = rarest_byte_except(bytes, length, bytes[first]);

	PS_ASSERT(length > 0);
	if (second == length) /* one byte over and over: take both ends */
		second = length - 1;
	needle->bytes = bytes;
	needle->length = length;
	needle->rare1 = ps_min(first, second);
	needle->rare2 = ps_max(first, second);
	needle->rarest = first;
}
