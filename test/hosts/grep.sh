# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the tests of the small greps share, which are the examples of the wrappers in C++ and Rust. After host.sh.

# make_tree DIRECTORY: 200 files, with 400 lines that have a needle.
make_tree()
{
	mkdir "$1"
	for n in $(seq -w 0 199); do printf 'first %s\nneedle %s\nneedle again %s\n' "$n" "$n" "$n" >"$1/$n"; done
}

# check_grep PROGRAM TREE: it prints what psearch prints, and ends as a grep does.
# shellcheck disable=SC2154 # host.sh sets $build and $dir
check_grep()
{
	for arguments in 'needle' '-w again' '-i NEEDLE' '(first|again)'; do
		# shellcheck disable=SC2086 # an option and a pattern
		{
			"$1" $arguments "$2" lib >"$dir/have" || complain "grep $arguments: exit status $?"
			"$build/psearch" -n --column --no-heading $arguments "$2" lib >"$dir/want"
		}
		cmp "$dir/have" "$dir/want" || complain "grep $arguments does not print what psearch does"
	done
	[ "$("$1" -m 5 needle "$2" | wc -l)" -eq 5 ] || complain "-m 5 prints not 5 lines"
	"$1" nowhere "$2" && complain "exit status 0 without a match"
	"$1" '(' "$2" 2>"$dir/err"
	if [ $? -ne 2 ] || ! grep -q 'at byte 0' "$dir/err"; then complain "a bad pattern: $(cat "$dir/err")"; fi
	"$1" needle /nonexistent "$2" >"$dir/out" 2>"$dir/err"
	if [ $? -ne 2 ] || [ "$(wc -l <"$dir/out")" -ne 400 ] || ! grep -q nonexistent "$dir/err"; then
		complain "an error is not reported"
	fi
	"$1" needle "$2" >/dev/full 2>"$dir/err"
	[ $? -eq 2 ] || complain "a full disk goes unnoticed"
}
