#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What the command says when it is used wrongly: the table below provokes each message, and none may use a word of the
# library's. Where a pattern is wrong, the caret is at the place.
set -u
build=$(cd "${BUILD:-build}" && pwd) || exit 77
[ -x "$build/psearch" ] || { echo "no $build/psearch"; exit 77; }
PATH=$build:$PATH
LC_ALL=C
export PATH LC_ALL
unset PSEARCH_CONFIG_PATH
work=$(mktemp -d)
trap 'exit 1' HUP INT TERM
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
echo "a fox" >poem.txt
printf 'fine\n(oops\n' >list
printf 'fox\nx\n$x\n' >never
ran=0 bad=0

fail() { bad=$((bad + 1)); echo "$1"; cat err; }

# message TEXT ARGUMENT...: the command fails, says TEXT, and uses no word of the library's.
message() {
	text=$1
	shift
	ran=$((ran + 1))
	psearch "$@" >out 2>err </dev/null
	[ $? -eq 2 ] || fail "status of $*"
	grep -qF -e "$text" err || fail "$*: '$text' is not said"
	if grep -E 'options\.|walk\.|SEARCH_|max_[a-z]|_flags|_bytes|next_source' err; then
		fail "$*: words of the library"
	fi
}

# caret PATTERN COLUMN ARGUMENT...: the caret is below that column of the pattern, which is PATTERN as it is shown.
caret() {
	shown=$1 column=$2
	shift 2
	ran=$((ran + 1))
	psearch "$@" >out 2>err </dev/null
	{ printf '    %s\n' "$shown"; printf '    %*s\n' "$column" '^'; } >want
	sed 1d err >got
	cmp -s want got || fail "$*: the caret"
}

message "did you mean '--color'?" --colr x poem.txt
message "did you mean '--ignore-case'?" --ingore-case x poem.txt
message "did you mean '--max-columns'?" --max-colums=3 x poem.txt
message "option '--zzzyyyxxx' is not known; see --help=all" --zzzyyyxxx x poem.txt
message "option '--col' is short for several: '--column', '--color'; give" --col x poem.txt
message "is short for several: '--context', '--context-separator'; give" --cont=3 x poem.txt
message "options: '--no-ignore-case'" --no x poem.txt
message "option '--colors' is not known; set the variable GREP_COLORS" --colors match:fg:red x poem.txt
message "option '--debug' is not known; give --explain" --debug x poem.txt
message "option '--pre' is not known: no commands are run" --pre cat x poem.txt
message "option '--pre' is not known: no commands are run" --pre=cat x poem.txt
message "option '-Y' is not known; see --help=all" -nY x poem.txt
message "option '-\\xC3' is not known" -né x poem.txt
message "option '-\\x1B' is not known" "$(printf -- '-n\033[2J')" x poem.txt
message "option '--count=3' takes no argument" --count=3 x poem.txt
message "option '-A' takes an argument" x poem.txt -A
message "--threads '1000': not a number of threads" --threads=1000 x poem.txt
message "--threads '1000': not a number of threads" --thr=1000 x poem.txt
message "-j '1000': not a number of threads" -j1000 x poem.txt
message "--context 'x': not a number of lines" --context=x x poem.txt
message "--max-line-bytes '2G': not a size; give 1 to 1G" --max-line-bytes=2G x poem.txt
message "--max-filesize '0': not a size" --max-filesize=0 x poem.txt
message "did you mean 'python'?" -t pyton x poem.txt
message "'zzzzzz' is not a type of files; see --type-list" -t zzzzzz x poem.txt
message "did you mean 'ruby'?" --type-clear=rubi x poem.txt
message "--encoding 'uft8': not an encoding; did you mean 'utf8'?" --encoding=uft8 x poem.txt
message "--encoding 'latn1': not an encoding; did you mean 'latin1'?" --encoding=latn1 x poem.txt
message "--encoding 'klingon': not an encoding; give 'auto'" --encoding=klingon x poem.txt
message "--encoding '': not an encoding" --encoding= x poem.txt
message "--binary-files 'txt': give 'binary', 'text' or 'without-match'" --binary-files=txt x poem.txt
message "--color 'sometimes': give 'always', 'never' or 'auto'" --color=sometimes x poem.txt
message "--colour 'sometimes': give 'always', 'never' or 'auto'" --colour=sometimes x poem.txt
message "--sort 'modifed': give 'path', 'modified'" --sort=modifed x poem.txt
message "--syntax 'posix': not a syntax" --syntax=posix x poem.txt
message "-d 'raed': give 'read', 'recurse' or 'skip'" -d raed x poem.txt
message "-g '[': the glob has a '[' without a ']'" -g '[' x .
message "-g '{a': the glob has an opening brace" -g '{a' x .
message "--ignore-file 'missing': the ignore file cannot be read" --ignore-file=missing x .
message "poem.txt: the line at byte 0 is longer than 3 bytes: raise --max-line-bytes" --max-line-bytes=3 x poem.txt
message "poem.txt: line 1 is longer than 3 bytes: raise --max-line-bytes" --max-line-bytes=3 -n x poem.txt
message "--multiline and -z: give only one" --multiline -z x poem.txt
message "--max-multiline-bytes: give 1 to 1G" --multiline --max-multiline-bytes=2G x poem.txt
message "raise --max-multiline-bytes" --multiline --max-multiline-bytes=1 'a\nb' poem.txt
message "-f 'missing': cannot be read: No such file or directory" -f missing poem.txt
message "-f '.': cannot be read: Is a directory" --file=. poem.txt
message "--exclude-from 'missing': cannot be read: No such file or directory" --exclude-from=missing x poem.txt
message "--files-from 'missing': cannot be read: No such file or directory" --files-from=missing x
message "--files0-from 'missing': cannot be read: No such file or directory" --files0-from=missing x
message "'pyton' is not a type of files; did you mean 'python'?" --type-add=x:include:c,pyton x
message "missing: " x missing
message "standard input cannot be read twice" -f - x -

# Which pattern.
message "psearch: pattern: " '(' poem.txt
message "psearch: pattern 2: " -e a -e '(' poem.txt
message "psearch: pattern 2: " "a
(" poem.txt
message "psearch: pattern in list, line 2: " -f list poem.txt
message "psearch: pattern in list, line 2: " -e a -f list poem.txt

# The place, in columns: of wide, combining, control and other characters that are not one column each.
caret 'a(?<x' 5 'a(?<x' poem.txt
caret '[z-a]' 2 -G '[z-a]' poem.txt
caret '日本(?<x' 8 '日本(?<x' poem.txt
caret 'é(?<x' 5 'é(?<x' poem.txt
caret "$(printf 'e\314\201(?<x')" 5 "$(printf 'e\314\201(?<x')" poem.txt
caret '\t(?<x' 6 "$(printf '\t(?<x')" poem.txt
caret '\x1B\x07(?<x' 12 "$(printf '\033\007(?<x')" poem.txt
caret '\x{202E}(?<x' 12 "$(printf '\342\200\256(?<x')" poem.txt
caret 'a\xFFb' 2 "$(printf 'a\377b')" poem.txt
caret '\x{301}(?<x' 11 "$(printf '\314\201(?<x')" poem.txt
many=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
caret "...$(printf %.37s $many)(?<x$(printf %.31s $many)..." 44 "$many$many(?<x$many$many" poem.txt
caret "...$(printf %.68s $many)(?<x" 75 "$many$many(?<x" poem.txt
printf 'a\000(\n' >nul
caret 'a\x00(' 6 -f nul
caret "(?<x$(printf %.68s $many)..." 4 "(?<x$many$many" poem.txt

# note TEXT ARGUMENT...: the search is done, and TEXT is said on one line, once.
note() {
	text=$1
	shift
	ran=$((ran + 1))
	psearch "$@" >out 2>err </dev/null
	[ $? -ne 2 ] || fail "status of $*"
	[ "$(grep -cF -e "psearch: note: $text" err)" -eq 1 ] && [ "$(wc -l <err)" -eq "${lines:-1}" ] || fail "$*: '$text'"
}

# silent COMMAND ARGUMENT...: nothing is said.
silent() {
	ran=$((ran + 1))
	"$@" >out 2>err </dev/null
	[ ! -s err ] || fail "$*: something is said"
}

note '\< is a plain <' '\<fox' poem.txt
note '\< is a plain <' -e x -e 'a\<fox' -e '\<' poem.txt
note '\> is a plain >' 'fox\>' poem.txt
note '\| is a plain |' 'a\|b' poem.txt
note '\| is a plain |' -v '[[:alpha:]]\|b' poem.txt
lines=2 note '\> is a plain >' '\<fox\>' poem.txt
note '\h is a plain h in this syntax; write [ \t]' -P 'fox\h' poem.txt
note '\h is a plain h' -P '[\h\d]' poem.txt
note '\H is a plain H' -P '\\\H' poem.txt
note '\V is a plain V' -P -e fox -e '\V' poem.txt
note '\p is a plain p in this syntax; write the property in braces, as in \p{L}' -P '\pL' poem.txt
note '\P is a plain P' -P '\p{L}\PL' poem.txt
note 'no effect with -c: -o' -oc fox poem.txt
note 'no effect with -c: -C' -c -C1 fox poem.txt
note 'no effect with -l: -A' -l -A2 fox poem.txt
note 'no effect with -L: -B, --column, -b, --replace' -L -B2 --column -b --replace=x fox poem.txt
note 'no effect with -l: -c' -lc fox poem.txt
note 'no effect with --count-matches: --passthru' --count-matches --passthru fox poem.txt
note '-o prints nothing with -v' -ov fox poem.txt
note 'no effect with -v: --replace' -v --replace=x fox poem.txt
note 'pattern can never match: no line has a newline in it; give --multiline' 'a\nb' poem.txt
note 'pattern can never match: no line has a NUL in it' -z 'a\x00b' poem.txt
note 'pattern 2 can never match: it needs the start or the end' -e fox -e 'a^b' poem.txt
note 'pattern in never, line 3 can never match: it needs the start' -E -f never poem.txt
note 'pattern can never match: it needs a character, or a place' -v '[^\s\S]' poem.txt

note "--include '*.{c,txt}': braces are plain characters there" --include='*.{c,txt}' x poem.txt
note "--exclude-dir '{a,b}': braces are plain characters there" --exclude-dir='{a,b}' --exclude='{a,b}' fox poem.txt
echo fox >logs.gz
mkdir dir.gz
note "logs.gz: searched as it is; give --search-zip" -z fox poem.txt logs.gz logs.gz

note '-u has no effect; give --unrestricted' -uu fox poem.txt
note '-U has no effect; give --multiline' -nU fox poem.txt
note '--binary has no effect; give -a' --binary fox poem.txt

if ! psearch --json fox poem.txt 2>&1 | grep -q 'without json-c'; then
	note 'no effect with -c: --json' --json -c fox poem.txt
	note 'no effect with --files: --json' --json --files poem.txt
	note 'no effect with --json: -o, --column, -b, --vimgrep' --json -o --column -b --vimgrep fox poem.txt
	note 'no effect with --json: --replace' --json -v --replace x fox poem.txt
	silent psearch --json -v -C1 --replace x fox poem.txt
	silent psearch --json -nH -M 10 --trim --heading --color=always fox poem.txt
fi

# What is meant, what aliases set, and what is not to be said.
for syntax in -G -E -F -P; do
	silent psearch $syntax '\<fox' poem.txt
done
silent psearch '[\<\>\|]x' poem.txt
silent psearch '[]\<]x' poem.txt
silent psearch '\\<|\\>' poem.txt
silent psearch -q 'a\|b' poem.txt
silent psearch --include='{*,b' --include='*.\{c,h\}' -g '*.{c,h}' x poem.txt
silent psearch --search-zip fox logs.gz
silent psearch fox dir.gz poem.txt
silent psearch --files logs.gz
silent psearch -s fox logs.gz
silent psearch -s 'a\|b' poem.txt
silent psearch -c -nH --color=always --no-heading -M 100 --max-columns-preview --trim fox poem.txt
silent psearch -l -nH -p -N fox poem.txt
silent psearch --files --column --color=never --no-heading poem.txt
silent psearch -o --count-matches fox poem.txt
silent env PSEARCH_CONFIG_PATH=/dev/null psearch -l --column fox poem.txt
ln -s "$(command -v psearch)" grep
ln -s "$(command -v psearch)" egrep
silent ./grep -E '\<fox' poem.txt
silent ./grep -U fox poem.txt
silent ./egrep -oc 'fox' poem.txt
silent ./grep -sP '\h' poem.txt
silent ./grep -P '\p{L}\\h\d' poem.txt
ran=$((ran + 1))
[ "$(./grep -cP '\h' poem.txt 2>&1 | head -n 1)" = './grep: note: \h is a plain h in this syntax; write [ \t] for a space or tab' ] ||
	fail 'the note on -P in place of grep'

# A short name that grep has is no abbreviation.
ran=$((ran + 1))
psearch --binary -c fox poem.txt >out 2>err || fail "--binary is not -U"

echo "$ran messages, $bad wrong"
[ "$bad" -eq 0 ]
