#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --search-zip: the command prints the same for a compressed file, whatever its name, as for its
# text; and an error for one that is damaged.
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
PATH=$build:$PATH
bad=0 ran=0
complain() { bad=1; printf '%s\n' "$*"; }

seq 1 3000 | sed 's/7$/& seven/' >text
psearch -nC1 '[14]7 seven' text >want || complain "text: no match is found"
for program in gzip bzip2 xz lzma zstd lz4; do
	command -v $program >/dev/null || { echo "left out: $program, as it is not installed"; continue; }
	$program -c <text >made || { complain "$program failed"; continue; }
	case $(psearch --search-zip -c x made 2>&1) in
	*'built without'*) echo "left out: $program, as it is not built in"; continue ;;
	esac
	ran=$((ran + 1))
	psearch --search-zip -nC1 '[14]7 seven' made | cmp - want || complain "$program: a file"
	psearch --search-zip -nC1 '[14]7 seven' <made | cmp - want || complain "$program: standard input"
	# shellcheck disable=SC2002 # a pipe, on purpose
	cat made | psearch --search-zip -nC1 '[14]7 seven' | cmp - want || complain "$program: a pipe"
	[ "$(psearch --search-zip -m1 -n seven made)" = "7:7 seven" ] || complain "$program: -m"
	[ "$(psearch --search-zip -c seven made)" = 300 ] || complain "$program: -c"
	[ "$(psearch --search-zip -l seven made text)" = "$(printf 'made\ntext')" ] || complain "$program: -l"
	psearch 'seven$' made >/dev/null 2>&1 && [ $program != lz4 ] && complain "$program: searched without being asked to"
	head -c 200 made >short
	psearch --search-zip -n seven short >out 2>err
	status=$?
	[ $status -eq 2 ] || complain "$program: exit status $status of a file that is cut"
	printf 'psearch: short: the %s data ends too early: the rest is missing\n' $program | cmp - err ||
		complain "$program: the message about a file that is cut"
	# options that concern text apply after decompression
	printf 'a needle\0\n' | $program -c >made
	psearch --search-zip needle made 2>&1 | grep -q binary || complain "$program: a binary text"
	psearch --search-zip -a needle made | grep -q . || complain "$program: -a"
done
# A note does not change the exit status.
printf 'PK\003\004 no seven\n' >archive
psearch --search-zip none archive 2>err
[ $? -eq 1 ] || complain "an archive without a match: exit status"
grep -q '^psearch: archive: is a zip archive' err || complain "an archive: no note"
psearch --search-zip -s none archive 2>&1 | cmp -s - /dev/null || complain "an archive: a note with -s"
psearch --search-zip seven text | cmp -s - /dev/null && complain "text is not searched"
[ "$ran" -gt 0 ] || { echo "no format to test"; [ $bad -eq 0 ] && exit 77; }
exit $bad
