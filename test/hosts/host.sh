# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the tests of the examples in real hosts share; each sources it from the top of the tree. After it, $build is the
# absolute name of the build directory, and $dir an empty directory that goes away with the test.
set -u
case ${BUILD:-build} in /*) build=$BUILD ;; *) build=$PWD/${BUILD:-build} ;; esac
export PSEARCH_LIBRARY="$build/libpsearch.so.0"
if [ -n "${SANITIZE:-}" ]; then
	echo "a sanitizer's library does not load into a program without it"
	exit 77
fi

# Without a host the test is skipped; with PS_NEED_ALL, as in CI, that is a failure.
lacking()
{
	echo "$1 is not installed: .ci/deps $1"
	[ -z "${PS_NEED_ALL:-}" ] || exit 1
	exit 77
}

# need NAME...: names as .ci/deps takes them: of a program, of a pkg-config module, or of a module of the system's Python.
need()
{
	for what do
		.ci/deps --check "$what" || lacking "$what"
	done
}

# For modules that the system packages, its own Python has to be it.
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || lacking python3
export python PYTHONDONTWRITEBYTECODE=1

complain()
{
	echo "$*"
	bad=1
}
bad=0 # the exit status of the test that sources this
export bad
dir=$(mktemp -d "${TMPDIR:-/tmp}/psearch-host.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
