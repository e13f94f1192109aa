#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/overlays: the file that is not saved has the text of standard input, in its place.
set -u
program=$(cd "${BUILD:-build}" && pwd)/examples/overlays
[ -x "$program" ] || { echo "no $program"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir tree
echo 'needle on disk' >tree/a
echo 'needle on disk' >tree/b
ln -s tree/a link
failed=0

# check WHAT FILE: with a buffer for FILE it prints what standard input says, after the buffer's two lines.
check()
{
	wanted=$(cat)
	got=$(printf 'hay\nneedle in buffer\n' | "$program" needle tree "$2") && [ "$got" = "$wanted" ] && return
	echo "$1: printed '$got'"
	failed=1
}

check 'a file' ./tree//a <<'END'
tree/a:2:needle in buffer
tree/b:1:needle on disk
END
check 'a link' "$dir/link" <<'END'
tree/a:2:needle in buffer
tree/b:1:needle on disk
END
check 'a new file' tree/../tree/aa <<'END'
tree/a:1:needle on disk
tree/aa:2:needle in buffer
tree/b:1:needle on disk
END
"$program" needle tree tree </dev/null 2>said && { echo 'a directory is not refused'; failed=1; }
grep -q 'overlays: .*directory' said || { echo "a directory: said '$(cat said)'"; failed=1; }
exit $failed
