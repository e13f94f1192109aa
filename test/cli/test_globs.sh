#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compares psearch with GNU grep for random --include, --exclude and --exclude-dir: both search
# the same files of a directory, and of the paths on the command line. PS_SEED repeats a run,
# PS_ROUNDS is the number of comparisons.
# shellcheck disable=SC2154 # random.sh sets $seed, $r and $picked
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
psearch=$build/psearch
[ -x "$psearch" ] || { echo "no $psearch"; exit 77; }
case "$(grep --version 2>/dev/null)" in *"GNU grep"*) ;; *) echo "grep is not GNU grep"; exit 77 ;; esac
LC_ALL=C.UTF-8
export LC_ALL
rounds=300
. "$(dirname "$0")/random.sh"
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
mkdir "$work/tree"
cd "$work/tree" || exit 1

mkdir -p a/b/a ab/.c 'x y' .h a/b.c é
for file in a/a.c a/b/b.h a/b/a/a.c ab/ab ab/.c/ab.c 'x y/a b' .h/a.c a/b.c/c a.c b.h .d ab.c 'a[b]' é/é.c 'a*b' 'a\b'; do
	echo x >"$file"
done

round=0 bad=0
while [ "$round" -lt "$rounds" ]; do
	round=$((round + 1))
	set --
	random 4
	for _ in $(seq $((r + 1))); do
		pick --include --include --exclude --exclude --exclude-dir
		option=$picked
		pick '*.c' 'a*' '*' '?' '*b*' a.c a ab 'a/*' '*/a.c' b/a 'b/' .h '.*' '[a-b]*' '[!a]*' 'a[[:alpha:]]' \
			'a\[b\]' 'a\*b' 'a\\b' 'a[[]b]' 'x y' '?.c' 'é*' '*.?' './a' 'a//' '[' 'a[' '{a,b}*' '!a*'
		set -- "$@" "$option=$picked"
	done
	set -- "$@" --
	random 3
	for _ in $(seq $((r + 1))); do
		pick . a ab a/b ./a a.c a/a.c ./a/b/b.h 'x y' a/b/a/a.c .h b.h 'a[b]' 'a*b' 'a\b' é
		set -- "$@" "$picked"
	done
	grep -rl '' "$@" 2>&1 | sort >../grep.out
	"$psearch" -rl '' "$@" 2>&1 | grep -v '^psearch: note: ' | sort >../psearch.out
	cmp -s ../grep.out ../psearch.out && continue
	bad=$((bad + 1))
	echo "round $round differs: $*"
	diff ../grep.out ../psearch.out | sed 10q
	[ "$bad" -lt 5 ] || break
done
echo "$round rounds, $bad differ"
[ "$bad" -eq 0 ]
