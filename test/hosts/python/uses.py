# SPDX-License-Identifier: BSD-2-Clause
"""What a program does with the package; mypy --strict must find nothing. The argument is a tree that has "needle"."""
import asyncio
import sys
from typing import Dict, List, Optional, Tuple

from psearch import (ERROR, EXCLUDE, GROUPS, IGNORE_CASE, MATCH, NO_HELP, NO_WORKERS, Flags, Glob, Item, Outcome, Pool,
                     PoolStats, Priority, Search, SearchError, Source, Stats, Status, Syntax, Tree, TreeStats,
                     TreeTrust, Unit, build, explain, pack_items, unpack_items, version)


def lines(tree: str, flags: Flags = 0) -> Dict[Tuple[str, int], bytes]:
    found: Dict[Tuple[str, int], bytes] = {}
    globs: List[Glob] = ["*", ("*.o", EXCLUDE), (b"tmp/", EXCLUDE, 1)]
    with Search("needle", tree, flags=flags, syntax=Syntax.PERL, globs=globs, max_matches=1000,
                timeout_ms=60000) as search:
        for item in search:
            if item.kind == MATCH:
                found[item.path, item.line] = item.text
            elif item.kind == ERROR:
                print(item.path, item.reason.name, item.message)
        outcome: Outcome = search.outcome()
        stats: Stats = search.stats()
    assert outcome == Outcome.COMPLETE and stats["matches"] == len(found)
    return found


async def first(tree: str, pool: Pool) -> Optional[Item]:
    async with Search("needle", tree, pool=pool, priority=Priority.INTERACTIVE) as search:
        async for item in search:
            return item
    return None


async def count(tree: str) -> int:
    total = 0
    async with Search(["needle", b"hay"], tree, caller_flags=NO_HELP) as search:
        head: List[Item] = await search.atake(2)
        async for batch in search.batches():
            total += len(batch)
    return len(head) + total


async def warm(tree: str) -> int:
    async with Tree(trust=TreeTrust.TOLD, max_bytes=1 << 22) as known:
        async with Search("needle", tree, tree=known) as search:
            first: List[Item] = await search.atake(1000)
        more: bool = await known.alearn(10)
        known.changed(tree)
        with Search("needle", tree, tree=known) as again:
            assert [*again] == first
        stats: TreeStats = known.stats()
        return stats["signatures"] + more


def groups(tree: str) -> Tuple[Optional[bytes], Tuple[Tuple[int, int], ...]]:
    with Search(r"(?<word>n\w+)", tree, ("memory", b"text"), flags=GROUPS | IGNORE_CASE, workers=NO_WORKERS) as search:
        item = search.take(1)[0]
        page: List[Item] = search.take(10)
        cursor: str = search.cursor()
        assert len(page) <= 10 and cursor
        packed: bytes = pack_items(page)
        again: List[Item] = unpack_items(packed)
        assert again == page
        return item.group(0, "word"), item.columns(Unit.UTF16)


def main(tree: str) -> None:
    more: List[Source] = [("other", b"a needle")]
    with Search("needle", more_sources=more, overlays={tree + "/new": None}) as search:
        assert [item.path for item in search] == ["other"]
    with Pool(workers=1) as pool:
        item = asyncio.run(first(tree, pool))
        assert item is not None and lines(tree)[item.path, item.line] == item.text
        pool_stats: PoolStats = pool.stats()
        assert pool_stats["workers"] == 1
    assert asyncio.run(count(tree)) > 2 and asyncio.run(warm(tree)) >= 0
    assert groups(tree) == (b"needle", ((0, 6), ))
    try:
        Search("(")
    except SearchError as error:
        status: Status = error.status
        keyword: Optional[str] = error.keyword
        print(status.name, keyword, error)
    assert "strategy" in explain("needle") and version() == build()["version"]


main(sys.argv[1])
