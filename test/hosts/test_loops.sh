#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The searches in event loops, examples/loops: what test/hosts/loops/check.py says of each. io_uring is left out where
# the system forbids it, as many containers do.
# shellcheck disable=SC2154 # it sets build, dir, python, bad
. test/hosts/host.sh
need glib libuv liburing
make -s -C examples/loops BUILD="$build" CC="${CC:-cc}" CFLAGS="-O2 -g -Werror" || exit 1

echo searched >"$dir/line"
for name in poll epoll uring uv glib; do
	program=$build/examples/loops/$name
	if [ $name = uring ] && "$program" searched "$dir/line" 2>&1 | grep -q 'forbids or lacks io_uring'; then
		echo "left out: uring, since the system forbids or lacks io_uring"
		continue
	fi
	mkdir "$dir/$name"
	timeout $((250 * ${PS_PATIENCE:-1})) "$python" test/hosts/loops/check.py "$program" "$build/psearch" "$dir/$name" ||
		complain "examples/loops/$name.c: see above"
done
exit "$bad"
