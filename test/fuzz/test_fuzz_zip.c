/* SPDX-License-Identifier: BSD-2-Clause */
/* test_fuzz_zip.c - runs fuzz_zip.c on what the formats' programs make, on starts of archives, and on changes of these.
 */
#include "../../lib/base/base.h"

#include "../support/archive.h"
#include "../support/replay.h"
#include "fuzz_zip.c"

static const uint8_t head[] = { 1, 3, 1, 7, 40 };

/* A whole file; two; one that is cut off; one with zeros after it; and one after a frame that is skipped. */
static void add_archive(const struct archive_program *program, const void *text, size_t size)
{
	static const uint8_t skipped[] = { 0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'a', 'b', 'c' };
	struct archive a = archive_make(program->command, text, size), after = { 0 };
	size_t once = a.size;

	replay_seed_parts(head, sizeof(head), a.bytes, a.size);
	replay_seed_parts(head, sizeof(head), a.bytes, a.size / 2);
	archive_append(&a, NULL, 4);
	replay_seed_parts(head, sizeof(head), a.bytes, a.size);
	a.size = once;
	archive_append(&a, a.bytes, once);
	replay_seed_parts(head, sizeof(head), a.bytes, a.size);
	archive_append(&after, skipped, sizeof(skipped));
	archive_append(&after, a.bytes, once);
	replay_seed_parts(head, sizeof(head), after.bytes, after.size);
	archive_free(&after);
	archive_free(&a);
}

static void add_files(void)
{
	static const char *const starts[] = {
		"PK\3\4", "7z\xBC\xAF\x27\x1C", "Rar!\x1A\x07",        "!<arch>\n", "\x1F\x9D", "\x1F\xA0",
		"LZIP\1", "MSCF\0\0\0\0",       "\x89LZO\0\r\n\x1A\n", "070701",    "text\n",   "\xED\xAB\xEE\xDB",
		""
	};
	static const char lines[] = "a line\nanother line\nand a line again, which is longer than a line\n\xFF\xFE";
	uint8_t tar[512] = { 0 };

	for (size_t i = 0; i < archive_program_count; i++)
		if (archive_can(&archive_programs[i])) {
			add_archive(&archive_programs[i], lines, sizeof(lines) - 1);
			add_archive(&archive_programs[i], "\xFF\xFE" "a\0\n\0", 6);
			add_archive(&archive_programs[i], "", 0);
		}
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		replay_seed_parts(head, sizeof(head), starts[i], strlen(starts[i]));
	memcpy(tar, "name", 4);
	memcpy(tar + 257, "ustar", 5);
	replay_seed_parts(head, sizeof(head), tar, sizeof(tar));
}

int main(int argc, char **argv)
{
	static const struct replay zip = {
		.name = "zip", .seeds = add_files, .most = 2048, .head = 5, .rounds = 3000, .many = 60000,
	};

	return replay_main(argc, argv, &zip);
}
