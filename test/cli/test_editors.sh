#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Vim, Neovim and Emacs, without a screen, search with psearch: with the settings that examples/editors.md gives, and
# with their own defaults while psearch is called grep or rg. Where each match leads must be right: file, line and
# column. An editor that is not installed is left out.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/links" "$work/home" "$work/tree/sub" || exit 1
for name in grep egrep fgrep rg; do ln -s "$build/psearch" "$work/links/$name"; done
system_path=$PATH
HOME=$work/home LC_ALL=C.UTF-8 TERM=xterm
export HOME LC_ALL TERM
unset GREP_COLORS GREP_COLOR XDG_CONFIG_HOME
failed=0 ran=0
cd "$work/tree" || exit 1

printf 'one word\nnothing\nwords, and a word\n' >'a file.txt'
printf '\303\251 word\n' >accents.txt
printf '\tint word;\n' >sub/code.c
printf 'word\n' >'sub/x:7:y.h'
printf 'word\n' >.hidden
printf 'word\n' >ignored.txt
echo ignored.txt >.ignore

# check WHAT: $got must equal standard input.
check()
{
	want=$(cat)
	ran=$((ran + 1))
	[ "$got" = "$want" ] && return
	printf '%s gets:\n%s\n--- should be:\n%s\n' "$1" "$got" "$want"
	failed=1
}

# --- Vim and Neovim: a quickfix list, columns in bytes from 1 ---

# quickfix EDITOR GREPPRG GREPFORMAT ARGUMENTS: sets $got to the quickfix list that :grep makes.
quickfix()
{
	rm -f "$work/result"
	case $1 in
	nvim) set -- "$@" --headless ;;
	*) set -- "$@" -es -N ;;
	esac
	GREPPRG=$2 GREPFORMAT=$3 ARGUMENTS=$4 RESULT=$work/result \
		timeout $((60 * ${PS_PATIENCE:-1})) \
			"$1" "$5" ${6:+"$6"} -u NONE -i NONE -n -S "$here/editors/quickfix.vim" </dev/null >"$work/log" 2>&1
	got=$(cat "$work/result" 2>/dev/null || cat "$work/log")
}

# The settings for psearch by its own name: all matches, each with its column, also of one file.
check_vimgrep()
{
	PATH=$build:$system_path
	quickfix "$1" 'psearch --vimgrep' '%f:%l:%c:%m' 'word'
	check "$1, grepprg=psearch --vimgrep" <<-'X'
		a file.txt:1:5:one word
		a file.txt:3:1:words, and a word
		a file.txt:3:14:words, and a word
		accents.txt:1:4:é word
		sub/code.c:1:6:	int word;
		sub/x:7:y.h:1:1:word
	X
	quickfix "$1" 'psearch --vimgrep' '%f:%l:%c:%m' '-w word accents.txt'
	check "$1, grepprg=psearch --vimgrep, one file" <<-'X'
		accents.txt:1:4:é word
	X
	quickfix "$1" 'psearch --vimgrep' '%f:%l:%c:%m' 'no_such_text .'
	check "$1, grepprg=psearch --vimgrep, no match" </dev/null
}

# The editor's own grepprg, and psearch called grep.
check_default_grepprg()
{
	PATH=$work/links:$system_path
	rm -f "$work/links/rg" # Neovim would take that
	quickfix "$1" '' '' "-w 'word' accents.txt 'a file.txt'"
	ln -s "$build/psearch" "$work/links/rg"
	check "$1, its own grepprg" <<-'X'
		accents.txt:1:0:é word
		a file.txt:1:0:one word
		a file.txt:3:0:words, and a word
	X
}

for editor in vim nvim; do
	command -v $editor >/dev/null || { echo "left out: $editor, as it is not installed"; continue; }
	check_vimgrep $editor
	check_default_grepprg $editor
done

# --- Emacs: columns from 0, in characters ---

# emacs_prints EXPRESSION: sets $got to what it prints.
emacs_prints() { got=$(timeout $((60 * ${PS_PATIENCE:-1})) \
	emacs -Q --batch -l "$here/editors/matches.el" --eval "$1" 2>"$work/log" </dev/null) || got=$(cat "$work/log"); }

# check_grep COMMAND: M-x grep, on a terminal, as Emacs gives one to its processes. A column means that Emacs found
# the colours that it asks for.
check_grep()
{
	emacs_prints "(matches-list (grep \"$1 word 'a file.txt' accents.txt sub/*\"))"
	check "Emacs, M-x grep, $1" <<-'X'
		a file.txt:1:4
		a file.txt:3:0
		accents.txt:1:2
		sub/code.c:1:5
		sub/x:7:y.h:1:0
	X
}

# check_xref PROGRAM: what project-find-regexp does. All matches of a line, in any order of files.
check_xref()
{
	emacs_prints "(let ((xref-search-program '$1))
		(matches-of-xref (xref-matches-in-files \"word\" (mapcar #'expand-file-name
			'(\"a file.txt\" \"accents.txt\" \"sub/code.c\" \"sub/x:7:y.h\")))))"
	got=$(echo "$got" | sort)
	check "Emacs, xref, $1" <<-'X'
		a file.txt:1:4
		a file.txt:3:0
		a file.txt:3:13
		accents.txt:1:2
		sub/code.c:1:5
		sub/x:7:y.h:1:0
	X
}

check_emacs()
{
	PATH=$build:$system_path
	check_grep 'psearch --no-heading --color=auto -nH --null -e'
	PATH=$work/links:$system_path
	check_grep 'grep --color=auto -nH --null -e'
	check_xref grep
	check_xref ripgrep
	emacs_prints '(progn (grep-compute-defaults) (princ grep-command))'
	check 'Emacs, what it finds out about grep' <<-'X'
		grep --color=auto -nH --null -e 
	X
	emacs_prints '(progn (grep-compute-defaults) (lgrep "word" "*.txt" default-directory) (matches-list "*grep*"))'
	check 'Emacs, M-x lgrep' <<-'X'
		a file.txt:1:4
		a file.txt:3:0
		accents.txt:1:2
		ignored.txt:1:0
	X
	emacs_prints '(progn (grep-compute-defaults) (rgrep "word" "*.[ch]" default-directory) (matches-list "*grep*"))'
	got=$(echo "$got" | sort)
	check 'Emacs, M-x rgrep' <<-'X'
		sub/code.c:1:5
		sub/x:7:y.h:1:0
	X
	emacs_prints '(matches-list (grep-find "find . -type f -name \"*.[ch]\" -exec grep --color=auto -nH --null -e word {} +"))'
	got=$(echo "$got" | sort)
	check 'Emacs, M-x find-grep' <<-'X'
		sub/code.c:1:5
		sub/x:7:y.h:1:0
	X
}

if command -v emacs >/dev/null; then check_emacs; else echo "left out: emacs, as it is not installed"; fi
PATH=$system_path

[ $ran -gt 0 ] || { echo "no editor is installed"; exit 77; }
echo "$ran checks"
exit $failed
