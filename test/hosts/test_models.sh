#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The greps of examples/models: all print the same for the same arguments, as does psearch where it means the same;
# and they end soon, without a trace, whatever ends them.
. test/hosts/host.sh
need distributed
# They run in a copy, which is compiled once, not by each of hundreds of interpreters, and which nobody can read.
code="$dir/code"
mkdir -p "$code/examples" "$code/test/hosts"
cp -R examples/models examples/python "$code/examples" && cp -R test/hosts/models "$code/test/hosts" &&
	cp "$build/libpsearch.so.1" "$build/psearch" "$code" && chmod -R a+rX "$code" &&
	"$python" -m compileall -q "$code" || exit 1
export PSEARCH_LIBRARY="$code/libpsearch.so.1"
"$python" "$code/test/hosts/models/check.py" "$code" "$dir"
