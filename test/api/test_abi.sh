#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the libraries show to the linker, and what they ask of libc.
set -u
build=${BUILD:-build}
so=$build/libpsearch.so.0
if [ -n "${SANITIZE:-}" ]; then
	echo "a sanitizer build brings symbols of its own"
	exit 77
fi
bad=0
complain() { bad=1; echo "$1:"; echo "$2" | sed 's/^/    /'; }

# 1. Exported: each function of the header, and nothing else.
want=$(sed -n 's/^SEARCH_API .*[ *]\(search_[a-z_]*\)(.*/\1/p' include/psearch.h | sort)
have=$(nm -D --defined-only "$so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
[ "$want" = "$have" ] || complain "$so exports other names than psearch.h declares" \
	"declared: $(echo "$want" | tr '\n' ' ')
exported: $(echo "$have" | tr '\n' ' ')"
# The archive cannot hide its own names; they must carry the prefix.
names=$(nm -g --defined-only "$build/libpsearch.a" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(search|ps)_/ { print $3 }')
[ -z "$names" ] || complain "global names in libpsearch.a without search_ or ps_" "$names"

# 2. The name that programs look for.
readelf -d "$so" | grep -q 'SONAME.*\[libpsearch\.so\.0\]' || complain "$so" "SONAME is not libpsearch.so.0"

# 3. No state of its own: nothing in a writable section. (.data.rel.ro is constant once
# loaded.) onig.o alone may note that Oniguruma was initialised, under its pthread_once.
state=$(objdump -t "$build/libpsearch.a" | awk '
	/^[^ ]*\.o:/ { member = $1 }
	member == "onig.o:" || /\.data\.rel\.ro/ || $NF ~ /^\.t?(bss|data)/ { next }
	/[[:space:]](\.t?(bss|data)[^[:space:]]*|\*COM\*)[[:space:]]/ { print member, $NF }')
[ -z "$state" ] || complain "mutable variables in libpsearch.a" "$state"

# 4. Calls that a library in another's process must not make. Two objects write, both
# to descriptors of the library's own, to wake who polls or waits.
banned='_?_?exit|_Exit|quick_exit|abort|__assert_fail|v?f?printf|__v?f?printf_chk|puts|fputs|perror|putchar|writev?'
banned="$banned|std(in|out|err)|signal|sigaction|raise|kill|alarm|setlocale|mmap(64)?|(secure_)?getenv|setenv|f?chdir"
banned="$banned|fork|vfork|system|popen|dlopen|atexit|umask|u?sleep"
calls=$(nm -A --undefined-only "$build/libpsearch.a" | sed 's/^[^:]*://; s/: *U / /' |
	grep -Ex "[^ ]* ($banned)" | grep -vx -e 'doorbell.o write' -e 'search.o write')
[ -z "$calls" ] || complain "calls that the library must not make" "$calls"
exit $bad
