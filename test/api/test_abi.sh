#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The symbols that the libraries export, and the functions of libc that they call.
set -u
build=${BUILD:-build}
so=$build/libpsearch.so.1
if [ -n "${SANITIZE:-}" ]; then
	echo "a sanitizer build brings symbols of its own"
	exit 77
fi
bad=0
complain() { bad=1; echo "$1:"; echo "$2" | sed 's/^/    /'; }

# 1. Exported: each function of the header, and nothing else.
want=$(sed -n 's/^SEARCH_API .*[ *]\(search_[a-z_]*\)(.*/\1/p' include/psearch.h | sort)
have=$(nm -D --defined-only "$so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
[ "$want" = "$have" ] || complain "$so exports other names than psearch.h declares" \
	"declared: $(echo "$want" | tr '\n' ' ')
exported: $(echo "$have" | tr '\n' ' ')"
# The archive cannot hide its internal names; they must have the prefix.
names=$(nm -g --defined-only "$build/libpsearch.a" 2>/dev/null | awk 'NF == 3 && $3 !~ /^(search|ps)_/ { print $3 }')
[ -z "$names" ] || complain "global names in libpsearch.a without search_ or ps_" "$names"

# 2. The name by which programs load it has the major version. Each function is of one node of the map, the newest of
# which is of this minor version or an earlier one; before 1.0 there is only one.
number() { sed -n "s/^#define SEARCH_VERSION_$1 \([0-9]*\)$/\1/p" include/psearch.h; }
major=$(number MAJOR) minor=$(number MINOR)
[ "$major.$minor.$(number PATCH)" = "$(sed -n 's/^#define SEARCH_VERSION_STRING "\(.*\)"$/\1/p' include/psearch.h)" ] ||
	complain include/psearch.h "the numbers and the string of the version differ"
readelf -d "$so" | grep -q "SONAME.*\[libpsearch\.so\.$major\]" || complain "$so" "SONAME is not libpsearch.so.$major"
nodes=$(nm -D --with-symbol-versions --defined-only "$so" |
	awk '$2 == "T" { if (!sub(/.*@/, "", $3)) $3 = "(none)"; print $3 }' | sort -u)
for node in $nodes; do
	case $node in
	"PSEARCH_$major".*) [ "${node##*.}" -le "$minor" ] || complain "$so" "$node is newer than psearch.h" ;;
	*) complain "$so has a function of a version that is not its own" "$node" ;;
	esac
done
[ "$major" -gt 0 ] || [ "$(echo "$nodes" | wc -l)" -eq 1 ] || complain "several versions before 1.0" "$nodes"

# 3. A program may have functions of the same names: no call within the library goes to them.
own=$(readelf -rW "$so" | awk '$5 ~ /^(search|ps)_/ { print $5 }')
[ -z "$own" ] || complain "$so looks up functions of its own by name" "$own"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
{
	echo 'int own_calls;'
	for name in $want; do echo "void $name(void) { own_calls++; }"; done
} >"$dir/own.c"
cat >"$dir/host.c" <<'END'
#include <dlfcn.h>
#include <psearch.h>
#include <stdio.h>

extern int own_calls;
static __typeof__(search_open) *open_search;
static __typeof__(search_next) *next_item;
static __typeof__(search_close) *close_search;

/* The number of items, or -1 if the search cannot be opened. */
static int count(const char *pattern, size_t length)
{
	struct search_pattern patterns = { .text = pattern, .length = length };
	struct search_source source = { .kind = SEARCH_SOURCE_MEMORY, .data = "one\ntwo\n", .size = 8 };
	struct search_options options = SEARCH_OPTIONS_INIT;
	const struct search_item *item;
	struct search *s;
	int n = 0;

	options.patterns = &patterns, options.pattern_count = 1;
	options.sources = &source, options.source_count = 1;
	if (open_search(&s, &options, NULL) != SEARCH_OK)
		return -1;
	while (next_item(s, &item) > 0)
		n++;
	close_search(s);
	return n;
}

int main(int argc, char **argv)
{
	void *library = dlopen(argv[argc - 1], RTLD_NOW);

	if (library == NULL)
		return fprintf(stderr, "%s\n", dlerror()), 2;
	open_search = (__typeof__(open_search))dlsym(library, "search_open");
	next_item = (__typeof__(next_item))dlsym(library, "search_next");
	close_search = (__typeof__(close_search))dlsym(library, "search_close");
	if (count("two", 3) != 1 || count("(", 1) != -1)
		return fprintf(stderr, "the search gives wrong results\n"), 1;
	if (own_calls != 0)
		return fprintf(stderr, "%d of its calls went to the program\n", own_calls), 1;
	return 0;
}
END
said=$(${CC:-cc} -std=gnu11 -Iinclude "$dir/host.c" "$dir/own.c" -rdynamic -ldl -o "$dir/host" 2>&1 &&
	"$dir/host" "$(cd "$build" && pwd)/libpsearch.so.1" 2>&1) ||
	complain "$so in a program with functions of the same names" "$said"

# 4. No global state: nothing in a writable section. (.data.rel.ro is constant after
# loading.) Only onig.o may record that Oniguruma was initialised, under its pthread_once.
state=$(objdump -t "$build/libpsearch.a" | awk '
	/^[^ ]*\.o:/ { member = $1 }
	member == "onig.o:" || /\.data\.rel\.ro/ || $NF ~ /^\.t?(bss|data)/ { next }
	/[[:space:]](\.t?(bss|data)[^[:space:]]*|\*COM\*)[[:space:]]/ { print member, $NF }')
[ -z "$state" ] || complain "mutable variables in libpsearch.a" "$state"

# 5. Calls that a library must not make in its host's process. Three objects write, all to
# descriptors of the library's own, to wake a thread that polls or waits. Two map memory, but no file. One loads the
# libraries of compressed formats.
banned='_?_?exit|_Exit|quick_exit|abort|__assert_fail|v?f?printf|__v?f?printf_chk|puts|fputs|perror|putchar|writev?'
banned="$banned|std(in|out|err)|signal|sigaction|raise|kill|alarm|setlocale|mmap(64)?|(secure_)?getenv|setenv|f?chdir"
# The locale is the host's, too: the result of a function that depends on it would change from host to host.
banned="$banned|strn?casecmp(_l)?|strcasestr|str(coll|xfrm|ftime|error|fmon)(_l)?|is(al(num|pha)|ascii|blank|cntrl|x?digit)"
banned="$banned|is(graph|lower|print|punct|space|upper)|to(lower|upper)|__ctype_(b|tolower|toupper)_loc|[it]sw.*|tow.*"
banned="$banned|(__isoc[0-9]+_)?(strto[a-z]+|v?s?scanf)|ato(f|ll?|i)|localeconv|nl_langinfo|mb[a-z]*to.*|mblen|wc.*to.*"
banned="$banned|fnmatch|glob(64)?|regcomp|regexec|newlocale|uselocale"
banned="$banned|fork|vfork|system|popen|dlopen|atexit|umask|u?sleep"
calls=$(nm -A --undefined-only "$build/libpsearch.a" | sed 's/^[^:]*://; s/: *U / /' |
	grep -Ex "[^ ]* ($banned)" |
	grep -vx -e 'notifier.o write' -e 'ending.o write' -e 'stream_wait.o write' -e '\(buffer\|owner\).o mmap\(64\)\{0,1\}' -e 'library.o dlopen')
[ -z "$calls" ] || complain "calls that the library must not make" "$calls"
files=$(grep -n '\bmmap(' lib/*/*.[ch] | grep -v ', MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);$')
[ -z "$files" ] || complain "a mapping that may be of a file" "$files"

# The libraries of compressed formats are loaded when a file comes, and json-c for --json, not with the program (unless
# this build links them).
if nm "$build/libpsearch.a" 2>/dev/null | grep -q ' U dlopen'; then
	for file in "$build/psearch" "$so"; do
		needed=$(readelf -d "$file" | grep -E 'NEEDED.*\[lib(z|bz2|lzma|zstd|lz4|json-c)\.')
		[ -z "$needed" ] || complain "$file loads libraries that few searches need" "$needed"
	done
fi

# snprintf depends on the locale, too: for the decimal point, and for the ' between thousands.
formats=$(grep -nE "\"[^\"]*%[-+ #0-9.*]*('|L?[aefgAEFG])[^\"]*\"" lib/*/*.c | grep printf)
[ -z "$formats" ] || complain "numbers whose form depends on the locale" "$formats"

# 6. Each access to an atomic names its order, so that a reader sees what is meant.
bare=$(grep -nE '\batomic_(load|store|exchange|fetch_[a-z]+|compare_exchange_(weak|strong))\(' lib/*/*.[ch])
[ -z "$bare" ] || complain "atomic accesses without an explicit order" "$bare"
# The table at the top of queue.h has a row for each atomic, one for all counters, and one for the trace.
table=$(sed '/^#ifndef/q' lib/queue/queue.h | cut -c 4-20)
missing=$(sed '/^struct ps_\(counters\|event\|trace\) {/,/^}/d' lib/*/*.[ch] |
	sed -n 's/^[[:space:]]*_Atomic [a-z0-9_]* \([a-z0-9_]*\);.*/\1/p' | sort -u |
	while read -r word; do echo "$table" | grep -qw "$word" || echo "$word"; done)
[ -z "$missing" ] || complain "shared words without a row in the table of lib/queue/queue.h" "$missing"
exit $bad
