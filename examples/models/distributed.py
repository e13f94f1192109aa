# SPDX-License-Identifier: BSD-2-Clause
"""Processes on any machines that have the same files, by Dask: psearch.distributed has the queues and the order."""
from psearch.distributed import Search

from .cluster import connected
from .library import options, refusing


def search(what, paths):
    with connected(what) as (client, _), Search(what.patterns, *paths, client=client, **options(what)) as found:
        yield from refusing(what, paths, found)


CHILDREN = True
