#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What debian/ says of the library is so: the symbols file names what it exports, and the changelog its version. With
# `record` it adds to the symbols file what is new, for `make record-abi`.
set -u
bad=0
complain() { bad=1; echo "$*"; }

mapped() { sed -n 's/^[[:space:]]*\(search_[a-z_]*\);$/\1/p' lib/psearch.map | LC_ALL=C sort; }
named() { sed -n 's/^ \(search_[a-z_]*\)@.*/\1/p' debian/libpsearch1.symbols | LC_ALL=C sort; }
if [ "${1:-}" = record ]; then
	version=$(sed -n 's/^#define SEARCH_VERSION_STRING "\(.*\)"/\1/p' include/psearch.h)
	node=$(sed -n 's/^\(PSEARCH_[0-9.]*\) {.*/\1/p' lib/psearch.map | head -n 1)
	for name in $(mapped); do
		grep -q "^ $name@" debian/libpsearch1.symbols || echo " $name@$node $version" >>debian/libpsearch1.symbols
	done
	exit
fi
[ "$(mapped)" = "$(named)" ] || complain "debian/libpsearch1.symbols is not what lib/psearch.map exports: make record-abi"
upstream=$(sed -n '1s/.*(\(.*\)-[^-]*).*/\1/p' debian/changelog)
version=$(sed -n 's/^#define SEARCH_VERSION_STRING "\(.*\)"/\1/p' include/psearch.h)
[ "$upstream" = "$version" ] || complain "debian/changelog is of version $upstream, not $version"
[ "$bad" -eq 0 ]
