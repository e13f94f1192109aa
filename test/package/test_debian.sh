#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The packages of debian/: they build from the tarball of `make dist`, lintian has no objection, and a program can be
# built and run with what they hold, unpacked beside the system.
# Compiled without optimisation, to be quick, except in a long run.
set -u
bad=0
complain() { bad=1; echo "$*"; }

version=$(sed -n 's/^#define SEARCH_VERSION_STRING "\(.*\)"/\1/p' include/psearch.h)

skip() { echo "$1"; exit 77; }
[ -z "${SANITIZE:-}" ] || skip "a sanitizer build is not what is packaged"
for tool in dpkg-buildpackage dh lintian; do
	command -v $tool >/dev/null && continue
	[ -z "${PS_NEED_ALL:-}" ] || { echo "no $tool: .ci/deps dpkg-buildpackage dh lintian"; exit 1; }
	skip "no $tool: .ci/deps dpkg-buildpackage dh lintian"
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
umask 022
.ci/dist "$dir/libpsearch_$version.orig.tar.gz" 2>/dev/null || { echo ".ci/dist failed"; exit 1; }
tar -C "$dir" -xf "$dir/libpsearch_$version.orig.tar.gz"
options="nocheck noopt parallel=$(getconf _NPROCESSORS_ONLN)"
[ -z "${PS_LONG:-}" ] || options="parallel=$(getconf _NPROCESSORS_ONLN)"
# The build must not see what make has set; -d: whether the packages that it needs are installed, it finds itself.
(cd "$dir/psearch-$version" && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS -u CFLAGS -u CPPFLAGS -u LDFLAGS -u BUILD -u CC \
	-u CXX -u PKG_CONFIG -u RUN -u SANITIZE -u T -u HARDEN -u PS_LONG -u PS_SEED DEB_BUILD_OPTIONS="$options" \
	dpkg-buildpackage -us -uc -d) >"$dir/log" 2>&1 || {
	echo "the packages do not build"
	tail -n 60 "$dir/log"
	exit 1
}
# Nobody has asked Debian for a bug to close; and the tarball has debian/ in it, since it has all files.
said=$(lintian --allow-root --fail-on error,warning --suppress-tags initial-upload-closes-no-bugs,no-debian-changes \
	"$dir"/*.changes 2>&1) || complain "lintian:
$said"

# Each package has what it is for.
for package in libpsearch1 libpsearch-dev psearch; do
	dpkg-deb -c "$dir/${package}_"*.deb >"$dir/$package.list"
done
for package in libpsearch1:libpsearch.so.1 libpsearch-dev:include/psearch.h libpsearch-dev:man3/search_next_many.3 \
	libpsearch-dev:psearch.pc libpsearch-dev:libpsearch.a libpsearch-dev:examples/first.c psearch:bin/psearch \
	psearch:man1/psearch.1 psearch:bash-completion/completions/psearch psearch:vendor-completions/_psearch \
	psearch:vendor_completions.d/psearch.fish; do
	grep -q "/${package#*:}" "$dir/${package%%:*}.list" || complain "${package%%:*} lacks ${package#*:}"
done

for package in "$dir"/*.deb; do
	case $package in *dbgsym*) ;; *) dpkg-deb -x "$package" "$dir/root" ;; esac
done
usr=$dir/root/usr
libraries=$(dirname "$(find "$usr/lib" -name libpsearch.so)")
PKG_CONFIG_SYSROOT_DIR=$dir/root PKG_CONFIG_LIBDIR=$libraries/pkgconfig LD_LIBRARY_PATH=$libraries
export PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR LD_LIBRARY_PATH
printf 'one\ntwo\nthree two\n' >"$dir/text"
# shellcheck disable=SC2046 # lists of flags
cc "$dir/psearch-$version/examples/first.c" $(pkg-config --cflags --libs psearch) -o "$dir/first" &&
	"$dir/first" two "$dir/text" >"$dir/found" && "$usr/bin/psearch" -nH two "$dir/text" | diff - "$dir/found" ||
	complain "a program built with the packages does not find what the command finds"
readelf -d "$usr/bin/psearch" | grep -q 'NEEDED.*libpsearch\.so\.1' || complain "the command does not share the library"
exit $bad
