# SPDX-License-Identifier: BSD-2-Clause
"""A search: opened by its constructor, iterated by `for` or `async for`, closed by `with` or `async with`.

1. Items that were taken with one call of the library wait in `_taken`, in order; each is handed out once. What a call
   has returned is in `_came` until they are there: a signal's handler may raise an exception as soon as it returns.
2. The handle is used for taking by one thread at a time, which holds `_turn`. close() by another thread cancels the
   search, waits for `_turn`, and then closes.
3. cancel(), stats() and whatever else uses the handle for a moment hold `_use`, in which close() takes the handle away.
   It is taken after `_turn`, if both are.
"""
import asyncio
import ctypes
import os
import select
import sys
import threading
from collections import deque
from contextlib import ExitStack
from ctypes import c_size_t, c_void_p
from itertools import chain
from operator import index
from typing import (Any, Deque, Dict, Iterable, Iterator, List, Mapping, NoReturn, Optional, Sequence,
                    Tuple, Union, cast)

from .constants import (EAGAIN, EINVAL, ESOURCE, GROUPS, NO_HELP, NO_WORKERS, CallerFlag, Never, Outcome, Priority,
                        Syntax)
from .counters import Stats
from .errors import SearchError, error_of, known, naming
from .items import Item, Names, copy_items
from .library import Library, load
from .options import Flags, Glob, MoreSources, Path, Pattern, Source, Text, c_options
from .pool import Pool
from .structs import CError, CStats, ItemPointers, NextSource, values_of
from .tree import Tree
from .waiting import Turn, Waiters, running_loop

MOST = 256  # items that are taken with one call, unless the caller says otherwise


def checked_most(most: int) -> int:
    """How many items to take with one call: C would see another number in a negative one."""
    if not 1 <= index(most) <= sys.maxsize:
        raise ValueError(f"{most} is not from 1 to {sys.maxsize}")
    return most


class Search:
    """An open search: an iterator, an asynchronous iterator, and a context manager of both kinds.

    Each number's default, 0, is the library's; psearch.h and search_open(3) say more.

    patterns: a pattern, or several: a line matches if one of them does. Strings, or UTF-8 in bytes
    sources: paths, pairs of a name and bytes, or open descriptors; searched in this order
    flags: MatchFlag, WalkFlag and ResultFlag, joined by |
    syntax: how all patterns are written
    more_sources: an iterable of further ones, asked while the search runs, on the thread that takes items
    overlays: unsaved texts: a mapping of paths to bytes, or to None for a file that is removed. They are copied
    globs: which files and directories of a walk are searched: strings, (string, flags) or (string, flags, group)
    ignore_files, git_configs, git_excludes, home: where a walk's ignore rules come from
    max_depth, max_file_size (bytes): what a walk leaves out
    encoding: of the files: None, "auto", or what iconv knows
    before_context, after_context: lines around each match
    max_matches, max_matches_per_file, timeout_ms (milliseconds): where the search ends
    max_item_bytes, max_line_bytes, max_multiline_bytes (bytes), max_line_ms (milliseconds): how much of a line, or of
        a file with MULTILINE, is looked at and handed out
    workers, max_open_files, max_queued_matches, max_queued_bytes, split_bytes: what it may take
    resume, until: cursors: it begins after the first, and ends with the second
    output_fd: a descriptor that the host writes results to; that file is not searched
    tree: what earlier searches have learnt, so that only files that can match are opened
    pool, priority: whose threads search, and how urgent it is among the searches of that pool
    caller_flags: NO_HELP: the thread that takes items does nothing else. None: NO_HELP if the constructor runs in an
        event loop and there may be workers, so that the loop is not blocked; else 0
    most: how many items are taken with one call of the library
    library: the path of libpsearch; None: $PSEARCH_LIBRARY, the checkout's, or the installed one

    The constructor opens the search: it compiles the patterns and reads ignore_files. It raises SearchError; TypeError,
    ValueError and OverflowError name the keyword at fault.

    Threads: one at a time takes items. cancel(), stats() and close() may be called by others. After fork() the child
    can only close it. A search that is no longer referred to is closed.
    """
    _handle: Optional[c_void_p] = None  # what close() looks at, also where __init__ did not come to its end
    _taker: Optional[int] = None

    def __init__(self, patterns: Union[Pattern, Iterable[Pattern]], *sources: Source, flags: Flags = 0,
                 syntax: Syntax = Syntax.ONIGURUMA, more_sources: Iterable[Source] = (),
                 overlays: Optional[Mapping[Any, Optional[Text]]] = None,
                 globs: Iterable[Glob] = (), ignore_files: Iterable[Path] = (), git_configs: Iterable[Path] = (),
                 git_excludes: Optional[Path] = None, home: Optional[Path] = None,
                 max_depth: int = 0, max_file_size: int = 0, encoding: Optional[str] = None,
                 before_context: int = 0, after_context: int = 0,
                 max_matches: int = 0, max_matches_per_file: int = 0, timeout_ms: int = 0,
                 max_item_bytes: int = 0, max_line_bytes: int = 0, max_multiline_bytes: int = 0, max_line_ms: int = 0,
                 workers: int = 0, max_open_files: int = 0, max_queued_matches: int = 0, max_queued_bytes: int = 0,
                 split_bytes: int = 0, resume: Optional[str] = None, until: Optional[str] = None, output_fd: int = 0,
                 tree: Optional[Tree] = None, pool: Optional[Pool] = None, priority: Priority = Priority.NORMAL,
                 caller_flags: Union[int, CallerFlag, None] = None, most: int = MOST, library: Library = None) -> None:
        given: Dict[str, Any] = dict(locals())
        if caller_flags is None:
            given["caller_flags"] = NO_HELP if running_loop() and workers != NO_WORKERS else 0
        shared = {name: given[name] for name in ("pool", "tree") if given[name] is not None}
        for name, of in (("pool", Pool), ("tree", Tree)):
            if not isinstance(shared.get(name), (of, type(None))):
                raise TypeError(f"{name}={given[name]!r} is no {of.__name__}")
        with naming("most"):
            self._most = checked_most(most)
        with naming("library"):
            self._lib: Any = next((each._lib for each in shared.values()), None) or load(library)
        if any(each._lib is not self._lib for each in shared.values()):
            raise ValueError("pool and tree are of different libraries")
        self._taken: Deque[Item] = deque()
        self._came: List[int] = []  # what the last call has returned, if its items are not in _taken yet,
        self._pointers: Any = ItemPointers()  # but where these point to
        self._turn, self._use, self._waiters = threading.Lock(), threading.RLock(), Waiters()
        self._process = os.getpid()
        self._names: Optional[Names] = None  # of groups, with GROUPS
        self._more = MoreSources(more_sources)
        self._borrowed: List[Any] = []  # until close()
        # Closing waits for nothing but, in a pool, threads that may be using something of ours.
        self._closes_at_once = pool is not None and not overlays and not more_sources and not any(
            isinstance(source, (int, tuple)) for source in sources)
        lent: List[Any] = []
        error, handle = CError(ctypes.sizeof(CError)), c_void_p()
        with ExitStack() as held:
            handles = {}
            for name, each in shared.items():
                held.enter_context(each._use)
                handles[name] = each._opened()
            options = c_options(given, handles, lent, self._borrowed)
            if more_sources:
                self._next_source = NextSource(self._more.take)
                options.next_source = ctypes.cast(self._next_source, c_void_p)
            status = self._lib.search_open(handle, options, error)
        if status != 0:
            raise error_of(status, error)
        self._handle = handle
        if flags & GROUPS:
            self._names = {n: self.group_names(n) for n in range(options.pattern_count)}

    def _opened(self) -> c_void_p:
        if self._handle is None:
            raise ValueError("the search is closed")
        return self._handle

    def _refuse_own_sources(self) -> None:
        """more_sources is asked while this thread holds _turn."""
        if self._taker == threading.get_ident():
            raise RuntimeError("the search is used within its own more_sources")

    def _failure(self, status: int) -> SearchError:
        if status == EINVAL and os.getpid() != self._process:
            return SearchError(status, "the search was opened before fork(): only the parent can go on with it")
        return SearchError(status, self._lib.search_strerror(status).decode())

    # --- taking items ---

    def _fill(self, most: int, wait: bool) -> Optional[bool]:
        """Adds to _taken. True: there are items; False: the end; None: nothing is ready (only without `wait`)."""
        self._refuse_own_sources()
        with self._turn:
            self._taker = threading.get_ident()
            try:
                # In the main thread poll() waits, which a signal's handler in Python can interrupt.
                pollable = wait and threading.current_thread() is threading.main_thread()
                filled = self._call(most, wait and not pollable)
                while pollable and filled is None:
                    poll = select.poll()
                    poll.register(self.fileno(), select.POLLIN)
                    poll.poll()
                    filled = self._call(most, False)
                return filled
            finally:
                self._taker = None

    def _call(self, most: int, wait: bool) -> Optional[bool]:
        handle, came = self._opened(), self._came
        if not came:
            function = self._lib.search_next_many if wait else self._lib.search_try_next_many
            # One step of the interpreter; ctypes lets go of the GIL meanwhile.
            came.extend(map(function, (handle, ), (self._pointers, ), (most, )))
        status = came[0]
        if status > 0:
            items = copy_items(self._lib, self._pointers, status, self._names)
            self._taken.extend(chain(items, iter(came.clear, None)))  # which clears it in the same step
            return True
        came.clear()
        if status == EAGAIN:
            return None
        if status == 0 and (self._more.ended or self.outcome() != Outcome.COMPLETE):
            return False
        failure, self._more.failure = self._more.failure, None
        if failure is not None and not isinstance(failure, Exception):
            raise failure  # KeyboardInterrupt, SystemExit
        if status == 0:  # ctypes has printed what was raised before take() could catch it
            raise SearchError(ESOURCE, "more_sources was left early: a signal's handler raised an exception meanwhile")
        raise self._failure(status) from failure

    def __iter__(self) -> "Search":
        return self

    def __next__(self) -> Item:
        while True:
            try:
                return self._taken.popleft()
            except IndexError:  # there is none, or no longer: another thread may have called cancel()
                if not self._fill(self._most, True):
                    raise StopIteration from None

    def __aiter__(self) -> "AsyncItems":
        return AsyncItems(self, self._most)

    async def _fill_async(self, most: int, turn: Turn) -> bool:
        """The same as _fill(), waiting in the event loop."""
        try:
            while (filled := self._fill(most, False)) is None:
                with self._use:  # so no other thread closes it between the two
                    future = self._waiters.add(self.fileno())
                await turn.wait(self._waiters, future)
        except Exception:  # not CancelledError: who was cancelled may go on
            turn.leave()
            raise
        if not filled:
            turn.leave()
        return filled

    def _up_to(self, most: int) -> List[Item]:
        """So many of those that were taken."""
        items: List[Item] = []
        try:
            while len(items) < most:
                items.append(self._taken.popleft())
        except IndexError:
            pass
        return items

    def take(self, most: int) -> List[Item]:
        """The next `most` items; fewer only at the end. cursor() then is after the last of them."""
        items = self._up_to(most)
        try:
            while len(items) < most and self._fill(most - len(items), True):
                items += self._up_to(most - len(items))
        except BaseException:
            self._taken.extendleft(reversed(items))  # they come before the failure
            raise
        return items

    async def atake(self, most: int) -> List[Item]:
        """The same as take(), waiting in the event loop."""
        items = self._up_to(most)
        try:
            with Turn() as turn:
                while len(items) < most and await self._fill_async(most - len(items), turn):
                    items += self._up_to(most - len(items))
                    if turn.over():
                        await turn.give()
        except BaseException:
            self._taken.extendleft(reversed(items))
            raise
        return items

    def try_take(self, most: int = MOST) -> Optional[List[Item]]:
        """For event loops of other kinds: what is there, [] if nothing is ready yet, None at the end. It does not wait.

        Watch fileno() for reading, and take until there is nothing. Open the search with caller_flags=NO_HELP.
        """
        items = self._up_to(most)
        if items:
            return items
        filled = self._fill(most, False)
        return self._up_to(most) if filled is not False else None

    def batches(self, most: int = MOST) -> "Batches":
        """Iterates over lists of items, those that are at hand together: `for batch in ...`, `async for batch in ...`.

        A list has at most `most`, all of one file or directory; it may have fewer although more follow.
        cursor() is after the last one of the list.
        """
        return Batches(self, most)

    # --- what may be asked of it ---

    def cursor(self) -> str:
        """Where the search stands: for `resume` or `until` of another one with the same patterns, sources and options.

        That is after the item that was handed out last. The library knows it only for the last of those that it handed
        over together: so amid them a cursor is refused with ValueError. Use take(), batches(), max_matches, or most=1.
        SearchError: there was no item yet, or there is no order (UNORDERED, more_sources).
        """
        self._refuse_own_sources()
        with self._turn:
            handle = self._opened()
            if self._taken or self._came:
                raise ValueError("items that were taken together are left: use take() or batches(), or open the search "
                                 "with most=1")
            length = self._lib.search_cursor(handle, None, 0)
            if length < 0:
                raise SearchError(length, "there is no cursor: no item was delivered yet, or there is no order")
            text = ctypes.create_string_buffer(length + 1)
            self._lib.search_cursor(handle, text, length + 1)
            return text.value.decode()

    def stats(self) -> Stats:
        """How far the search has come. From any thread."""
        stats = CStats(ctypes.sizeof(CStats))
        with self._use:
            self._lib.search_stats(self._opened(), stats)
        return cast(Stats, values_of(stats))

    def outcome(self) -> Outcome:
        """How the search ended, or that it has not."""
        with self._use:
            return cast(Outcome, known(Outcome, self._lib.search_outcome(self._opened())))

    def never(self) -> Optional[Tuple[Never, int]]:
        """Why one of the patterns can never match, and the index of the first such pattern; None: none is known."""
        pattern = c_size_t()
        with self._use:
            reason = self._lib.search_never(self._opened(), pattern)
        return (known(Never, reason), pattern.value) if reason else None

    def group_count(self, pattern: int = 0) -> int:
        """How many groups a pattern has, with GROUPS; else 0."""
        with self._use:
            return int(self._lib.search_group_count(self._opened(), pattern))

    def group_name(self, pattern: int, group: int) -> Optional[str]:
        """The name of a group, from 1; None: it has none, or there is no such group."""
        with self._use:
            name = self._lib.search_group_name(self._opened(), pattern, group)
        return None if name is None else name.decode(errors="replace")

    def group_names(self, pattern: int = 0) -> Dict[str, Sequence[int]]:
        """The names of a pattern's groups, and the numbers of the groups that have them."""
        names: Dict[str, Sequence[int]] = {}
        for group in range(1, self.group_count(pattern) + 1):
            name = self.group_name(pattern, group)
            if name is not None:
                names[name] = (*names.get(name, ()), group)
        return names

    def fileno(self) -> int:
        """A descriptor that is readable whenever try_take() has something to say. The library owns it."""
        with self._use:
            fd = int(self._lib.search_fd(self._opened()))
        if fd < 0:
            raise self._failure(fd)
        return fd

    # --- the end ---

    def cancel(self) -> None:
        """Ends the search early: iterating raises SearchError with ECANCELED. From any thread."""
        with self._use:
            if self._handle is not None:
                self._lib.search_cancel(self._handle)
                self._taken.clear()

    def _let_go(self) -> Optional[c_void_p]:
        """Takes the handle away from all others; nobody waits for its descriptor any more."""
        if self._handle is None:
            return None
        if os.getpid() != self._process:  # a child of fork(): threads that held the locks are not here
            self._turn, self._use, self._taker = threading.Lock(), threading.RLock(), None
        self._refuse_own_sources()
        with self._use:
            if self._handle is not None:
                self._waiters.stop()
            handle, self._handle = self._handle, None
        self._taken.clear()
        return handle

    def _close(self, handle: c_void_p) -> None:
        if not self._turn.acquire(blocking=False):  # another thread is taking items
            self._lib.search_cancel(handle)
            try:
                self._turn.acquire()
            except BaseException:  # Control-C: it is still to be closed
                self._handle = handle
                raise
        try:
            self._lib.search_close(handle)
        finally:
            self._turn.release()
        self._borrowed.clear()
        self._more.memory.clear()

    def close(self) -> None:
        """Ends the search: its threads and descriptors are gone then. A thread that is taking items is cancelled."""
        handle = self._let_go()
        if handle is not None:
            self._close(handle)

    async def aclose(self) -> None:
        """The same without blocking the event loop: a search without a pool has threads to join."""
        handle = self._let_go()
        if handle is None:
            return
        if self._closes_at_once:
            self._close(handle)
            await asyncio.sleep(0)  # what comes next may take a while, such as opening another one
            return
        try:
            closing = asyncio.get_running_loop().run_in_executor(None, self._close, handle)
        except RuntimeError:  # the loop is about to end, and has no executor any more
            self._close(handle)
        else:
            await closing

    def __enter__(self) -> "Search":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> "Search":
        try:
            await asyncio.sleep(0)  # to open it took a while
        except BaseException:  # then __aexit__() is not called
            await self.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Search cannot be pickled: send what it is opened with, and a cursor()")

    def __del__(self) -> None:
        self.close()


class Batches:
    """What Search.batches() returns."""
    def __init__(self, search: Search, most: int) -> None:
        self._search, self._most = search, checked_most(most)

    def __iter__(self) -> Iterator[List[Item]]:
        while (items := self._search._up_to(self._most)) or self._search._fill(self._most, True):
            if items:
                yield items

    def __aiter__(self) -> "AsyncBatches":
        return AsyncBatches(self._search, self._most)


class Consumer:
    """What `async for` asks. A generator would be at its end once a wait in it was cancelled, by asyncio.wait_for()."""
    def __init__(self, search: Search, most: int) -> None:
        self._search, self._most, self._turn = search, most, Turn()

    async def aclose(self) -> None:
        """It consumes no more; the search stays open."""
        self._turn.leave()


class AsyncItems(Consumer):
    """What Search.__aiter__() returns."""
    def __aiter__(self) -> "AsyncItems":
        return self

    async def __anext__(self) -> Item:
        if self._turn.over():
            await self._turn.give()
        while True:
            try:
                return self._search._taken.popleft()
            except IndexError:
                if not await self._search._fill_async(self._most, self._turn):
                    raise StopAsyncIteration from None


class AsyncBatches(Consumer):
    """What Batches.__aiter__() returns."""
    def __aiter__(self) -> "AsyncBatches":
        return self

    async def __anext__(self) -> List[Item]:
        if self._turn.over():
            await self._turn.give()
        while not (items := self._search._up_to(self._most)):
            if not await self._search._fill_async(self._most, self._turn):
                raise StopAsyncIteration
        return items
