# SPDX-License-Identifier: BSD-2-Clause
"""The client's side: cuts the sources into shards, asks for pages, and puts these in order.

    sources   chunks: at most some hundred sources in a row, all on the same worker if they are pinned
    chunk     shards: from cursor to cursor, found by listing the files with their sizes, a page of names at a time
    shard     pages: each begins where the one before ended, so of each shard one page is searched at a time

Names are listed, shards opened and pages asked for as the caller takes items: never more than `ahead` pages, wherever
they are, and the first shard always has one of them. So the memory that the client needs depends neither on the number
of files nor on that of matches; the workers keep nothing.

A task that is lost with its worker is run again, by Dask, on another one. Only a page that has arrived moves a shard's
cursor: so no item is lost, and none comes twice.
"""
import os
import pickle
import time
from collections import deque
from errno import EHOSTDOWN
from itertools import count
from queue import Empty, SimpleQueue
from typing import NamedTuple
from uuid import uuid4

from distributed import CancelledError, KilledWorker, default_client

import psearch
from psearch import COUNT, FILE, FILE_END, FILE_ENDS, LIST, SOCKET, UNORDERED

from .worker import PREFIX, Query, Refused, Stopper, list_page, search_page, with_fields

# Options of psearch.Search that have no meaning here, and why.
REFUSED = {
    "library": "each worker finds its own, as psearch does",
    "pool": "each worker has one",
    "workers": "the workers of Dask say how many threads they have",
    "priority": "the pool of a worker has no other searches",
    "caller_flags": "the items are not taken on the client",
    "max_open_files": "the pool of a worker bounds them",
    "max_queued_matches": "page_bytes bounds them",
    "max_queued_bytes": "page_bytes bounds them",
    "most": "items come in pages, of page_bytes",
    "more_sources": "give all sources at once",
    "overlays": "write them to files that the workers can read",
    "output_fd": "the workers have no such descriptor",
    "timeout_ms": "close() the search when the time is over",
    "resume": "cursors are what shards are made of",
    "until": "cursors are what shards are made of",
}
FILES = "ignore_files", "git_configs", "git_excludes"  # options that are names of files on the workers
CHUNK_SOURCES, CHUNK_BYTES = 500, 32 << 10  # each task carries the names of its chunk
PAGES = 2  # of a shard, that have arrived
NONE_LEFT = -1  # of max_matches
TICK = 0.5  # seconds between two looks at which workers there are


class On(NamedTuple):
    """A path on one worker: its address, its name, or the name or address of its host."""
    worker: str
    path: str


class Failed(Exception):
    """A part of the search cannot be run. The items before it were delivered."""


class Part:
    """What tasks are run for: a shard, or the listing of a chunk. It has one task at a time."""
    def __init__(self, chunk, cursor, place):
        self.chunk, self.cursor, self.place = chunk, cursor, place  # the next page begins after the cursor
        self.future, self.attempts, self.failure, self.ended = None, 0, None, False

    def idle(self):
        return self.future is None and self.failure is None and not self.ended


class Shard(Part):
    """The items after `cursor`, up to `until`."""
    def __init__(self, chunk, cursor, place, until):
        super().__init__(chunk, cursor, place)
        self.until, self.pages = until, deque()  # that have arrived, and wait for their turn


class Page(NamedTuple):
    """Items that have arrived, pickled; how many of them count for max_matches, and what that was."""
    items: bytes
    matches: int
    most: int
    begin: str


class Chunk:
    """Sources that have cursors in common."""
    def __init__(self, first, paths, worker, listed):
        self.first, self.paths, self.worker = first, paths, worker
        self.shards, self.listing = deque(), Part(self, None, first << 20)
        if listed:  # as one shard
            self.add([], True)

    def add(self, cuts, ended):
        """New shards: one up to each cut, and, at the end, what comes after the last cut."""
        for until in cuts + [None] * ended:
            self.shards.append(Shard(self, self.listing.cursor, self.listing.place, until))
            self.listing.cursor = until
            self.listing.place += 1
        self.listing.ended = ended


def chunks_of(sources, listed):
    """The sources, a few at a time."""
    paths, first, on, size = [], 0, None, 0
    for index, source in enumerate(sources):
        worker, path = source if isinstance(source, On) else (None, source)
        if paths and (worker != on or worker or len(paths) == CHUNK_SOURCES or size + len(path) > CHUNK_BYTES):
            yield Chunk(first, paths, on, listed)
            paths, first, size = [], index, 0
        on, size = worker, size + len(path)
        paths.append(path)
    if paths:
        yield Chunk(first, paths, on, listed)


def checked(source):
    """A source that a worker can open."""
    path = source.path if isinstance(source, On) else source
    if isinstance(path, tuple) or isinstance(path, int):
        raise TypeError(f"{source!r:.80} is on the client only: give a path that the workers can open")
    path = os.fspath(path)
    return On(source.worker, path) if isinstance(source, On) else path


def is_relative(sources, options):
    """Does it matter in which directory the workers run? For relative names it does, and for globs with a slash."""
    paths = [source.path if isinstance(source, On) else source for source in sources]
    for name in FILES:
        value = options.get(name) or []
        paths += [value] if isinstance(value, (str, bytes)) else value
    globs = [glob if isinstance(glob, (str, bytes)) else glob[0] for glob in options.get("globs", ())]
    return any(not os.path.isabs(path) for path in paths) or any("/" in os.fsdecode(glob) for glob in globs) \
        or bool(options.get("ignore_files"))


class Search:
    """An iterator of psearch.Item, and a context manager."""

    _closed = True  # what close() looks at, also where __init__ did not come to its end

    def __init__(self, patterns, *sources, client=None, flags=0, max_matches=0, page_bytes=256 << 10, shard_bytes=32 << 20,
                 ahead=None, wait=60, attempts=3, direct=None, **options):
        for name in options.keys() & REFUSED.keys():
            raise TypeError(f"psearch.distributed.Search() takes no {name}: {REFUSED[name]}")
        for flag in UNORDERED, SOCKET:
            if flags & flag:
                raise TypeError(f"psearch.distributed.Search() takes no {flag.name}: the items are in order, by an iterator")
        self._client = client or default_client()
        if self._client.asynchronous:
            raise TypeError("psearch.distributed.Search() needs a client that waits: Client(asynchronous=False)")
        local = {name: value for name, value in options.items() if name not in FILES}
        psearch.Search(patterns, flags=flags, max_matches=max_matches, **local).close()  # raises what is wrong with them
        patterns = [patterns] if isinstance(patterns, (str, bytes, bytearray, memoryview)) else list(patterns)
        sources = [checked(source) for source in sources]
        self._query = Query(patterns, int(flags), options, os.getcwd() if is_relative(sources, options) else None)
        self._left = max_matches  # 0: no limit
        self._page_bytes, self._shard_bytes, self._direct = page_bytes, shard_bytes, direct
        self._ahead, self._fixed, self._wait, self._attempts = ahead or 4, ahead is not None, wait, attempts
        self._source_chunks, self._chunks = chunks_of(sources, bool(flags & LIST)), deque()
        self._id, self._numbers, self._done = PREFIX + uuid4().hex[:12], count(), SimpleQueue()
        self._looked, self._missed, self._names_here = 0.0, {}, set()  # names of workers: since when they are away, or here
        self._counts_files, self._files = bool(flags & (COUNT | FILE_ENDS | LIST)), 0
        self._asked = 0  # tasks that run, and pages that wait
        self._closed, self._page = False, iter(())
        register = getattr(self._client, "register_plugin", None) or self._client.register_worker_plugin
        register(Stopper(), name=Stopper.name)
        self._items = self._run()

    def __iter__(self):
        return self._items  # a generator: it takes items out of a page faster than __next__ does

    def __next__(self):
        return next(self._items)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the search, also where it runs. May be called at any time."""
        if self._closed:
            return
        self._closed = True
        futures = [part.future for chunk in self._chunks for part in (chunk.listing, *chunk.shards) if part.future]
        if futures and self._client.status == "running":
            self._client.cancel(futures)
        self._chunks.clear()
        if isinstance(self._page, list):
            self._page.clear()  # the generator may be amid it

    # --- in order ---

    def _run(self):
        while not self._closed:
            self._take(0)
            self._fill()
            if not self._chunks:
                self._closed = True
                return
            chunk = self._chunks[0]
            head = chunk.shards[0] if chunk.shards else chunk.listing
            if isinstance(head, Shard) and head.pages:
                yield from self._deliver(head)
            elif head.failure:
                self.close()
                raise Failed(f"{self._names(chunk)}: {describe(head.failure)}") from head.failure
            elif self._is_missed(chunk):
                yield self._give_up(chunk)
            else:
                self._take(TICK)
        if self._left != NONE_LEFT:
            raise ValueError("the search is closed")

    def _deliver(self, shard):
        """The items of a shard's first page, unless it must be searched again."""
        page = shard.pages.popleft()
        self._asked -= 1
        if self._left and page.matches >= self._left != page.most:
            self._restart(shard, page.begin)  # it ends the search: only a page with that limit has the context after it
            return
        if self._left:
            self._left = self._left - page.matches or NONE_LEFT
        self._page = pickle.loads(page.items)
        if self._counts_files:
            self._page = [*map(self._numbered, self._page)]
        yield from self._page
        if self._left == NONE_LEFT:
            self.close()

    def _numbered(self, item):
        """An item, with the number that its file has among all: a worker cannot know which could not be read elsewhere."""
        if item.kind not in (FILE, FILE_END):
            return item
        self._files += 1
        return item if item.file_number == self._files - 1 else with_fields(item, file_number=self._files - 1)

    def _restart(self, shard, cursor):
        """Forgets what a shard has from a cursor on."""
        self._asked -= len(shard.pages) + (shard.future is not None)
        if shard.future is not None:
            self._client.cancel([shard.future])
        shard.pages.clear()
        shard.future, shard.cursor, shard.ended = None, cursor, False

    # --- what to ask for ---

    def _fill(self):
        """Asks for what may be asked for, first things first."""
        self._look()
        for chunk in self._chunks:
            chunk.shards = deque(shard for shard in chunk.shards if shard.pages or not shard.ended)
        self._chunks = deque(chunk for chunk in self._chunks if chunk.shards or not chunk.listing.ended)
        head = True
        for chunk in self._each_chunk():
            fresh = 0  # shards that nothing was asked of yet
            for shard in chunk.shards:
                if shard.idle() and len(shard.pages) < PAGES and (head or self._asked < self._ahead):
                    self._ask(shard)
                fresh += shard.idle() and not shard.pages
                head = False
            if chunk.listing.idle() and (head or fresh < self._ahead):
                self._ask(chunk.listing)
            head = False
            if self._asked >= self._ahead:
                return

    def _each_chunk(self):
        yield from [*self._chunks]
        for chunk in self._source_chunks:
            self._chunks.append(chunk)
            yield chunk

    def _ask(self, part):
        """Has a part's next page searched, or listed."""
        chunk = part.chunk
        if isinstance(part, Shard):
            part.most = self._left
            task = (search_page, self._query, chunk.paths, chunk.first, part.cursor, part.until, part.most, self._page_bytes)
        else:
            task = list_page, self._query, chunk.paths, part.cursor, self._shard_bytes
        part.future = self._client.submit(
            *task, key=f"{self._id}-{next(self._numbers)}", pure=False, priority=-part.place,
            workers=chunk.worker and [chunk.worker])
        self._asked += 1
        self._client.loop.add_callback(self._fetch, part, part.future)

    # --- what arrives ---

    async def _fetch(self, part, future):
        """On the client's own thread: waits for the task, and brings its result."""
        try:
            [result] = await self._client.gather([future], direct=self._direct, asynchronous=True)
        except BaseException as error:  # of the task, or it was cancelled
            result = error
        self._done.put((part, future, result))

    def _take(self, seconds):
        """Takes what has arrived, or waits for it for so long."""
        try:
            arrived = self._done.get(seconds > 0, seconds or None)
            while True:
                part, future, result = arrived
                if part.future is future:  # else it is not wanted any longer
                    part.future = None
                    self._asked -= 1
                    self._arrived(part, result)
                arrived = self._done.get_nowait()
        except Empty:
            pass

    def _arrived(self, part, result):
        if isinstance(result, BaseException):
            part.attempts += 1
            if part.attempts >= self._attempts or isinstance(result, (CancelledError, KilledWorker, Refused)):
                part.failure = result
            return
        part.attempts = 0
        if not isinstance(part, Shard):
            part.chunk.add(*result)
            return
        items, matches, cursor = result
        if items:
            part.pages.append(Page(items, matches, part.most, part.cursor))
            self._asked += 1
        part.cursor, part.ended = cursor, cursor is None

    # --- which workers there are ---

    def _look(self):
        """Asks the scheduler for its workers, now and then."""
        now = time.monotonic()
        if now - self._looked < TICK:
            return
        self._looked = now
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        self._names_here = {str(name) for address, worker in workers.items()
                            for name in (address, worker["name"], worker["host"])}
        if not self._fixed:
            self._ahead = 2 * sum(worker["nthreads"] for worker in workers.values()) + 2

    def _is_missed(self, chunk):
        """Has the worker of a chunk been away for too long? If it is not pinned, any worker will do."""
        self._look()
        now = time.monotonic()
        if chunk.worker in self._names_here if chunk.worker else self._names_here:
            self._missed.pop(chunk.worker, None)
            return False
        return now - self._missed.setdefault(chunk.worker, now) >= self._wait

    def _give_up(self, chunk):
        """The item that says so."""
        if not chunk.worker:
            self.close()
            raise Failed(f"no worker is connected to {self._client.scheduler.address}: start one")
        for part in (chunk.listing, *chunk.shards):
            if part.future is not None:
                self._client.cancel([part.future])
                self._asked -= 1
        self._chunks.remove(chunk)
        return error_item(source=chunk.first, path=chunk.paths[0], message=f"the worker {chunk.worker} is not connected "
                          "to the scheduler, and the rest of this source is on it alone: start it again")

    @staticmethod
    def _names(chunk):
        last = chunk.first + len(chunk.paths) - 1
        return chunk.paths[0] if last == chunk.first else f"sources {chunk.first} to {last}"


def describe(failure):
    """Why a task failed, in words."""
    return f"{failure}" if isinstance(failure, Refused) else f"{type(failure).__name__}: {failure}"


def error_item(**fields):
    """An ERROR item of the client's."""
    with psearch.Search([], "/dev/null/none") as search:
        return with_fields(next(search), error=EHOSTDOWN, **fields)
