#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The MCP server in examples/mcp, run by a client that checks each message; see mcp/tests.py.
# shellcheck disable=SC2154 # host.sh sets $build, $dir, $python and $bad
. test/hosts/host.sh
need jsonschema
export BUILD_DIR="$build" TEST_DIR="$dir" HOME="$dir" LC_ALL=C.UTF-8
unset PSEARCH_CONFIG_PATH XDG_CONFIG_HOME
"$python" -W error test/hosts/mcp/tests.py "$@" || complain "the MCP server does not do what it should"
exit "$bad"
