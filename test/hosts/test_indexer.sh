#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The index of a tree in SQLite, examples/indexer: what test/hosts/indexer/check.py says. It kills the indexer at random
# moments, 60 times, with PS_LONG 200 times, or as often as KILLS says.
# shellcheck disable=SC2154 # it sets build, dir, python, bad
. test/hosts/host.sh
need sqlite
statement='CREATE VIRTUAL TABLE t USING fts5(x, tokenize=trigram)'
"$python" -c "import sqlite3; sqlite3.connect(':memory:').execute('$statement')" 2>/dev/null ||
	lacking "a Python whose SQLite has FTS5 with trigrams"
make -s -C examples/indexer BUILD="$build" CC="${CC:-cc}" CFLAGS="-O2 -g -Werror" || exit 1
# It runs as nobody, too, if this is root: where nobody may look.
chmod 755 "$dir"
mkdir -p "$dir/build/examples/indexer" "$dir/trees"
cp "$build/examples/indexer/indexer" "$dir/build/examples/indexer"
cp "$build/libpsearch.so.1" "$dir/build"
HOME=$dir timeout $((800 * ${PS_PATIENCE:-1})) \
	"$python" test/hosts/indexer/check.py "$dir/build/examples/indexer/indexer" "$build/psearch" \
	"$dir/trees" || complain "examples/indexer: see above"
exit "$bad"
