#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/pages.c: its pages, one after the other, have what one large page has.
set -u
build=${BUILD:-build}
[ -x "$build/examples/pages" ] || { echo "no $build/examples/pages"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

${RUN:-} "$build/examples/pages" 100000 search_ include >"$dir/whole" || exit 1
pages=0 cursor=
: >"$dir/joined"
while [ "$pages" -lt 100 ]; do
	pages=$((pages + 1))
	# shellcheck disable=SC2086 # the first page has no cursor, and a cursor is one word
	${RUN:-} "$build/examples/pages" 13 search_ include $cursor >"$dir/page" || exit 1
	sed '$d' "$dir/page" >>"$dir/joined"
	cursor=$(sed -n '$s/^next: //p' "$dir/page")
	[ -n "$cursor" ] || break
done
echo end >>"$dir/joined"
[ "$pages" -gt 5 ] || { echo "only $pages pages"; exit 1; }
cmp "$dir/whole" "$dir/joined" || exit 1
[ "$(wc -l <"$dir/whole")" -gt 50 ] || { echo "too few lines"; exit 1; }
if ${RUN:-} "$build/examples/pages" 13 search_ include ps1.damaged 2>"$dir/error"; then exit 1; fi
grep -q 'options.resume is damaged' "$dir/error" || { cat "$dir/error"; exit 1; }
