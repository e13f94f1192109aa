#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What differs if the standard descriptors are a terminal, which script(1)
# provides: without a path the current directory is searched, and errors come
# in their place between the lines.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
command -v script >/dev/null || { echo "no script(1)"; exit 77; }
script -qec true /dev/null </dev/null >/dev/null 2>&1 || { echo "script(1) provides no terminal"; exit 77; }
PATH=$build:$PATH
export PATH
failed=0

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
lib/util.c:int answer(void)
lib/util.h:int answer(void);
lib.c:int sorts_before_a_directory;
main.c:int main(void)
exit 0
X

on_terminal 'psearch fox poem.txt missing.txt notes.txt' <<'X'
poem.txt:the quick brown fox
psearch: missing.txt: cannot open: No such file or directory
notes.txt:one fox
notes.txt:two foxes
exit 2
X
exit $failed
