#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/emacs in Emacs, without a screen: the module is built, psearch.el compiled without a warning, and the tests
# of emacs/tests.el are run, and those of emacs/faults.el, which have allocations and system calls fail.
# shellcheck disable=SC2154 # host.sh sets $build, $dir, $python and $bad
. test/hosts/host.sh
need emacs emacs-module
export LC_ALL=C.UTF-8 HOME="$dir" PSEARCH="$build/psearch"
unset PSEARCH_CONFIG_PATH XDG_CONFIG_HOME MAKEFLAGS
top=$PWD
make -s -C examples/emacs BUILD="$build" CFLAGS='-O2 -Werror' || exit 1

mkdir -p "$dir/lisp" "$dir/tree/sub" "$dir/odd" "$dir/slow" "$dir/unsaved"
cp examples/emacs/psearch.el "$dir/lisp"
cd "$dir" || exit 1
awk 'BEGIN {
	srand(3)
	split("alpha Beta é日本 x é a\tb gamma (", words, " ")
	for (file = 0; file < 40; file++)
		for (line = 0; line < 20; line++) {
			text = ""
			for (count = int(rand() * 6); count > 0; count--)
				text = text words[1 + int(rand() * 8)] (rand() < 0.1 ? "\t" : " ")
			print text >(file % 3 ? "tree/sub/" : "tree/") "f" file ".txt"
		}
}'
echo alpha >tree/.hidden
printf 'one\na needle\nthree\n' >odd/context
printf '\351 needle \377\n' >odd/latin
printf 'needle\n' >"odd/$(printf 'cafe\351')"
printf 'needle\n' >"odd/new
line"
printf '%5000sneedle%5000s\n' '' '' | tr ' ' y >odd/long
printf '\0\nneedle\n' >odd/binary
echo needle >odd/.hidden
{ echo quick q && yes "$(printf '%3000s' '' | tr ' ' x)" | head -n 2000; } >slow/text
for directory in few/d0 few/d1; do
	mkdir -p "$directory"
	printf 'needle %s\nhay\n' 0 1 2 3 4 | tee "$directory/f0" >"$directory/f1"
done
echo needle | tee unsaved/saved >unsaved/changed
echo nothing >unsaved/changed

emacs_batch() { timeout $((120 * ${PS_PATIENCE:-1})) \
	emacs -Q --batch -L "$build/examples/emacs" -L lisp "$@" </dev/null; }
emacs_batch --eval '(setq byte-compile-error-on-warn t)' -f batch-byte-compile lisp/psearch.el ||
	complain "psearch.el does not compile without a warning"
emacs_batch --eval '(checkdoc-file "lisp/psearch.el")' >style 2>&1
[ ! -s style ] || { cat style; complain "checkdoc finds something"; }
emacs_batch -l "$top/test/hosts/emacs/tests.el" -f ert-run-tests-batch-and-exit >log 2>&1
status=$?
[ "$status" -eq 0 ] || {
	cat log
	complain "Emacs ends with $status"
}

# Without memory: "held" is what a first search has found, and leaves, in an Emacs where nothing fails.
without_memory()
{
	with_faults "libpsearch.so.1 psearch-module.so" emacs_batch -l "$top/test/hosts/emacs/faults.el" "$@"
}
without_memory -f faults-begin >held 2>log && without_memory -f faults-run "$(cat held)" >log 2>&1 || {
	cat log
	complain "without memory Emacs does not go on as it should"
}
tail -n 1 log
exit "$bad"
