# SPDX-License-Identifier: BSD-2-Clause
"""A search that is closed early, or whose client is killed, stops on the workers, too.

A FIFO that nobody writes to keeps a worker waiting for ever: it is done with it when the other end sees it closed.
"""
import os
import select
import subprocess
import sys
import time
from itertools import islice

from distributed import Client

import machines
from machines import DIR, TREE

import psearch.distributed
from psearch.distributed.worker import counters

FIFO = os.path.join(DIR, "stop")
SMALL = {"page_bytes": 30000, "shard_bytes": 1}  # each file is a shard


def opened():
    """The other end of the FIFO, once a worker has opened it."""
    try:
        return os.open(FIFO, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:  # nobody has yet
        return None


def begin(client):
    """A search that has delivered something, and waits in the FIFO."""
    search = psearch.distributed.Search("needle", TREE + "/large", FIFO, client=client, **SMALL)
    if len([*islice(search, 100)]) != 100:
        sys.exit("the first source has matches")
    return search


def stops(client, what, end):
    """After end() the FIFO is closed, nothing runs, and nothing more begins."""
    writer = machines.wait_for("a worker opens the FIFO", opened)
    poll = select.poll()
    poll.register(writer, 0)  # POLLERR: there is no reader
    if poll.poll(0):
        sys.exit("the worker does not wait")
    end()
    if not poll.poll(20000):
        sys.exit(f"{what}: a worker still reads")
    os.close(writer)
    machines.wait_for("nothing runs", lambda: not any(worker["running"] for worker in client.run(counters).values()))
    before = client.run(counters)
    time.sleep(0.2)  # not long: whatever would begin now should not
    if client.run(counters) != before:
        sys.exit(f"{what}: a worker goes on")


def close_early(client):
    search = begin(client)
    stops(client, "close()", search.close)
    try:
        next(search)
    except ValueError:
        return
    sys.exit("a search that is closed has no items")


def kill_client(client):
    child = subprocess.Popen([sys.executable, __file__, DIR], stdout=subprocess.PIPE)
    child.stdout.readline()
    stops(client, "a client that is killed", child.kill)
    child.wait()


def break_off(client):
    """Of a long search little is done if little is taken, be it a tree or a list."""
    for sources in [TREE], [TREE + "/dir01/file001"] * 20000:
        before = sum(worker["begun"] for worker in client.run(counters).values())
        with psearch.distributed.Search("needle", *sources, client=client, ahead=4, **SMALL) as search:
            next(search)
        machines.wait_for("nothing runs", lambda: not any(of["running"] for of in client.run(counters).values()))
        begun = sum(worker["begun"] for worker in client.run(counters).values()) - before
        if begun > 20:
            sys.exit(f"{begun} tasks for one item, although 4 are allowed ahead, of at least 40 for all")


def interrupt(client):
    """What has ended the iteration amid the search does not look like the end of the search."""
    def interrupted(_):
        raise KeyboardInterrupt
    with psearch.distributed.Search("needle", TREE, client=client, **SMALL) as search:
        next(search)
        search._take = interrupted
        for takes, raises in (list, KeyboardInterrupt), (list, ValueError), (next, ValueError):
            try:
                takes(search)
            except raises as error:
                if raises is ValueError and "KeyboardInterrupt" not in str(error):
                    sys.exit(f"{error} does not say why")
            else:
                sys.exit("an interrupted search looks as if it had ended")


def check_all(client):
    os.mkfifo(FIFO)
    close_early(client)
    kill_client(client)
    break_off(client)
    interrupt(client)


if __name__ == "__main__":  # the client that is to be killed
    begin(Client(machines.scheduler()))
    print("begun", flush=True)
    time.sleep(60)
