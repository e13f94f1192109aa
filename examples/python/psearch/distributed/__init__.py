# SPDX-License-Identifier: BSD-2-Clause
"""One search on many machines, by Dask.

    from distributed import Client
    from psearch.distributed import On, Search

    with Search("TODO", "/data/a", "/data/b", client=Client("tcp://scheduler:8786"), max_matches=1000) as search:
        for item in search:
            print(item.path, item.line, item.text)

The items are those of psearch.Search, in the same order. Sources are paths on storage that all workers share, or
On(worker, path): a path that only this worker has. DISTRIBUTED.md says how it is done, and how much it takes.
"""
from .search import Failed, On, Search

__all__ = ["Failed", "On", "Search"]
