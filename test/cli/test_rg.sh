#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# psearch prints what rg printed, byte for byte, for each search in rg/searches; what ripgrep 15.0.0 printed is in
# rg/recorded. A NUL is written as @ there, and the seconds of --stats as 0, those of
# --json as {}.
#
# RECORD=/path/to/rg test/cli/test_rg.sh records again. SEARCH=name runs only those that match, such as replace*.
set -u
here=$(cd "$(dirname "$0")" && pwd)/rg
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
LC_ALL=C.UTF-8
export LC_ALL
unset GREP_COLORS GREP_COLOR RIPGREP_CONFIG_PATH PSEARCH_CONFIG_PATH
failed=0 ran=0 left_out=0
json=yes
"$build/psearch" --no-config --json x /dev/null 2>&1 | grep -q 'without json-c' && json=

# trimmed TEXT: without blanks around it, in $text
trimmed()
{
	text=${1#"${1%%[! ]*}"}
	text=${text%"${text##*[! ]}"}
}

# search COMMAND OPTIONS: what it prints on standard output; the options are words
search()
{
	# shellcheck disable=SC2086
	"$1" $2 </dev/null 2>/dev/null | tr '\0' '@' |
		sed -E 's/^[0-9]*\.[0-9]* seconds/0 seconds/; s/"(elapsed|elapsed_total)":\{[^}]*\}/"\1":{}/g'
}

set -f # the arguments are patterns, not globs
cd "$here/text" || exit 1
if [ -n "${RECORD:-}" ]; then
	: >"$here/recorded"
fi
while IFS='|' read -r name both rg psearch; do
	trimmed "$name"; name=$text
	case $name in '#'*) continue ;; esac
	if [ -n "${RECORD:-}" ]; then
		{ echo "## $name"; search "$RECORD" "--no-config -j1 $rg $both"; } >>"$here/recorded"
		continue
	fi
	# shellcheck disable=SC2254
	case $name in ${SEARCH:-*}) ;; *) continue ;; esac
	case $json$name in json*) left_out=$((left_out + 1)); continue ;; esac
	ran=$((ran + 1))
	awk -v name="## $name" '/^## / { on = $0 == name; next } on' "$here/recorded" >"$work/want"
	search "$build/psearch" "--no-config $psearch $both" >"$work/got"
	cmp -s "$work/want" "$work/got" && continue
	echo "$name: psearch $psearch $both"
	diff "$work/want" "$work/got"
	failed=$((failed + 1))
done <"$here/searches"
[ -z "${RECORD:-}" ] || exit 0
[ "$left_out" -eq 0 ] || echo "left out: $left_out with --json, which this build lacks"
echo "$ran searches, $failed differ"
[ "$failed" -eq 0 ] && [ "$ran" -gt 0 ]
