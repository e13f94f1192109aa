#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/rust: the crate has all that the header has; its tests pass under AddressSanitizer, statically linked; what
# should not compile does not; the example, dynamically linked, prints what the command does; and without memory each
# failure is an Err. No network.
# shellcheck disable=SC2154 # host.sh sets $build, $dir, $bad, $python
. test/hosts/host.sh
. test/hosts/grep.sh
need cargo python3
crate=examples/rust
oldest=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' $crate/Cargo.toml)
version=$(rustc --version | cut -d ' ' -f 2)
if [ "$(printf '%s\n%s\n' "$oldest" "$version" | sort -V | head -n 1)" != "$oldest" ]; then
	echo "rustc is $version: the crate needs $oldest"
	[ -z "${PS_NEED_ALL:-}" ] || exit 1
	exit 77
fi
export PSEARCH_LIB_DIR="$build" CARGO_TARGET_DIR="$build/examples/rust" CARGO_NET_OFFLINE=true CARGO_TERM_COLOR=never
export LD_LIBRARY_PATH="$build" # doc tests have no rpath
# With this, the compiler takes -Zsanitizer, and rustdoc compares the numbers of errors.
export RUSTC_BOOTSTRAP=1
unset RUSTFLAGS PSEARCH_LINK

# in_crate NAME COMMAND...: its output, if it fails, is the complaint.
in_crate()
{
	log=$dir/$1.log
	shift
	(cd "$crate" && "$@") >"$log" 2>&1 </dev/null || { complain "$* fails:" && cat "$log"; }
	return "$bad"
}

# 1. The tests, with the sanitizer; they take longest to compile, so the rest is done meanwhile. Without a sanitizer's
# library they run in valgrind, and without that as they are.
sysroot=$(rustc --print sysroot)
target=$(rustc -vV | sed -n 's/^host: //p')
run_tests()
{
	export CARGO_TARGET_DIR="$build/examples/rust/tests" PSEARCH_LINK=static
	if ls "$sysroot/lib/rustlib/$target/lib"/*_rt.asan.a >/dev/null 2>&1; then
		export RUSTFLAGS=-Zsanitizer=address
	elif command -v valgrind >/dev/null; then
		export "CARGO_TARGET_$(echo "$target" | tr 'a-z-' 'A-Z_')_RUNNER=valgrind -q --error-exitcode=9"
	else
		echo "left out: the tests in a sanitizer: there is neither its library nor valgrind"
	fi
	in_crate tests cargo test --locked --target "$target" --lib --tests
}
run_tests >"$dir/run_tests" &
tests=$!

# 2. The crate against the header.
mkdir "$dir/src"
generate() { "$python" $crate/generate.py "$1" include/psearch.h "$dir/src" >"$dir/log" 2>&1; }
generate "$build/psearch.json" || complain "generate.py: $(cat "$dir/log")"
for name in sys.rs names.rs; do
	cmp "$dir/src/$name" "$crate/src/$name" ||
		complain "$crate/src/$name is not what generate.py makes of psearch.json now: run it"
done
functions=$(sed -n '/"functions"/,$s/.*"\(search_[a-z_]*\)": \["[a-z].*/\1/p' "$build/psearch.json" | grep -v '_init$')
[ "$(echo "$functions" | wc -l)" -ge 23 ] || complain "psearch.json is not written as it was: $functions"
for function in $functions; do
	grep -q "sys::$function(" $crate/src/*.rs || complain "the crate does not call $function()"
done
# This notices what it cannot make by itself: an option that is a string, an item's pointer, a struct's new field.
for new in 's/\["timeout_ms", "uint64_t"\]/&, ["new", "const char *"]/' \
	's/\["modified_ns", "uint32_t"\]/&, ["new", "const void *"]/' \
	's/\["descriptor", "int"\]/&, ["new", "int"]/'; do
	sed "$new" "$build/psearch.json" >"$dir/new.json"
	cmp -s "$build/psearch.json" "$dir/new.json" && complain "psearch.json is not written as it was: $new"
	generate "$dir/new.json" && complain "generate.py does not notice $new"
done

# 3. What must not compile, and the examples of the documentation.
in_crate doc cargo test --locked --doc
sed -n 's/^test result: //p' "$dir/doc.log" | grep -q '^ok. 1[5-9] passed' || complain "there are not as many doc tests"

# 4. Form, if the tools are there.
if cargo fmt --version >/dev/null 2>&1; then in_crate fmt cargo fmt --check; fi
if cargo clippy --version >/dev/null 2>&1; then in_crate clippy cargo clippy --locked --all-targets -- -D warnings; fi
# What calls no function of the library can run in Miri, which cannot call C.
if (cd $crate && cargo miri --version) >/dev/null 2>&1; then
	in_crate miri cargo miri test --locked --lib pure
else
	echo "left out: the tests that Miri can run: it is not installed"
fi

# 5. The example, and the command.
in_crate build cargo build --locked --lib --example grep
grep=$CARGO_TARGET_DIR/debug/examples/grep
tree=$dir/tree
make_tree "$tree"
check_grep "$grep" "$tree"

# 6. Without memory, files and threads: see faults.rs.
mkdir "$dir/few"
rustc --edition 2021 -D warnings -O test/hosts/rust/faults.rs -o "$dir/rust-faults" -L "native=$build" \
	--extern "psearch=$CARGO_TARGET_DIR/debug/libpsearch.rlib" -C "link-arg=-Wl,-rpath,$build" >"$dir/log" 2>&1 &&
	with_faults libpsearch.so.1 timeout $((200 * ${PS_PATIENCE:-1})) "$dir/rust-faults" "$dir/few" >"$dir/log" 2>&1 ||
	complain "without memory: $(cat "$dir/log")"
tail -n 1 "$dir/log"

wait $tests || bad=1
cat "$dir/run_tests"
exit "$bad"
