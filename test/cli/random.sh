# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034 # the scripts that read this file use the variables
# Random numbers, for the scripts that read this file: PS_SEED repeats a run, PS_ROUNDS is the number of rounds. Before,
# $rounds is how many there are; under a sanitizer, which sees soon what it can see, there are fewer.
seed=$((${PS_SEED:-20250401} % 2147483647)) # nothing overflows; and a prime, as seeds may end in zeros
[ -n "${PS_LONG:-}" ] || [ -z "${SANITIZE:-}" ] || rounds=100
rounds=${PS_ROUNDS:-$rounds}
echo "PS_SEED=${PS_SEED:-$seed} PS_ROUNDS=$rounds"

# random N: sets $r to 0 .. N-1
random()
{
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	r=$((seed / 256 % $1))
}

# pick WORD...: sets $picked to one of them
pick()
{
	random $#
	shift "$r"
	picked=$1
}
