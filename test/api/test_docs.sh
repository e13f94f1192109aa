#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The documents: the programs in README.md and psearch(3) compile and run, README's is
# examples/first.c, each function has a page, each page that is referred to exists, and so
# does what the handbook (lib/README.md, CONTRIBUTING.md, SECURITY.md) names.
set -u
build=${BUILD:-build}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
bad=0
complain() { bad=1; echo "$*"; }

sed -n '/^```c$/,/^```$/p' README.md | sed '/^```/d' >"$dir/readme.c"
sed '1{/SPDX/d;}' examples/first.c | cmp - "$dir/readme.c" || complain "README.md and examples/first.c differ"
# roff escapes the backslash as \e.
sed -n '/^\.Bd .*-literal/,/^\.Ed/p' man/psearch.3 | awk '/^\.Bd/ { n++; next } /^\.Ed/ { next } n == 1' |
	sed 's/\\e/\\/g; s/^\\&//' >"$dir/manual.c"
for program in readme manual; do
	if ! ${CC:-cc} -std=c11 -Wall -Wextra -pedantic -Werror -Iinclude -c "$dir/$program.c" -o "$dir/$program.o"; then
		complain "the program in $program does not compile"
		continue
	fi
	[ -z "${SANITIZE:-}" ] || continue # it would need the sanitizer's own link
	if ! ${CC:-cc} "$dir/$program.o" "$build/libpsearch.so.1" -o "$dir/$program"; then
		complain "the program in $program does not link"
		continue
	fi
	LD_LIBRARY_PATH=$build "$dir/$program" search_open include >"$dir/out" || complain "$program: exit $?"
	grep -q '^include/psearch.h:' "$dir/out" || complain "$program found nothing"
done

for name in $(sed -n 's/^SEARCH_API .*[ *]\(search_[a-z_]*\)(.*/\1/p' include/psearch.h); do
	grep -q "^\.Nm $name\( ,\)\?$" man/*.3 || complain "$name has no page in man/"
	[ -e "man/$name.3" ] || sed -n '/^MAN_LINKS/,/[^\\]$/p' Makefile | grep -q "[[:space:]]$name:" ||
		complain "$name: neither man/$name.3 nor in MAN_LINKS of the Makefile"
done
for reference in $(sed -n 's/^\.Xr \([^ ]*\) 3.*/\1/p' man/*.[137] | sort -u); do
	case $reference in search_* | psearch) ;; *) continue ;; esac
	[ -e "man/$reference.3" ] || sed -n '/^MAN_LINKS/,/[^\\]$/p' Makefile | grep -q "[[:space:]]$reference:" ||
		complain "a page refers to $reference(3), and there is none"
done
for reference in $(sed -n 's/^\.Xr \(psearch[^ ]*\) \([17]\).*/\1.\2/p' man/*.[137] | sort -u); do
	[ -e "man/$reference" ] || complain "a page refers to man/$reference, and there is none"
done
# Each constant of the header is in a page.
for word in $(grep -ow 'SEARCH_[A-Z0-9_]*' include/psearch.h | sort -u); do
	case $word in SEARCH_API | SEARCH_TYPE | SEARCH_ITEM_FLAG_ | SEARCH_) continue ;; esac
	grep -q "$word" man/*.3 || complain "$word is in psearch.h and in no page"
done
# What the handbook names between backquotes exists: paths, words of the library, and functions, written name().
# Functions after "FILE: ", or in the column beside it, are in that file; so is a function before "in FILE".
cat >"$dir/named.awk" <<'END'
BEGIN { RS = "" }
{
	n = split($0, part, "`")
	file = last = ""
	for (i = 2; i < n; i += 2) {
		gap = part[i - 1]
		gsub(/[ \n]+/, " ", gap)
		name = part[i]
		if (name ~ /^[a-z.][^ ]*\/[^ ]*$/ && name !~ /^build\//) {
			print "path", name
			file = name ~ /\.[ch]$/ ? name : ""
			if (gap == " in " && last ~ /^function/ && file != "")
				print last, file
		} else if (name ~ /^[a-z_0-9]+\(\)$/) {
			name = "function " substr(name, 1, length(name) - 2)
			if (gap !~ /^(: | [|] |, | and )$/)
				file = ""
			print name, file
		} else {
			file = ""
			if (name ~ /^(ps|PS|search|SEARCH)_[A-Za-z0-9_]+$/)
				print "word", name
		}
		last = name
	}
}
END
tree=$(printf '%s\n' include/*.h lib/*/*.[ch] cli/*.[ch] cli/*/*.[ch] test/*/*.[ch])
for page in lib/README.md CONTRIBUTING.md SECURITY.md; do
	awk -f "$dir/named.awk" "$page" | sort -u >"$dir/named"
	[ -s "$dir/named" ] || complain "$page names nothing"
	while read -r kind name file; do
		# shellcheck disable=SC2086 # a list of files
		case $kind in
		path) [ -e "$name" ] ;;
		function) grep -qs "^[a-z].*\b$name(" ${file:-$tree} ;;
		word) grep -qw "$name" $tree ;;
		esac || complain "$page: the $kind $name does not exist${file:+ in $file}"
	done <"$dir/named"
done
# Each field of a struct is in a page.
for field in $(sed -n '/^struct [a-z_]* {/,/^};/p' include/psearch.h | grep '^	[a-z]' |
		sed -n 's|/\*.*||; s/^[^(]*[ *(]\([a-z_0-9]*\)\()([^)]*)\)\{0,1\}\(\[[0-9]*\]\)\{0,1\};.*/\1/p' | sort -u); do
	grep -q "^\.It Vt .*\b$field\b" man/*.3 || grep -q "Fa $field\b" man/*.3 ||
		complain "the field $field is in psearch.h and in no page"
done
# A macro that encloses the rest of its line encloses the next such macro, too; mandoc -Tlint does not report it.
if grep -nE '(^|[ .])([ABDPQS]q) .* ([ABDPQS]q) ' man/*.[137]; then
	echo "enclosed in each other: use Qo and Qc, and the like"
	bad=1
fi
if command -v mandoc >/dev/null; then
	mandoc -Tlint -W warning man/*.[137] || bad=1
else
	echo "left out: the look of the pages, as there is no mandoc"
fi
exit $bad
