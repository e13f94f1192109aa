#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Compares psearch --encoding with the command iconv: from a file in another encoding, by its name and
# from a pipe, psearch prints the same as from the file that iconv converted to UTF-8.
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
psearch=$build/psearch
[ -x "$psearch" ] || { echo "no $psearch"; exit 77; }
command -v iconv >/dev/null || { echo "no iconv"; exit 77; }
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
bad=0 ran=0

cat >latin <<'END'
The café is naïve, and über alles.
no accent here

¿Qué? ¡Señor! the last line is the longest of them, so that something is left of it
END
cat >cyrillic <<'END'
Съешь ещё этих мягких французских булок
the second line: вторая строка

да выпей же чаю
END
cat >japanese <<'END'
日本語の文章 the first
ソ表能 these end in a backslash in Shift_JIS

いろはにほへと、ちりぬるを。
END
cat >chinese <<'END'
中文文本 the first
北京 and 上海

最后一行
END
for name in latin cyrillic japanese chinese; do
	seq 3000 | sed "s/\$/ line of the rest/" >rest
	cat $name $name rest $name >t && mv t $name
done

# compare ENCODING FILE ARGUMENT...
compare() {
	encoding=$1 file=$2
	shift 2
	iconv -f UTF-8 -t "$encoding" <"$file" >encoded || { echo "iconv cannot make $encoding"; exit 77; }
	iconv -f "$encoding" -t UTF-8 <encoded >decoded
	"$psearch" --encoding=none "$@" decoded >want
	want=$?
	"$psearch" "--encoding=$encoding" "$@" encoded >got
	got=$?
	cmp -s want got && [ $want -eq $got ] || { echo "$encoding: $*"; bad=$((bad + 1)); }
	"$psearch" "--encoding=$encoding" "$@" <encoded >got
	cmp -s want got || { echo "$encoding: $*, from standard input"; bad=$((bad + 1)); }
	(head -c 333; sleep 0.01; cat) <encoded | "$psearch" "--encoding=$encoding" "$@" >got
	cmp -s want got || { echo "$encoding: $*, through a pipe"; bad=$((bad + 1)); }
	ran=$((ran + 1))
}

for row in latin:ISO-8859-1 latin:ISO-8859-15 latin:CP1252 latin:IBM850 latin:UTF-16LE latin:UTF-16BE latin:UTF-16 \
	cyrillic:KOI8-R cyrillic:CP1251 cyrillic:ISO-8859-5 cyrillic:IBM866 \
	japanese:SHIFT_JIS japanese:EUC-JP japanese:ISO-2022-JP japanese:CP932 japanese:UTF-16LE \
	chinese:GB18030 chinese:GBK chinese:BIG5-HKSCS chinese:UTF-32 chinese:UTF-32BE chinese:UTF-7 chinese:UTF-16; do
	file=${row%%:*}
	case $row in *BIG5*) sed 's/后/後/g' chinese >traditional && file=traditional ;; esac
	for pattern in the '\p{^ASCII}' '^$' 'café|ещё|表|北'; do
		compare "${row#*:}" "$file" -n "$pattern"
		compare "${row#*:}" "$file" -o "$pattern"
	done
	compare "${row#*:}" "$file" -c -v the
	compare "${row#*:}" "$file" -n -C2 last
done
echo "$ran comparisons, $bad differ"
[ $bad -eq 0 ]
