# SPDX-License-Identifier: BSD-2-Clause
"""A task for each file, in one asyncio loop; a queue for the matches of each, and a queue of queues for the order.

A loop cannot wait for a file, which is always ready and then blocks. So threads read, and the loop searches.
"""
import asyncio

from .lines import FAILURES, FileSearch, Record, failure, files, selector

END = None


def lines_at_hand(file):
    """In a thread: the lines that can be read without waiting, or else the next one."""
    return file.readlines(max(1, file.peek().rfind(b"\n")))


async def search_one(what, file, matches):
    if isinstance(file, Record):
        await matches.put(file)
    else:
        try:
            search = FileSearch(what, file)
            with await asyncio.to_thread(search.open):
                while not search.file.closed and (lines := await asyncio.to_thread(lines_at_hand, search.file)):
                    for item in search.feed(lines):
                        await matches.put(item)
            for item in search.end():
                await matches.put(item)
        except FAILURES as error:
            await matches.put(failure(file, error))
    await matches.put(END)


async def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    order = asyncio.Queue(what.max_files - 1)  # and the one that is being emptied

    async def walk():
        for file in files(what, paths):
            matches = asyncio.Queue(what.max_matches)
            await order.put(matches)
            matches.task = asyncio.create_task(search_one(what, file, matches))
        await order.put(END)

    walker = asyncio.create_task(walk())
    while (matches := await order.get()) is not END:
        while (item := await matches.get()) is not END:
            yield item
    await walker
