#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/vscode in plain Node, with the interface of VS Code's extension host in place of VS Code.
# shellcheck disable=SC2154 # host.sh sets build, dir and bad
. test/hosts/host.sh
need node node-headers

make -s -C examples/node BUILD="$build" OUT="$dir" >"$dir/made" 2>&1 || { cat "$dir/made"; exit 1; }
export PSEARCH_ADDON="$dir/psearch.node" PSEARCH_BUILD="$build" PSEARCH_SCRATCH="$dir/scratch"
mkdir "$PSEARCH_SCRATCH"
NODE_PATH=$PWD/test/hosts/vscode/stub HOME=$dir node --expose-gc --test test/hosts/vscode/provider.test.mjs >"$dir/log" 2>&1 ||
	{ cat "$dir/log"; complain "the provider's tests failed"; }
exit "$bad"
