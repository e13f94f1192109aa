#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# How far a search has come is shown in a line on the terminal, which script(1) provides, when the search has taken
# long, and never amid what else is printed there. The search takes long since it reads a pipe that this test keeps
# open until it has seen the line: of that search, or of one that was started later and must show it.
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
command -v script >/dev/null || { echo "no script(1)"; exit 77; }
script -qefc true /dev/null </dev/null >/dev/null 2>&1 || { echo "script(1) provides no terminal"; exit 77; }
PATH=$build:$PATH
NO_COLOR=1 TERM=xterm LC_ALL=C.UTF-8
export PATH NO_COLOR TERM LC_ALL
unset COLUMNS GREP_COLORS PSEARCH_CONFIG_PATH
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
escape=$(printf '\033')
failed=0

# start NAME COMMAND: runs it on a terminal; it reads the pipe NAME, and what the terminal gets comes into NAME.log
start()
{
	mkfifo "$1"
	: >"$1.log"
	script -qefc "$2" "$1.log" </dev/null >/dev/null 2>&1 &
}

# hold FD NAME: opens the pipe for writing, once its reader has opened it; a signal may end that too early
hold()
{
	until eval "command exec $1>$2"; do :; done 2>>signals
}

# await NAME TEXT: waits until the terminal of this search has got it
await()
{
	until grep -q -e "$2" "$1.log"; do sleep 0.05; done
}

# shown NAME: what the terminal got, with <hide> for the escape sequence that erases a line; each line of progress is
# <progress>, with N for numbers, and several in a row are one
shown()
{
	sed -e '/^Script /d' "$1.log" | tr -d '\004\010' | tr '\r' '~' | sed -e 's/\^D//' \
		-e "s/~$escape\[K[0-9][0-9,]* files*[^~]*/<progress>/g" -e "s/~$escape\[K/<hide>/g" \
		-e 's/\(<progress>\)*<progress>/<progress>/g' -e 's/~$//'
}

# check NAME: that must equal standard input
check()
{
	want=$(cat)
	got=$(shown "$1")
	[ "$got" = "$want" ] && return
	printf '%s\n--- on the terminal:\n%s\n--- should be:\n%s\n' "$1" "$got" "$want"
	failed=1
}

# The line comes, goes before a result, before a message and before the end, and comes again.
mkfifo results.2
start results "psearch -n fox results missing results.2; echo status \$?"
hold 3 results
await results 'found'
printf 'no\na fox\n' >&3
await results 'a fox.*' && await results '1 line found'
printf 'the fox\n' >&3
exec 3>&-
hold 3 results.2
await results 'cannot open'
await results '2 lines found'
exec 3>&-
wait
check results <<'X'
<progress><hide>results
2:a fox
<progress><hide>3:the fox

psearch: missing: cannot open: No such file or directory
<progress><hide>status 2
X

# Its words, with as many as the terminal has room for; if that does not know how wide it is, COLUMNS does.
start words 'stty cols 80; psearch fox words'
start narrow 'stty cols 30; psearch fox narrow'
start narrower 'stty cols 12; psearch fox narrower'
start tiny 'stty cols 4; psearch fox tiny'
start given 'stty cols 0; COLUMNS=31 psearch fox given'
start usual 'stty cols 0; COLUMNS=x psearch fox usual'
hold 3 words
hold 4 narrow
hold 5 narrower
hold 6 tiny
hold 7 given
hold 8 usual
for fd in 3 4 5 6 7 8; do eval "printf 'a fox\\n' >&$fd"; done
for name in words narrow given usual; do await $name '1 line found'; done
await narrower '0 files'
await tiny "$escape\[K"
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&-
wait
for name in words narrow narrower tiny given usual; do
	tr '\r' '\n' <$name.log | sed -n "s/^$escape\[K\(.*lines* found\)/\1/p;s/^$escape\[K\([^,]*\)\$/\1/p" |
		sed -e 's/[0-9.]* bytes\/s/N bytes\/s/' -e '/^1 file/d' -e '/^$/d' | sort -u
done >words.got
cat >words.want <<'X'
0 files, 1 line found, 6 bytes, N bytes/s
0 files, 1 line found
0 files
0 files, 1 line found, 6 bytes
0 files, 1 line found, 6 bytes, N bytes/s
X
diff -u words.got words.want || { echo "the words of the line: - is what was shown"; failed=1; }

# If the results go elsewhere, the line stays until the end.
start file 'psearch fox file >out'
hold 3 file
await file '0 lines found'
printf 'a fox\n' >&3
await file '1 line found'
exec 3>&-
wait
check file <<'X'
<progress><hide>
X

# It is not shown if other programs may be writing to the terminal, nor where it is not wanted or could not be erased.
# When the last one of these shows it, the others have run for longer.
start pipe 'psearch fox pipe | cat'
start input 'psearch fox <input'
start quiet 'psearch -q fox quiet'
start json 'psearch --json fox json || [ $? = 1 ] || exec <json' # or it was built without
start off 'psearch --no-progress fox off'
start last 'psearch --progress --no-progress fox last'
start dumb 'TERM=dumb psearch --progress fox dumb'
start noterm 'unset TERM; psearch --progress fox noterm'
start elsewhere 'psearch --progress fox elsewhere 2>errors'
start background 'set -m; psearch --progress fox background >out.2 & wait 2>/dev/null; exec 2>/dev/null'
start control 'psearch --progress fox control | cat'
hold 3 pipe
hold 4 input
hold 5 quiet
hold 6 off
hold 7 last
hold 8 dumb
hold 9 noterm
(
	hold 3 elsewhere
	hold 4 background
	hold 5 json
	hold 6 control
	await control 'found'
)
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
wait
for name in pipe input quiet off last dumb noterm elsewhere background; do check $name </dev/null; done
[ ! -s errors ] || { echo "elsewhere: not a terminal"; failed=1; }

grep -q "$escape\[K" json.log && { echo "json: the line is shown"; failed=1; }

# Nor behind a line that is not finished.
start unfinished 'psearch -z --progress fox unfinished'
start control.2 'psearch --progress fox control.2 | cat'
hold 3 unfinished
printf 'a fox\0' >&3
await unfinished 'a fox'
hold 4 control.2
await control.2 'found'
exec 3>&- 4>&-
wait
case $(shown unfinished | tr '\0' '@') in
'1:a fox@') ;;
*) echo "unfinished: $(shown unfinished | tr '\0' '@')"; failed=1 ;;
esac
exit $failed
