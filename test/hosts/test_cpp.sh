#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/cpp: the wrapper has all that the header has, compiles without a warning as C++17, 20 and 23, refuses what it
# should, and works, with sanitizers of addresses, leaks and undefined behaviour; the example prints what psearch does.
# To read the header takes a compiler most of a second, so each compilation is for several ends.
# shellcheck disable=SC2154 # host.sh sets $build, $dir, $bad, $python
. test/hosts/host.sh
. test/hosts/grep.sh
cxx=${CXX:-g++}
need "$cxx"
sources=test/hosts/cpp
include="-Iinclude -Iexamples/cpp"
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Wzero-as-null-pointer-constant -Werror"
useless=-Wuseless-cast # only gcc has it
"$cxx" -Werror $useless -fsyntax-only -x c++ /dev/null 2>/dev/null || useless=
libraries="$build/libpsearch.a $(sed -n 's/^Libs.private: *//p' "$build/psearch.pc")"
tree=$dir/tree
make_tree "$tree"

# inspect COMPILER ARGUMENT...: whether it compiles.
inspect()
{
	compiler=$1
	shift
	# shellcheck disable=SC2086 # lists
	"$compiler" $include -fsyntax-only "$@"
}

# build COMPILER OUTPUT SOURCE ARGUMENT...
build()
{
	compiler=$1 output=$2 source=$3
	shift 3
	# shellcheck disable=SC2086
	"$compiler" $include $warnings "$@" "$source" -o "$output" $libraries ||
		complain "$source does not compile with $compiler"
}

# 1. The wrapper in use, with each compiler; the slowest to compile, so the rest is done meanwhile.
# shellcheck disable=SC2086
use_wrapper()
{
	compiler=$1
	shift
	build "$compiler" "$dir/wrapper-$compiler" $sources/wrapper.cpp -g1 -fno-sanitize-recover=all "$@" 2>&1
	"$dir/wrapper-$compiler" "$tree" 2>&1 || complain "$compiler: the wrapper fails"
	exit "$bad"
}
# Undefined behaviour is clang's if it is there: gcc takes two seconds more for it, and another two for null pointers,
# which are noticed anyway.
second=
sanitize="-fsanitize=address,undefined -fno-sanitize=null,alignment"
if [ "$cxx" != clang++ ] && command -v clang++ >/dev/null; then
	sanitize=-fsanitize=address
	use_wrapper clang++ -std=c++20 -fsanitize=address,undefined >"$dir/second.log" &
	second=$!
fi
# shellcheck disable=SC2086
use_wrapper "$cxx" -std=c++17 $useless $sanitize >"$dir/first.log" &
first=$!

# 2. The wrapper against the header.
hold() { "$python" $sources/complete.py "$1" examples/cpp/psearch.hpp >"$dir/complete.cpp" 2>"$dir/log"; }
hold "$build/psearch.json" || complain "the wrapper lacks something: $(cat "$dir/log")"
mv "$dir/complete.cpp" "$dir/now.cpp"
# This notices what is new: a flag, an option, a field of an item, a function.
sed -e 's/"SEARCH_MATCH_INVERT", /&"SEARCH_MATCH_NEW", /; s/"SEARCH_MATCH_INVERT": 2,/& "SEARCH_MATCH_NEW": 4096,/' \
	-e 's/\["timeout_ms", "uint64_t"\]/&, ["new_ms", "uint64_t"]/' \
	-e 's/\["modified_ns", "uint32_t"\]/&, ["new_ns", "uint32_t"]/' "$build/psearch.json" >"$dir/new.json"
hold "$dir/new.json" || complain "complete.py: $(cat "$dir/log")"
mv "$dir/complete.cpp" "$dir/new.cpp"
sed 's/"search_outcome": /"search_new": ["int", ["s", "const struct search *"]],\n&/' "$build/psearch.json" \
	>"$dir/new.json"
hold "$dir/new.json" && complain "a new function is not noticed"

# 3. What must not compile, nor what is new; without that, the program does.
# shellcheck disable=SC2086
inspect "$cxx" -std=c++23 $warnings $useless $sources/refuse.cpp || complain "refuse.cpp: refused is what should not be"
inspect "$cxx" -std=c++17 -Werror=unused-result -DREFUSED -include "$dir/new.cpp" $sources/refuse.cpp 2>"$dir/log"
sed -n 's/.*refuse.cpp:\([0-9]*\):.*error.*/\1/p' "$dir/log" | sort -un >"$dir/have"
grep -n '// refused' $sources/refuse.cpp | cut -d: -f1 >"$dir/want"
diff "$dir/want" "$dir/have" || complain "refuse.cpp: these lines are refused (>) or not (<), and should not be"
for new in SEARCH_MATCH_NEW match_flag::new new_ms new_ns; do
	grep -q "error.*$new\|$new.*error\|static_assert.*$new" "$dir/log" || complain "$new is not noticed"
done

# 4. Without exceptions. Here is C++20; wrapper.cpp is C++17 to g++ and C++20 to clang, refuse.cpp C++23 to g++.
if [ -n "$second" ]; then
	# shellcheck disable=SC2086
	inspect clang++ -std=c++2b $warnings -fno-exceptions -x c++ examples/cpp/psearch.hpp || complain "clang++ warns"
fi
build "$cxx" "$dir/bare" $sources/bare.cpp -std=c++20 -fno-exceptions -include "$dir/now.cpp" -Wno-old-style-cast
[ "$("$dir/bare" "$tree")" = "400 success
0 ( without ): add the ), or write \\( for the character" ] || complain "without exceptions: $("$dir/bare" "$tree")"

# 5. Without memory.
build "$cxx" "$dir/faults" $sources/faults.cpp -std=c++20
[ "$("$dir/faults" "$tree")" = "401 matches, each failure is told" ] || complain "without memory: $("$dir/faults" "$tree")"

# 6. The example, and the command.
${MAKE:-make} -s -C examples/cpp BUILD="$build" CXX="$cxx" CXXFLAGS=-O0 || complain "the example does not build"
check_grep "$build/examples/cpp/grep" "$tree"

wait $first || complain "$cxx: $(cat "$dir/first.log")"
[ -z "$second" ] || wait "$second" || complain "clang++: $(cat "$dir/second.log")"
exit "$bad"
