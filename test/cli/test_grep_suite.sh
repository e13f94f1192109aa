#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the shell tests of GNU grep with psearch in grep's place: it is called by the names grep, egrep and fgrep.
# Their sources are fetched from the mirror that this system's apt uses, through a sources list of its own, and are
# gone afterwards. test/data/grep/suite.txt lists the tests that fail or are left out, each with its reason. This test
# fails if one that is not listed fails, or one that is listed as failing passes.
#
# It takes minutes: only `make check-long`, or WORDS, runs it. Variables: GREP=program tests that program instead of psearch,
# and only reports (GREP=/usr/bin/grep is made to use UTF-8 for all tests, as psearch does); WORDS="name ..." runs
# only these tests, and shows what they print; GREP_SOURCES=DIR is where an unpacked source package is already.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -n "${PS_LONG:-}${WORDS:-}${GREP:-}" ] || { echo "it takes minutes: make check-long runs it"; exit 77; }
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT

skip()
{
	echo "$1"
	exit 77
}

# Fetches the source package into the current directory. apt's own configuration is not changed.
fetch()
{
	# shellcheck disable=SC2016 # apt expands these
	mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		sed -n 's/^Debian Debian main //p' | head -n 1)
	# shellcheck disable=SC1091
	suite=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	[ -n "$mirror" ] && [ -n "$suite" ] || return
	echo "deb-src $mirror $suite main" >sources.list
	mkdir -p lists/partial
	private update && private source --tar-only --download-only grep && tar xf grep_*.orig.tar.*
}

private()
{
	apt-get -qq -o Dir::Etc::SourceList="$PWD/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::State::Lists="$PWD/lists" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		-o APT::Sandbox::User="$(id -un)" "$@"
}

cd "$work" || exit 1
if [ -n "${GREP_SOURCES:-}" ]; then
	cp -r "$GREP_SOURCES" "$work/" || exit 1
elif ! command -v apt-get >/dev/null || ! fetch >log 2>&1; then
	[ ! -s log ] || tail -n 3 log
	skip "the source package of GNU grep cannot be fetched"
fi
sources=$(echo "$work"/grep-*)
sources=${sources%% *}
[ -f "$sources/tests/init.sh" ] || skip "the source package of GNU grep has no tests"

# The programs under test.
for name in grep egrep fgrep; do
	if [ -z "${GREP:-}" ]; then
		ln -sf "$build/psearch" "$sources/src/$name"
	else
		case $name in egrep) letter=-E ;; fgrep) letter=-F ;; *) letter= ;; esac
		cat >"$sources/src/$name" <<END
#!/bin/bash
LC_ALL=C.UTF-8 exec -a $name $GREP $letter "\$@"
END
		chmod +x "$sources/src/$name"
	fi
done

# What the tests need of their own, and locales, which some of them look for. psearch is not built for any.
cd "$sources/tests" || exit 1
: >config.h
${CC:-cc} -o get-mb-cur-max -I. -I../lib get-mb-cur-max.c ../lib/getprogname.c >"$work/log" 2>&1 ||
	${CC:-cc} -o get-mb-cur-max -DHAVE_GETPROGNAME -I. -idirafter ../lib get-mb-cur-max.c >>"$work/log" 2>&1 ||
	skip "the tests' helper cannot be built: $(tail -n 1 "$work/log")"
mkdir "$work/locales"
for locale in en_US.UTF-8 fr_FR.UTF-8 tr_TR.UTF-8 ru_RU.UTF-8 cs_CZ.UTF-8 ru_RU.KOI8-R ja_JP.EUC-JP ja_JP.SHIFT_JIS \
	zh_CN.GB18030; do
	localedef -c -i "${locale%.*}" -f "${locale#*.}" "$work/locales/$locale" >/dev/null 2>&1
done
ln -s ja_JP.EUC-JP "$work/locales/ja_JP.eucJP"
ln -s zh_CN.GB18030 "$work/locales/zh_CN.gb18030"

# run_one NAME: its exit status; what it prints is in $work/log.
run_one()
{
	set -- "$1" sh "./$1"
	case $1 in
	*.pl) set -- "$1" perl -w "-I$PWD" -MCoreutils -MCuSkip "-MCuTmpdir qw($1)" "$1" ;;
	esac
	name=$1
	shift
	env -u TERM -u GREP_COLOR -u GREP_COLORS LC_ALL=C LOCPATH="$work/locales" LOCALE_FR=none LOCALE_FR_UTF8=fr_FR.UTF-8 AWK=awk PERL=perl \
		abs_top_builddir="$sources" abs_top_srcdir="$sources" abs_srcdir="$PWD" srcdir=. top_srcdir=.. \
		built_programs="$programs" VERSION="$version" host_triplet="$(uname -m)-unknown-linux-gnu" CC="${CC:-cc}" \
		GREP_TEST_NAME="$name" MAKE=make MALLOC_PERTURB_=1 PACKAGE_VERSION="$version" \
		PACKAGE_BUGREPORT="$address" RUN_EXPENSIVE_TESTS=yes SHELL=/bin/sh PATH="$sources/src:$PATH" PCRE_WORKS=1 TMPDIR="$work" \
		timeout $((300 * ${PS_PATIENCE:-1})) "$@" >"$work/log" 2>&1 9>&2 </dev/null
}

programs='grep egrep fgrep'
version=$("$sources/src/grep" --version | sed -n '1s/.* //p')
address=psearch # help-version wants --help to name what the programs are of
[ -z "${GREP:-}" ] || address=bug-grep@gnu.org
tests=$(sed -n '/^TESTS =/,/^$/s/^ *\([^ 	\\=]*\)[ 	]*\\*$/\1/p' Makefile.am)
[ -z "${WORDS:-}" ] || tests=$WORDS
passed=0 skipped=0 failed=0 wrong=0
for test in $tests; do
	reason=$(sed -n "s/^$test: //p" "$here/../data/grep/suite.txt")
	case $reason in
	'left out: '*)
		if [ -z "${WORDS:-}" ]; then
			skipped=$((skipped + 1))
			echo "left out: $test: ${reason#*: }"
			continue
		fi
		reason= ;;
	esac
	run_one "$test"
	rc=$?
	case $rc in
	0)
		passed=$((passed + 1))
		[ -z "$reason" ] || [ -n "${GREP:-}" ] || {
			echo "$test passes: take it out of test/data/grep/suite.txt"
			wrong=$((wrong + 1))
		} ;;
	77)
		skipped=$((skipped + 1))
		echo "left out: $test: $(grep -i 'skip' "$work/log" | tail -n 1)" ;;
	*)
		failed=$((failed + 1))
		[ -n "$reason" ] || {
			echo "$test fails (exit $rc):"
			sed 's/^/  /' "$work/log" | tail -n 25
			wrong=$((wrong + 1))
		} ;;
	esac
	[ -z "${WORDS:-}" ] || { cat "$work/log"; echo; }
done
echo "$passed tests of GNU grep pass, $failed fail, $skipped are left out; $wrong are not as listed"
[ "$wrong" -eq 0 ]
