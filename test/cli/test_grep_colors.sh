#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With --color=always psearch prints GNU grep's bytes: all escape sequences, for many options and values of GREP_COLORS.
#
# Left out, since grep does something of its own there: an inverted empty pattern with -c (it then prints nothing).
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
case "$(grep --version 2>/dev/null)" in *"GNU grep"*) ;; *) echo "grep is not GNU grep"; exit 77 ;; esac
case "${SANITIZE:-}" in *thread*) echo "there are no threads in colours"; exit 77 ;; esac
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
LC_ALL=C.UTF-8
export LC_ALL
unset GREP_COLOR PSEARCH_CONFIG_PATH
ran=0 differ=0

printf 'abcb\nzzz\nbb\n\nb\r\nx\r\nlast b' >text
printf 'abc\r\nxx\r\n\ty b\n' >dos
printf 'ab\0b\nb\n' >binary
: >empty
awk 'BEGIN { for (i = 1; i <= 120; i++) print (i % 9 ? "line " : "b line ") i }' >many

# compare COLOURS OPTIONS PATTERN FILE...
compare()
{
	colours=$1 options=$2 pattern=$3
	shift 3
	ran=$((ran + 1))
	# shellcheck disable=SC2086 # words
	GREP_COLORS=$colours grep --color=always $options -e "$pattern" "$@" <text >want 2>/dev/null
	status=$?
	sed '/binary file matches$/d' want >want.lines # psearch prints this to standard error
	# shellcheck disable=SC2086
	GREP_COLORS=$colours "$build/psearch" -G --color=always $options -e "$pattern" "$@" <text >got 2>/dev/null
	got=$?
	mv want.lines want
	cmp -s want got && [ "$status" -eq "$got" ] && return
	echo "GREP_COLORS='$colours' $options -e '$pattern' $*: exit $got, grep's $status"
	cat -A want >want.shown
	cat -A got >got.shown
	diff want.shown got.shown | head -n 10
	differ=$((differ + 1))
}

while IFS= read -r options; do
	for colours in '' 'sl=1:cx=2' 'sl=1:cx=2:rv' 'mt=7:ne:unknown=3' 'ms=:mc=4:cx=3' 'fn=1:ln=2:bn=3:se=4' \
		'se=:ln=:fn=:bn=:mt=' 'sl=1:ms=3x:ln=4' 'ms=5:mt:rv=1::x'; do
		compare "$colours" "$options" b text many
	done
	for pattern in '' 'b*' '^b' 'b$' 'zz\|ab' '.*'; do
		case "$options/$pattern" in -cv/*) continue ;; esac
		compare 'sl=1:cx=2' "$options" "$pattern" text
		compare '' "$options" "$pattern" binary dos empty -
	done
done <<'X'

-n
-nbH
-o
-onb
-v
-vn
-c
-cv
-l
-L
-lZ
-cZ
-ZHn
-T
-nT
-nbHT
-onT
-HTA1
-nB1
-nC1
-C1 --group-separator=XX
-C0 --no-group-separator
-C0 --group-separator=
-h
-oC0
-a
-z
-zo
-i
-x
-m1 -A2
-vC0
-vC1
-vnB1
-ovbHC1
-vTA2
-vm1 -A3
X
echo "$ran comparisons, $differ differ"
[ "$differ" -eq 0 ]
