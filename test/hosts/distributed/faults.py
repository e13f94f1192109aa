# SPDX-License-Identifier: BSD-2-Clause
"""What happens to workers amid a search changes nothing of what it finds.

The client takes some items, and does not go on before it has happened: as the search is never more than a few small
pages ahead, nearly all of it is still to be done then.
"""
import sys
from itertools import islice

import machines
from machines import NET, TREE

import psearch
import psearch.distributed
from psearch.distributed import Failed, On
from psearch.distributed.worker import counters

SMALL = {"page_bytes": 30000, "shard_bytes": 1 << 20, "ahead": 4}
with psearch.Search("needle", TREE) as local:
    WANTED = [*local]


def search_with(client, what, happens, *sources, **options):
    with psearch.distributed.Search("needle", *sources or [TREE], client=client, **SMALL, **options) as search:
        found = [*islice(search, 1500)]
        happens()
        found += search
    if found != WANTED:
        at = next((n for n, pair in enumerate(zip(found, WANTED)) if pair[0] != pair[1]), min(len(found), len(WANTED)))
        sys.exit(f"{what}: {len(found)} items, not {len(WANTED)}; they differ from {at} on")


def tasks_on(client, host):
    """How many a worker has run."""
    def ask(dask_worker):
        return dask_worker.name, counters()["begun"]
    return dict(client.run(ask).values())[f"worker-{host}"]


def add(client):
    """A worker that comes amid the search takes part in it."""
    def come():
        machines.start(2)
        machines.wait_for("the second worker starts", lambda: "worker-2" in machines.names(client))
    search_with(client, "a worker more", come)
    if tasks_on(client, 2) == 0:
        sys.exit("the new worker does nothing")


def lose(client):
    """A worker is killed."""
    search_with(client, "a worker killed", lambda: machines.kill(1))


def lose_pinned(client):
    """A worker is killed that alone has a source: the search waits until it is back."""
    def kill_and_start():
        machines.kill(2)
        machines.start(2)
    search_with(client, "a pinned source, its worker killed", kill_and_start, On("worker-2", TREE))


def miss_pinned(client):
    """It does not come back: an item says so, in its place."""
    sources = ["/none", On("worker-7", TREE), TREE + "/large"]
    with psearch.distributed.Search("needle", *sources, client=client, wait=0.5, **SMALL) as search:
        found = [*search]
    with psearch.Search("needle", *(source.path if isinstance(source, On) else source for source in sources)) as search:
        wanted = [item for item in search if item.source != 1]
    said = found.pop(1)
    if (found != wanted or (said.kind, said.source, said.path) != (psearch.ERROR, 1, TREE)
            or "worker-7" not in said.message):
        sys.exit(f"{len(found)} items, not {len(wanted)}, and {said}")


def cut(client):
    """A link is cut, with tasks on the worker, and results that nobody has fetched yet."""
    machines.start(3)
    machines.wait_for("the third worker starts", lambda: "worker-3" in machines.names(client))
    search_with(client, "a link cut", lambda: machines.link(3, "down"))
    machines.wait_for("the worker is given up", lambda: "worker-3" not in machines.names(client))


def lose_all(client):
    """No worker is left: the search fails, after what it found."""
    for host in [*machines.workers]:
        machines.kill(host)
    machines.wait_for("the workers are given up", lambda: not machines.names(client))
    with psearch.distributed.Search("needle", TREE, client=client, wait=0.5) as search:
        try:
            next(search)
        except Failed as problem:
            if "no worker" not in str(problem):
                sys.exit(f"{problem} does not say why")
        else:
            sys.exit("an item of nobody's")


client = machines.connect(1)
add(client)
lose_pinned(client)
lose(client)
miss_pinned(client)
if NET:
    cut(client)
lose_all(client)
machines.end(client)
