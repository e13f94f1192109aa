/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * container.c - recognises archives, and compressed files in unsupported formats, by their first bytes.
 *
 * Magic numbers that a text could start with are left out, so that no text is mistaken for an archive.
 */
#include "decompress.h"

#include <string.h>

static const struct container {
	const char *what;
	size_t size;
	const char *magic;
} containers[] = {
	{ "a zip archive", 4, "PK\3\4" },
	{ "a zip archive", 4, "PK\5\6" },
	{ "a zip archive", 4, "PK\7\10" },
	{ "a 7-Zip archive", 6, "7z\xBC\xAF\x27\x1C" },
	{ "a RAR archive", 6, "Rar!\x1A\7" },
	{ "a cabinet archive", 8, "MSCF\0\0\0\0" },
	{ "an RPM package", 4, "\xED\xAB\xEE\xDB" },
	{ "a file of compress(1)", 2, "\x1F\x9D" },
	{ "a file of pack(1)", 2, "\x1F\x1E" },
	{ "an lzip file", 5, "LZIP\1" },
	{ "an lzop file", 9, "\x89LZO\0\r\n\x1A\n" },
	{ "a zstd file of a version before 0.8", 4, "\x25\xB5\x2F\xFD" },
	{ "a zstd file of a version before 0.8", 4, "\x26\xB5\x2F\xFD" },
	{ "a zstd file of a version before 0.8", 4, "\x27\xB5\x2F\xFD" },
};

/*
 * The magic is far into the first file's header, which contains NULs but hardly a line end. So the
 * lines of a stream are not held back until that many bytes have come: with the first line end it is no tar file.
 */
static enum ps_magic is_tar(const uint8_t *bytes, size_t size, uint8_t line_end)
{
	enum { AT = 257, SIZE = 8 };
	size_t have = size > AT ? ps_min(size - AT, SIZE) : 0;

	if (memchr(bytes, line_end, ps_min(size, AT)) != NULL)
		return PS_MAGIC_NO;
	if (have > 0 && memcmp(bytes + AT, "ustar\0" "00", have) != 0 && memcmp(bytes + AT, "ustar  \0", have) != 0)
		return PS_MAGIC_NO;
	return have == SIZE ? PS_MAGIC_YES : PS_MAGIC_MORE;
}

enum ps_magic ps_container(const uint8_t *bytes, size_t size, uint8_t line_end, const char **what)
{
	enum ps_magic is = is_tar(bytes, size, line_end);

	*what = "a tar archive";
	for (size_t i = 0; is != PS_MAGIC_YES && i < sizeof(containers) / sizeof(containers[0]); i++) {
		const struct container *c = &containers[i];

		if (memcmp(bytes, c->magic, ps_min(size, c->size)) != 0)
			continue;
		*what = c->what;
		is = size < c->size ? PS_MAGIC_MORE : PS_MAGIC_YES;
	}
	return is;
}
