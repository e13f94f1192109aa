# SPDX-License-Identifier: BSD-2-Clause
"""A task for each file, in one asyncio loop; a queue for the matches of each, and a queue of queues for the order.

A loop cannot wait for a file, which is always ready and then blocks. So threads read, and the loop searches.
"""
import asyncio
import stat
import os

from .lines import HEAD, FileSearch, Record, files, selector
from ..grep import ERROR

END = None


async def search_one(what, file, matches):
    if isinstance(file, Record):
        await matches.put(file)
    else:
        try:
            search = FileSearch(what, file)
            await asyncio.to_thread(search.open)
            # From a pipe a line as soon as it is there; from a file as many at once as make a thread worth its price.
            most = HEAD if stat.S_ISREG(os.fstat(search.file.fileno()).st_mode) else 1
            with search.file:
                while not search.file.closed and (lines := await asyncio.to_thread(search.file.readlines, most)):
                    for item in search.feed(lines):
                        await matches.put(item)
            for item in search.end():
                await matches.put(item)
        except OSError as error:
            await matches.put(Record(ERROR, file, error=error.errno))
    await matches.put(END)


async def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    order = asyncio.Queue(what.max_files - 1)  # and the one that is being emptied

    async def walk():
        try:
            for file in files(what, paths):
                matches = asyncio.Queue(what.max_matches)
                await order.put(matches)
                matches.task = asyncio.create_task(search_one(what, file, matches))
        finally:
            await order.put(END)

    walker = asyncio.create_task(walk())
    while (matches := await order.get()) is not END:
        while (item := await matches.get()) is not END:
            yield item
    await walker
