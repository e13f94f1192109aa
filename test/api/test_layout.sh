#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The binary interface: sizes and offsets of all public structs, and the values of all constants, are
# those in test/data/layout/. Nothing is run for that, so that both word sizes are checked if the compiler knows
# both. After an intended change: test/api/test_layout.sh record
# And search_layout() says the same of each struct and field.
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
sed -n '/^enum [a-z_]* {/,/^};/s/^\t\(SEARCH_[A-Z0-9_]*\) = .*/\1 \1/p' include/psearch.h >"$dir/constants"
sed -n 's/^#define \(SEARCH_[A-Z_]*\) \([0-9]*\|UINT32_MAX\)\( .*\)\{0,1\}$/\1 \1/p' include/psearch.h |
	grep -v SEARCH_VERSION_ >>"$dir/constants"

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

[ "${1:-}" = record ] && record=1
hold constants "$dir/constants"
for flag in -m64 -m32; do
	echo 'typedef long wide; wide w;' >"$dir/try.c"
	if ${CC:-cc} $flag -ffreestanding -S "$dir/try.c" -o "$dir/try.s" 2>/dev/null; then
		hold "structs$flag" "$dir/structs" $flag
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
	${CC:-cc} "$dir/ask.o" "$build/libpsearch.so.0" -o "$dir/ask" && LD_LIBRARY_PATH=$build "$dir/ask" || bad=1
fi
exit $bad
