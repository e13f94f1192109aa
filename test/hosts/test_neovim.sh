#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/neovim, the plugin for Neovim: each file of test/hosts/neovim in a Neovim without a terminal, and what a
# person sees in one of tmux's.
# shellcheck disable=SC2154 # host.sh sets dir and build
. test/hosts/host.sh
need nvim
need tmux
plugin=$PWD/examples/neovim
export TEST_DIR="$dir" TEST_BUILD="$build" HOME="$dir" XDG_CONFIG_HOME="$dir/none"
unset PSEARCH_CDEF
. test/hosts/neovim/screen.sh

# editor ARGUMENT...: a Neovim that has nothing except the plugin. What it says is in $dir/said.
editor()
{
	timeout $((60 * ${PS_PATIENCE:-1})) \
		nvim --headless -u NONE -i NONE -n --cmd "set rtp^=$plugin" "$@" -c cquit </dev/null >"$dir/said" 2>&1
}

for name in quickfix results live telescope tree leaks; do
	editor -S "test/hosts/neovim/$name.lua" || { complain "FAILED: $name:"; cat "$dir/said"; }
	! grep -a '^figures: ' "$dir/said" || true
done

# Without a setting, a checkout's own library is found.
[ "$build" != "$PWD/build" ] ||
	(unset PSEARCH_LIBRARY; plugin=examples/neovim; editor -c 'lua require("psearch.library").get() vim.cmd("qall!")') ||
	{ complain "the library of the checkout is not found"; cat "$dir/said"; }

# Declarations that are not the library's are refused, and so is a library that is not there.
sed 's/^\tuint64_t line;/\tuint64_t column, line;/' "$build/psearch.cdef" >"$dir/other.cdef"
refused()
{
	editor -c 'runtime plugin/psearch.lua' -c 'Psearch needle'
	grep -q -e "$1" "$dir/said" || { complain "not refused: $1"; cat "$dir/said"; }
}
PSEARCH_CDEF="$dir/other.cdef" refused 'does not have search_item.* where .*other.cdef says'
PSEARCH_CDEF="$dir/none.cdef" refused 'cannot read the declarations'
PSEARCH_LIBRARY="$dir/none.so" refused 'cannot load the library'

(screen_tests; exit "$bad") || bad=1
exit "$bad"
