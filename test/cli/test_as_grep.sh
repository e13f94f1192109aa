#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compares psearch, called by the names grep, egrep and fgrep, with GNU grep: output, messages and exit status. First
# the command lines of test/data/grep/same.txt, then options and files put together at random. PS_SEED repeats a run,
# PS_ROUNDS is the number of random command lines.
# shellcheck disable=SC2154 # random.sh sets $seed, $r and $picked
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no psearch in $build"; exit 77; }
case "$(grep --version 2>/dev/null)" in *"GNU grep"*) ;; *) echo "grep is not GNU grep"; exit 77 ;; esac
LC_ALL=C.UTF-8
export LC_ALL
rounds=300
[ -z "${PS_LONG:-}" ] || rounds=5000
. "$here/random.sh"
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1

# Both are found by the same names. grep's own egrep and fgrep are scripts that print a warning.
mkdir gnu ours
ln -s "$(command -v grep)" gnu/grep
printf '#!/bin/bash\nexec -a egrep grep -E "$@"\n' >gnu/egrep
printf '#!/bin/bash\nexec -a fgrep grep -F "$@"\n' >gnu/fgrep
chmod +x gnu/egrep gnu/fgrep
for name in grep egrep fgrep; do ln -s "$build/psearch" "ours/$name"; done

mkdir -p tree/dir/deep tree/.hidden tree/empty
cd tree || exit 1
printf 'one fox\ntwo dogs\nthree foxes\n\nFOX\nend' >a
printf 'a fox\na+b\na|b\n(x)\n{1}\nfo\\o\n' >b.c
printf 'fox\0fox\nfox\n' >binary
printf 'fox\nP\351rez fox\nfox end\n' >latin1
printf 'Gr\303\274n fox\n\303\204rger\n' >utf8
printf 'fox\0dog\0' >nul
printf 'fox in a hidden directory\n' >.hidden/x
printf '*.c\ntree/*\n' >.gitignore
printf 'fox\n' >dir/1
printf 'deep fox\n' >dir/deep/2
printf '*.c\n' >globs
printf 'fox\ndog\n' >patterns
printf 'fox\n[a\n' >bad
: >void
ln -s dir link
ln -s missing dangling
cd ..
mkfifo pipe # with -R grep would wait for what comes through it
cp -r tree tree.ours 2>/dev/null || cp -R tree tree.ours

# result OF DIRECTORY LINE: what it prints and its status, in the files $1.out, $1.err and $1.status. The order of files
# in a directory is not the same, and that decides where a -- stands, with its colours or without.
escape=$(printf '\033')
result()
{
	(cd "$2" && PATH="$work/$1:$PATH" timeout $((20 * ${PS_PATIENCE:-1})) \
		sh -c "$3" <a >"$work/$1.raw" 2>"$work/$1.errors")
	echo $? >"$1.status"
	case $3 in
	*-r* | *-R* | *recur*) tr "\\0" "\\n" <"$1.raw" | sed -E "/^($escape\\[[0-9;]*[mK])*--($escape\\[[0-9;]*[mK])*$/d" | sort >"$1.out" && sort "$1.errors" >"$1.err" ;;
	*) cp "$1.raw" "$1.out" && sort "$1.errors" >"$1.err" ;;
	esac
}

differ=0 compared=0
# compare LINE: after a '~' the messages need not be the same.
compare()
{
	result gnu tree "${1#\~}"
	result ours tree.ours "${1#\~}"
	case $1 in '~'*) : >gnu.err && : >ours.err ;; esac
	compared=$((compared + 1))
	cmp -s gnu.out ours.out && cmp -s gnu.err ours.err && cmp -s gnu.status ours.status && return
	differ=$((differ + 1))
	echo "$1"
	for part in out err status; do
		diff -a gnu.$part ours.$part >difference || head -n 12 difference
	done
}

while IFS= read -r line; do
	case $line in '' | '#'*) continue ;; esac
	compare "$line"
done <"$here/../data/grep/same.txt"

round=0
while [ "$round" -lt "$rounds" ]; do
	pick grep grep 'grep -E' 'grep -F' 'grep -P' egrep fgrep
	line=$picked
	for set in '-i|-y|--no-ignore-case|' '-v|||' '-w|-x|||' '-n|||' '-c|-l|-L|-o|-q||||||' '-H|-h||' '-a|-I||||' '-s|||' \
		'-r|-R|--directories=skip|--directories=read|-drecurse|||||||' '-D skip|--devices=skip' '--include=*.c|--exclude=*.c|--exclude-from=globs|--exclude-dir=deep|||||' \
		'-m 1|-m 0|-m 3||||||||' '-A 1|-B 1|-C 1|-1|||||' '-Z||||||' '--label=in|||' '-U|--binary||||||' \
		'-b|||' '-T||||||' '-z||||||||' '-u||||||||' '--color=always|--colour|||||' '--no-group-separator|--group-separator=X||||||'; do
		old=$IFS
		IFS='|'
		# shellcheck disable=SC2086 # a list of options
		pick $set ''
		IFS=$old
		line="$line $picked"
	done
	# After a line that is left out, grep loses the lines of context.
	case $line in *' -A 1'* | *' -B 1'* | *' -C 1'* | *' -1'*) line="$line --exclude=latin1" ;; esac
	pick fox 'o*x' '"^.*x"' end '"fox$"' '"a+b"' '"a|b"' dog '"[[:upper:]]"' 'Ä' '"f.x"' '"(x)"' zebra
	# In Perl's syntax a class has all letters of Unicode here.
	case $line$picked in *' -P '*upper*) continue ;; esac
	# With -v, grep shows colours where -x finds no match, in a line of context after -m.
	case $line in *' -v'*' -x'*' -m '*' -'[ABC1]*' --colo'*) continue ;; esac
	# There $ matches before a newline that ends a line of -z, too, as in Perl.
	case $line$picked in *' -P '*' -z '*'"fox$"') continue ;; esac
	# A byte that is not UTF-8 is a character here, so that . matches it.
	case $picked in '"^.*x"') line="$line --exclude=latin1" ;; esac
	line="$line -e $picked"
	random 3
	while [ "$r" -ge 0 ]; do
		count=$r
		pick a b.c nul utf8 dir void missing - .hidden/x link dangling ''
		line="$line $picked"
		r=$((count - 1))
	done
	# psearch refuses to read standard input twice.
	case "$line " in *' - '*'- '*) continue ;; esac
	pick '' '' '2>&1'
	case $line in
	# How much of a directory is read before the match that ends the search depends on its order.
	*' -q '*' -r '* | *' -q '*' -R '* | *' -q '*' -drecurse '*) compare "~$line" ;;
	*) compare "$line $picked" ;;
	esac
	round=$((round + 1))
done
echo "$compared comparisons, $differ differ"
[ "$differ" -eq 0 ]
