#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compares psearch with GNU grep on generated trees, for random options and
# patterns that mean the same to both. PS_SEED repeats a run, PS_ROUNDS is the
# number of comparisons.
#
# Left out, since the two differ on purpose, or by an accident of grep's:
# -o with -v, -x and -m (after -m, grep then prints matches that are not whole
# lines), alternatives of which the first is a prefix of the second (POSIX takes the
# longest, Oniguruma the first), and an inverted empty pattern (grep then reads
# nothing).
# shellcheck disable=SC2154 # random.sh sets $seed, $r and $picked
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
psearch=$build/psearch
[ -x "$psearch" ] || { echo "no $psearch"; exit 77; }
case "$(grep --version 2>/dev/null)" in *"GNU grep"*) ;; *) echo "grep is not GNU grep"; exit 77 ;; esac
LC_ALL=C
export LC_ALL
rounds=400
. "$(dirname "$0")/random.sh"
ulimit -f 200000 # so that a command that never stops writing does not fill the disk
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# chance OPTION...: adds one of them to $options, or none, with equal chances
chance() {
	random $(($# * 2))
	[ "$r" -lt $# ] || return 0
	shift "$r"
	options="$options $1"
}

# Some directories, and files of 0 to 300 lines, a few of them longer; some have
# no last newline, some are binary.
make_tree() {
	mkdir -p tree/a tree/a.d tree/a-b/deep tree/.hidden tree/empty
	awk -v seed="$seed" '
	function pick(n) { return int(rand() * n) }
	function line(  i, n, s) {
		n = pick(7)
		s = ""
		for (i = 0; i < n; i++)
			s = s (i ? separator[pick(5)] : "") word[pick(words)]
		return s
	}
	function file(name,  i, n, s, binary) {
		n = pick(4) ? pick(30) : pick(4) ? pick(300) : pick(5000)
		binary = pick(12) == 0
		for (i = 0; i < n; i++) {
			s = line()
			if (binary && (i == 0 || pick(9) == 0))
				printf "%s%c%s%c%c%s\n", s, 0, line(), 0, 0, line() >name
			else if (i == n - 1 && pick(2))
				printf "%s", s >name
			else
				print s >name
		}
		if (n == 0)
			printf "" >name
		close(name)
	}
	BEGIN {
		srand(seed)
		words = split("fox foxes Fox FOX dog the The over a.b axb a_b fo foo fooo x xx 0 42 end", w, " ")
		for (i = 1; i <= words; i++)
			word[i - 1] = w[i]
		separator[0] = separator[1] = " "; separator[2] = "_"; separator[3] = "."; separator[4] = "\t"
		names = split("a/1 a/2 a.d/1 a-b/deep/1 a-b/deep/a.c a-b/x .hidden/1 .rc a.c b.c:1 B.txt space.in", n, " ")
		for (i = 1; i <= names; i++)
			if (pick(5)) {
				sub(/space.in/, "space in", n[i])
				file("tree/" n[i])
			}
		file("tree/z")
	}'
}

# The files in psearch's order: component by component, by bytes.
list_files() {
	find tree -type f | tr '/' '\001' | sort | tr '\001' '/'
}

pick_options() {
	options=
	chance -n
	chance -i
	chance -v
	chance -w -x
	chance -h -H
	chance -c -l -L -q -o
	chance '-m 1' '-m 2' '-m 7' '-m 0'
	chance -a -I
	case "$options" in
	*-a*|*-I*) ;;
	*-[clLqvx]*) options="$options -a" ;;
	esac
	case $options in *-v*-x*-o*-m*) return ;; esac
	chance '-A 1' '-A 3' '-A 0' '-B 2' '-C 1' '-C 2' '-2' '-A 2 -B 1' '-C 100'
}

pick_pattern() {
	random 4
	if [ "$r" -eq 0 ]; then
		fixed=-F
		set -- fox a.b o 'x x' '.' ' ' zebra 'fox
dog'
	else
		fixed=-E
		set -- fox 'fo[xy]' '^the' 'x$' 'dog|end' 'o+' '[a-c].' 'zebra' '^$' 'f.x' '(fo+|the) ' 'x x' \
			'[0-9]+' 'fo{2,3}' 'fox
dog' 'The|ov'
		# With -w, -o and -v the two need not agree about empty matches.
		case "$options" in *-[wov]*) ;; *) set -- "$@" '' '.' '^' '.*' 'z*' ;; esac
	fi
	random $#
	shift "$r"
	pattern=$1
}

# compare NAME WANT_STATUS GOT_STATUS
compare() {
	[ "$2" -eq "$3" ] && cmp -s want got && return
	echo "$1: options$options $fixed -j $j pattern '$pattern': exit $3, grep's $2"
	diff want got | head -n 20
	differ=$((differ + 1))
}

dashF() { [ "$fixed" != -F ] || echo -F; }

# A directory: both print names, even if only one file is in it.
compare_tree() {
	names=-H
	case "$options" in *-h*) names= ;; esac
	# shellcheck disable=SC2086
	grep $fixed $options $names -e "$pattern" "$@" >want 2>/dev/null </dev/null
	want=$?
	# shellcheck disable=SC2046,SC2086
	timeout $((60 * ${PS_PATIENCE:-1})) \
		"$psearch" $(dashF) $options -j $j -r "$pattern" tree >got 2>/dev/null </dev/null
	compare tree $want $?
}

compare_operands() {
	# shellcheck disable=SC2086
	grep $fixed $options -e "$pattern" "$@" >want 2>/dev/null </dev/null
	want=$?
	# shellcheck disable=SC2046,SC2086
	timeout $((60 * ${PS_PATIENCE:-1})) \
		"$psearch" $(dashF) $options -j $j -e "$pattern" "$@" >got 2>/dev/null </dev/null
	compare "files $*" $want $?
}

compare_stdin() {
	# shellcheck disable=SC2086
	grep $fixed $options -e "$pattern" <"$1" >want 2>/dev/null
	want=$?
	# shellcheck disable=SC2002,SC2046,SC2086
	cat "$1" | timeout $((60 * ${PS_PATIENCE:-1})) "$psearch" $(dashF) $options -j $j -e "$pattern" >got 2>/dev/null
	compare "stdin $1" $want $?
}

differ=0 round=0
while [ "$round" -lt "$rounds" ]; do
	if [ $((round % 25)) -eq 0 ]; then
		rm -rf tree
		make_tree
		set --
		list_files >files
		while IFS= read -r file; do set -- "$@" "$file"; done <files
	fi
	pick_options
	pick_pattern
	random 3
	case $r in 0) j=1 ;; 1) j=2 ;; *) j=8 ;; esac
	random 4
	case $r in
	0) compare_operands "$1" ;;
	1) compare_operands "$1" tree/z missing "$1" ;;
	2) compare_stdin tree/z ;;
	*) compare_tree "$@" ;;
	esac
	round=$((round + 1))
done
echo "$rounds comparisons, $differ differ"
[ "$differ" -eq 0 ]
