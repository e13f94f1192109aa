#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# `make dist` gives the same bytes from another path, another clone and an unpacked tarball, under another umask, time
# zone, locale and user. The tarball has what a build reads; in a long run it is built and tested.
set -u
build=${BUILD:-build}
for tool in git gzip comm; do
	command -v "$tool" >/dev/null || { echo "no $tool"; exit 77; }
done
tar --version 2>/dev/null | grep -q 'GNU tar' || { echo "tar is not GNU tar"; exit 77; }
git rev-parse --git-dir >/dev/null 2>&1 || { echo "not a repository of git"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0
complain() { bad=1; echo "$*"; }
unset SOURCE_DATE_EPOCH

.ci/dist "$dir/here.tar.gz" 2>/dev/null || { echo ".ci/dist failed"; exit 1; }
mkdir "$dir/unpacked" "$dir/out"
tar -C "$dir/unpacked" -xf "$dir/here.tar.gz"
top=$(echo "$dir"/unpacked/psearch-*)
version=$(sed -n 's/^#define SEARCH_VERSION_STRING "\(.*\)"/\1/p' include/psearch.h)
[ "${top##*/}" = "psearch-$version" ] || complain "the tarball's directory is ${top##*/}, not psearch-$version"

# The same files in a clone, as another user's, who may not read much.
(umask 077 && git clone -q --no-hardlinks . "$dir/a clone" 2>/dev/null && cd "$dir/a clone" && git rm -rq --cached . &&
	find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} + &&
	tar -xmf "$dir/here.tar.gz" --strip-components=1 && git add -Af .) || complain "no clone"

# elsewhere DIR FILE: packs DIR under other circumstances.
elsewhere()
{
	if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
		chmod 711 "$dir" "$dir/unpacked"
		chown -R 65534:65534 "$1" "$dir/out"
		set -- "$1" "$2" setpriv --reuid=65534 --regid=65534 --clear-groups
	fi
	at=$1 to=$2
	shift 2
	(cd / && umask 007 && TZ=Asia/Kolkata LC_ALL=C.UTF-8 LANGUAGE=de GZIP=-1 TAR_OPTIONS=--mode=777 HOME=$dir/out \
		"$@" "$at/.ci/dist" "$to" 2>/dev/null)
}
for from in "$dir/a clone" "$top"; do
	if elsewhere "$from" "$dir/out/there.tar.gz"; then
		cmp "$dir/here.tar.gz" "$dir/out/there.tar.gz" || complain "other bytes from ${from##*/}"
	else
		complain "no tarball from ${from##*/}"
	fi
	rm -f "$dir/out/there.tar.gz"
done
[ "$(id -u)" -ne 0 ] || chown -R 0:0 "$top"

# Another time gives other bytes: that it was the same above was no chance.
SOURCE_DATE_EPOCH=1000000000 .ci/dist "$dir/old.tar.gz" 2>/dev/null
! cmp -s "$dir/here.tar.gz" "$dir/old.tar.gz" || complain "SOURCE_DATE_EPOCH has no effect"
TZ=UTC tar -tvf "$dir/old.tar.gz" | grep -qv ' 0/0 .* 2001-09-09 ' && complain "a time or an owner that is not the given one"

# What the compiler read for this build, as it has noted.
cat "$build"/obj/*/*.d "$build"/obj/*/*/*.d 2>/dev/null | tr ' ' '\n' |
	sed -n 's/:$//; s,^\(\(lib\|cli\|include\|examples\|test\|bench\)/.*\.[ch]\)$,\1,p' | sort -u |
	while read -r file; do [ -e "$top/$file" ] || echo "$file"; done >"$dir/missing"
# A file that is new and that git does not know yet is no mistake of the tarball.
git ls-files --others | sort -u | comm -13 - "$dir/missing" >"$dir/left"
[ ! -s "$dir/left" ] || complain "the tarball lacks: $(tr '\n' ' ' <"$dir/left")"

if [ -n "${PS_LONG:-}" ] && [ -z "${SANITIZE:-}" ]; then
	(cd "$top" && unset PS_LONG PS_SEED && ${MAKE:-make} -s BUILD=build CC="${CC:-cc}" CFLAGS=-O1 \
		T='queue/test_ring api/test_header api/test_abi' check) >"$dir/log" 2>&1 || {
		complain "the unpacked tarball does not build, or fails its tests"
		tail -n 40 "$dir/log"
	}
	.ci/dist "$dir/again.tar.gz" 2>/dev/null
	"$top/.ci/dist" "$dir/out/built.tar.gz" 2>/dev/null
	cmp "$dir/again.tar.gz" "$dir/out/built.tar.gz" || complain "other bytes from the tarball after a build in it"
else
	echo "left out: building the tarball, which make check-long does"
fi
exit $bad
