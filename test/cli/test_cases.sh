#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs every case in test/cli/cases (or those named by $CASE): `cmd` in a fresh
# copy of test/cli/data, with psearch in the path. What it prints, and its exit
# status, must be as in the case's files; without a file, nothing and status 0.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
PATH=$build:$PATH
LC_ALL=C
export PATH LC_ALL
ulimit -f 200000 # so that a command that never stops writing does not fill the disk
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
ran=0 bad=0

expected() { if [ -f "$1" ]; then echo "$1"; else echo /dev/null; fi; }

for case in "$here"/cases/${CASE:-*}/; do
	name=$(basename "$case")
	rm -rf "$work/data"
	cp -R "$here/data" "$work/data"
	(cd "$work/data" && timeout $((60 * ${PS_PATIENCE:-1})) sh "$case/cmd") >"$work/stdout" 2>"$work/stderr" </dev/null
	echo $? >"$work/exit"
	[ -f "$case/exit" ] && cp "$case/exit" "$work/want" || echo 0 >"$work/want"
	ran=$((ran + 1))
	if diff -u "$(expected "$case/stdout")" "$work/stdout" >"$work/diff" 2>&1 &&
	   diff -u "$(expected "$case/stderr")" "$work/stderr" >>"$work/diff" 2>&1 &&
	   diff -u "$work/want" "$work/exit" >>"$work/diff" 2>&1; then
		continue
	fi
	bad=$((bad + 1))
	echo "case $name: $(cat "$case/cmd")"
	cat "$work/diff"
done
echo "$ran cases, $bad differ"
[ "$bad" -eq 0 ] && [ "$ran" -gt 0 ]
