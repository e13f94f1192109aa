#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The arrows between the rooms: who may include what with quotes. The command, the
# examples and the command's users see the public header alone.
set -u
bad=$(grep -n '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' lib/*.[ch] lib/*/*.[ch] /dev/null | awk '
function room_of(path, part) { return split(path, part, "/") > 2 ? part[2] : "" }
BEGIN {
	may["plan"] = " ignore "
	may["queue"] = " scan decompress match simd "
	may["scan"] = " decompress match simd "
	may["match"] = " simd "
}
{
	split($0, field, ":")
	from = room_of(field[1])
	split($0, quoted, "\"")
	to = quoted[2]
	if (from == "" || to == "base.h" || to == "../base.h" || to == "../sort.h")
		next                       # the top of lib/ may include any room, and any room these
	if (to !~ /\//)
		next                       # its own room
	sub(/^\.\.\//, "", to)
	sub(/\/.*/, "", to)
	if (to != from && index(may[from], " " to " ") == 0)
		print field[1] ":" field[2] ": lib/" from " may not include " quoted[2]
}')
outside=$(grep -n '^[[:space:]]*#[[:space:]]*include.*\(lib/\|\.\./\|base\.h\|oniguruma\|ck_\)' cli/*.[ch] examples/*.[ch] /dev/null |
	sed 's|$|: only <psearch.h> of the project may be included here|')
[ -z "$bad$outside" ] && exit 0
printf '%s\n' "$bad" "$outside" | sed '/^$/d'
echo "The arrows: search -> plan -> ignore, search -> queue -> scan -> decompress, match -> simd (README.md)"
exit 1
