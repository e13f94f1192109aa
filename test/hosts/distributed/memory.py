# SPDX-License-Identifier: BSD-2-Clause
"""The client's memory does not grow with the number of matches: twenty times as many need no more."""
import resource
import subprocess
import sys

from distributed import Client

import machines
from machines import DIR, TREE

import psearch.distributed

MATCHES = 6000  # of the file
ROOM = 6 << 10  # KiB: what differs from run to run. Items that were kept would take ten times as much


def peak(copies):
    """KiB that a client needed at most, in a process of its own."""
    run = subprocess.run([sys.executable, __file__, DIR, str(copies)], stdout=subprocess.PIPE, text=True)
    found, peak = map(int, run.stdout.split() or "0 0".split())
    if found != copies * MATCHES:
        sys.exit(f"{found} matches, not {copies * MATCHES}")
    return peak


def check_all(client):
    few, many = peak(2), peak(34)
    if many > few + ROOM:
        sys.exit(f"{34 * MATCHES} matches take {many} KiB, {2 * MATCHES} take {few} KiB")


if __name__ == "__main__":
    sources = [TREE + "/large"] * int(sys.argv[2])
    with psearch.distributed.Search("needle", *sources, client=Client(machines.scheduler()), page_bytes=100000,
                                    shard_bytes=1 << 20) as search:
        print(sum(1 for _ in search), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
