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
import time
from collections import deque
from errno import EHOSTDOWN
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any, Deque, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union
from uuid import uuid4
from weakref import WeakSet

from distributed import CancelledError, Client, KilledWorker, default_client

import psearch
from psearch import LIST, SOCKET, UNORDERED, Item

from .worker import PREFIX, Query, Refused, Stopper, list_page, search_page
from .wire import unpack_page

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
LISTS = "globs", "ignore_files", "git_configs"
LIST_FILES = 32 << 10  # names that a task lists
CHUNK_SOURCES, CHUNK_BYTES = 500, 32 << 10  # each task carries the names of its chunk
PAGES = 2  # of a shard, that have arrived
NONE_LEFT = -1  # of max_matches
TICK = 0.5  # seconds between two looks at which workers there are

prepared: "WeakSet[Client]" = WeakSet()


class On(NamedTuple):
    """A path on one worker: its address or name, or its host's IP address, if any worker there will do."""
    worker: Optional[str]  # None: any
    path: Any


Source = Union[str, bytes, "os.PathLike[Any]", On]


class Failed(Exception):
    """A part of the search cannot be run. The items before it were delivered."""


class Part:
    """What tasks are run for: a shard, or the listing of a chunk. It has one task at a time."""
    def __init__(self, chunk: "Chunk", cursor: Optional[str], place: int) -> None:
        self.chunk, self.cursor, self.place = chunk, cursor, place  # the next page begins after the cursor
        self.future: Any = None  # the task,
        self.workers: List[str] = []  # and the only workers that may run it
        self.attempts, self.ended = 0, False
        self.failure: Optional[BaseException] = None

    def idle(self) -> bool:
        return self.future is None and self.failure is None and not self.ended


class Shard(Part):
    """The items after `cursor`, up to `until`."""
    def __init__(self, chunk: "Chunk", cursor: Optional[str], place: int, until: Optional[str]) -> None:
        super().__init__(chunk, cursor, place)
        self.until, self.most = until, 0  # of max_matches, when the page was asked for
        self.pages: Deque[Page] = deque()  # that have arrived, and wait for their turn


class Page(NamedTuple):
    """Items that have arrived, packed; how many of them count for max_matches, and what that was."""
    items: bytes
    matches: int
    most: int
    begin: Optional[str]


class Chunk:
    """Sources that have cursors in common."""
    def __init__(self, first: int, paths: List[str], worker: Optional[str], listed: bool) -> None:
        self.first, self.paths, self.worker = first, paths, worker
        self.shards: Deque[Shard] = deque()
        self.listing = Part(self, None, first << 20)
        if listed:  # as one shard
            self.add([], True)

    def add(self, cuts: List[str], ended: bool) -> None:
        """New shards: one up to each cut, and, at the end, what comes after the last cut."""
        for until in [*cuts, *[None] * ended]:
            self.shards.append(Shard(self, self.listing.cursor, self.listing.place, until))
            self.listing.cursor = until
            self.listing.place += 1
        self.listing.ended = ended


def chunks_of(sources: List[On], listed: bool) -> Iterator[Chunk]:
    """The sources, a few at a time."""
    paths: List[str] = []
    first, on, size = 0, None, 0
    for index, (worker, path) in enumerate(sources):
        if paths and (worker != on or worker or len(paths) == CHUNK_SOURCES or size + len(path) > CHUNK_BYTES):
            yield Chunk(first, paths, on, listed)
            paths, first, size = [], index, 0
        on, size = worker, size + len(path)
        paths.append(path)
    if paths:
        yield Chunk(first, paths, on, listed)


def checked(source: Source) -> On:
    """A source that a worker can open."""
    worker, path = source if isinstance(source, On) else (None, source)
    if isinstance(path, (tuple, int)):
        raise TypeError(f"{source!r:.80} is on the client only: give a path that the workers can open")
    return On(worker, os.fsdecode(path))


def is_relative(sources: List[On], options: Mapping[str, Any]) -> bool:
    """Does it matter in which directory the workers run? For relative names it does, and for globs with a slash."""
    paths = [source.path for source in sources] + [*options.get("git_configs", ())]
    if options.get("git_excludes") is not None:
        paths.append(options["git_excludes"])
    globs = [glob if isinstance(glob, (str, bytes)) else glob[0] for glob in options.get("globs", ())]
    return (any(not os.path.isabs(path) for path in paths) or any("/" in os.fsdecode(glob) for glob in globs)
            or bool(options.get("ignore_files")))


class Search:
    """An iterator of psearch.Item, and a context manager."""

    _closed = True  # what close() looks at, also where __init__ did not come to its end
    _broken = ""  # what has ended the generator amid the search, such as Control-C: it would only say that it is over

    def __init__(self, patterns: Any, *sources: Source, client: Optional[Client] = None, flags: int = 0,
                 max_matches: int = 0, page_bytes: int = 512 << 10, shard_bytes: int = 32 << 20,
                 ahead: Optional[int] = None, wait: float = 60, attempts: int = 3, direct: Optional[bool] = None,
                 **options: Any) -> None:
        """Nothing runs yet, and nothing does while no items are taken.

        patterns, flags, max_matches, options: those of psearch.Search; they are checked here
        client: of Dask; None: the default one
        page_bytes: what one task returns at most, about
        shard_bytes: what a shard has, if it is more than one file; each file counts 16 KiB more
        ahead: how many pages may be searched, or wait on the client, at a time; None: twice the threads of all workers
        wait: seconds for which a worker that is needed may be away
        attempts: how often a task is tried that raises something
        direct: whether pages come from the workers directly, or through the scheduler; None: as the client does
        """
        for name in options.keys() & REFUSED.keys():
            raise TypeError(f"psearch.distributed.Search() takes no {name}: {REFUSED[name]}")
        for flag in UNORDERED, SOCKET:
            if flags & flag:
                raise TypeError(f"psearch.distributed.Search() takes no {flag.name}: items are iterated over in order")
        self._client: Any = client or default_client()  # type: ignore[no-untyped-call]
        if self._client.asynchronous:
            raise TypeError("psearch.distributed.Search() needs a client that waits: Client(asynchronous=False)")
        patterns = [patterns] if isinstance(patterns, (str, bytes, bytearray, memoryview)) else patterns
        patterns = [pattern if isinstance(pattern, str) else bytes(pattern) for pattern in patterns]
        options.update({name: [*options[name]] for name in LISTS if name in options})
        local = {name: value for name, value in options.items() if name not in FILES}
        psearch.Search(patterns, flags=flags, max_matches=max_matches, **local).close()  # raises what is wrong
        placed = [*map(checked, sources)]
        self._query = Query(patterns, int(flags), options, os.getcwd() if is_relative(placed, options) else None)
        self._left = max_matches  # 0: no limit
        self._page_bytes, self._shard_bytes, self._direct = page_bytes, shard_bytes, direct
        self._ahead, self._fixed, self._wait, self._attempts = ahead or 4, ahead is not None, wait, attempts
        self._source_chunks = chunks_of(placed, bool(flags & LIST))
        self._chunks: Deque[Chunk] = deque()
        self._id, self._numbers = PREFIX + uuid4().hex[:12], count()
        self._done: "SimpleQueue[Tuple[Part, Any, Any]]" = SimpleQueue()
        self._looked = 0.0  # when the scheduler was asked for its workers,
        self._workers: Dict[str, Any] = {}  # and what it said, by address
        self._missed: Dict[Optional[str], float] = {}  # since when workers are away that are needed
        self._files = 0  # FILE and FILE_END items so far
        self._asked = 0  # tasks that run, and pages that wait
        self._closed = False
        self._page: List[Item] = []  # whose items are being taken
        prepare(self._client)
        self._items = self._run()

    def __iter__(self) -> Iterator[Item]:
        if self._broken:
            raise ValueError(f"the search was ended by {self._broken}: open another one")
        return self._items  # a generator: it takes items out of a page faster than __next__ does

    def __next__(self) -> Item:
        return next(iter(self))

    def __enter__(self) -> "Search":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the search, also where it runs. It is for the thread that takes items."""
        if self._closed:
            return
        self._closed = True
        for chunk in self._chunks:
            for part in (chunk.listing, *chunk.shards):
                self._drop(part)
        self._chunks.clear()
        self._page.clear()  # the generator may be amid it

    # --- in order ---

    def _run(self) -> Iterator[Item]:
        try:
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
        except BaseException as error:
            self._broken = type(error).__name__
            raise
        if self._left != NONE_LEFT:
            self._broken = "close()"
            raise ValueError("the search is closed")

    def _deliver(self, shard: Shard) -> Iterator[Item]:
        """The items of a shard's first page, unless it must be searched again."""
        page = shard.pages.popleft()
        self._asked -= 1
        if self._left and page.matches >= self._left != page.most:
            self._restart(shard, page.begin)  # to be the last one, it must have had that limit: context follows then
            return
        if self._left:
            self._left = self._left - page.matches or NONE_LEFT
        self._page, self._files = unpack_page(page.items, self._files)
        yield from self._page
        if self._left == NONE_LEFT:
            self.close()

    def _restart(self, shard: Shard, cursor: Optional[str]) -> None:
        """Forgets what a shard has from a cursor on."""
        self._drop(shard)
        self._asked -= len(shard.pages)
        shard.pages.clear()
        shard.cursor, shard.ended = cursor, False

    def _drop(self, part: Part) -> None:
        """Has a part's task stopped: its result is not wanted."""
        future, part.future = part.future, None
        if future is not None:
            self._asked -= 1
            if self._client.status == "running" and not future.done():  # _fetch() is about to bring one that is
                self._client.cancel([future])

    # --- what to ask for ---

    def _fill(self) -> None:
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

    def _each_chunk(self) -> Iterator[Chunk]:
        yield from [*self._chunks]
        for chunk in self._source_chunks:
            self._chunks.append(chunk)
            yield chunk

    def _ask(self, part: Part) -> None:
        """Has a part's next page searched, or listed."""
        chunk = part.chunk
        part.workers = self._workers_called(chunk.worker)
        if chunk.worker and not part.workers:
            return  # until it is back
        if isinstance(part, Shard):
            part.most = self._left
            task: Tuple[Any, ...] = (search_page, self._query, chunk.paths, chunk.first, part.cursor, part.until,
                                     part.most, self._page_bytes)
        else:
            soon = 8 if chunk.first == 0 and part.cursor is None else 1  # the first items come sooner
            task = (list_page, self._query, chunk.paths, part.cursor, self._shard_bytes // soon,
                    LIST_FILES // soon ** 2)
        part.future = self._client.submit(
            *task, key=f"{self._id}-{next(self._numbers)}", pure=False, priority=-part.place,
            workers=part.workers or None)
        self._asked += 1
        self._client.loop.add_callback(self._fetch, part, part.future)

    # --- what arrives ---

    async def _fetch(self, part: Part, future: Any) -> None:
        """On the client's own thread: waits for the task, and brings its result."""
        try:
            [result] = await self._client.gather([future], direct=self._direct, asynchronous=True)
        except BaseException as error:  # of the task, or it was cancelled
            result = error
        self._done.put((part, future, result))

    def _take(self, seconds: float) -> None:
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

    def _arrived(self, part: Part, result: Any) -> None:
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

    def _look(self) -> None:
        """Asks the scheduler for its workers, now and then."""
        now = time.monotonic()
        if now - self._looked < TICK:
            return
        self._looked = now
        self._workers = self._client.scheduler_info(n_workers=-1)["workers"]
        if not self._fixed:
            self._ahead = 2 * sum(worker["nthreads"] for worker in self._workers.values()) + 2
        for chunk in self._chunks:
            for part in (chunk.listing, *chunk.shards):
                if part.workers and not self._workers.keys() & part.workers:
                    self._drop(part)  # Dask would wait for the same address, but a worker that is back has another

    def _workers_called(self, name: Optional[str]) -> List[str]:
        """The addresses of those that are here: by name, host, or address."""
        return [address for address, worker in self._workers.items()
                if name in (address, str(worker["name"]), worker["host"])]

    def _is_missed(self, chunk: Chunk) -> bool:
        """Has the worker of a chunk been away for too long? If it is not pinned, any worker will do."""
        self._look()
        now = time.monotonic()
        if self._workers_called(chunk.worker) if chunk.worker else self._workers:
            self._missed.pop(chunk.worker, None)
            return False
        return now - self._missed.setdefault(chunk.worker, now) >= self._wait

    def _give_up(self, chunk: Chunk) -> Item:
        """The item that says so."""
        if not chunk.worker:
            self.close()
            raise Failed(f"no worker is connected to {self._client.scheduler.address}: start one")
        for part in (chunk.listing, *chunk.shards):
            self._drop(part)
        self._chunks.remove(chunk)
        return error_item(source=chunk.first, path=chunk.paths[0],
                          message=f"the worker {chunk.worker} is not connected to the scheduler, and the rest of this "
                                  "source is on it alone: start it again")

    @staticmethod
    def _names(chunk: Chunk) -> str:
        last = chunk.first + len(chunk.paths) - 1
        return chunk.paths[0] if last == chunk.first else f"sources {chunk.first} to {last}"


def prepare(client: Client) -> None:
    """Has the workers, those too that come later, told which tasks are no longer wanted."""
    if client not in prepared:
        register = getattr(client, "register_plugin", None) or client.register_worker_plugin
        register(Stopper(), name=Stopper.name)
        prepared.add(client)


def describe(failure: BaseException) -> str:
    """Why a task failed, in words."""
    if isinstance(failure, CancelledError):
        return "the task was cancelled, or the scheduler is gone"
    return f"{failure}" if isinstance(failure, Refused) else f"{type(failure).__name__}: {failure}"


def error_item(**fields: Any) -> Item:
    """An ERROR item of the client's."""
    with psearch.Search([], "/dev/null/none") as search:
        return next(search)._replace(error=EHOSTDOWN, **fields)
