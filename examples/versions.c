/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * versions - what a program asks the library that it has been loaded with.
 *
 *	versions [FIELD...]
 *
 * The library may be older or newer than the header that the program was compiled with. Functions need no question: the
 * dynamic linker refuses a library that lacks one. Fields of options need none either: if one is set that the library
 * does not know, the call fails with SEARCH_EVERSION. But an item of an older library is shorter: a field that is newer
 * than the oldest library that the program supports may be read only if search_layout() knows it. The program prints
 * what it finds; FIELDs are such names as search_item.inode.
 */
#include <psearch.h>

#include <stdio.h>
#include <string.h>

/* What a host does once, at its start: it looks for the fields of items that it can do without. */
static int has_field(const char *name)
{
	return search_layout(name) != SIZE_MAX;
}

/* A struct of a version that does not exist yet: with what is new left at 0 it is accepted, else it is refused. */
static int open_newer(unsigned char value)
{
	struct {
		struct search_options options;
		unsigned char more[16];
	} newer;
	struct search_error error = SEARCH_ERROR_INIT;
	struct search *s;
	int status;

	search_options_init(&newer.options, sizeof newer);
	newer.more[0] = value;
	status = search_open(&s, &newer.options, &error);
	search_close(s); /* NULL if it failed */
	return status;
}

int main(int argc, char **argv)
{
	struct search_build build = SEARCH_BUILD_INIT;
	int i;

	printf("compiled with %s, loaded %s\n", SEARCH_VERSION_STRING, search_version());
	if (search_build(&build) == SEARCH_OK) /* strings that the library does not know are NULL */
		printf("Oniguruma %s; reads %s\n", build.oniguruma, build.formats);
	printf("newer options, unused: %s\n", search_strerror(open_newer(0)));
	printf("newer options, used: %s\n", search_strerror(open_newer(1)));
	for (i = 1; i < argc; i++)
		printf("%s: %s\n", argv[i], has_field(argv[i]) ? "there" : "not there");
	return 0;
}
