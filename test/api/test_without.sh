#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The library without the libraries for compressed files: it builds; a search with the flag to
# decompress is refused; and if only some are missing, an error names the format of the file. The command without json-c.
set -eu
build=${BUILD:-build}
if [ -n "${SANITIZE:-}" ]; then
	echo "a sanitizer build needs its own link"
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/user.c" <<'END'
#include <psearch.h>
#include <stdio.h>
int main(void)
{
	struct search_pattern pattern = {.text = "x", .length = 1};
	struct search_source source = {.kind = SEARCH_SOURCE_MEMORY, .data = "\x28\xB5\x2F\xFDnothing", .size = 11};
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search_error error = SEARCH_ERROR_INIT;
	const struct search_item *item;
	struct search *s;
	int status;

	options.patterns = &pattern, options.pattern_count = 1;
	options.sources = &source, options.source_count = 1;
	options.match_flags = SEARCH_MATCH_DECOMPRESS;
	status = search_open(&s, &options, &error);
	if (status != SEARCH_OK)
		return printf("open: %d %s\n", status, error.message), 0;
	while ((status = search_next(s, &item)) == 1)
		printf("item: reason %d error %d %s\n", item->reason, item->error, item->message);
	printf("end: %d\n", status);
	search_close(s);
	return 0;
}
END
# The files that are compiled here replace members of the archive.
# shellcheck disable=SC2046,SC2086 # lists of flags
try()
{
	${CC:-cc} -std=gnu11 -Wall -Wextra -Werror -Iinclude "$@" -o "$dir/user" "$dir/user.c" lib/decode/decompress.c \
		lib/decode/container.c lib/decode/gzip.c lib/decode/bzip2.c lib/decode/xz.c lib/decode/zstd.c lib/decode/lz4.c \
		"$build/libpsearch.a" $("${PKG_CONFIG:-pkg-config}" --libs oniguruma ck) $libs -pthread
	"$dir/user"
}
bad=0
expect()
{
	want=$1 got=$2
	[ "$want" = "$got" ] || { bad=1; printf 'expected: %s\ngot: %s\n' "$want" "$got"; }
}
libs=
expect "open: -1 options.match_flags has SEARCH_MATCH_DECOMPRESS, but this library was built without the libraries for \
compressed files: zlib, libbz2, liblzma, libzstd, liblz4" "$(try)"
if "${PKG_CONFIG:-pkg-config}" --exists zlib; then
	libs=$("${PKG_CONFIG:-pkg-config}" --libs zlib)
	expect "item: reason 8 error 0 is zstd data, and this library was built without zstd
end: 0" "$(try -DPS_WITH_GZIP)"
fi

# The command without json-c refuses --json. (A build that has its libraries linked would need them here, too.)
nm "$build/libpsearch.a" 2>/dev/null | grep -q ' U dlopen' || exit $bad
mkdir "$dir/cli"
for file in json json_c json_message; do
	${CC:-cc} -std=gnu11 -Wall -Wextra -Werror -D_FILE_OFFSET_BITS=64 -Iinclude -c "cli/print/$file.c" -o "$dir/cli/$file.o"
done
# shellcheck disable=SC2046 # lists of flags
${CC:-cc} -o "$dir/psearch" "$dir"/cli/*.o \
	$(find cli -name '*.c' ! -name json.c ! -name json_c.c ! -name json_message.c | sed "s|\(.*\)c$|$build/obj/\1o|") \
	"$build/libpsearch.a" \
	$("${PKG_CONFIG:-pkg-config}" --libs oniguruma ck) -ldl -pthread
expect "psearch: --json: this psearch was built without json-c; install its development files (libjson-c-dev, json-c-devel) \
and build it again
2" "$("$dir/psearch" --json x /dev/null 2>&1 || echo $?)"
expect "x" "$(echo x | "$dir/psearch" x)"
exit $bad
