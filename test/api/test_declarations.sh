#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# psearch.cdef and psearch.json, which lib/declare.awk makes of the header, say the same as it: a compiler, LuaJIT, and
# Python with cffi and with ctypes read them, compare each size, offset and constant with the compiler's, and search.
set -u
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# What the compiler says of the header; whether that is the recorded ABI is test_layout.sh's.
test/api/test_layout.sh record "$dir" >"$dir/said" || { cat "$dir/said"; exit 1; }
word=-m64
[ "$(getconf LONG_BIT)" -eq 64 ] || word=-m32
[ -s "$dir/structs$word" ] && [ -s "$dir/constants" ] || { echo "no layout for this machine"; exit 77; }

# In C the declarations are those of the header: each may be said twice, and structs, which may not, hold no surprise as
# the readers below compare them.
{
	echo '#include <psearch.h>'
	awk '/^(enum|struct) .* {$/ || /^enum {$/ { skip = 1 } !skip { print } /^};$/ { skip = 0 }' "$build/psearch.cdef"
} >"$dir/again.c"
functions=$(grep -c '^SEARCH_API' include/psearch.h)
[ "$(grep -c '(.*);$' "$dir/again.c")" -eq "$functions" ] || { bad=1; echo "psearch.cdef has not $functions functions"; }
${CC:-cc} -std=c11 -Wall -Werror -Iinclude -fsyntax-only "$dir/again.c" || bad=1
{
	printf '#include <stddef.h>\n#include <stdint.h>\n'
	cat "$build/psearch.cdef"
} >"$dir/alone.c"
${CC:-cc} -std=c11 -Wall -Werror -fsyntax-only "$dir/alone.c" || bad=1

# A header that is written in another way is refused, not half read.
for change in 's/SEARCH_ITEM = 1/SEARCH_ITEM = (1)/' 's/SEARCH_NO_WALK UINT32_MAX/SEARCH_NO_WALK ULONG_MAX/' \
	's/^struct search;/typedef struct search search_t;/'; do
	sed "$change" include/psearch.h >"$dir/changed.h"
	cmp -s include/psearch.h "$dir/changed.h" && { bad=1; echo "no change: $change"; }
	${AWK:-awk} -v form=cdef -f lib/declare.awk "$dir/changed.h" >/dev/null 2>&1 && { bad=1; echo "not refused: $change"; }
done

if [ -n "${SANITIZE:-}" ]; then
	echo "left out: LuaJIT and Python: a sanitizer's library does not load into an interpreter without it"
	exit $bad
fi
printf 'one\ntwo needles: needle\n' >"$dir/text"
if command -v luajit >/dev/null; then
	luajit test/api/declarations.lua "$build" "$dir" || bad=1
	PSEARCH_CDEF=$build/psearch.cdef PSEARCH_LIBRARY=$build/libpsearch.so.1 \
		luajit examples/lua/first.lua needles? "$dir/text" >"$dir/lines" || bad=1
	echo "$dir/text:2:needles,needle" | diff - "$dir/lines" || bad=1
else
	echo "left out: LuaJIT, as there is no luajit"
fi
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || python=
if [ -n "$python" ]; then
	"$python" -B -W error test/api/declarations.py "$build" "$dir" "$dir/structs$word" || bad=1
else
	echo "left out: Python, as there is no python3"
fi
exit $bad
