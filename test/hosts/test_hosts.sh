#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each folder of examples/ that is for a host has a README of a page at most, with a command to try it, and a test here.
. test/hosts/host.sh
for folder in examples/*/; do
	name=${folder#examples/} name=${name%/}
	[ "$name" != screenshots ] || continue
	page=$folder/README.md
	[ -f "$page" ] || { complain "$page is missing"; continue; }
	lines=$(wc -l <"$page")
	[ "$lines" -le 80 ] || [ "$name" = models ] || complain "$page has $lines lines: more than a page"
	grep -q '^    [^ ]' "$page" || complain "$page shows no command"
	grep -rq "examples/$name\|examples\", *\"$name\|hosts/$name" test/*/test_*.sh || complain "$folder has no test"
done
exit "$bad"
