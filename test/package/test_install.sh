#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs in C and C++ can be built with an installed copy, under a DESTDIR, and the flags that
# pkg-config gives, shared and static. Uninstalling leaves no file.
set -eu
build=${BUILD:-build}
if [ -n "${SANITIZE:-}" ]; then
	echo "a sanitizer build is not what is installed"
	exit 77
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
top=$PWD
run_make() { make -s --no-print-directory BUILD="$build" PREFIX=/opt/psearch DESTDIR="$dir/root" "$@"; }
run_make install >/dev/null
prefix=$dir/root/opt/psearch
for file in bin/psearch include/psearch.h lib/libpsearch.a lib/libpsearch.so lib/libpsearch.so.1 \
	lib/pkgconfig/psearch.pc share/man/man3/psearch.3 share/man/man3/search_try_next.3 \
	share/man/man7/psearch-compared.7 share/man/man7/psearch-embedding.7 share/bash-completion/completions/psearch share/zsh/site-functions/_psearch \
	share/fish/vendor_completions.d/psearch.fish include/psearch.cdef include/psearch.json; do
	[ -s "$prefix/$file" ] || { echo "make install left $file out, or empty"; exit 1; }
done

# pkg-config needs no other package: not those of ck and Oniguruma.
export PKG_CONFIG_LIBDIR="$prefix/lib/pkgconfig" PKG_CONFIG_PATH=
ask() { "${PKG_CONFIG:-pkg-config}" --define-variable=prefix="$prefix" "$@" psearch; }
version=$(sed -n 's/^#define SEARCH_VERSION_STRING "\(.*\)"/\1/p' include/psearch.h)
[ "$(ask --modversion)" = "$version" ] || { echo "psearch.pc is not of version $version"; exit 1; }
said="$(ask --cflags) $(ask --libs)"
for word in $said; do
	case $word in
	-I"$prefix/include" | -L"$prefix/lib" | -lpsearch) ;;
	*) echo "psearch.pc gives '$word' to programs that use the shared library"; exit 1 ;;
	esac
done

cat >"$dir/user.c" <<'END'
#include <psearch.h>
#include <string.h>
int main(void)
{
	struct search_pattern pattern;
	struct search_source source;
	struct search_options options = SEARCH_OPTIONS_INIT;
	struct search *s;
	const struct search_item *item;
	int found;

	memset(&source, 0, sizeof source);
	source.kind = SEARCH_SOURCE_MEMORY;
	source.data = "one\ntwo\n";
	source.size = 8;
	memset(&pattern, 0, sizeof pattern);
	pattern.text = "two";
	pattern.length = 3;
	options.patterns = &pattern;
	options.pattern_count = 1;
	options.sources = &source;
	options.source_count = 1;
	if (strcmp(search_version(), SEARCH_VERSION_STRING) != 0 || search_open(&s, &options, NULL) != SEARCH_OK)
		return 2;
	found = search_next(s, &item) == 1 && item->line == 2 && search_next(s, &item) == 0;
	search_close(s);
	return found ? 0 : 1;
}
END
cp "$dir/user.c" "$dir/user.cc"
cd "$dir" # where no file of the source tree is found
# shellcheck disable=SC2046 # lists of flags, here and below
build_and_run()
{
	${CC:-cc} -Wall -Wextra -Werror user.c $(ask --cflags) -o user "$@"
	LD_LIBRARY_PATH=$prefix/lib ./user
	if command -v ${CXX:-c++} >/dev/null; then
		${CXX:-c++} -Wall -Wextra -Werror user.cc $(ask --cflags) -o user++ "$@"
		LD_LIBRARY_PATH=$prefix/lib ./user++
	fi
}
command -v ${CXX:-c++} >/dev/null || echo "left out: programs in C++, as there is no ${CXX:-c++}"
# shellcheck disable=SC2046
build_and_run $(ask --libs)
readelf -d user | grep -q 'NEEDED.*libpsearch\.so\.1' || { echo "the program does not ask for libpsearch.so.1"; exit 1; }
if readelf -d user | grep -q 'NEEDED.*libonig'; then
	echo "Oniguruma leaks into programs that link the shared library"
	exit 1
fi
# What README says about another prefix.
# shellcheck disable=SC2046
${CC:-cc} user.c $(ask --cflags --libs) -Wl,-rpath,"$(ask --variable=libdir)" -o user
./user
expect_static()
{
	if readelf -d user | grep -q 'NEEDED.*libpsearch'; then
		echo "$1: the program asks for the shared library"
		exit 1
	fi
}
# shellcheck disable=SC2046
build_and_run $(ask --variable=static_libs)
expect_static "static_libs, beside the shared library"
rm "$prefix"/lib/libpsearch.so*
# shellcheck disable=SC2046
build_and_run $(ask --static --libs)
expect_static "pkg-config --static"

cd "$top"
unset PKG_CONFIG_LIBDIR
run_make uninstall >/dev/null
left=$(find "$dir/root" ! -type d)
[ -z "$left" ] || { echo "make uninstall left: $left"; exit 1; }
