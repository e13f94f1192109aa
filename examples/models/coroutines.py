# SPDX-License-Identifier: BSD-2-Clause
"""One asyncio loop that has several searches open, whose threads are those of a pool. The loop itself reads no file.

Each search has some of the paths. It goes on by itself, as far as its queue has room, while the loop takes the items
of the one before.
"""
from collections import deque
from itertools import islice

from psearch import Pool, Search

from .library import Refused, options, sources

PATHS, AHEAD = 64, 4  # of a search; searches


async def search(what, paths):
    refused, left, first, searches = Refused(what, paths), iter(sources(paths)), 0, deque()
    with Pool(max_open_files=max(4, what.max_files)) as pool:
        while True:
            while len(searches) < AHEAD and (some := [*islice(left, PATHS)]):
                searches.append(Search(what.patterns, *some, pool=pool, **options(what)))
            if not searches:
                break
            async with searches.popleft() as found:
                async for item in found:
                    for error in refused.before(first + item.source):
                        yield error
                    yield item
            first += PATHS
    for error in refused.before(len(paths)):
        yield error
