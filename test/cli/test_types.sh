#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# -t takes each name of a type that rg 15 has: test/cli/tools/types.
set -u
cd "$(dirname "$0")/../.." || exit 1
psearch=${BUILD:-build}/psearch
[ -x "$psearch" ] || { echo "no $psearch"; exit 77; }
bad=0 count=0
while read -r name; do
	count=$((count + 1))
	"$psearch" --files -t "$name" /dev/null >/dev/null </dev/null || [ $? -eq 1 ] || bad=1
done <test/cli/tools/types
[ "$count" -gt 200 ] || { echo "only $count names were tried"; bad=1; }

# Second names of a type select the same files.
while read -r name other; do
	[ "$("$psearch" --type-list | sed -n "s/^$name: //p")" = "$("$psearch" --type-list | sed -n "s/^$other: //p")" ] ||
		{ echo "the types $name and $other differ"; bad=1; }
done <<'END'
batch bat
csharp cs
hbs handlebars
hs haskell
jl julia
typescript ts
END
exit $bad
