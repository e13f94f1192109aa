#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/batches prints what the command prints, and takes many items with a call.
set -u
build=${BUILD:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
awk 'BEGIN { for (i = 0; i < 5000; i++) print "needle", i }' >"$dir/many"
printf 'hay\na needle\0\n' >"$dir/binary"
printf 'hay\na needle at the end' >"$dir/short"

"$build/examples/batches" needle "$dir/many" "$dir/short" >"$dir/got" || { echo "batches: exit status $?"; exit 1; }
"$build/psearch" -nH --color=never needle "$dir/many" "$dir/short" >"$dir/want"
last=$(tail -n 1 "$dir/got")
sed '$d' "$dir/got" | cmp - "$dir/want" || exit 1
calls=$(expr "$last" : '5001 matches with \([0-9]*\) calls$') || { echo "batches says: $last"; exit 1; }
[ "$calls" -ge 2 ] && [ "$calls" -lt 200 ] || { echo "batches took 5001 items with $calls calls"; exit 1; }

"$build/examples/batches" '(' "$dir" 2>"$dir/err"
[ $? -eq 2 ] && grep -q '^batches: ' "$dir/err" || { echo "a bad pattern is not refused"; exit 1; }
"$build/examples/batches" needle "$dir/nowhere" 2>"$dir/err" >"$dir/got" || { echo "a missing file ends the search"; exit 1; }
grep -q 'nowhere: cannot open' "$dir/err" || { echo "a missing file is not named"; exit 1; }
