/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_encodings.c - runs fuzz_encodings.c on a text in each encoding, and on changes of it. */
#include "../../lib/base/base.h"

#include <iconv.h>

#include "../support/replay.h"
#include "fuzz_encodings.c"

static const char *const texts[] = {
	"",
	"a",
	"abc\ndef\n",
	"caf\xC3\xA9 na\xC3\xAFve\n\nend",
	"\xD0\xA1\xD1\x8A\xD0\xB5\n\xD1\x89\n",
	"\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E abc\n\xE3\x81\x82",
	"\xE4\xB8\xAD\n\xF0\xA0\x80\x80 \xE2\x82\xAC\n",
	"\xEF\xAC\xAA \xD7\xA9",
};

/* The text as far as the encoding has its characters. */
static size_t encode(uint8_t *to, size_t room, const char *name, const char *text)
{
	iconv_t cd = iconv_open(name, "UTF-8");
	char *in = (char *)(uintptr_t)text, *out = (char *)to;
	size_t left = strlen(text), before = room;

	if (cd == (iconv_t)-1)
		return 0;
	iconv(cd, &in, &left, &out, &room);
	iconv(cd, NULL, NULL, &out, &room);
	iconv_close(cd);
	return before - room;
}

static void add_texts(void)
{
	static const uint8_t marks[][4] = {
		{ 0xFF, 0xFE }, { 0xFE, 0xFF }, { 0xEF, 0xBB, 0xBF }, { 0xFF, 0xFE, 0, 0 }
	};
	uint8_t to[512];

	for (uint8_t i = 0; i < NAMES; i++) {
		for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++) {
			const uint8_t head[] = { i, (uint8_t)(k % 2), 3, 1, 2, 5 };

			replay_seed_parts(head, sizeof(head), to, encode(to, sizeof(to), names[i], texts[k]));
		}
		for (size_t k = 0; k < 4; k++) {
			memcpy(to, (const uint8_t[]){ i, 0, 2, 1, 3 }, 5);
			memcpy(to + 5, marks[k], 4);
			memcpy(to + 9, "a\0\n\0\0\xD8\0\xDC\x7F", 9);
			replay_seed(to, 18);
		}
	}
	replay_seed("\xFF" "cp437\0\0\0abc\x80", 13);
	replay_seed("\xFF" "no-such\0\0\0abc", 13);
}

int main(int argc, char **argv)
{
	static const struct replay encodings = {
		.name = "encodings", .seeds = add_texts, .most = 512, .head = 6, .rounds = 6000, .many = 60000,
	};

	return replay_main(argc, argv, &encodings);
}
