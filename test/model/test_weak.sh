#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The memory orders of lib/ suffice, and each of them is needed: test/model/weak.txt says what is tried. And the models,
# the table of shared words at the top of lib/queue/queue.h and the code name the same words.
set -u
here=test/model
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0
complain() { bad=1; printf '%s\n' "$*"; }

# shellcheck disable=SC2086 # $CC may be several words
${CC:-cc} -std=gnu11 -O1 -o "$work/weak" $here/weak.c || exit 1

# ask EXPECTED PROGRAM OUTCOME WHAT
ask()
{
	got=$("$work/weak" "$2" "$3") || got="no answer"
	[ "$got" = "$1" ] || complain "$4: $2: $3 is $got, and should be $1"
}

# The enumerator itself, by programs whose outcomes are known.
ask never 'x = 1 sc; a = y sc | y = 1 sc; b = x sc' 'a=0 b=0' 'store buffering'
ask possible 'x = 1 rel; a = y acq | y = 1 rel; b = x acq' 'a=0 b=0' 'store buffering'
ask possible 'x = 1 sc; a = y sc | y = 1 sc; b = x sc' 'a=0 b=1' 'store buffering'
ask never 'x = 1 rlx; y = 1 rel | a = y acq; b = x rlx' 'a=1 b=0' 'message passing'
ask possible 'x = 1 rlx; y = 1 rlx | a = y acq; b = x rlx' 'a=1 b=0' 'message passing'
ask never 'x = 1 rlx; y = 1 rel | y += 1 rlx | a = y acq; b = x rlx' 'a=2 b=0' 'a release sequence'
ask possible 'x = 1 rel | y = 1 rel | a = x acq; b = y acq | c = y acq; d = x acq' 'a=1 b=0 c=1 d=0' 'two observers'
ask never 'x = 1 sc | y = 1 sc | a = x sc; b = y sc | c = y sc; d = x sc' 'a=1 b=0 c=1 d=0' 'two observers'
ask never 'x = 1 rlx | a = x rlx; b = x rlx' 'a=1 b=0' 'coherence'
ask never 'a = x rlx; y = 1 rlx | b = y rlx; x = 1 rlx' 'a=1 b=1' 'out of thin air'
ask never 'x += 1 rlx; a = x rlx | x += 1 rlx; b = x rlx' 'a=1 b=1' 'atomic updates'
[ "$("$work/weak" -x86 'x = 1 rel; a = y acq | y = 1 rel; b = x acq' 'a=0 b=0')" = possible ] ||
	complain "store buffering: x86 should show it"
[ "$("$work/weak" -x86 'x = 1 rlx; y = 1 rlx | a = y rlx; b = x rlx' 'a=1 b=0')" = never ] ||
	complain "message passing: x86 should not show it"

# Makes of weak.txt a line for each test: name, outcome, accesses; and a line for each access that is in the code.
awk -v tests="$work/tests" -v accesses="$work/accesses" -v allowed="$work/allowed" '
function flush() { if (name != "") print name "\t" outcome "\t" program >tests; program = "" }
/^$/ { weaker = 0 }
/^#/ || /^$/ { next }
/^weaker: ./ { weaker = 1; next }
weaker { sub(/ [|]/, ""); print >allowed; next }
/^test / {
	flush()
	n = split($0, part, ": ")
	name = substr(part[1], 6); outcome = part[n]; joint = ""; thread = 1
	next
}
/^--$/ { joint = " | "; thread++; next }
{
	split($0, part, " *[|] ")
	program = program joint part[1]
	joint = "; "
	if (part[2] != "plain") {
		n = split(part[1], word, " ")
		print name, thread, word[n], part[2] >accesses
	}
}
END { flush() }' $here/weak.txt

# weaker PROGRAM N: the program with its Nth order made weaker, or nothing if it cannot be.
weaker()
{
	echo "$1" | awk -v n="$2" '{
		for (i = 1; i <= NF; i++) {
			access = $i
			sub(/;$/, "", access)
			if (access !~ /^(rlx|acq|rel|ar|sc)$/ || ++at != n)
				continue
			if (access == "rlx")
				exit
			store = $(i - 2) == "=" && $(i - 3) ~ /[p-z]/
			update = $(i - 2) == "+="
			to = access != "sc" ? "rlx" : update ? "ar" : store ? "rel" : "acq"
			sub(access, to, $i)
			print
			exit
		}
	}'
}

count=0 weakened=0 seen=0
while IFS='	' read -r name outcome program; do
	ask never "$program" "$outcome" "$name"
	count=$((count + 1))
	for n in 1 2 3 4; do
		weak=$(weaker "$program" $n)
		[ -n "$weak" ] || continue
		ask possible "$weak" "$outcome" "$name, weaker"
		weakened=$((weakened + 1))
		[ "$("$work/weak" -x86 "$weak" "$outcome")" = never ] || seen=$((seen + 1))
	done
done <"$work/tests"
[ "$count" -ge 15 ] || complain "only $count tests were read"
echo "$count outcomes never happen; $weakened weaker orders allow them, $seen of these also on x86"

# The code has these accesses, with these orders, and in this order where they are in one function.
# body FILE FUNCTION: in one line
body() { awk -v name="$2" '$0 ~ "^[a-z].*[ *]" name "\\(" { on = 1 } on { printf "%s ", $0 } on && /^}/ { exit }' "$1" | tr -s '\t ' '  '; }
last='' at=0
while read -r name thread order file function operation word; do
	case $order in
	sc) order=seq_cst ;;
	ar) order=acq_rel ;;
	acq) order='acq(uire|_rel)' ;;
	rel) order=release ;;
	esac
	[ "$last" = "$name $thread $function" ] || at=0
	at=$(body "$file" "$function" | awk -v operation="$operation" -v word="$word" -v order="$order" -v after="$at" '{
		pattern = "atomic_" operation "_explicit[(]&?[][a-z_>.-]*(->|[.])" word ","
		rest = substr($0, after + 1)
		while (match(rest, pattern)) {
			after += RSTART
			rest = substr(rest, RSTART + RLENGTH)
			after += RLENGTH - 1
			match(rest, /memory_order_[a-z_]*/)
			if (substr(rest, RSTART + 13, RLENGTH - 13) ~ "^(" order ")$") {
				print after
				exit
			}
		}
	}')
	[ -n "$at" ] || complain "$name: $function() in $file has no $operation of $word that is $order, in its place"
	last="$name $thread $function"
done <"$work/accesses"
grep -q '^#define ck_pr_load_uint(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)$' lib/queue/ring.c &&
	grep -q '^#define ck_pr_store_uint(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)$' lib/queue/ring.c ||
	complain "lib/queue/ring.c: the ring's indices are not loaded with acquire and stored with release"

# All accesses in the code: word, operation, order, file, function.
awk '
FNR == 1 { statement = "" }
/^[a-z].*[(]/ && !/;$/ { name = $0; sub(/[(].*/, "", name); sub(/.*[ *]/, "", name) }
{ statement = statement " " $0 }
/[;{}]$/ {
	while (match(statement, /atomic_[a-z_]+_explicit[(]/)) {
		operation = substr(statement, RSTART + 7, RLENGTH - 17)
		statement = word = substr(statement, RSTART + RLENGTH)
		sub(/,.*/, "", word)
		gsub(/.*(->|[.])|^&/, "", word)
		match(statement, /memory_order_[a-z_]+/)
		print word, operation, substr(statement, RSTART + 13, RLENGTH - 13), FILENAME, name
	}
	statement = ""
}' lib/*/*.c lib/*/*.h | sort -u >"$work/all"
[ "$(wc -l <"$work/all")" -ge 150 ] || complain "only $(wc -l <"$work/all") accesses were found in lib/"

# Those that are weaker than the row of their word in the table of queue.h, or have none though they are not relaxed.
awk '
function suffices(wanted, operation, order)
{
	if (wanted == "" || wanted == "relaxed" || order == "seq_cst" || wanted == "seq_cst")
		return wanted == "" ? order == "relaxed" : wanted == "relaxed" || order == "seq_cst"
	if (operation == "load" || operation == "store")
		return order != "relaxed"
	return order == "acq_rel" || wanted == "rel/acq" && order == "release"
}
FNR == NR && /^ [*] ----/ { table = 1; next }
FNR == NR && /The models in test/ { table = 0 }
FNR == NR && table && match(substr($0, 40, 9), /relaxed|rel\/acq|acq_rel|seq_cst/) { order = substr($0, 39 + RSTART, RLENGTH) }
FNR == NR && table {
	n = split(substr($0, 4, 19), words, /[ ,]+/)
	for (i = 1; i <= n; i++) {
		sub(/.*[.]/, "", words[i])
		row[words[i]] = order
	}
}
FNR != NR && !suffices(row[$1], $2, $3)' lib/queue/queue.h "$work/all" >"$work/found"
sort -u "$work/allowed" | diff - "$work/found" ||
	complain "accesses that are weaker than lib/queue/queue.h says of their word (>), or are listed for that in weak.txt (<)"

# Words: queue.h lists for each model which of them it has; models say which variable stands for which.
awk '/The models in test\/model have/ { on = 1 } on && /^ \*\// { exit } on && /^ \*\t/' lib/queue/queue.h |
	awk '{ model = $2; for (i = 3; i <= NF; i++) { w = $i; sub(/,$/, "", w); if (w ~ /^[.]/) w = owner w
		owner = w; sub(/[.].*/, "", owner); print model, w } }' | sort >"$work/listed"
for model in "$here"/*.pml; do
	awk -v model="$(basename "$model")" '/^ \* Words:$/ { on = 1; next } on && !/^ \*\t/ { exit } on { print model, $3, $2 }' "$model"
done | sort >"$work/modelled"
cut -d ' ' -f 1,2 "$work/modelled" | diff "$work/listed" - ||
	complain "lib/queue/queue.h (<) and the models (>) do not name the same words"
while read -r model word variable; do
	field=${word#*.}
	sed '1,/\*\//d' "$here/$model" | grep -q "\\b$variable\\b" || complain "$model: there is no variable $variable"
	awk '/^ \* word  /, /^ \*\//' lib/queue/queue.h | grep -q "[ ,*.]$field\\b" ||
		complain "$model: $word is not in the table of lib/queue/queue.h"
	grep -q "\\b${field}[;,]" lib/*/*.h lib/*/*.c || complain "$model: $word is not in the code"
done <"$work/modelled"
[ -s "$work/modelled" ] || complain "no model names a word"
# Each word whose order matters is in a model, or is said not to be.
awk '/^ \* ----/ { on = 1; next } /^ \*\// { exit } on && /^ \* [a-z_]+[.a-z_]* .*(seq_cst|rel\/acq|acq_rel)/ { sub(/,$/, "", $2); print $2 }' \
	lib/queue/queue.h | while read -r word; do
	awk '/The models in test\/model have/, /^ \*\//' lib/queue/queue.h | grep -q "[ ,.]${word#*.}\\b" || echo "$word"
done >"$work/missing"
[ ! -s "$work/missing" ] || complain "no model has these words of lib/queue/queue.h, and it does not say why: $(cat "$work/missing")"
exit $bad
