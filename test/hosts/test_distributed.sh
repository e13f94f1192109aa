#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# examples/python/psearch/distributed: one search on several machines, which fail amid it, gives what one machine gives.
#
# A machine is a network namespace: host 0 has the scheduler and the client, the others have a worker each. A process
# there is killed, and a link is cut, without touching anything else. It needs root; else all run on the loopback
# address, and links are not cut.
. test/hosts/host.sh
need dask distributed

export PYTHONPATH="$PWD/examples/python" PSEARCH="$build/psearch"
export DASK_CONFIG="$dir/dask" HOME="$dir"
hosts="0 1 2 3 4 5"
net=psearch$$

# shellcheck disable=SC2317 # the trap calls it
finish()
{
	for host in $hosts; do
		for pid in $(ip netns pids "$net-$host" 2>/dev/null) $(cat "$dir/pids-$host" 2>/dev/null); do
			! grep -qs "$dir" "/proc/$pid/cmdline" || kill -9 "$pid" 2>/dev/null
		done
		ip netns delete "$net-$host" 2>/dev/null
	done
	ip netns delete "$net-hub" 2>/dev/null
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# A bridge in a namespace of its own, and a link from each host to it.
connect()
{
	ip netns add "$net-hub" && ip -n "$net-hub" link add hub type bridge && ip -n "$net-hub" link set hub up || return
	for host in $hosts; do
		ip netns add "$net-$host" && ip -n "$net-$host" link set lo up &&
			ip -n "$net-hub" link add "to$host" type veth peer name eth0 netns "$net-$host" &&
			ip -n "$net-hub" link set "to$host" master hub up &&
			ip -n "$net-$host" addr add "192.0.2.1$host/24" dev eth0 && ip -n "$net-$host" link set eth0 up || return
	done
}

if [ "$(id -u)" = 0 ] && connect 2>/dev/null; then
	run="ip netns exec $net-0"
	address=192.0.2.10
	export PSEARCH_TEST_NET="$net"
else
	echo "left out: machines with networks of their own, and cut links: they need root and network namespaces"
	run=
	address=127.0.0.1
fi

# $1 has a scheduler of its own, and uses the hosts after $2. A worker that says nothing for $3 seconds is given up: the
# time that a cut takes to be noticed, and that a machine may be busy with other things.
play()
{
	export DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="$3s" DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP="$(($3 + 3))s"
	export DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="$3s"
	export PSEARCH_TEST_SCHEDULER="$dir/$1.json" PSEARCH_TEST_HOST="$2"
	$run "$python" -m distributed.cli.dask_scheduler --host "$address" --port 0 --no-dashboard \
		--dashboard-address "$address:0" --scheduler-file "$dir/$1.json" >"$dir/$1.log" 2>&1 &
	echo $! >>"$dir/pids-0"
	$run timeout $((120 * ${PS_PATIENCE:-1})) "$python" "test/hosts/distributed/$1.py" "$dir" && return
	complain "test/hosts/distributed/$1.py failed"
	grep -h -v -e " - INFO - " -e "^$" "$dir/$1.log" "$dir"/worker-*.log | tail -n 40
	return 1
}

# The faults take long, but most of that is waiting until they are noticed.
"$python" test/hosts/distributed/tree.py "$dir/tree" || complain "tree.py failed"
play faults 0 8 &
faults=$!
play steady 3 60 || bad=1
wait "$faults" || bad=1
exit "$bad"
