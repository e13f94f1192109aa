#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is built resists an attacker who has found a mistake in it: no table of functions can be written to, no stack run,
# no address known before; and what writes past the end of an array ends the program. (Which names are exported, and that
# the library does not look up its own: test_abi.sh.)
set -u
build=${BUILD:-build}
so=$build/libpsearch.so.1
if [ -n "${SANITIZE:-}" ]; then
	echo "a sanitizer build is not what is installed"
	exit 77
fi
case ${HARDEN:-} in
no | 0)
	echo "this build was made with HARDEN=no"
	exit 77 ;;
esac
bad=0
complain() { bad=1; echo "$1: $2"; }
has() { tr ' ' '\n' <"$build/flags" | grep -qx -e "$1"; }

# 1. How it is linked: the shared library, the command, and the programs of examples/.
programs=$build/psearch
for source in examples/*.c; do
	programs="$programs $build/examples/$(basename "$source" .c)"
done
static=
readelf -lW "$build/psearch" | grep -q INTERP || static=yes
for file in $so $programs; do
	segments=$(readelf -lW "$file") dynamic=$(readelf -dW "$file")
	echo "$segments" | grep -q '^ *GNU_RELRO ' || complain "$file" "no RELRO: its tables can be written to"
	echo "$segments" | grep -q '^ *GNU_STACK .* RW ' || complain "$file" "its stack can be executed"
	echo "$segments" | grep -Eq '^ *LOAD .* R?WE ' && complain "$file" "a segment can be written to and executed"
	[ "$file" = "$so" ] || [ -n "$static" ] || readelf -hW "$file" | grep -q 'Type: *DYN ' ||
		complain "$file" "not PIE: it is always at the same address"
	[ -n "$static" ] || echo "$dynamic" | grep -Eq 'BIND_NOW|\(FLAGS_1\).*NOW' ||
		complain "$file" "no BIND_NOW: functions are looked up late, in a table that stays writable"
	echo "$dynamic" | grep -q TEXTREL && complain "$file" "TEXTREL: its code is changed when it is loaded"
	echo "$dynamic" | grep -Eq '\((RPATH|RUNPATH)\)' && [ -z "${LD_RUN_PATH:-}" ] && ! grep -q -e '-rpath' "$build/links" &&
		complain "$file" "it looks for libraries in a directory that is written in it"
done

# The undefined names in the symbol tables that readelf prints. (Of LTO objects nm reads the compiler's intermediate form.)
undefined() { awk '$7 == "UND" && $8 != "" { sub(/@.*/, "", $8); print $8 }' | sort -u; }

# 2. How it is compiled. What guards stacks leaves a name in each object that has an array on its stack; what checks the
# lengths of copies, where it cannot do so when it compiles, calls functions of libc with names of its own.
linked="$so $build/psearch"
[ -z "$static" ] || linked=$so
for archive in "$build/libpsearch.a" "$build/obj/cli" $linked; do
	names=$(find "$archive" -type f ! -name '*.d' -exec readelf -sW {} + 2>/dev/null | undefined)
	[ -n "$names" ] || complain "$archive" "it has no code that readelf can read"
	echo "$names" | grep -q '^__stack_chk_\(fail\|guard\)' || complain "$archive" "no stack protector"
	# musl checks nothing; nor does any libc without optimisation.
	if echo '#include <features.h>' | ${CC:-cc} -E -dM -x c - | grep '^#define __GLIBC__ ' >/dev/null && ! has -O0; then
		echo "$names" | grep -q '^__[a-z0-9]*_chk$' || complain "$archive" "_FORTIFY_SOURCE has no effect"
	fi
done
for flag in -fstack-protector -fstack-clash-protection -fcf-protection=return; do
	echo 'int main(void) { return 0; }' | ${CC:-cc} -Werror $flag -c -x c - -o /dev/null 2>/dev/null || continue
	has "$flag.*" || complain "$build/flags" "the compiler takes $flag, but is not given it"
done
# A call that the tests let fail must not go past them under another name.
for twin in $(readelf -sW "$build/libpsearch.a" | undefined | grep -x '__[a-z0-9]*_chk\|__open.*_2'); do
	case $twin in
	__mem* | __str* | __*printf_chk) ;; # these cannot fail
	*) grep -q " $twin(" test/support/fortified.c || complain "$build/libpsearch.a" "calls $twin, which test/support/fortified.c does not know" ;;
	esac
done
# A function returns to where it was called from, or nowhere, on processors that keep a second stack: if all objects say so.
if has '-fcf-protection.*'; then
	for object in "$build"/obj/lib/*/*.o "$build"/obj/cli/*.o "$build"/obj/cli/*/*.o; do
		readelf -nW "$object" 2>/dev/null | grep -q 'x86 feature: .*SHSTK' || complain "$object" "not made for a shadow stack"
	done
fi
exit $bad
