# SPDX-License-Identifier: BSD-2-Clause
"""A pool: threads, descriptors and memory that the searches of a process share."""
import asyncio
import ctypes
import os
import threading
from ctypes import c_void_p
from typing import Any, NoReturn, Optional, cast

from .counters import PoolStats
from .errors import error_of
from .library import Library, load
from .structs import CError, CPoolOptions, CPoolStats, numbers_of, values_of, with_integers

NUMBERS = numbers_of(CPoolOptions)


class Pool:
    """Threads, descriptors and memory that searches share: Search(..., pool=pool).

    workers: threads; 0: one for each processor, at most 256
    max_open_files: files and directories of all searches; 0: 128, or half of RLIMIT_NOFILE if that is less
    max_queued_bytes: of the items that wait to be taken; 0: 16 MiB
    max_memory: of names in directories and of the workers' buffers; 0: 64 MiB

    Any thread may use it at any time. It may be closed while searches of it are open: they go on. After fork() the
    child can only close it. It is a context manager of both kinds; `async with` closes it without blocking the event
    loop.
    """
    _handle: Optional[c_void_p] = None  # what close() looks at, also where __init__ did not come to its end

    def __init__(self, library: Library = None, *, workers: int = 0, max_open_files: int = 0, max_queued_bytes: int = 0,
                 max_memory: int = 0) -> None:
        given = dict(locals())
        self._lib: Any = load(library)
        self._lock, self._process = threading.RLock(), os.getpid()
        error, handle = CError(ctypes.sizeof(CError)), c_void_p()
        options = with_integers(CPoolOptions(ctypes.sizeof(CPoolOptions)), **{name: given[name] for name in NUMBERS})
        status = self._lib.search_pool_open(handle, options, error)
        if status != 0:
            raise error_of(status, error)
        self._handle = handle

    @property
    def _use(self) -> "threading.RLock":
        """Held while the handle is used: so no other thread closes it meanwhile."""
        if os.getpid() != self._process:  # a child of fork(): the thread that held the lock may not be here
            self._lock, self._process = threading.RLock(), os.getpid()
        return self._lock

    def _opened(self) -> c_void_p:
        if self._handle is None:
            raise ValueError("the pool is closed")
        return self._handle

    def stats(self) -> PoolStats:
        """How the pool is used."""
        stats = CPoolStats(ctypes.sizeof(CPoolStats))
        with self._use:
            self._lib.search_pool_stats(self._opened(), stats)
        return cast(PoolStats, values_of(stats))

    def close(self) -> None:
        """Gives it back. If no search of it is open, that joins its threads."""
        if self._handle is None:
            return
        with self._use:
            handle, self._handle = self._handle, None
        self._lib.search_pool_close(handle)

    async def aclose(self) -> None:
        """The same without blocking the event loop."""
        await asyncio.get_running_loop().run_in_executor(None, self.close)

    def __enter__(self) -> "Pool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> "Pool":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Pool cannot be pickled: each process opens its own")

    __del__ = close
