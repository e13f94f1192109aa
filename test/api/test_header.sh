#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# psearch.h stands alone: first and only include, as C99, C11 and C++17, no warning.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
printf '#include <psearch.h>\nstruct search_options o = SEARCH_OPTIONS_INIT;\n%s\n' \
	'struct search_stats s = SEARCH_STATS_INIT;' >"$dir/alone.c"
cp "$dir/alone.c" "$dir/alone.cc"
strict='-Wall -Wextra -pedantic -Werror -fsyntax-only -Iinclude'
for std in c99 c11; do
	# shellcheck disable=SC2086 # a list of flags
	"${CC:-cc}" -std=$std $strict -Wmissing-field-initializers "$dir/alone.c"
done
if command -v "${CXX:-c++}" >/dev/null; then
	# shellcheck disable=SC2086
	"${CXX:-c++}" -std=c++17 $strict -Wmissing-field-initializers "$dir/alone.cc"
else
	echo "no C++ compiler: C++17 not tried"
fi
