# SPDX-License-Identifier: BSD-2-Clause
"""Processes on any machines that have the same files, by Dask: psearch.distributed has the queues and the order."""
from psearch.distributed import Search

from .cluster import connected
from .library import Refused, options, runs, standard_input

CHILDREN = True


def search(what, paths):
    refused, keywords = Refused(what, paths), options(what)
    del keywords["max_open_files"], keywords["max_queued_matches"]  # there are pages in place of queues
    with connected(what) as (client, _):
        for first, some in runs(paths, len(paths)):
            if some[0] == "-":
                yield from standard_input(what, first)
                continue
            with Search(what.patterns, *some, client=client, **keywords) as found:
                for item in found:
                    yield from refused.before(first + item.source)
                    yield item
    yield from refused.before(len(paths))
