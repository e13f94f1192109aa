#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The arrows between the rooms of lib/: which room may include headers of which. In the table a room comes before
# those that it may include, so there is no circle. The command and the examples include only the public header.
set -u
rooms='
search     plan files warm scan pool queue decode onig simd base
plan       files warm base
files      base
scan       match decode queue base
warm       prefilter decode simd base
match      pattern prefilter automaton backtrack dictionary syntax onig simd base
pattern    syntax onig simd base
prefilter  syntax simd base
automaton  dictionary syntax onig base
backtrack  syntax onig base
dictionary onig base
syntax     onig base
onig       simd base
decode     base
pool       queue base
queue      base
simd       base
base
'
sources=$(printf '%s\n' lib/*/*.[ch])
bad=$(grep -n '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' lib/*/*.[ch] /dev/null |
	awk -v rooms="$rooms" '
BEGIN {
	count = split(rooms, line, "\n")
	for (i = 1; i <= count; i++) {
		n = split(line[i], word, " ")
		if (n > 0)
			may[word[1]] = " "
		for (k = 2; k <= n; k++) {
			may[word[1]] = may[word[1]] word[k] " "
			if (word[k] in may)
				print "the table of arrows: " word[k] " must be below " word[1]
		}
	}
}
{
	split($0, field, ":")
	split(field[1], part, "/")
	from = part[2]
	split($0, quoted, "\"")
	if (quoted[2] !~ /\//)
		next                       # its own room
	to = quoted[2]
	sub(/^\.\.\//, "", to)
	sub(/\/.*/, "", to)
	if (index(may[from], " " to " ") == 0)
		print field[1] ":" field[2] ": lib/" from " may not include " quoted[2]
}')
# Each file is in lib/ROOM, each room in the table, and no two files have one name: debuggers show no directories.
strays=$(find lib -name '*.[ch]' | grep -v '^lib/[a-z]*/[^/]*$' | sed 's/$/: a file must be in a room, lib\/ROOM/'
	echo "$sources" | sed 's|^lib/\([a-z]*\)/.*|\1|' | sort -u | while read -r room; do
		echo "$rooms" | grep -q "^$room\b" || echo "lib/$room: not in the table of arrows"
	done
	echo "$sources" | sed 's|.*/||' | sort | uniq -d | sed 's/$/: the name of more than one file in lib/')
# The command's rooms include each other's files, by ../ROOM/.
include='^[[:space:]]*#[[:space:]]*include.*'
outside=$({ grep -n "$include\(lib/\|\.\./\|base\.h\|oniguruma\|ck_\)" cli/*.[ch] examples/*.[ch] /dev/null
	grep -n "$include\(lib/\|\.\./\.\./\|base\.h\|oniguruma\|ck_\)" cli/*/*.[ch]; } |
	sed 's|$|: only <psearch.h> of the project may be included here|')
[ -z "$bad$strays$outside" ] && exit 0
printf '%s\n' "$bad" "$strays" "$outside" | sed '/^$/d'
echo "The arrows, each room with those that it may include (lib/README.md has the picture):$rooms"
exit 1
