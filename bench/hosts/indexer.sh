#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# bench/hosts/indexer.sh [TREE]: what an index of a tree costs, by examples/indexer: the first run, one that was killed
# half-way and the one after it, runs after nothing and after a file has changed, and queries beside the command's
# search. Seconds of wall-clock and of processor time; the tree is read once before, so that it is in the cache.
set -eu
cd "$(dirname "$0")/../.."
tree=$(realpath "${1:-.}")
case ${BUILD:-build} in /*) build=$BUILD ;; *) build=$PWD/${BUILD:-build} ;; esac
make -s -C examples/indexer BUILD="$build"
indexer=$build/examples/indexer/indexer
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -r "$tree" "$dir/tree" # a file is changed below
find "$dir/tree" -type f -exec touch -d '1 hour ago' {} +

# timed WHAT COMMAND...: prints the seconds that it takes, by the clock and of processors, and the last line that it
# prints; sets $clock and $cpu.
timed()
{
	what=$1
	shift
	TIMEFORMAT='%R %U %S'
	{ time { "$@" >"$dir/out" || [ $? -eq 1 ]; }; } 2>"$dir/time"
	read -r clock user system < <(tail -n 1 "$dir/time")
	cpu=$(echo "$user $system" | awk '{ print $1 + $2 }')
	printf '%-32s %8.3f s, %7.3f s of CPU   %s\n' "$what" "$clock" "$cpu" "$(tail -n 1 "$dir/out" | cut -c 1-100)"
}

(cd "$dir/tree" && "$build/psearch" -n '') >"$dir/all" 2>/dev/null || :
echo "$tree: $(wc -l <"$dir/all") lines, $(wc -c <"$dir/all") bytes as the command prints them; $(nproc) processors," \
	"load $(cut -d ' ' -f 1-3 /proc/loadavg)"
timed 'first run' "$indexer" "$dir/full.db" "$dir/tree"
full=$clock
echo "    $(wc -l <"$dir/all" | awk -v "clock=$clock" -v "cpu=$cpu" '{ printf "%d rows a second, %d a second of CPU", $1 / clock,
	$1 / cpu }'); the database has $(stat -c %s "$dir/full.db") bytes"
timed 'nothing has changed' "$indexer" "$dir/full.db" "$dir/tree"
changed=$(find "$dir/tree" -name '*.c' -print -quit)
echo >>"${changed:-$dir/tree/new}"
timed 'one file has changed' "$indexer" "$dir/full.db" "$dir/tree"

"$indexer" --batch 16 "$dir/half.db" "$dir/tree" >/dev/null &
victim=$!
sleep "$(echo "$full" | awk '{ print $1 / 2 }')"
kill -KILL $victim 2>/dev/null || :
wait $victim 2>/dev/null || :
timed 'killed half-way, then' "$indexer" --batch 16 "$dir/half.db" "$dir/tree"

for text in 'mutex_lock(' return 'no such text' 'if'; do
	timed "query '$text'" "$indexer" -q "$text" "$dir/full.db"
	(cd "$dir/tree" && timed "    the command searches for it" "$build/psearch" -nF -e "$text")
	echo "    $(wc -l <"$dir/out") lines"
done
