#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The greps of examples/models: all print the same for the same arguments, as does psearch where it means the same;
# and they end soon, without a trace, when their reader goes away or the user presses control-C.
. test/hosts/host.sh
need distributed
"$python" test/hosts/models/check.py "$build" "$dir"
