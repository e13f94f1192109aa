#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A program that was built against the recorded ABI (test/data/abi/) works with the library that was built here: abidiff,
# of libabigail, compares types and functions from the debug information. What is new is shown, and is no failure:
# functions, constants, and fields at the end of a struct that has a size or is the library's. Anything else is.
# Constants that no function and no field has as its type, such as those of enum search_status, are test_layout.sh's.
#
# The first part shows that this test sees what it should: it changes the header in one place after the other.
# After an intended change: make record-abi
set -u
build=${BUILD:-build}
so=$build/libpsearch.so.1
record=test/data/abi/libpsearch.xml
skip() { echo "$*"; exit 77; }
[ -z "${SANITIZE:-}" ] || skip "a sanitizer build brings symbols of its own"
command -v abidiff >/dev/null && command -v abidw >/dev/null || skip "abidiff is not installed: .ci/deps abidiff"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# describe HEADERS LIBRARY: its ABI as XML, without private types and paths of this machine.
describe()
{
	abidw --headers-dir "$1" --drop-private-types --no-corpus-path --no-comp-dir-path --no-show-locs \
		--no-elf-needed --exported-interfaces-only "$2"
}

# Of a report of abidiff's, all lines that speak of what may be added are known; the first other one is a change that
# programs suffer from. Structs that programs and library have arrays of cannot grow.
cat >"$dir/judge.awk" <<'END'
function bad(why) { print "    not compatible: " why; found = 1; exit 1 }
/^ *$/ || /^(Functions|Variables) changes summary: 0 Removed/ || /^  \[A\] / { next }
/^ *[0-9]+ (Added functions?|functions? with some indirect sub-type changes?):$/ { next }
/^  \[C\] .* has some indirect sub-type changes:$/ { next }
/ (in pointed to|in unqualified underlying) type '/ { split($0, word, "'"); of = word[2]; size = 0; next }
/^ *parameter [0-9]+ of type .* has sub-type changes:$/ { next }
/^ *(unqualified underlying|pointed to) type '[^']*' changed, as reported earlier$/ { next }
/^ *[0-9]+ data member changes?:$/ || /^ *type of '[^']*' changed:$/ { next }
/^ *type size hasn't changed$/ { next }
/^ *type size changed from [0-9]+ to [0-9]+ \(in bits\)$/ {
	if (of ~ /search_(pattern|source|overlay|glob|span|group)$/ || $7 < $5)
		bad(of " has another size")
	size = $5
	next
}
/^ *[0-9]+ (data member|enumerator) insertions?:$/ { next }
/^ *'[^']*', at offset [0-9]+ \(in bits\)$/ {
	if (size == 0 || $(NF - 2) < size)
		bad("in " of ", " $0)
	next
}
/^ *'[^']*' value '[0-9-]*'$/ { next }
{ bad($0) }
END

# compatible OLD NEW: prints what has changed.
compatible()
{
	abidiff --harmless "$1" "$2" >"$dir/report" 2>&1
	said=$?
	# 1 and 2 are abidiff's own failures.
	[ $((said & 3)) -eq 0 ] || { cat "$dir/report"; return 1; }
	[ "$said" -eq 0 ] || sed 's/^/    /' "$dir/report"
	awk -f "$dir/judge.awk" "$dir/report"
}

# stub SED: describes a library of empty functions, with the header that this changes, in $dir/changed.xml.
stub()
{
	mkdir -p "$dir/include"
	sed "$1" include/psearch.h >"$dir/include/psearch.h"
	{
		echo '#include <psearch.h>'
		awk '/^SEARCH_API/ { on = 1 } on { if (sub(/;.*/, " { __builtin_trap(); }")) { print; on = 0 } else print }' \
			"$dir/include/psearch.h"
	} >"$dir/stub.c"
	${CC:-cc} -std=gnu11 -w -g -fPIC -shared -fvisibility=hidden -I"$dir/include" "$dir/stub.c" -o "$dir/stub.so" &&
		describe "$dir/include" "$dir/stub.so" >"$dir/changed.xml"
}

# expect same|added|broken SED
expect()
{
	want=$1
	stub "$2" || { bad=1; echo "the header cannot be changed by $2"; return; }
	[ "$want" = same ] || ! cmp -s include/psearch.h "$dir/include/psearch.h" || { bad=1; echo "no change: $2"; }
	if ! compatible "$dir/header.xml" "$dir/changed.xml" >"$dir/said"; then
		is=broken
	elif [ -s "$dir/said" ]; then
		is=added
	else
		is=same
	fi
	[ "$is" = "$want" ] || { bad=1; echo "$2: is $is, should be $want"; cat "$dir/said"; }
}

if [ "${1:-}" = record ]; then
	describe include "$so" >"$dir/new.xml" && grep -q "name='search_options'" "$dir/new.xml" || {
		echo "$so has no debug information: build it with -g"
		exit 1
	}
	mkdir -p "${record%/*}" && cp "$dir/new.xml" "$record"
	exit
fi

stub '' && cp "$dir/changed.xml" "$dir/header.xml" || exit 1
expect same ''
expect added '/^SEARCH_API const char \*search_version/s/^/SEARCH_API int search_new(struct search *s);\n/'
expect added '/^struct search_options {/,/^}/s/^};/	uint64_t new_field;\n&/'
expect added '/^struct search_stats {/,/^}/s/^};/	uint64_t new_field;\n	uint64_t other;\n&/'
expect added '/^struct search_item {/,/^}/s/^};/	uint64_t new_field;\n&/'
expect added 's/^	SEARCH_REASON_LIST = 3,/	SEARCH_REASON_NEW = 99,\n&/'
expect broken '/^SEARCH_API const char \*search_version/d'
expect broken 's/^SEARCH_API size_t search_column/SEARCH_API int search_column/'
expect broken 's/, size_t byte, int unit)/, uint32_t byte, int unit)/'
expect broken '/^struct search_options {/,/^}/s/^	uint64_t timeout_ms;/	uint64_t new_field;\n&/'
expect broken '/^struct search_options {/,/^}/s/^	uint64_t timeout_ms;/	int64_t timeout_ms;/'
expect broken '/^struct search_options {/,/^}/s/^	uint64_t timeout_ms;/	uint64_t timeout;/'
expect broken '/^struct search_options {/,/^}/{/^	uint64_t timeout_ms;/d; s/^};/	uint64_t timeout_ms;\n&/;}'
expect broken '/^struct search_item {/,/^}/{/^	size_t path_length;/d; s/^	uint64_t line; .*/&\n	size_t path_length;/;}'
expect broken '/^struct search_walk {/,/^}/{/^	const char \*home;/d;}'
expect broken 's/^	SEARCH_REASON_LIST = 3,/	SEARCH_REASON_LIST = 99,/'
for array in pattern source overlay glob span group; do
	expect broken "/^struct search_$array {/,/^}/s/^};/	uint64_t new_field;\\n&/"
done

[ -e "$record" ] || skip "there is no recorded ABI"
describe include "$so" >"$dir/is.xml"
architecture() { sed -n "s/^<abi-corpus .*architecture='\\([^']*\\)'.*/\\1/p" "$1"; }
if [ "$(architecture "$record")" != "$(architecture "$dir/is.xml")" ]; then
	[ $bad -eq 0 ] || exit 1
	skip "the recorded ABI is of another architecture: $(architecture "$record")"
fi
if ! grep -q "name='search_options'" "$dir/is.xml"; then
	[ $bad -eq 0 ] || exit 1
	skip "$so has no debug information"
fi
compatible "$record" "$dir/is.xml" || { bad=1; echo "programs that are there do not work with $so"; }
exit $bad
