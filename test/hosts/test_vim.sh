#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The plugin examples/vim in Vim, without a screen: the tests of vim/tests.vim.
# shellcheck disable=SC2154 # host.sh sets $build, $dir and $bad
. test/hosts/host.sh
need vim ps
vim --version | grep -q '+job' || lacking 'a vim with +job'
export LC_ALL=C.UTF-8 HOME="$dir" PSEARCH="$build/psearch"
unset PSEARCH_CONFIG_PATH XDG_CONFIG_HOME
top=$PWD
mkdir -p "$dir/work/tree/sub" "$dir/work/odd" "$dir/work/slow" "$dir/work/quoting"
cd "$dir/work" || exit 1
awk 'BEGIN {
	srand(3)
	split("alpha Beta é日本 x é a\tb gamma (", words, " ")
	for (file = 0; file < 20; file++)
		for (line = 0; line < 20; line++) {
			text = ""
			for (count = int(rand() * 6); count > 0; count--)
				text = text words[1 + int(rand() * 8)] " "
			print text >(file % 3 ? "tree/sub/" : "tree/") "f" file ".txt"
		}
}'
echo 'é日本 needle' >'odd/a b: c:7:d'
printf 'none\n\nneedle' >'odd/é:1:'
printf '\tneedle\n' >odd/tab
{ echo quick q && yes "$(printf '%3000s' '' | tr ' ' x)" | head -n 2000; } >slow/text
# shellcheck disable=SC2016 # as they are
printf '%s\n' 'say $HOME' 'say `id`' '"quoted"' 'a*b' 'a|b' '100%' 'C#' 'back\slash' '; true' "it's" 'a word.' '-dash' >quoting/text

timeout $((120 * ${PS_PATIENCE:-1})) \
	vim -u NONE -i NONE -n -N -es -c "set runtimepath^=$top/examples/vim" -c 'runtime plugin/psearch.vim' \
	-S "$top/test/hosts/vim/tests.vim" </dev/null >../log 2>&1
status=$?
[ "$status" -eq 0 ] || complain "Vim ends with $status"
[ -e errors ] || complain "Vim has not come to the end of the tests"
[ ! -s errors ] || { cat errors; bad=1; }
[ "$(wc -l <ran)" -eq "$(grep -c '^function! Test_' "$top/test/hosts/vim/tests.vim")" ] || complain "not all tests ran"
[ "$bad" -eq 0 ] || cat ../log
exit "$bad"
