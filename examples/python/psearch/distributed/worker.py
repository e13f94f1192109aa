# SPDX-License-Identifier: BSD-2-Clause
"""What the workers run: a page of a shard, or a page of the list of files. Each is a task of its own.

A page is a function of the files and of its arguments: it begins after a cursor, and ends with another, of which it
tells the client. It keeps nothing on the worker: a page that is lost with its worker is searched again elsewhere.
It ends when it has about `page_bytes`, so no result is larger than that, and a batch of the library's.

Dask cannot interrupt a task. Stopper does: it is told when a task that runs is no longer wanted, because the client has
cancelled it or is gone, and cancels the library's search.
"""
import os
from contextlib import contextmanager
from threading import Lock
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from distributed import WorkerPlugin, get_worker

from psearch import (BINARY, ECANCELED, EINVAL, EPATTERN, EVERSION, FILE, FILE_INFO, LIST, MATCH, Item, Pool, Search,
                     SearchError, WalkFlag)
from psearch.packing import bytes_of

from .wire import pack_page

PREFIX = "psearch-"  # of the keys of all tasks
ITEM_BYTES = 64  # what an item takes, without its text
FILE_BYTES = 16 << 10  # to open a file costs as much as to search this
MOST_CUTS = 64  # of a page of the list
FINAL = EINVAL, EPATTERN, EVERSION  # another worker would say the same
WALK = sum(WalkFlag.__members__.values())


class Query(NamedTuple):
    """What all pages of a search have in common."""
    patterns: Sequence[Any]
    flags: int
    options: Dict[str, Any]
    directory: Optional[str]  # where relative names begin, if there are any


class Refused(Exception):
    """The page cannot be searched on any worker: another attempt would not help."""


class Stopped(Exception):
    """Nobody wanted the page any longer."""


_lock = Lock()
_open: Dict[str, Optional[Search]] = {}  # the searches that run, by their tasks; None: stop it once it begins
_pool: Optional[Pool] = None
_begun = 0  # how many were opened


def counters() -> Dict[str, int]:
    """Of the process that it runs in, as by client.run(counters)."""
    with _lock:
        return {"begun": _begun, "running": len(_open)}


def stop(key: str) -> None:
    with _lock:
        search = _open.setdefault(key, None)
        if search is not None:
            search.cancel()


class Stopper(WorkerPlugin):
    """Cancels the search of a task that runs, and is not wanted any longer."""
    name = "psearch"

    def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
        if not isinstance(key, str) or not key.startswith(PREFIX):
            return
        if start in ("executing", "long-running") and finish in ("released", "cancelled"):
            stop(key)
        elif finish == "forgotten":
            with _lock:
                _open.pop(key, None)


def pool() -> Pool:
    """One for all tasks of the process, with a thread for each task that Dask lets run at once."""
    global _pool
    with _lock:
        if _pool is None:
            _pool = Pool(workers=max(1, get_worker().state.nthreads))
        return _pool


@contextmanager
def running(query: Query, paths: Sequence[str], flags: int, **options: Any) -> Iterator[Search]:
    """An open search, which stop() can reach."""
    global _begun
    key = get_worker().get_current_task()
    if query.directory not in (None, os.getcwd()):
        raise Refused(f"the worker {get_worker().address} runs in {os.getcwd()}, the client in {query.directory}: "
                      "start them in the same directory, or give absolute paths, and globs without a slash")
    try:
        with Search(query.patterns, *paths, flags=flags, pool=pool(), **query.options, **options) as search:
            try:
                with _lock:
                    if key in _open:
                        raise Stopped(key)
                    _open[key] = search
                    _begun += 1
                yield search
            finally:
                with _lock:  # stop() must not find it closed
                    _open.pop(key, None)
    except SearchError as error:  # it is not pickled well, as it takes more than a message
        if error.status == ECANCELED:
            raise Stopped(key) from None
        raise (Refused if error.status in FINAL else RuntimeError)(str(error)) from None


def cursor_of(search: Search) -> Optional[str]:
    """Where the search stands, or None amid items that the library handed out together."""
    try:
        return search.cursor()
    except ValueError:
        return None


def search_page(query: Query, paths: Sequence[str], first: int, resume: Optional[str], until: Optional[str],
                max_matches: int, page_bytes: int) -> Tuple[bytes, int, Optional[str]]:
    """The items, packed; how many count for max_matches; and the cursor after them if there may be more."""
    items: List[Item] = []
    cursor = None
    size = matches = 0
    with running(query, paths, query.flags, resume=resume, until=until, max_matches=max_matches,
                 max_queued_bytes=page_bytes) as search:
        for batch in search.batches():
            items += batch
            size += ITEM_BYTES * len(batch) + bytes_of(batch)
            matches += sum([item.kind in (MATCH, BINARY, FILE) for item in batch])
            if size >= page_bytes and matches != max_matches:  # at max_matches only context follows
                cursor = search.cursor()
                break
    return pack_page(items, first) if items else b"", matches, cursor


def list_page(query: Query, paths: Sequence[str], resume: Optional[str], shard_bytes: int,
              most_files: int) -> Tuple[List[str], bool]:
    """Cursors that cut the files after `resume` into shards, and whether they are all."""
    cuts: List[str] = []
    files = size = 0
    flags = query.flags & WALK | LIST | FILE_INFO
    with running(query._replace(patterns=[]), paths, flags, resume=resume) as search:
        for item in search:
            if item.kind != FILE:
                continue
            files += 1
            size += FILE_BYTES + item.file_size
            if size < shard_bytes and files < most_files:
                continue
            cursor = cursor_of(search)
            if cursor is not None:
                cuts.append(cursor)
                size = 0
                if files >= most_files or len(cuts) >= MOST_CUTS:
                    return cuts, False
    return cuts, True
