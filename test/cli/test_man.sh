#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --help and man/psearch.1 have the same options, with and without an argument.
set -u
cd "$(dirname "$0")/../.." || exit 1
psearch=${BUILD:-build}/psearch
[ -x "$psearch" ] || { echo "no $psearch"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "  -e, --regexp=PATTERN   text" becomes "-e ARG" and "--regexp ARG".
"$psearch" --help | sed -n 's/^ \{2,6\}\(-[^ ,]*\(, [^ ,]*\)*\).*/\1/p' | awk '
	{
		argument = sub(/=.*/, "") ? " ARG" : ""
		n = split($0, name, ", ")
		for (i = 1; i <= n; i++)
			print name[i] argument
	}' | sort >"$work/help"

# ".It Fl e , Fl -regexp Ns = Ns Ar pattern" becomes the same.
awk '
	$1 == ".It" && $2 == "Fl" && $3 == "Ar" { print "-NUM"; next }
	$1 == ".It" && $2 == "Fl" {
		argument = / Ar / ? " ARG" : ""
		for (i = 2; i < NF; i++)
			if ($i == "Fl")
				print "-" $(i + 1) argument
	}' man/psearch.1 | sort >"$work/man"

[ "$(wc -l <"$work/help")" -gt 30 ] || { echo "--help shows too few options"; exit 1; }
if ! diff -u "$work/help" "$work/man"; then
	echo "--help (-) and man/psearch.1 (+) differ"
	exit 1
fi
# psearch has none of the options that psearch-compared(7) calls missing.
awk '/^\.S[sh]/ { missing = /missing in psearch/ } missing && /^\.Fl / { sub(/^\\&/, "", $2); print "-" $2 }' \
	man/psearch-compared.7 | sort -u >"$work/missing"
[ "$(wc -l <"$work/missing")" -gt 40 ] || { echo "psearch-compared(7) names too few options"; exit 1; }
while read -r option; do
	case $("$psearch" "$option" x /dev/null 2>&1) in
	*"is not known"*) ;;
	*) echo "$option is not missing, as psearch-compared(7) says"; bad=1 ;;
	esac
done <"$work/missing"
[ "${bad:-0}" = 0 ] || exit 1
command -v mandoc >/dev/null || { echo "left out: the look of the page, as there is no mandoc"; exit 0; }
mandoc -Tlint -W warning man/psearch.1 man/psearch-compared.7
