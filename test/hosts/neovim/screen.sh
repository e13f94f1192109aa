# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2154
# What a person sees of :PsearchLive, who types in a terminal: test_neovim.sh reads this.

socket=psearch-test-$$
terminal() { tmux -L "$socket" "$@"; }
keys() { terminal send-keys "$@"; }
typed() { terminal send-keys -l "$1"; }
end_terminal()
{
	terminal kill-server 2>/dev/null
	rm -f "${TMUX_TMPDIR:-/tmp}/tmux-$(id -u)/$socket"
}

# sees PATTERN: waits until a line of the screen matches; false if that does not happen.
sees()
{
	tries=0
	until terminal capture-pane -p >"$dir/screen" && grep -q -e "$1" "$dir/screen"; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ]; then
			complain "not on the screen: $1"
			cat "$dir/screen"
			return 1
		fi
		sleep 0.1
	done
}

# What is red on the screen: PsearchMatch. Each run of red cells is a line.
red() { tr '\033' '\n' <"$dir/screen" | sed -n 's/^\[[0-9;]*41m\(.\)/\1/p'; }

# matches TYPED LIST [PREVIEW]: types a pattern; then what is red in the list is LIST, and in the preview PREVIEW.
matches()
{
	keys C-u
	typed "$1"
	tries=0 wanted=$(printf '%s\n%s' "$2" "${3:-$2}")
	while terminal capture-pane -pe >"$dir/screen"; do
		[ "$(red)" != "$wanted" ] || return 0
		tries=$((tries + 1))
		[ $tries -le 200 ] || break
		sleep 0.1
	done
	complain "$1: not \"$wanted\" is red, but: $(red)"
	cat "$dir/screen"
}

screen_tests()
{
	mkdir "$dir/screen-tree" && cd "$dir/screen-tree" || exit 1
	{
		printf 'first\n\t\tone\ttwo tabs\n日本語 wide 漢字 after\n'
		printf 'e\314\201 combined\nbroken\377byte \344 here\n'
		printf '%0200dfar%0200d\n' 0 0
	} >text
	printf 'needle one\nneedle two\n' >words
	cp text -- '-別.txt' && rm text
	trap 'end_terminal; rm -rf "$dir"' EXIT
	trap 'exit 1' HUP INT PIPE TERM # a signal alone would leave the terminal behind
	terminal -f /dev/null new-session -d -x 100 -y 40 \
		"LC_ALL=C.UTF-8 nvim -u NONE -i NONE -n --cmd 'set rtp^=$plugin' \
		-c 'runtime plugin/psearch.lua' -c 'highlight PsearchMatch ctermbg=1 ctermfg=7 cterm=NONE' \
		-c 'highlight SpecialKey ctermfg=7' 2>'$dir/errors'"
	sees 'No Name' || return
	keys : && typed PsearchLive && keys Enter
	sees '┌──' || return
	matches 'wide' 'wide'
	matches '語 wide 漢' '語 wide 漢'
	matches '字 a' '字 a'
	matches 'mbined' 'mbined'
	matches 'e\ttwo' 'e  two' 'e     two'
	matches 'n\xffb' 'n<ff>b'
	matches '\xe4 h' '<e4> h'
	matches 'far' 'far'
	keys C-u && typed 'needle ('
	sees '│ *       ^ (' || return
	keys C-u && typed 'two'
	sees 'words:2: needle two' || return
	keys C-n
	sees '│needle one' || return
	keys Enter
	sees ' 2,8 ' || return
	grep -q '^needle two' "$dir/screen" || complain "the file is not there after Enter"
	# A text that is not saved.
	keys A && typed ' unsaved' && keys Escape
	keys : && typed PsearchLive && keys Enter
	sees '┌──' || return
	typed 'two uns'
	sees 'words:2: needle two unsaved' || return
	keys C-q
	sees 'words|2 col 8-15| needle two unsaved' || return
	keys : && typed 'qa!' && keys Enter
}
