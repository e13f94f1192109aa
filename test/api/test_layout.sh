#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The binary interface: sizes and offsets of all public structs, and the values of all constants, are
# those in test/data/layout/. Nothing is run for that, so that both word sizes are checked if the compiler knows
# both. After an intended change: make record-abi (`record DIR` writes them to another directory)
# And search_layout() says the same of each struct and field.
#
# And what later versions rely on: each constant has its value written down; flags are single bits, none in two of the
# words match_flags, walk.flags and result_flags; no struct has a hole, in which a field would be added that older
# programs have left as it was (where 64-bit numbers are aligned to 8 bytes on a 32-bit machine, as on ARM: none at its
# end).
set -u
data=test/data/layout
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0

# Lists of lines "name expression"; a string in the assembly has the expression's value.
structs=$(sed -n 's/^struct \([a-z_]*\) {.*/\1/p' include/psearch.h)
for struct in $structs; do
	echo "$struct sizeof(struct $struct)"
	sed -n "/^struct $struct {/,/^};/p" include/psearch.h | grep '^	[A-Za-z]' | sed 's|/\*.*||' |
		sed -n 's/^	[^;]*(\*\([a-z_0-9]*\))([^;]*; *$/\1/p; s/^	[^;]*[ *]\([a-z_0-9]*\)\(\[[0-9]*\]\)\{0,1\}; *$/\1/p' |
		while read -r field; do echo "$struct.$field offsetof(struct $struct, $field)"; done
done >"$dir/structs"
# Where each field ends, in the same order.
sed 's/^\([^ ]*\) offsetof(\(.*\), \(.*\))$/\1 offsetof(\2, \3) + sizeof(((\2 *)0)->\3)/' "$dir/structs" >"$dir/ends"
sed -n '/^enum [a-z_]* {/,/^};/s/^\t\(SEARCH_[A-Z0-9_]*\) = .*/\1 \1/p' include/psearch.h >"$dir/constants"
sed -n 's/^#define \(SEARCH_[A-Z_]*\) \([0-9]*\|UINT32_MAX\|SIZE_MAX\)\( .*\)\{0,1\}$/\1 \1/p' include/psearch.h |
	grep -v SEARCH_VERSION_ >>"$dir/constants"

bare=$(sed -n '/^enum [a-z_]* {/,/^};/p' include/psearch.h | sed 's|/\*.*||' | grep '^	SEARCH_' |
	grep -vxE '	SEARCH_[A-Z0-9_]+ = (-?[0-9]+|1 << [0-9]+),?[[:space:]]*')
[ -z "$bare" ] || { bad=1; echo "constants without a plain value:" "$bare"; }
flags=$(sed -n '/^enum search_\(match\|walk\|result\)_flag {/,/^};/s/^	SEARCH_[A-Z_]* = \([^,]*\).*/\1/p' include/psearch.h |
	sed 's|/\*.*||; s/ *$//')
shared=$(echo "$flags" | sort | uniq -d)
[ -z "$shared" ] || { bad=1; echo "two flags of a search have the bit $shared"; }
single=$(sed -n '/^enum [a-z_]*_flag {/,/^};/p' include/psearch.h | grep '^	SEARCH_' | grep -v ' = 1 << [0-9]')
[ -z "$single" ] || { bad=1; echo "flags that are not written as one bit:" "$single"; }

# values LIST FLAG...: prints "name value" for each line of the list, with the values of this compiler.
values()
{
	list=$1
	shift
	{
		printf '#include <stddef.h>\n#include <psearch.h>\nvoid layout(void)\n{\n'
		sed 's/^\([^ ]*\) \(.*\)/	__asm__(".ascii \\"layout \1 %c0 end\\"" :: "i"((int)(\2)));/' "$list"
		echo '}'
	} >"$dir/layout.c"
	${CC:-cc} "$@" -ffreestanding -O1 -Iinclude -S "$dir/layout.c" -o "$dir/layout.s" 2>"$dir/errors" || return 1
	sed -n 's/.*layout \([^ ]*\) \([0-9-]*\) end.*/\1 \2/p' "$dir/layout.s"
}

# hold NAME LIST FLAG...: compares the values with the recorded ones.
hold()
{
	name=$1
	shift
	if ! values "$@" >"$dir/have"; then
		bad=1
		cat "$dir/errors"
	elif [ "${record:-}" ]; then
		mkdir -p "$data" && cp "$dir/have" "$data/$name"
	elif ! diff -u "$data/$name" "$dir/have"; then
		bad=1
		echo "$name: the interface is not the recorded one"
	fi
	[ -s "$dir/have" ] && [ "$(wc -l <"$dir/have")" -eq "$(wc -l <"$1")" ] || { bad=1; echo "$name: values are missing"; }
}

# no_holes FLAG...: each field begins where the one before it ends, and the last one ends where the struct does. Of
# "-malign-double" only the latter.
no_holes()
{
	values "$dir/structs" "$@" >"$dir/begins.is" && values "$dir/ends" "$@" >"$dir/ends.is" || return
	paste -d ' ' "$dir/begins.is" "$dir/ends.is" | awk -v all="$(echo "$*" | grep -c -v malign-double)" '
		function finish() { if (of != "" && end != size) { print of ": a hole at its end"; bad = 1 } }
		$1 !~ /\./ { finish(); of = $1; size = $2; end = 0; next }
		all && $2 != end { print "a hole before " $1; bad = 1 }
		{ end = $4 }
		END { finish(); exit bad }' || { bad=1; echo "(with $*)"; }
}

[ "${1:-}" = record ] && record=1 data=${2:-$data}
hold constants "$dir/constants"
for flag in -m64 -m32; do
	echo 'typedef long wide; wide w;' >"$dir/try.c"
	if ${CC:-cc} $flag -ffreestanding -S "$dir/try.c" -o "$dir/try.s" 2>/dev/null; then
		hold "structs$flag" "$dir/structs" $flag
		no_holes $flag
		[ $flag = -m64 ] || no_holes $flag -malign-double
		tried="${tried:-}$flag "
	fi
done
# If the compiler has neither flag, only its own word size.
if [ -z "${tried:-}" ]; then
	case $(printf '__SIZEOF_POINTER__ __BIGGEST_ALIGNMENT__\n' | ${CC:-cc} -E -P -x c -) in
	8*) hold structs-m64 "$dir/structs" ;;
	*) echo "a 32-bit machine without a recorded layout"; exit 77 ;;
	esac
fi
[ -z "${record:-}" ] || exit $bad

# The table of search_layout(). A sanitizer's library would need the sanitizer's own link.
build=${BUILD:-build}
{
	printf '#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n#include <psearch.h>\nint main(void)\n{\n'
	echo '	static const struct { const char *name; size_t value; } rows[] = {'
	sed 's/^\([^ ]*\) \(.*\)/		{ "\1", \2 },/' "$dir/structs"
	cat <<'END'
		{ "search_item.", SIZE_MAX }, { "search_ite", SIZE_MAX }, { "", SIZE_MAX }, { "search", SIZE_MAX },
		{ ".path", SIZE_MAX }, { "search_item.path ", SIZE_MAX }, { "path", SIZE_MAX },
	};
	int bad = search_layout(NULL) != SIZE_MAX;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (search_layout(rows[i].name) != rows[i].value)
			bad = printf("search_layout(\"%s\") is %zu, not %zu\n", rows[i].name, search_layout(rows[i].name),
				     rows[i].value);
	return bad != 0;
}
END
} >"$dir/ask.c"
if ! ${CC:-cc} -std=c11 -Wall -Iinclude -c "$dir/ask.c" -o "$dir/ask.o"; then
	bad=1
elif [ -z "${SANITIZE:-}" ]; then
	${CC:-cc} "$dir/ask.o" "$build/libpsearch.so.1" -o "$dir/ask" && LD_LIBRARY_PATH=$build "$dir/ask" || bad=1
fi
exit $bad
