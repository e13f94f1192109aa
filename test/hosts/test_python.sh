#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The Python package as its users have it: installed by pip, without a network, checked by mypy, in event loops and in
# processes. test/python/ has what its functions do.
# shellcheck disable=SC2154 # host.sh sets bad, dir and python
. test/hosts/host.sh
need pip setuptools mypy
here=test/hosts/python

# pip builds where the sources are, so it gets a copy.
cp -r examples/python "$dir/source" && rm -rf "$dir/source/build" "$dir/source/psearch.egg-info"
"$python" -m pip install --quiet --no-build-isolation --no-deps --no-index --no-compile --disable-pip-version-check \
	--root-user-action=ignore --target "$dir/installed" "$dir/source" >"$dir/pip" 2>&1 || {
	cat "$dir/pip"
	complain "pip does not install the package"
	exit 1
}
for file in examples/python/psearch/*.py examples/python/psearch/py.typed; do
	cmp -s "$file" "$dir/installed/psearch/${file##*/}" || complain "$file is not what pip installed"
done

mkdir "$dir/empty" "$dir/tree" && cp $here/*.py "$dir/empty"
for d in 0 1 2 3; do
	mkdir "$dir/tree/d$d"
	for f in 0 1 2 3 4; do
		awk 'BEGIN { for (i = 0; i < 20; i++) print "needle " i "\nhay" }' >"$dir/tree/d$d/f$f"
	done
done

# run NAME ARGUMENT...: one of the programs, in a clean process outside of the checkout.
run()
{
	(cd "$dir/empty" && exec env -i PATH="$PATH" HOME="$dir" PYTHONPATH="$dir/installed" PYTHONDONTWRITEBYTECODE=1 \
		PSEARCH_LIBRARY="$PSEARCH_LIBRARY" timeout $((60 * ${PS_PATIENCE:-1})) "$python" -W error "$@")
}

run uses.py "$dir/tree" >"$dir/out" 2>&1 || complain "uses.py fails: $(cat "$dir/out")"
grep -q '^EPATTERN patterns\[0\] ' "$dir/out" || complain "uses.py does not say what is wrong: $(cat "$dir/out")"
run -m psearch 'needle 1$' "$dir/tree/d2" >"$dir/out" 2>&1 || complain "python -m psearch fails: $(cat "$dir/out")"
[ "$(wc -l <"$dir/out")" = 5 ] || complain "python -m psearch prints $(cat "$dir/out")"
run -c 'import sys, psearch; sys.exit(any(name.split(".")[0] in ("dask", "distributed") for name in sys.modules))' ||
	complain "import psearch imports more than Python has"
run leaks.py "$dir/tree" || complain "searches leave something"
run processes.py "$dir/tree" || complain "items do not go from process to process"

# Without memory, files and threads.
without_memory()
{
	cd "$dir/empty" && PYTHONPATH="$dir/installed" exec timeout $((200 * ${PS_PATIENCE:-1})) \
		"$python" -W error faults.py "$dir/few"
}
mkdir "$dir/few"
with_faults libpsearch.so.1 without_memory >"$dir/out" 2>&1 || complain "without memory: $(cat "$dir/out")"
tail -n 1 "$dir/out"

# mypy finds the mistakes in misuses.py, and nothing else: neither in uses.py nor in the package, which is typed.
(cd "$dir/empty" && MYPYPATH="$dir/installed" "$python" -m mypy --strict --no-error-summary --hide-error-context \
	--cache-dir "$dir/cache" uses.py misuses.py) >"$dir/out" 2>&1
sed -n 's/^misuses.py:\([0-9]*\): error: .*/\1/p' "$dir/out" | sort -nu >"$dir/found"
sed -n '/# refused/=' $here/misuses.py >"$dir/expected"
cmp -s "$dir/expected" "$dir/found" || complain "mypy finds other mistakes than those in misuses.py: $(cat "$dir/out")"
grep ': error:' "$dir/out" | grep -v '^misuses.py:' && complain "mypy finds mistakes"
exit $bad
