#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The programs in examples/ run, and do what they say. psearch-embedding(7) and they do not drift apart: each program is
# named there or in the README, each that is named exists, and each piece of code in the page is in the program that is
# named before it, line by line, whatever its indentation.
set -u
build=${BUILD:-build}
page=man/psearch-embedding.7
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0
complain() { bad=1; echo "$*"; }

# 1. The page's code. roff escapes the backslash as \e, and a line that starts with a period or quote.
awk -v dir="$dir" '
	match($0, /examples\/[a-z]+\.c/) { name = substr($0, RSTART + 9, RLENGTH - 11) }
	/^\.Bd -literal/ { file = dir "/" ++n "." name; next }
	/^\.Ed/ { close(file); file = ""; next }
	file != "" { sub(/^\\&/, ""); gsub(/\\e/, "\\"); print >file }' "$page"
pieces=0
for piece in "$dir"/[0-9]*.*; do
	name=${piece##*.}
	pieces=$((pieces + 1))
	awk '{ sub(/^[ \t]+/, "") } NR == FNR { want[++n] = $0; next } { have[FNR] = $0 }
		END {
			for (i = 1; i + n - 1 <= FNR; i++) {
				for (j = 1; j <= n && have[i + j - 1] == want[j]; j++)
					;
				if (j > n)
					exit 0
			}
			exit 1
		}' "$piece" "examples/$name.c" || { complain "$page has code that is not in examples/$name.c:"; cat "$piece"; }
done
[ $pieces -ge 6 ] || complain "$page: only $pieces pieces of code were found"

# 2. Names.
for file in $(grep -oh 'examples/[a-z/]*\.[a-z]*' "$page" README.md | sort -u); do
	[ -e "$file" ] || complain "$file is named in the documents, and does not exist"
done
for file in examples/*.c; do
	grep -q "$file" "$page" README.md || complain "$file is named neither in README.md nor in $page"
done

# 3. Strict C, and some are C++ as well.
for file in examples/*.c; do
	${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -Wall -Wextra -pedantic -Werror -Iinclude -fsyntax-only "$file" ||
		complain "$file is not strict C11"
	case $file in
	*/fork.c | */keep.c | */limits.c | */threads.c | */versions.c) ;;
	*) continue ;;
	esac
	command -v ${CXX:-c++} >/dev/null || continue
	${CXX:-c++} -std=c++17 -Wall -Wextra -Werror -Iinclude -x c++ -fsyntax-only "$file" || complain "$file is no C++"
done

# 4. What they do. expect STATUS NAME ARGUMENT...: prints what the program says.
expect()
{
	want=$1 name=$2
	shift 2
	"$build/examples/$name" "$@" >"$dir/out" 2>"$dir/err"
	is=$?
	[ $is -eq "$want" ] || complain "$name $*: exit status $is, not $want: $(cat "$dir/err")"
	cat "$dir/out"
}
# says FILE LINE...: the output is these lines; each is a shell pattern.
says()
{
	printf '%s\n' "$@" >"$dir/want"
	# shellcheck disable=SC2254 # a pattern
	while IFS= read -r line <&3; do
		IFS= read -r have || have='(nothing more)'
		case $have in
		$line) ;;
		*) complain "$name says '$have', not '$line'" ;;
		esac
	done 3<"$dir/want" <"$dir/said"
	[ "$(wc -l <"$dir/said")" -eq $# ] || complain "$name says more, or less: $(cat "$dir/said")"
}
mkdir -p "$dir/tree/a" "$dir/tree/b"
printf 'first\nneedle one\n' >"$dir/tree/a/file"
printf 'needle two\nneedle 3\n' >"$dir/tree/b/file"
tree=$dir/tree

first() { expect 0 first needle "$tree" >"$dir/said"; says "$tree/a/file:2:needle one" "$tree/b/file:1:*" "$tree/b/file:2:*"; }
poll() { expect 0 poll needle 2 "$tree" >"$dir/said"; says "$tree/a/file:2:needle one" "$tree/b/file:1:needle two"; }
summary()
{
	expect 0 summary 1 needle "$tree" >"$dir/said"
	says "$tree/a/file:2:needle one" '' ' *3 matching lines, in order, the first 1 above; *' ' *2 files searched in 3 *' '*'
}
threads()
{
	expect 0 threads 'needle 3' "$tree/a" "$tree/b" >"$dir/said"
	says "$tree/a: [nc]*" "$tree/b: $tree/b/file:2"
	expect 1 threads nowhere "$tree/a" "$tree/b" >"$dir/said"
	says "$tree/a: nothing" "$tree/b: nothing"
	# The second search is of a pipe that nobody writes to: it ends because the first cancels it.
	mkfifo "$dir/pipe"
	sleep 60 3<>"$dir/pipe" &
	sleeper=$!
	expect 0 threads needle "$tree/a" "$dir/pipe" >"$dir/said"
	kill $sleeper
	says "$tree/a: $tree/a/file:2" "$dir/pipe: cancelled"
}
signals()
{
	expect 0 signals needle "$tree/b" >"$dir/said"
	says "$tree/b/file:1" "$tree/b/file:2" "2 matches"
	# From a pipe that stays open, until it has printed the match.
	mkfifo "$dir/input"
	rm -f "$dir/said" # the program makes it anew
	"$build/examples/signals" needle <"$dir/input" >"$dir/said" &
	pid=$!
	exec 4>"$dir/input"
	printf 'hay\nneedle\n' >&4
	until grep -qs ':2' "$dir/said"; do sleep 0.01; done
	kill -INT $pid
	wait $pid
	is=$?
	exec 4>&-
	name=signals
	[ $is -eq 130 ] || complain "signals: exit status $is, not that of an interrupted program"
	says ':2' '1 matches, then interrupted'
}
fork()
{
	case ${SANITIZE:-} in
	*address*)
		# gcc 12's AddressSanitizer forks with its own allocator locked by whatever thread has it just then.
		echo "left out: fork, whose child waits for ever for AddressSanitizer's allocator, one time in twelve"
		return ;;
	esac
	expect 0 fork needle "$tree" >"$dir/said"
	says 'child: 3' 'parent: 3'
}
limits()
{
	expect 0 limits needle "$tree" >"$dir/said"
	says "$tree/a/file:2:needle one" "$tree/b/file:1:*" "$tree/b/file:2:*" "complete: 3 lines found; at most [1-8] of 8 files open, *"
	awk 'BEGIN { for (i = 0; i < 2000; i++) print "needle"; for (i = 0; i < 300000; i++) printf "x"; print "" }' >"$dir/many"
	expect 0 limits needle "$dir/many" >"$dir/said"
	tail -n 1 "$dir/said" >"$dir/last"
	[ "$(wc -l <"$dir/said")" -eq 1001 ] && grep -q '^ended by max_matches: ' "$dir/last" || complain "limits: $(cat "$dir/last")"
	expect 0 limits 'x' "$dir/many" >"$dir/said"
	grep -q 'line' "$dir/err" || complain "limits says nothing of a line that is too long"
}
keep() { expect 0 keep 'l\w+' 'line last' 'a line' >"$dir/said"; says last line; expect 1 keep x y >"$dir/said"; }
warm()
{
	sleep 0.1 # what was written just before is not learnt
	expect 0 warm 'needle 3' "$tree" >"$dir/said"
	says "$tree/b/file:2:needle 3"
	cp "$dir/err" "$dir/said"
	# Of file systems whose times cannot be relied on nothing is kept.
	case $(stat -f -c %T "$tree" 2>/dev/null) in
	ext2/ext3 | xfs | btrfs | f2fs | tmpfs | overlayfs) learnt=2 closed=1 ;;
	*) learnt='*' closed='*' ;;
	esac
	says 'first: 1 lines in 2 files, of which 0 were not opened' "learnt: $learnt of $learnt files, in *" \
		"second: 1 lines in 2 files, of which $closed were not opened"
}
versions()
{
	expect 0 versions search_item.path search_item.nothing >"$dir/said"
	says 'compiled with *, loaded *' 'Oniguruma *; reads *' 'newer options, unused: success' 'newer options, used: *newer*' \
		'search_item.path: there' 'search_item.nothing: not there'
}
for file in examples/*.c; do
	name=${file##*/}
	name=${name%.c}
	[ -x "$build/examples/$name" ] || { complain "$build/examples/$name was not built"; continue; }
	if command -v "$name" | grep -qx "$name"; then
		"$name"
	else
		grep -q "examples/$name\b" test/*/test_*.sh || complain "$file is run by no test"
	fi
done
exit $bad
