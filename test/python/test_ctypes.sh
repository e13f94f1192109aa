#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The library from Python, by the package in examples/python.
set -u
if [ -n "${SANITIZE:-}" ]; then
	echo "a sanitizer's library does not load into an interpreter without it"
	exit 77
fi
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || {
	echo "python3 is not installed"
	exit 77
}
case ${BUILD:-build} in /*) build=$BUILD ;; *) build=$PWD/${BUILD:-build} ;; esac
PSEARCH_LIBRARY=$build/libpsearch.so.1 exec "$python" -B -W error test/python/test_psearch.py
