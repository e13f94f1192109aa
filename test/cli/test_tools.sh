#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# psearch gets the arguments that editors and other programs pass to rg, and must print what rg printed: they are in
# tools/arguments, and what ripgrep 15.0.0 printed in tools/recorded. How colours are written is each command's own
# affair: they are taken out, and must be there where they are asked for. Elapsed times are taken out of JSON.
#
# RECORD=/path/to/rg test/cli/test_tools.sh records again. TOOL=name runs only those that match, such as vscode*.
set -u
here=$(cd "$(dirname "$0")" && pwd)/tools
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
HOME=$work/home LC_ALL=C.UTF-8 TERM=xterm
export HOME LC_ALL TERM
unset GREP_COLORS GREP_COLOR NO_COLOR XDG_CONFIG_HOME RIPGREP_CONFIG_PATH PSEARCH_CONFIG_PATH
escape=$(printf '\033')
failed=0 ran=0 left_out=0
json=yes
"$build/psearch" --no-config --json x /dev/null 2>&1 | grep -q 'without json-c' && json=

# A repository with what such searches meet: hidden and ignored files, a link, CRLF, bytes that are not UTF-8, a
# binary file, long lines.
make_tree()
{
	mkdir -p "$work/home" "$work/tree/.git/objects" "$work/tree/.git/refs" "$work/tree/src/deep" \
		"$work/tree/node_modules/fox" "$work/tree/docs" "$work/outside" || exit 1
	cd "$work/tree" || exit 1
	echo 'ref: refs/heads/main' >.git/HEAD
	printf 'fox of git\n' >.git/description
	printf '*.log\nnode_modules/\n' >.gitignore
	printf 'The quick brown fox\njumps over a fox, a Fox and FOXES\n\nno more\nred fox\nthe end\n' >README.md
	printf '#include <fox.h>\n\nint fox(void)\n{\n\treturn a.b - x; // -x: a fox\n}\n' >src/main.c
	printf 'one\r\na brown fox\r\nthe two foxes\r\n' >src/deep/dos.txt
	printf 'bytes \377\376 and a fox\n' >src/deep/bytes.txt
	printf 'a fox in hiding\n' >.hidden.md
	printf 'a fox in a log\n' >debug.log
	printf 'module.exports = fox;\n' >node_modules/fox/index.js
	printf 'zwei F\374chse\nfox\n' >docs/latin.txt
	printf '\303\251t\303\251 \346\227\245\346\234\254 fox oxo\n' >docs/unicode.txt
	printf 'red herring, red fox\n' >docs/a.b.txt
	awk 'BEGIN { for (i = 0; i < 900; i++) printf "wide "; print "fox" }' >docs/long.txt
	printf 'fox outside\n' >"$work/outside/linked.txt"
	ln -s ../outside linked
}

# Prints the output for a comparison: see above.
plain()
{
	case $1 in
	*--json*)
		python3 -c '
import json, sys
def strip(value):
    if isinstance(value, dict):
        return {k: strip(v) for k, v in value.items() if k not in ("elapsed", "elapsed_total", "bytes_printed")}
    return value
for line in sys.stdin:
    print(json.dumps(strip(json.loads(line)), sort_keys=True))' ;;
	*) sed "s/$escape\\[[0-9;]*[mK]//g" | tr '\0' '@' ;;
	esac
}

# compare NAME ARGUMENTS
compare()
{
	eval "set -- \"\$1\" \"\$2\" $2"
	name=$1 arguments=$2
	shift 2
	if [ -n "${RECORD:-}" ]; then
		"$RECORD" --sort path "$@" </dev/null 2>/dev/null | plain "$arguments" >"$here/recorded/$name"
		return
	fi
	case $json$arguments in -*--json*)
		left_out=$((left_out + 1))
		return ;;
	esac
	ran=$((ran + 1))
	"$build/psearch" "$@" </dev/null >"$work/raw" 2>"$work/stderr"
	plain "$arguments" <"$work/raw" >"$work/got" 2>"$work/not_json" || cat "$work/raw" >"$work/got"
	if ! diff -u "$here/recorded/$name" "$work/got" >"$work/diff"; then
		failed=$((failed + 1))
		printf '%s: psearch %s\n' "$name" "$arguments"
		head -n 3 "$work/stderr"
		cat "$work/diff"
	fi
	case $arguments in
	*--color=always* | *--color=ansi*)
		grep -q "$escape" "$work/raw" || { failed=$((failed + 1)); echo "$name: no colour"; } ;;
	esac
}

# What fzf gets from a pipe, it must find and give back whole.
compare_fzf()
{
	command -v fzf >/dev/null || { echo "left out: fzf, as it is not installed"; return; }
	ran=$((ran + 1))
	got=$("$build/psearch" --column --line-number --no-heading --color=always --smart-case fox . </dev/null |
		fzf --ansi --filter 'jumps over')
	[ "$got" = './README.md:2:14:jumps over a fox, a Fox and FOXES' ] && return
	failed=$((failed + 1))
	printf 'fzf --filter finds:\n%s\n' "$got"
}

make_tree
while IFS= read -r line; do
	case $line in '' | '#'*) continue ;; esac
	name=${line%% | *}
	# shellcheck disable=SC2254 # a pattern, on purpose
	case $name in ${TOOL:-*}) compare "$name" "${line#* | }" ;; esac
done <"$here/arguments"
[ -n "${RECORD:-}${TOOL:-}" ] || compare_fzf
[ "$left_out" -eq 0 ] || echo "left out: $left_out with --json, which this build lacks"
echo "$ran searches, $failed differ"
[ "$failed" -eq 0 ]
