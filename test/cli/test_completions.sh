#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What --generate prints completes options and their arguments in bash, zsh and fish.
set -u
cd "$(dirname "$0")/../.." || exit 1
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
PATH=$build:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
for shell in bash zsh fish; do
	psearch --generate "complete-$shell" >"$work/$shell" || { echo "--generate complete-$shell failed"; exit 1; }
done
if psearch --generate complete-tcsh 2>"$work/message"; then
	echo "complete-tcsh is not refused"
	bad=1
fi

# Each option of --help=all is in each of them.
psearch --help=all | grep -o -e '--[a-z][-a-z0-9]*' | grep -v -e '--help=all' | sort -u >"$work/names"
[ "$(wc -l <"$work/names")" -gt 100 ] || { echo "--help=all has too few options"; bad=1; }
while read -r name; do
	grep -q -e " ${name}[= ']" "$work/bash" || { echo "bash: $name is missing"; bad=1; }
	grep -q -e "'\*${name}[=[]" "$work/zsh" || { echo "zsh: $name is missing"; bad=1; }
	grep -q -e " -l ${name#--} " "$work/fish" || { echo "fish: $name is missing"; bad=1; }
done <"$work/names"

# expect SHELL WANTED TYPED: what is typed, with words between spaces, is completed to WANTED.
expect() {
	got=$("complete_$1" "$3" | tr '\n' ' ' | sed 's/ *$//')
	[ "$got" = "$2" ] || { echo "$1: '$3' is completed to '$got', not to '$2'"; bad=1; }
}

# shellcheck disable=SC2317 # expect calls it by its name
complete_bash() {
	bash --norc -c '
		source "$1"
		set -f
		COMP_WORDS=($2)
		case $2 in *" ") COMP_WORDS+=("") ;; esac
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_psearch 2>&1
		printf "%s\n" "${COMPREPLY[@]}"' bash "$work/bash" "$1"
}
# fish adds a description after a tab.
# shellcheck disable=SC2317,SC2016
complete_fish() {
	fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$work/fish" "$1" 2>&1 | sed 's/	.*//'
}

if command -v bash >/dev/null; then
	bash -n "$work/bash" || bad=1
	# bash makes a word of '='.
	expect bash '--column --color --colour' 'psearch --col'
	expect bash 'always never auto' 'psearch --color ='
	expect bash 'never' 'psearch --color = n'
	expect bash 'modified' 'psearch --sort m'
	expect bash 'rust' 'psearch -t rust'
	expect bash 'rust' 'psearch --type-not = rust'
	expect bash 'utf-8' 'psearch --encoding utf-8'
	expect bash 'all' 'psearch --help ='
	expect bash 'complete-bash' 'psearch --generate complete-b'
	expect bash '--regexp=' 'psearch x --rege'
	expect bash '' 'psearch -f --'
	expect bash '' 'psearch -e --col'
	expect bash '' 'psearch -- --col'
	expect bash '' 'psearch x '
else
	echo "left out: bash, as it is not installed"
fi
if command -v fish >/dev/null; then
	fish --no-execute "$work/fish" || bad=1
	mkdir "$work/dir"
	cd "$work/dir" || exit 1
	: >one.txt
	expect fish '--color=always --color=auto --color=never' 'psearch --color='
	expect fish 'modified' 'psearch --sort m'
	expect fish 'rust' 'psearch -t rust'
	expect fish 'rust' 'psearch --type-not rust'
	expect fish 'one.txt' 'psearch -f one'
	expect fish 'one.txt' 'psearch x one'
	expect fish '' 'psearch --max-depth one'
	cd "$build/.." || exit 1
else
	echo "left out: fish, as it is not installed"
fi

# zsh completes only at a terminal, which a module of its own gives it. There, psearch prints its command line.
# shellcheck disable=SC2317
complete_zsh() {
	TERM=dumb zsh -f "$work/ask.zsh" "$work/zsh" "$1" | tr -d '\r' | sed -n 's/.*GOT //p'
}
cat >"$work/ask.zsh" <<'END'
zmodload zsh/zpty || exit
zpty z zsh -f -i
zpty -w z "PS1= RPS1=; psearch() { if [[ \$1 == --type-list ]]; then command psearch \$1; else print -r -- GO''T \$*; fi }"
zpty -w z "autoload -Uz compinit; compinit -u -D; source ${(q)1}; print rea''dy"
zpty -r z text "*ready*"
zpty -w z "$2"$'\t'
zpty -w z "print do''ne"
zpty -r z text "*done*"
print -r -- $text
END
if command -v zsh >/dev/null; then
	zsh -n "$work/zsh" || bad=1
	expect zsh '--sort modified' 'psearch --sort m'
	expect zsh '--colour=never' 'psearch --colour=n'
	expect zsh '-t rust' 'psearch -t rus'
	expect zsh '--type-not rust' 'psearch --type-not rus'
	expect zsh '--help=all' 'psearch --help=a'
	expect zsh '--only-matching' 'psearch --only-m'
else
	echo "left out: zsh, as it is not installed"
fi
exit "$bad"
