/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * encoding.c - encodings by their names.
 *
 * UTF-8 and UTF-16 are decoded here, all others by iconv. iconv tells whether it knows an encoding. How many bytes its
 * code units have is found out by encoding letters.
 */
#include "encoding.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

static const struct {
	const char *name;
	enum ps_encoding_kind kind;
	bool big_endian;
} own[] = {
	{ "none", PS_ENCODING_NONE, false },      { "auto", PS_ENCODING_UTF8, false },
	{ "utf-8", PS_ENCODING_UTF8, false },     { "utf8", PS_ENCODING_UTF8, false },
	{ "utf-16", PS_ENCODING_UTF16, false },   { "utf16", PS_ENCODING_UTF16, false },
	{ "utf-16le", PS_ENCODING_UTF16, false }, { "utf16le", PS_ENCODING_UTF16, false },
	{ "utf-16be", PS_ENCODING_UTF16, true },  { "utf16be", PS_ENCODING_UTF16, true },
};

/* Is it this name, in letters of either case? (strcasecmp() depends on the locale.) */
static bool is_name(const char *given, const char *name)
{
	for (; *name != '\0'; given++, name++)
		if ((*given >= 'A' && *given <= 'Z' ? *given - 'A' + 'a' : *given) != *name)
			return false;
	return *given == '\0';
}

/* Returns how many bytes `count` letters take; 0 if that is unknown. */
static size_t encoded_size(iconv_t cd, size_t count)
{
	char letters[] = "aa", bytes[64];
	char *in = letters, *out = bytes;
	size_t in_left = count, out_left = sizeof(bytes);

	iconv(cd, NULL, NULL, NULL, NULL);
	if (iconv(cd, &in, &in_left, &out, &out_left) == (size_t)-1)
		return 0;
	return sizeof(bytes) - out_left;
}

/* Two letters take one unit more than one, whatever precedes them. Returns 1 if nothing is known. */
static uint8_t unit_of(const char *name)
{
	iconv_t cd = iconv_open(name, "UTF-8");
	size_t one, two;

	if (cd == (iconv_t)-1)
		return 1;
	one = encoded_size(cd, 1);
	two = encoded_size(cd, 2);
	iconv_close(cd);
	return two - one == 2 || two - one == 4 ? (uint8_t)(two - one) : 1;
}

int ps_encoding_find(struct ps_encoding *encoding, const char *name)
{
	iconv_t cd;

	*encoding = (struct ps_encoding){ .kind = PS_ENCODING_NONE, .unit = 1 };
	if (name == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (is_name(name, own[i].name)) {
			encoding->kind = own[i].kind;
			encoding->big_endian = own[i].big_endian;
			return 0;
		}
	}
	/* for iconv "" is the locale's encoding, and a slash starts options */
	if (name[0] == '\0' || strchr(name, '/') != NULL || strlen(name) >= sizeof(encoding->name))
		return EINVAL;
	cd = iconv_open("UTF-8", name);
	if (cd == (iconv_t)-1)
		return errno;
	iconv_close(cd);
	encoding->kind = PS_ENCODING_ICONV;
	encoding->unit = unit_of(name);
	memcpy(encoding->name, name, strlen(name) + 1);
	return 0;
}
