#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What differs if the standard descriptors are a terminal, which script(1)
# provides: without a path the current directory is searched, lines stand below
# the name of their file, in colour, and messages in their place between the files,
# set apart; what would steer the terminal is shown instead.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
command -v script >/dev/null || { echo "no script(1)"; exit 77; }
script -qec true /dev/null </dev/null >/dev/null 2>&1 || { echo "script(1) provides no terminal"; exit 77; }
PATH=$build:$PATH
export PATH
failed=0

NO_COLOR=1 TERM=xterm LC_ALL=C.UTF-8
export NO_COLOR TERM LC_ALL
unset GREP_COLORS

# on_terminal COMMAND: its output and exit status must equal standard input
on_terminal() {
	want=$(cat)
	got=$(script -qec "$1; echo exit \$?" /dev/null </dev/null | tr -d '\r\004\010' | sed 's/^^D//')
	[ "$got" = "$want" ] && return
	printf '%s\n--- on a terminal:\n%s\n--- should be:\n%s\n' "$1" "$got" "$want"
	failed=1
}

cd "$here/data" || exit 1

on_terminal 'cd code && psearch int' <<'X'
lib/util.c
1:int answer(void)

lib/util.h
1:int answer(void);

lib.c
1:int sorts_before_a_directory;

main.c
3:int main(void)
exit 0
X

on_terminal 'psearch fox poem.txt missing.txt gone.txt notes.txt' <<'X'
poem.txt
1:the quick brown fox

psearch: missing.txt: cannot open: No such file or directory
psearch: gone.txt: cannot open: No such file or directory

notes.txt
1:one fox
2:two foxes
exit 2
X

on_terminal 'psearch fox missing.txt poem.txt 2>/dev/null' <<'X'
poem.txt
1:the quick brown fox
exit 2
X

on_terminal 'psearch fox poem.txt missing.txt notes.txt 2>/dev/null' <<'X'
poem.txt
1:the quick brown fox

notes.txt
1:one fox
2:two foxes
exit 2
X

on_terminal 'psearch --max-results 2 fox poem.txt notes.txt' <<'X'
poem.txt
1:the quick brown fox

notes.txt
1:one fox
psearch: stopped after 2 results, as --max-results says: there may be more
exit 0
X

on_terminal 'psearch --max-results 1 fox poem.txt notes.txt >/dev/null' <<'X'
psearch: stopped after 1 result, as --max-results says: there may be more
exit 0
X

on_terminal 'psearch --max-results 4 fox poem.txt notes.txt 2>&1 >/dev/null; psearch -q --max-results 1 fox poem.txt' <<'X'
exit 0
X

on_terminal 'psearch fox poem.txt missing.txt notes.txt 2>&1 | cat' <<'X'
poem.txt:the quick brown fox
psearch: missing.txt: cannot open: No such file or directory
notes.txt:one fox
notes.txt:two foxes
exit 0
X

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
printf 'a\033[31mb \001 \342\200\256 \377 fox\n' >controls
printf 'fox\n' >"$(printf 'na\033[31mme')"
on_terminal 'psearch fox' <<'X'
controls
1:a^[[31mb ^A <U+202E> \xFF fox

na^[[31mme
1:fox
exit 0
X

# So is what a * of the shell, or an option, may bring into other messages.
esc=$(printf '\033[31m')
echo '(fox' >"a$esc.gz"
on_terminal "psearch -c '--a$esc'; psearch -t 'a$esc'; psearch -A 'a$esc' fox; psearch -f 'a$esc'; psearch -g '[$esc' fox
	psearch --ignore-file='a$esc' fox; psearch --encoding='a$esc' fox; psearch -f 'a$esc.gz'; psearch -h fox 'a$esc.gz'" <<'X'
psearch: option '--a^[[31m' is not known; see --help=all
Try 'psearch --help'.
psearch: 'a^[[31m' is not a type of files; see --type-list
Try 'psearch --help'.
psearch: -A 'a^[[31m': not a number of lines; give 0 or more
Try 'psearch --help'.
psearch: -f 'a^[[31m': cannot be read: No such file or directory
psearch: -g '[^[[31m': the glob has a '[' without a ']'; write '\[' for the character itself
psearch: --ignore-file 'a^[[31m': the ignore file cannot be read: No such file or directory
psearch: --encoding 'a^[[31m': not an encoding; give 'auto', 'none' or one that 'iconv -l' lists
psearch: pattern in a^[[31m.gz, line 1: ( without ): add the ), or write \( for the character
    (fox
    ^
psearch: note: a^[[31m.gz: searched as it is; give --search-zip for what is compressed in it
1:(fox
exit 0
X

# in_colour COMMAND, and yes or no: does it print colours on a terminal?
in_colour() {
	case $(script -qec "$1" /dev/null </dev/null) in
	*"$(printf '\033')["*) got=yes ;;
	*) got=no ;;
	esac
	[ $got = "$2" ] || { echo "$1: in colour: $got"; failed=1; }
}

cd "$here/data" || exit 1
unset NO_COLOR
in_colour 'psearch fox poem.txt' yes
in_colour 'psearch fox poem.txt | cat' no
in_colour 'psearch --color=always fox poem.txt | cat' yes
in_colour 'psearch --color=never fox poem.txt' no
in_colour 'NO_COLOR=1 psearch fox poem.txt' no
in_colour 'NO_COLOR= psearch fox poem.txt' yes
in_colour 'NO_COLOR=1 psearch --color=always fox poem.txt' yes
in_colour 'TERM=dumb psearch fox poem.txt' no
exit $failed
