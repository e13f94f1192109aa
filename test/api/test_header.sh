#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# psearch.h as the only include compiles without a warning as C99, C11 and C++; and compilers warn about
# a constant of the wrong enum; with enums of other sizes it does not compile.
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cat >"$dir/alone.c" <<'END'
#include <psearch.h>
struct search_options o = SEARCH_OPTIONS_INIT;
struct search_walk w = SEARCH_WALK_INIT;
struct search_error e = SEARCH_ERROR_INIT;
struct search_stats s = SEARCH_STATS_INIT;
struct search_build b = SEARCH_BUILD_INIT;
void set(void);
void set(void)
{
	o.match_flags = SEARCH_MATCH_WORD | SEARCH_MATCH_IGNORE_CASE;
	o.result_flags |= SEARCH_RESULT_COUNT;
	w.flags = SEARCH_WALK_FOLLOW;
	o.syntax = SEARCH_SYNTAX_PERL;
}
END
cp "$dir/alone.c" "$dir/alone.cc"
strict='-Wall -Wextra -Wshadow -pedantic -Werror -fsyntax-only -Iinclude'
for std in c99 c11; do
	# shellcheck disable=SC2086 # a list of flags
	${CC:-cc} -std=$std $strict -Wmissing-field-initializers "$dir/alone.c"
done
if command -v ${CXX:-c++} >/dev/null; then
	# shellcheck disable=SC2086
	for std in c++98 c++17; do
		${CXX:-c++} -std=$std $strict -Wmissing-field-initializers "$dir/alone.cc"
	done
else
	echo "left out: C++98 and C++17, as there is no ${CXX:-c++}"
fi

# With enums of other sizes the structs would be others, too: such a program does not compile. In C++ they are numbers.
if ${CC:-cc} -std=c11 -fshort-enums -fsyntax-only -Iinclude "$dir/alone.c" 2>"$dir/said"; then
	echo "a program with short enums compiles"
	exit 1
fi
grep -q search_enums_are_words "$dir/said" || { cat "$dir/said"; exit 1; }

# Each line mixes two types.
cat >"$dir/mixed" <<'END'
o.match_flags = SEARCH_WALK_FOLLOW
o.match_flags = SEARCH_ITEM_FILE_END
o.result_flags = SEARCH_MATCH_WORD
o.syntax = SEARCH_UNIT_BYTES
w.flags = SEARCH_RESULT_COUNT
source.kind = SEARCH_ITEM_MATCH
glob.flags = SEARCH_WALK_SKIP_HIDDEN
struct search_options p = { .match_flags = SEARCH_GLOB_EXCLUDE }; o = p
END
while read -r line; do
	printf '#include <psearch.h>\nvoid f(struct search_options o, struct search_walk w, struct search_source source, %s' \
		"struct search_glob glob) { $line; (void)o, (void)w, (void)source, (void)glob; }" >"$dir/mixed.c"
	for cc in "${CC:-cc}" gcc clang; do
		command -v "${cc%% *}" >/dev/null || continue
		# shellcheck disable=SC2086
		if $cc -std=c11 -Wall -Wextra -Wenum-conversion -Iinclude -fsyntax-only "$dir/mixed.c" 2>&1 | grep -q 'enum-conversion'; then
			continue
		fi
		echo "$cc does not warn about: $line"
		exit 1
	done
done <"$dir/mixed"
