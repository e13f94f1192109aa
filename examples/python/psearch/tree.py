# SPDX-License-Identifier: BSD-2-Clause
"""A warm tree: what searches learn of files, kept for later searches.

`_calls` has those that are inside the library and may take long: they do not hold `_use`, so that others can go on.
close() cancels them, and waits until they have left.
"""
import asyncio
import ctypes
import threading
from ctypes import c_void_p
from typing import Any, Optional, Set, cast

from .constants import TreeTrust
from .counters import TreeStats
from .errors import SearchError, error_of
from .library import Library, load
from .options import Path, c_path
from .shared import Shared
from .structs import CError, CTreeOptions, CTreeStats, numbers_of, values_of, with_integers

NUMBERS = numbers_of(CTreeOptions)


class Tree(Shared):
    """What searches learn of the files that they walk: Search(..., tree=tree) opens only files that can match.

    trust: how a search finds out whether what was learnt still holds. STAMPS, the default, is exact: it asks about each
        file. With TOLD the program calls changed(); with WATCHED the library watches, by inotify
    max_bytes: memory for all that is kept; 0: 64 MiB
    learn_percent: how much longer workers may take with files, to learn of them; 0: 20; NO_LEARNING: only by learn()
    max_watches: WATCHED: how many directories; 0: half of fs.inotify.max_user_watches

    A search finds the same with a tree as without. Any thread may use a tree at any time; searches of any directories,
    with any options, share it. It may be closed while searches with it are open: they go on. After fork() the child can
    only close it. It is a context manager of both kinds; `async with` closes it without blocking the event loop.
    """
    _what = "tree"

    def __init__(self, library: Library = None, *, trust: TreeTrust = TreeTrust.STAMPS, max_bytes: int = 0,
                 learn_percent: int = 0, max_watches: int = 0) -> None:
        given = dict(locals())
        self._lib = load(library)
        self._prepare()
        error, handle = CError(ctypes.sizeof(CError)), c_void_p()
        options = with_integers(CTreeOptions(ctypes.sizeof(CTreeOptions)), **{name: given[name] for name in NUMBERS})
        status = self._lib.search_tree_open(handle, options, error)
        if status != 0:
            raise error_of(status, error)
        self._handle = handle

    def _prepare(self) -> None:
        super()._prepare()
        self._calls: Set[object] = set()
        self._left = threading.Condition(self._lock)

    def _call(self, function: Any, *arguments: Any) -> int:
        """Calls what may take long. ctypes lets go of the GIL meanwhile."""
        call = object()
        try:
            with self._use:
                handle = self._opened()
                self._calls.add(call)
            return int(function(handle, *arguments))
        finally:
            with self._use:
                self._calls.discard(call)
                self._left.notify_all()

    def changed(self, path: Optional[Path] = None) -> None:
        """Tells that a file was created, changed, renamed or removed, or a directory and all below; None: anything.

        Searches that are opened after that look again.
        """
        status = self._call(self._lib.search_tree_changed, None if path is None else c_path(path))
        if status != 0:
            raise SearchError(status, self._lib.search_strerror(status).decode())

    def learn(self, milliseconds: int) -> bool:
        """Reads files that searches have listed, for at most so long, in this thread. True: there is more to learn.

        SearchError with ECANCELED: cancel() or close() was called.
        """
        if not 0 <= milliseconds < 1 << 32:
            raise OverflowError(f"milliseconds={milliseconds} does not fit its 32 bits")
        status = self._call(self._lib.search_tree_learn, milliseconds)
        if status < 0:
            raise SearchError(status, self._lib.search_strerror(status).decode())
        return status == 1

    async def alearn(self, milliseconds: int) -> bool:
        """The same in another thread. If the task is cancelled, so are all calls of learn()."""
        try:
            return await asyncio.get_running_loop().run_in_executor(None, self.learn, milliseconds)
        except asyncio.CancelledError:
            self.cancel()
            raise

    def cancel(self) -> None:
        """Ends all calls of learn() that are at work. From any thread."""
        with self._use:
            if self._handle is not None:
                self._lib.search_tree_cancel(self._handle)

    def _keep(self, function: Any, path: Path) -> None:
        error = CError(ctypes.sizeof(CError))
        status = self._call(function, c_path(path), error)
        if status != 0:
            raise error_of(status, error)

    def save(self, path: Path) -> None:
        """Writes what the tree has to a file, whole or not at all."""
        self._keep(self._lib.search_tree_save, path)

    def load(self, path: Path) -> None:
        """Adds what such a file has. SearchError: it is damaged, or another's, and the tree is as it was."""
        self._keep(self._lib.search_tree_load, path)

    def stats(self) -> TreeStats:
        """What the tree has."""
        stats = CTreeStats(ctypes.sizeof(CTreeStats))
        with self._use:
            self._lib.search_tree_stats(self._opened(), stats)
        return cast(TreeStats, values_of(stats))

    def _release(self, handle: c_void_p) -> None:
        try:
            with self._use:
                while self._calls:
                    self._lib.search_tree_cancel(handle)
                    self._left.wait(0.01)  # and again: a call that had not begun when it was cancelled goes on
        except BaseException:  # Control-C: it is still to be closed
            self._handle = handle
            raise
        self._lib.search_tree_close(handle)
