#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The command, man/psearch.1 and psearch-compared(7) have the same options.
set -u
cd "$(dirname "$0")/../.." || exit 1
psearch=${BUILD:-build}/psearch
[ -x "$psearch" ] || { echo "no $psearch"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

"$psearch" --generate man >"$work/page"
if ! diff -u man/psearch.1 "$work/page"; then
	echo "man/psearch.1 (-) is not what the table of options gives (+): run 'make man'"
	bad=1
fi

# Every option has a text of its own. A text without an option is not printed.
sed -n 's/^	{ "\([^"]*\)".*/\1/p' cli/options/option_texts.c | sort >"$work/texts"
sed -n -e 's/^	{ \([^,]*\), "\([^"]*\)", {.*/\2/p' -e "s/^	{ '\(.\)', NULL.*/\1/p" -e 's/^	{ OPTION_NUMBER, NULL.*/NUM/p' \
	cli/options/options.c | sort >"$work/options"
[ "$(wc -l <"$work/options")" -gt 100 ] || { echo "too few options were found in cli/options/options.c"; bad=1; }
comm -23 "$work/options" "$work/texts" >"$work/without"
if [ -s "$work/without" ]; then
	cat "$work/without"
	echo "these options of cli/options/options.c have no text in cli/options/option_texts.c"
	bad=1
fi

"$psearch" --help >"$work/help"
"$psearch" --help=all >"$work/all"
[ "$(wc -l <"$work/help")" -le 24 ] || { echo "--help is longer than 24 lines"; bad=1; }
grep -q -- '--help=all' "$work/help" || { echo "--help does not name --help=all"; bad=1; }
if awk 'length > 80 { print; bad = 1 } END { exit !bad }' "$work/help" "$work/all"; then
	echo "a line of --help is longer than 80 columns"
	bad=1
fi
while read -r name; do
	case $name in
	NUM) option=-NUM ;;
	?) option=-$name ;;
	*) option=--$name ;;
	esac
	grep -q -e "^  .*$option\([ ,=[]\|\$\)" "$work/all" || { echo "--help=all lacks $option"; bad=1; }
done <"$work/options"

# psearch has none of the options that psearch-compared(7) calls missing.
awk '/^\.S[sh]/ { missing = /missing in psearch/ } missing && /^\.Fl / { sub(/^\\&/, "", $2); print "-" $2 }' \
	man/psearch-compared.7 | sort -u >"$work/missing"
[ "$(wc -l <"$work/missing")" -gt 5 ] || { echo "psearch-compared(7) names too few options"; bad=1; }
while read -r option; do
	case $("$psearch" "$option" x /dev/null 2>&1 </dev/null) in
	*"is not known"*) ;;
	*) echo "$option is not missing, as psearch-compared(7) says"; bad=1 ;;
	esac
done <"$work/missing"

# Each option in the table of psearch(1) is known, unless its last column says 'none'.
awk '/^\.Sh OPTIONS OF GREP AND RG/ { table = 1; next } /^\.Sh/ { table = 0 }
	table && /^\.It Fl/ { print "-" $3, $NF == "none" ? "unknown" : "known" }' man/psearch.1 >"$work/table"
[ "$(wc -l <"$work/table")" -gt 10 ] || { echo "the table of psearch(1) has too few options"; bad=1; }
while read -r option known; do
	case $("$psearch" "$option" 1 1 x /dev/null 2>&1 </dev/null) in
	*"is not known"*) [ "$known" = unknown ] ;;
	*) [ "$known" = known ] ;;
	esac || { echo "$option is not $known, as the table of psearch(1) has it"; bad=1; }
done <"$work/table"
[ "$bad" = 0 ] || exit 1
command -v mandoc >/dev/null || { echo "left out: the look of the page, as there is no mandoc"; exit 0; }
mandoc -Tlint -W warning man/psearch.1 man/psearch-compared.7
