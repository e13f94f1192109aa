#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/node in Node: the addon is built, and its tests run. Its types are compiled where there is a TypeScript: in
# $PSEARCH_NODE_MODULES, or where npx finds one without the network.
# shellcheck disable=SC2154 # host.sh sets build, dir and bad
. test/hosts/host.sh
need node node-headers

make -s -C examples/node BUILD="$build" OUT="$dir" >"$dir/made" 2>&1 || { cat "$dir/made"; exit 1; }
export PSEARCH_ADDON="$dir/psearch.node" PSEARCH_BUILD="$build" PSEARCH_SCRATCH="$dir/scratch"
mkdir "$PSEARCH_SCRATCH"
for test in test/hosts/node/*.test.mjs; do
	node --expose-gc --test "$test" >"$dir/log" 2>&1 || { cat "$dir/log"; complain "$test failed"; }
done

# Without memory, files and threads.
with_faults "libpsearch.so.1 psearch.node" timeout $((200 * ${PS_PATIENCE:-1})) \
	node --expose-gc test/hosts/node/faults.mjs >"$dir/log" 2>&1 || {
	cat "$dir/log"
	complain "without memory: exit $?"
}
tail -n 1 "$dir/log"

# The command line that the README shows.
node examples/node/first.mjs 'search_open\(' lib/search >"$dir/got" 2>&1 || complain "first.mjs: exit $?"
"$build/psearch" -rn --column 'search_open\(' lib/search >"$dir/wanted"
cmp -s "$dir/got" "$dir/wanted" || { diff "$dir/wanted" "$dir/got" | head -5; complain "first.mjs prints other lines"; }

modules=${PSEARCH_NODE_MODULES:-}
if [ -n "$modules" ] && [ -e "$modules/typescript/bin/tsc" ]; then
	tsc="node $modules/typescript/bin/tsc"
elif npx --no-install tsc --version >"$dir/log" 2>&1; then
	tsc="npx --no-install tsc"
	modules=$(npm root)
else
	echo "left out: the types, since there is no typescript: set PSEARCH_NODE_MODULES"
	exit "$bad"
fi
mkdir -p "$dir/types/node_modules"
ln -s "$PWD/examples/node" "$dir/types/node_modules/psearch"
ln -s "$modules/@types" "$dir/types/node_modules/@types"
ln -s "$modules/undici-types" "$dir/types/node_modules/undici-types"
cp test/hosts/node/sample.mts test/hosts/node/wrong.mts "$dir/types"
types()
{
	(cd "$dir/types" && $tsc --noEmit --strict --target es2022 --module node16 --moduleResolution node16 \
		--types node "$@") >"$dir/log" 2>&1
}
types sample.mts || { cat "$dir/log"; complain "the sample does not compile"; }
types wrong.mts
for line in $(grep -n '// wrong' test/hosts/node/wrong.mts | cut -d: -f1); do
	grep -q "^wrong.mts($line," "$dir/log" || complain "the types let line $line of wrong.mts pass"
done
exit "$bad"
