# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the tests of the examples in real hosts share; each sources it from the top of the tree. After it, $build is the
# absolute name of the build directory, and $dir an empty directory that goes away with the test.
set -u
case ${BUILD:-build} in /*) build=$BUILD ;; *) build=$PWD/${BUILD:-build} ;; esac
export PSEARCH_LIBRARY="$build/libpsearch.so.1"
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

# with_faults MODULES COMMAND...: runs it so that it can have allocations and system calls of these modules fail: see
# faults.c. They are libpsearch.so.1, and the one that brings it into the host, if that is written in C.
faults=$PWD/test/hosts/faults.c
with_faults()
(
	FAULTS_OF=$1
	shift
	if [ ! -e "$dir/faults.so" ]; then
		# shellcheck disable=SC2086 # a compiler and its options
		${CC:-cc} -std=gnu11 -O2 -U_FORTIFY_SOURCE -fno-builtin -Wall -Wextra -Werror -fPIC -shared \
			-o "$dir/faults.so" "$faults" || exit
	fi
	FAULTS_CONTROL=$dir/faults.control
	head -c 64 /dev/zero >"$FAULTS_CONTROL"
	LD_PRELOAD=$dir/faults.so
	MALLOC_PERTURB_=85 # what is not filled in yet, or is freed, is no pointer, and not 0
	export FAULTS_OF FAULTS_CONTROL LD_PRELOAD MALLOC_PERTURB_
	"$@"
)

complain()
{
	echo "$*"
	bad=1
}
bad=0 # the exit status of the test that sources this
export bad
dir=$(mktemp -d "${TMPDIR:-/tmp}/psearch-host.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
