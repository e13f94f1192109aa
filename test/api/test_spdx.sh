#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# LICENSES.spdx is what .ci/spdx prints, is of the form of SPDX 2.3, and has each library that the build looks for.
set -u
bad=0
complain() { bad=1; echo "$*"; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
.ci/spdx >"$dir/made"
cmp -s "$dir/made" LICENSES.spdx || complain "LICENSES.spdx is not what .ci/spdx prints: make spdx"

# The modules that the Makefile and .ci/deps ask pkg-config for, and the list: the same names.
{
	sed -n 's/^MODULE_[a-z0-9]* := //p' Makefile
	sed -n 's/^[A-Z_]* :\{0,1\}= .*(PKG_CONFIG)[^)|]* --\(static --\)\{0,1\}\(cflags\|libs\) \([a-z][^$)|]*\).*/\3/p' Makefile
	sed -n 's/.*for module in \([^$;]*\); do.*/\1/p' .ci/deps
} | sed 's/2>.*//' | tr ' ' '\n' | sed '/^$/d' | LC_ALL=C sort -u >"$dir/asked"
.ci/spdx --modules | LC_ALL=C sort >"$dir/listed"
[ "$(wc -l <"$dir/asked")" -ge 9 ] || complain "the libraries that the Makefile asks for are not found: $(tr '\n' ' ' <"$dir/asked")"
cmp -s "$dir/asked" "$dir/listed" ||
	complain "the build asks for other libraries than .ci/spdx lists:
$(diff "$dir/asked" "$dir/listed" | sed -n 's/^< /not listed: /p; s/^> /not asked for: /p')"

# The form: what SPDX 2.3 demands of a document and of a package without files, each once, with a value it allows.
awk -F ': ' '
function fail(text) { print "LICENSES.spdx:" NR ": " text; failed = 1 }
function end_package() {
	if (name == "") return
	n = split("SPDXID PackageDownloadLocation FilesAnalyzed PackageLicenseConcluded PackageLicenseDeclared PackageCopyrightText", must, " ")
	for (i = 1; i <= n; i++) if (!(must[i] in has)) fail(name " has no " must[i])
}
/^$/ { next }
!/^[A-Za-z]+: [^ ]/ { fail("not a tag and a value: " $0); next }
$1 == "PackageName" { end_package(); split("", has); name = $2; next }
($1 in has) && $1 != "Relationship" { fail($1 " a second time") }
{ has[$1] = $2 }
$1 == "SPDXID" && ($2 !~ /^SPDXRef-[A-Za-z0-9.-]+$/ || ids[$2]++) { fail("a bad name, or a second time: " $2) }
$1 == "SPDXVersion" && $2 != "SPDX-2.3" || $1 == "DataLicense" && $2 != "CC0-1.0" { fail($0) }
$1 == "Created" && $2 !~ /^20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z$/ { fail($0) }
$1 == "DocumentNamespace" && $0 !~ /: https:\/\/[^ #]+$/ { fail($0) }
$1 ~ /License(Concluded|Declared)$/ && $2 != "NOASSERTION" {
	gsub(/ (AND|OR|WITH) /, " ", $2)
	n = split($2, part, " ")
	for (i = 1; i <= n; i++)
		if (part[i] !~ /^(BSD-2-Clause|BSD-3-Clause|Apache-2.0|Zlib|bzip2-1.0.6|0BSD|MIT|GPL-2.0-only)$/)
			fail("a licence that this test does not know; is it in the list of SPDX? " part[i])
}
$1 == "Relationship" {
	if (split($2, word, " ") != 3 || !(word[1] in ids) || !(word[3] in ids) ||
	    word[2] !~ /^(DESCRIBES|(OPTIONAL_|TEST_)?DEPENDENCY_OF)$/) fail("not a relation: " $2)
	relations++
}
NR <= 8 { top[$1] }
END {
	end_package()
	n = split("SPDXVersion DataLicense SPDXID DocumentName DocumentNamespace Creator Created", must, " ")
	for (i = 1; i <= n; i++) if (!(must[i] in top)) fail("the document has no " must[i])
	if (relations < 9) fail("only " relations + 0 " relations")
	exit failed
}' LICENSES.spdx || bad=1
exit $bad
