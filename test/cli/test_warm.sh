#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --warm finds what a search without finds, keeps its file where it should, and says what it cannot do. Each change of
# the files is seen.
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
PATH=$build:$PATH
LC_ALL=C
export PATH LC_ALL
unset PSEARCH_CONFIG_PATH
case $(stat -f -c %T /dev/shm 2>/dev/null) in
tmpfs) [ -w /dev/shm ] && TMPDIR=/dev/shm && export TMPDIR ;;
esac
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
cd "$work" || exit 1
XDG_CACHE_HOME=$work/cache
HOME=$work/home
export XDG_CACHE_HOME HOME
bad=0

fail() { bad=$((bad + 1)); echo "$1"; }
is() { [ "$1" = "$2" ] || fail "$3: '$1', not '$2'"; }
# says TEXT WHAT: standard error has the text; "": nothing.
says() {
	if [ -z "$1" ]; then
		[ ! -s err ] || { fail "$2: says something"; cat err; }
	else
		grep -qF -e "$1" err || { fail "$2: '$1' is not said"; cat err; }
	fi
}
# settle: what was written is older than the clock's granularity.
settle() { sleep 0.05; }

# same WHAT ARGUMENT...: with --warm the output and status are those without; standard error too.
same() {
	what=$1
	shift
	psearch "$@" >cold 2>cold.err </dev/null
	echo "status $?" >>cold
	psearch --warm "$@" >got 2>err </dev/null
	echo "status $?" >>got
	cmp -s cold got || { fail "$what: differs"; diff cold got | head -5; }
	cmp -s cold.err err || { fail "$what: messages differ"; diff cold.err err | head -5; }
}
# number WHAT: of --warm-stats
number() { psearch --warm-stats tree 2>/dev/null </dev/null | sed -n "s/^\([0-9]*\) $1\$/\1/p"; }

mkdir -p tree/sub/deep tree/other
for i in 1 2 3 4 5 6 7 8 9; do
	echo "needle number $i" >tree/sub/file$i
	echo "nothing to see in number $i" >tree/other/file$i
done
echo "deep text" >tree/sub/deep/file
settle

# Nothing is kept without the option, and nothing is there yet.
psearch needle tree >/dev/null 2>err </dev/null
says "" "without --warm"
[ ! -e cache ] || fail "without --warm there is a cache"
psearch --warm-stats tree >out 2>err </dev/null
is $? 1 "status of --warm-stats without a file"
says "there is no such file: nothing was learnt yet" "--warm-stats without a file"
psearch --warm-clear tree >out 2>err </dev/null
is $? 1 "status of --warm-clear without a file"

# The first search writes a file that only the user can read.
same "first" needle tree
file=$(ls cache/psearch/tree-* 2>/dev/null)
[ -f "$file" ] || fail "there is no file"
is "$(stat -c %a "$file")" 600 "mode of the file"
is "$(stat -c %a cache/psearch)" 700 "mode of the directory"
is "$(number directories)" 4 "directories"
is "$(number files)" 19 "files"
same "second" needle tree
for pattern in needle 'number [0-9]' 'nosuchstring' '(?i)NEEDLE' 'deep text' 'x*'; do
	same "$pattern" "$pattern" tree
	same "$pattern, again" -c "$pattern" tree
	same "$pattern, with options" -l -g '*[1-5]' "$pattern" tree
	for option in -v -L -z --count-matches --passthru --sort=size --encoding=latin1 --multiline; do
		same "$pattern, with $option" "$option" "$pattern" tree
	done
done
same "the list" --files tree

# All is learnt at once; then what cannot match is not opened.
psearch --warm-learn tree >out 2>err </dev/null
is $? 0 "status of --warm-learn"
says "" "--warm-learn"
is "$(number signatures)" 19 "signatures after --warm-learn"
psearch --warm --stats needle tree >out 2>err </dev/null
is "$(sed -n 's/^\([0-9]*\) files ruled out$/\1/p' out)" 10 "files ruled out"
is "$(sed -n 's/^\([0-9]*\) files searched$/\1/p' out)" 19 "files searched"
is "$(sed -n 's/^\([0-9]*\) files contained matches$/\1/p' out)" 9 "files with matches"
is "$(sed -n 's/^\([0-9]*\) matches$/\1/p' out)" 9 "matches"
psearch --warm --stats -c needle tree >out 2>err </dev/null
is "$(sed -n 's/^\([0-9]*\) files ruled out$/\1/p' out)" 10 "files ruled out, with -c"
is "$(sed -n 's/^\([0-9]*\) files searched$/\1/p' out)" 19 "files searched, with -c"
if command -v strace >/dev/null && strace -o trace true 2>/dev/null; then
	strace -f -o trace -e trace=openat,openat2,open psearch --warm needle tree >/dev/null 2>&1 </dev/null
	grep -q 'sub/file1\|"file1"' trace || fail "a file that matches is not opened"
	is "$(grep -c 'file[0-9]"' trace)" 9 "files opened"
fi

# Each change is seen.
change() {
	eval "$2"
	same "$1" needle tree
	settle
	same "$1, later" needle tree
	same "$1, once more" -n needle tree
}
change "a new file" 'echo "a needle" >tree/other/new'
change "a file written in place" 'echo "a needle, too" >>tree/other/file1'
change "the same size and time" \
	'touch -r tree/other/file2 ref; echo "a needle to see in number 2" | cut -c1-27 >tree/other/file2; touch -r ref tree/other/file2'
change "a file renamed over another" 'echo "one needle" >tmp; mv tmp tree/other/file3'
change "a file that is gone" 'rm tree/sub/file1'
change "a directory that was replaced" \
	'mv tree/other old; mkdir tree/other; echo "needle in place" >tree/other/file4; rm -r old'
change "a directory renamed" 'mv tree/sub tree/subs'
change "an ignore file" 'echo "file4" >tree/.ignore'
change "a link" 'ln -s ../subs/file2 tree/other/link'
change "a file cut short" ': >tree/subs/file2'
if [ "$(id -u)" -ne 0 ]; then
	change "a directory that cannot be read" 'chmod 0 tree/subs/deep'
	chmod 700 tree/subs/deep
fi

# A root has one file, whatever it is called by, and for all that is searched in it.
rm -r cache
psearch --warm needle tree >/dev/null 2>&1
ln -s tree alias
for path in tree ./tree/ alias "$work/tree" 'tree/subs tree/other'; do
	# shellcheck disable=SC2086
	psearch --warm needle $path >/dev/null 2>&1 </dev/null
done
(cd tree && psearch --warm needle >/dev/null 2>&1 </dev/null)
is "$(find cache/psearch -type f | wc -l)" 1 "files of one root"
psearch --warm needle tree/subs >/dev/null 2>&1 </dev/null
is "$(find cache/psearch -type f | wc -l)" 2 "files of two roots"
psearch --warm-clear tree >out 2>err </dev/null
is $? 0 "status of --warm-clear"
is "$(find cache/psearch -type f | wc -l)" 1 "files after --warm-clear"
grep -q "^removed $work/cache/psearch/tree-" out || fail "--warm-clear does not say what it removed"

# The user's file, and --no-warm.
psearch --warm=own needle tree >/dev/null 2>err </dev/null
says "" "--warm=own"
[ -f own ] || fail "--warm=own writes no file"
psearch --warm=own --no-warm needle tree >/dev/null 2>err </dev/null
psearch --warm-stats --warm=own >out 2>err </dev/null
is "$(head -n 1 out)" own "the name of the file"
printf -- '--warm\n' >config
PSEARCH_CONFIG_PATH=config psearch needle alias >/dev/null 2>err </dev/null
says "" "--warm in the configuration"
psearch --warm-clear --warm=own >out 2>err </dev/null
is "$(cat out)" "removed own" "--warm-clear --warm=own"

# A file of something else stays as it is.
echo "a poem" >poem
psearch needle tree >want 2>/dev/null </dev/null
psearch --warm=poem needle tree >out 2>err </dev/null
is $? 0 "status with a foreign file"
cmp -s want out || fail "with a foreign file the results differ"
says "warning: --warm: poem: it is not a saved tree" "a foreign file"
says "is not replaced" "a foreign file"
is "$(cat poem)" "a poem" "a foreign file"
psearch --warm-clear --warm=poem >out 2>err </dev/null
is $? 2 "status of --warm-clear with a foreign file"
is "$(cat poem)" "a poem" "a foreign file after --warm-clear"
psearch --warm-stats --warm=poem >out 2>err </dev/null
is $? 2 "status of --warm-stats with a foreign file"

# A damaged one is said, and replaced.
psearch --warm needle tree >/dev/null 2>&1 </dev/null
file=$(ls cache/psearch/tree-*)
printf 'x' | dd of="$file" bs=1 seek=200 conv=notrunc 2>/dev/null
psearch --warm needle tree >out 2>err </dev/null
is $? 0 "status with a damaged file"
cmp -s want out || fail "with a damaged file the results differ"
says "it is damaged" "a damaged file"
same "after a damaged file" needle tree

# Where it cannot be kept.
chmod 777 cache/psearch
psearch --warm needle tree >out 2>err </dev/null
is $? 0 "status with a directory that others may write"
cmp -s want out || fail "then the results differ"
says "others may write there" "a directory that others may write"
psearch --warm-stats tree >out 2>err </dev/null
is $? 2 "status of --warm-stats then"
psearch -s --warm needle tree >out 2>err </dev/null
says "" "a warning with -s"
chmod 700 cache/psearch
(unset HOME XDG_CACHE_HOME; psearch --warm needle tree >out 2>err </dev/null) || fail "status without HOME"
cmp -s want out || fail "without HOME the results differ"
says "neither XDG_CACHE_HOME nor HOME" "without HOME"
(unset XDG_CACHE_HOME; psearch --warm needle tree >out 2>err </dev/null)
says "" "with HOME only"
[ -d home/.cache/psearch ] || fail "nothing is kept in ~/.cache"
(XDG_CACHE_HOME=relative psearch --warm needle tree >out 2>err </dev/null)
[ ! -e relative ] || fail "a relative XDG_CACHE_HOME is used"
XDG_CACHE_HOME=/dev/null psearch --warm needle tree >out 2>err </dev/null || fail "status without a place"
says "warning: --warm: /dev/null/psearch/tree-" "a cache that cannot be made"
if [ "$(id -u)" -ne 0 ]; then
	rm -f "$file"
	chmod 500 cache/psearch
	psearch --warm needle tree >out 2>err </dev/null || fail "status with a directory that cannot be written"
	says "Permission denied" "a directory that cannot be written"
	chmod 700 cache/psearch
fi

# What has no effect says so.
psearch --warm=own needle tree/subs/file3 >out 2>err </dev/null
says "note: no effect without a directory to search: --warm=own" "one file"
echo needle | psearch --warm=own needle - >out 2>err
says "note: no effect without a directory to search: --warm=own" "standard input"
[ ! -e own ] || fail "--warm=own writes a file without a directory"
psearch -q --warm=own needle tree/subs/file3 2>err </dev/null
says "" "a note with -q"
psearch --warm needle tree/subs/file3 >out 2>err </dev/null
says "" "--warm, which may be in an alias, with one file"
psearch --warm= needle tree 2>err </dev/null
is $? 2 "status of --warm="
psearch --warm-stats poem >out 2>err </dev/null
is $? 2 "status of --warm-stats with a file"
says "no PATH of the command line is a directory" "--warm-stats with a file"

# An interrupt ends --warm-learn, and what was learnt is kept.
mkdir big
i=0
while [ $i -lt 60 ]; do
	seq $((i * 100000)) $((i * 100000 + 99999)) >big/$i
	i=$((i + 1))
done
settle
psearch --warm-learn big >out 2>err </dev/null &
pid=$!
sleep 0.3
kill -TERM $pid 2>/dev/null
wait $pid 2>/dev/null
status=$?
[ $status -eq 0 ] || [ $status -eq 143 ] || fail "status of --warm-learn after a signal: $status"
says "" "--warm-learn after a signal"
psearch --warm-stats big >out 2>err </dev/null || fail "after a signal nothing is kept"

# Several at once: all find the same, and the file is whole.
rm -r cache
for i in 1 2 3 4 5 6 7 8; do
	psearch --warm needle tree >out.$i 2>err.$i </dev/null &
done
wait
for i in 1 2 3 4 5 6 7 8; do
	cmp -s want out.$i || fail "process $i differs"
	[ ! -s err.$i ] || fail "process $i complains: $(cat err.$i)"
done
psearch --warm-stats tree >out 2>err </dev/null || fail "after several at once the file is not whole"
is "$(find cache -type f | wc -l)" 1 "files after several at once"
[ "$bad" -eq 0 ]
