# SPDX-License-Identifier: BSD-2-Clause
"""1,000 searches opened, half-read and closed in an event loop, with and without a pool: nothing is left of them.

Descriptors and threads are equal before and after. Memory is compared after 500 and after 1,000 searches: Python's
blocks, where half an item a search would be seen, and what malloc has handed out, where it takes 400 bytes a search,
since buffers that are kept for the next search grow for a while. A pattern, or a handle, is more than that.
"""
import asyncio
import ctypes
import gc
import os
import sys
import time
from pathlib import Path

import psearch
from psearch import Pool, Search

SEARCHES, AT_ONCE, HALF = 1000, 8, 20


class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]


def allocated():
    """Bytes that malloc has handed out; 0 where it does not tell."""
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return 0
    mallinfo2.restype = Mallinfo2
    info = mallinfo2()
    return info.uordblks + info.hblkhd


def held(pool):
    """Descriptors, threads, Python's blocks, and bytes of malloc."""
    gc.collect()
    until = time.monotonic() + 5 * int(os.environ.get("PS_PATIENCE", 1))
    while time.monotonic() < until and (len(os.listdir("/proc/self/task")) > (3 if pool else 1) or
                                        pool and pool.stats()["memory"] > 0):
        time.sleep(0.001)  # a thread that was joined is listed for a moment; in a pool, threads free the searches
    return (len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), sys.getallocatedblocks(),
            allocated())


async def half_read(tree, count, pool, kept):
    for n in range(count):
        async with Search("needle", tree, pool=pool) as search:
            if n % 2:
                batch = await search.atake(HALF)
                kept.append(batch[-1])
            else:
                taken = 0
                async for item in search:
                    taken += 1
                    if taken == HALF:
                        break
                kept.append(item)


async def rounds(tree, count, pool):
    kept = []
    await asyncio.gather(*(half_read(tree, count // AT_ONCE, pool, kept) for _ in range(AT_ONCE)))
    assert len(kept) == count // AT_ONCE * AT_ONCE and {item.kind for item in kept} == {psearch.MATCH}
    assert {bytes(item.text[:6]) for item in kept} == {b"needle"}  # they outlive their searches


def check(what, tree, pool):
    half, bad = SEARCHES // 2, False
    asyncio.run(rounds(tree, 64, pool))  # what is set up once, and caches
    began = held(pool)
    asyncio.run(rounds(tree, half, pool))
    middle = held(pool)
    asyncio.run(rounds(tree, half, pool))
    end = held(pool)
    names = "descriptors", "threads", "blocks of Python", "bytes of malloc"
    for name, *values, slack in zip(names, began, middle, end, (0, 0, half // 2, half * 400)):
        if values[2] - values[1] > slack or slack == 0 and len(set(values)) > 1:
            print(f"{what}: {name} at the start, after {half}, and after {SEARCHES} searches: {values}")
            bad = True
    return bad


tree = Path(sys.argv[1])
failed = check("threads of their own", tree, None)
with Pool(workers=2) as pool:
    failed |= check("in a pool", tree, pool)
sys.exit(failed)
