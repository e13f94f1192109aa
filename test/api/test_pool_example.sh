#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/pool.c: each search of the pool finds what it would find alone, though the pool is closed before them.
set -u
build=${BUILD:-build}
[ -x "$build/examples/pool" ] || { echo "no $build/examples/pool"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/tree/a" "$dir/tree/b"
printf 'first\nneedle one\n' >"$dir/tree/a/file"
printf 'needle two\nneedle 3\n' >"$dir/tree/b/file"
bad=0

# check STATUS PATH...: exit status and output, which is that on standard input.
check()
{
	want=$1
	shift
	${RUN:-} "$build/examples/pool" needle "$@" >"$dir/said" 2>"$dir/err"
	is=$?
	[ $is -eq "$want" ] || { echo "pool $*: exit status $is, not $want: $(cat "$dir/err")"; bad=1; }
	cmp -s - "$dir/said" || { echo "pool $*: said '$(cat "$dir/said")'"; bad=1; }
}

check 0 "$dir/tree" "$dir/tree/a" "$dir/tree/b" "$dir/tree/a" <<END
4 searches, 2 threads
$dir/tree: 3
$dir/tree/a: 1
$dir/tree/b: 2
$dir/tree/a: 1
END
check 0 "$dir/none" "$dir/tree/b" <<END
2 searches, 2 threads
$dir/none: 0
$dir/tree/b: 2
END
grep -q "$dir/none: cannot open" "$dir/err" || { echo "it says nothing of a path that is not there"; bad=1; }
check 2 </dev/null
exit $bad
