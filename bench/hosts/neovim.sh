#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# usage: bench/hosts/neovim.sh [TREE [ROUNDS]]
#
# How soon :PsearchLive shows a line after a key, and how long it keeps Neovim's loop: see neovim.lua. Neovim runs in a
# terminal of tmux's, of a server that is ended afterwards. Run it from the top of the checkout, after make. BENCH_MIB is
# the plugin's g:psearch_tree: with 0 no search knows what earlier ones learnt.
set -u
tree=${1:-$HOME/.cache/psearch-bench/linux}
[ -d "$tree" ] || { echo "$tree is not a directory: name the tree to search" >&2; exit 2; }
for needed in nvim tmux; do
	command -v "$needed" >/dev/null || { echo "$needed is not installed"; exit 77; }
done
build=${BUILD:-build}
case $build in /*) ;; *) build=$PWD/$build ;; esac
socket=psearch-bench-$$
dir=$(mktemp -d) || exit 2
trap 'tmux -L "$socket" kill-server 2>/dev/null; rm -rf "${TMUX_TMPDIR:-/tmp}/tmux-$(id -u)/$socket" "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM
export BENCH_TREE="$tree" BENCH_ROUNDS="${2:-3}" BENCH_OUT="$dir/out" BENCH_PLUGIN="$PWD/examples/neovim"
export PSEARCH_LIBRARY="$build/libpsearch.so.1"
tmux -L "$socket" -f /dev/null new-session -d -x 120 -y 40 \
	"nvim -u NONE -i NONE -n -S bench/hosts/neovim.lua 2>'$dir/errors'; echo \$? >'$dir/status'"
while [ ! -e "$dir/status" ]; do
	sleep 1
done
cat "$dir/out" "$dir/errors"
exit "$(cat "$dir/status")"
