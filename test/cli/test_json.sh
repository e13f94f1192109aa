#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What --json has besides what rg has: messages about errors and limits, binary files, and what is said if json-c or
# memory is missing. That the rest is as rg prints it, test_rg.sh shows.
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
PATH=$build:$PATH
LC_ALL=C.UTF-8
export PATH LC_ALL
unset PSEARCH_CONFIG_PATH
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
if psearch --json x /dev/null 2>&1 | grep -q 'without json-c'; then
	echo "this build lacks --json"
	exit 77
fi
mkdir tree
printf 'a fox\nno\nfox\n' >tree/a
printf 'a fox\n\0fox\n' >tree/binary
printf 'a fox\n%070000d\n\0fox\n' 0 >tree/later
printf 'fox\n' >tree/z
awk 'BEGIN { for (i = 0; i < 99; i++) printf "long "; print "fox"; print "fox" }' >tree/long
printf 'fox\n' >"$(printf 'na\377me')"
ran=0 bad=0

# expect STATUS ARGUMENT...: psearch ends with it and prints what is on standard input; totals are left out.
expect()
{
	status=$1
	shift
	ran=$((ran + 1))
	cat >want
	psearch --no-config --json "$@" >out 2>err </dev/null
	got=$?
	sed -E -e '/"type":"summary"/s/.*/summary/' -e 's/,"stats":.*/.../' -e 's/"data":/ /' <out >short
	if ! cmp -s want short || [ "$got" -ne "$status" ]; then
		bad=$((bad + 1))
		echo "psearch --json $*: status $got"
		diff want short
		cat err
	fi
}

expect 2 fox missing tree/z <<'END'
{"type":"error", {"path":{"text":"missing"},"message":"cannot open: No such file or directory"}}
{"type":"begin", {"path":{"text":"tree/z"}}}
{"type":"match", {"path":{"text":"tree/z"},"lines":{"text":"fox\n"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"fox"},"start":0,"end":3}]}}
{"type":"end", {"path":{"text":"tree/z"},"binary_offset":null...
summary
END
expect 2 -s fox missing <<'END'
summary
END
expect 2 --max-line-bytes 100 ^fox tree/long <<'END'
{"type":"error", {"path":{"text":"tree/long"},"message":"line 1 is longer than 100 bytes: raise --max-line-bytes"}}
{"type":"begin", {"path":{"text":"tree/long"}}}
{"type":"match", {"path":{"text":"tree/long"},"lines":{"text":"fox\n"},"line_number":2,"absolute_offset":499,"submatches":[{"match":{"text":"fox"},"start":0,"end":3}]}}
{"type":"end", {"path":{"text":"tree/long"},"binary_offset":null...
summary
END
expect 2 --multiline --max-multiline-bytes 2 'fox\n' tree/z <<'END'
{"type":"error", {"path":{"text":"tree/z"},"message":"is too large for a search over line ends: raise --max-multiline-bytes"}}
summary
END
expect 0 --max-results 1 fox tree/a tree/z <<'END'
{"type":"begin", {"path":{"text":"tree/a"}}}
{"type":"match", {"path":{"text":"tree/a"},"lines":{"text":"a fox\n"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"fox"},"start":2,"end":5}]}}
{"type":"end", {"path":{"text":"tree/a"},"binary_offset":null...
{"type":"truncated", {"max_results":1}}
summary
END
expect 0 --max-results 1 -q fox tree/a <<'END'
summary
END
expect 0 -q fox missing tree/z <<'END'
summary
END
expect 1 -m0 fox tree/a </dev/null

# A binary file counts if it is named, and in a directory what is before a NUL that comes late.
expect 0 fox tree/binary <<'END'
{"type":"begin", {"path":{"text":"tree/binary"}}}
{"type":"end", {"path":{"text":"tree/binary"},"binary_offset":6...
summary
END
expect 1 fox tree -g binary <<'END'
summary
END
for path in tree/later tree; do
	expect 0 fox "$path" -g later <<'END'
{"type":"begin", {"path":{"text":"tree/later"}}}
{"type":"match", {"path":{"text":"tree/later"},"lines":{"text":"a fox\n"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"fox"},"start":2,"end":5}]}}
{"type":"end", {"path":{"text":"tree/later"},"binary_offset":70007...
summary
END
done
expect 0 -U -a --multiline 'fox\n.fox' tree/binary <<'END'
{"type":"begin", {"path":{"text":"tree/binary"}}}
{"type":"match", {"path":{"text":"tree/binary"},"lines":{"text":"a fox\n\u0000fox\n"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"fox\n\u0000fox"},"start":2,"end":10}]}}
{"type":"end", {"path":{"text":"tree/binary"},"binary_offset":null...
summary
END
expect 0 fox "$(printf 'na\377me')" <<'END'
{"type":"begin", {"path":{"bytes":"bmH/bWU="}}}
{"type":"match", {"path":{"bytes":"bmH/bWU="},"lines":{"text":"fox\n"},"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"fox"},"start":0,"end":3}]}}
{"type":"end", {"path":{"bytes":"bmH/bWU="},"binary_offset":null...
summary
END

# Standard input has rg's name, or the one that it is given.
for name in '<stdin>' me; do
	ran=$((ran + 1))
	[ "$name" = me ] && label=--label=me || label=--no-config
	psearch --json "$label" fox - <tree/z | grep -qF "{\"path\":{\"text\":\"$name\"}}" && continue
	bad=$((bad + 1))
	echo "standard input is not called $name"
done
# Not if an option after --json asks for lines.
ran=$((ran + 1))
[ "$(psearch --json -cH fox <tree/z 2>/dev/null)" = '(standard input):1' ] || {
	bad=$((bad + 1))
	echo "standard input is called as in JSON in the lines of -c"
}

# On a terminal what could command it is escaped, in lines, matches and names.
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
	ran=$((ran + 1))
	name=$(printf 'x\302\205y')
	printf '\302\233fox\177 \342\200\256 \303\251 \033\n' >"$name"
	script -qec "psearch --json '.fox.' $name" /dev/null </dev/null | tr -d '\r\004\010' | grep '"match"' >out
	want='{"type":"match","data":{"path":{"text":"x\u0085y"},"lines":{"text":"\u009bfox\u007f \u202e é \u001b\n"},'
	want=$want'"line_number":1,"absolute_offset":0,"submatches":[{"match":{"text":"\u009bfox\u007f"},"start":0,"end":6}]}}'
	if [ "$(cat out)" != "$want" ]; then
		bad=$((bad + 1))
		printf 'on a terminal:\n%s\n%s\n' "$(cat out)" "$want"
	fi
fi

# A json-c that cannot be loaded. A build that has it linked needs none.
if ldd "$build/psearch" >ldd 2>&1 && ! grep -q json-c ldd; then
	ran=$((ran + 1))
	mkdir broken
	: >broken/libjson-c.so.5
	LD_LIBRARY_PATH=$work/broken psearch --json fox tree >out 2>err </dev/null
	if [ $? -ne 2 ] || [ -s out ] || ! grep -q '^psearch: --json: .*libjson-c.so.5.*; install json-c$' err; then
		bad=$((bad + 1))
		echo "json-c cannot be loaded:"
		cat out err
	fi
	LD_LIBRARY_PATH=$work/broken psearch fox tree/z >out 2>err </dev/null || { bad=$((bad + 1)); echo "without --json"; }
fi

# From the loading of json-c on, each allocation fails in turn. Either it does not matter, or it is said, and no message is printed but whole ones and
# perhaps a last one in part.
cat >fail.c <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

static long left;
static void *(*real_dlopen)(const char *, int);

void *dlopen(const char *file, int flags)
{
	real_dlopen = (void *(*)(const char *, int))dlsym(RTLD_NEXT, "dlopen");
	left = atol(getenv("FAIL_AT"));
	return real_dlopen(file, flags);
}

static int fails(void)
{
	if (__atomic_sub_fetch(&left, 1, __ATOMIC_RELAXED) != 0)
		return 0;
	errno = ENOMEM;
	return 1;
}

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

void *malloc(size_t n)
{
	return fails() ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	return fails() ? NULL : __libc_realloc(p, n);
}
END
if [ -z "${SANITIZE:-}" ] && [ -d broken ] && ${CC:-cc} -shared -fPIC -o fail.so fail.c 2>/dev/null; then
	printf 'zwei F\374chse, ein fox\n' >tree/latin
	search='psearch --no-config -j1 --json -C1 --replace <$0> fox tree/a tree/latin missing'
	$search >whole 2>/dev/null
	sed -E 's/"(elapsed|elapsed_total)":\{[^}]*\}//g' whole >want
	at=0 failures=0
	while at=$((at + 1)) && [ "$at" -lt 1000 ]; do
		FAIL_AT=$at LD_PRELOAD=$work/fail.so $search >out 2>err
		status=$?
		sed -E 's/"(elapsed|elapsed_total)":\{[^}]*\}//g' out >short
		cmp -s want short && [ "$status" -eq 2 ] && ! grep -q memory err && [ "$at" -gt 100 ] && break
		ran=$((ran + 1))
		case $status in
		2)	grep -q -e memory -e json-c err && failures=$((failures + 1)) ;;
		*)	bad=$((bad + 1)); echo "allocation $at: status $status"; cat err ;;
		esac
		if ! awk 'NR == FNR { want[FNR] = $0; next }
			$0 != want[FNR] && (last || index(want[FNR], $0) != 1) { bad = 1 }
			$0 != want[FNR] { last = 1 } END { exit bad }' want short; then
			bad=$((bad + 1)); echo "allocation $at: another output"; diff want short
		fi
	done
	[ "$failures" -gt 20 ] || { bad=$((bad + 1)); echo "only $failures of $at failed allocations were said"; }
fi

echo "$ran searches, $bad wrong"
[ "$bad" -eq 0 ]
