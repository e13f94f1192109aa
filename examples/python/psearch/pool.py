# SPDX-License-Identifier: BSD-2-Clause
"""A pool: threads, descriptors and memory that the searches of a process share."""
import ctypes
from ctypes import c_void_p
from typing import cast

from .counters import PoolStats
from .errors import error_of
from .library import Library, load
from .shared import Shared
from .structs import CError, CPoolOptions, CPoolStats, numbers_of, values_of, with_integers

NUMBERS = numbers_of(CPoolOptions)


class Pool(Shared):
    """Threads, descriptors and memory that searches share: Search(..., pool=pool).

    workers: threads; 0: one for each processor, at most 256
    max_open_files: files and directories of all searches; 0: 128, or half of RLIMIT_NOFILE if that is less
    max_queued_bytes: of the items that wait to be taken; 0: 16 MiB
    max_memory: of names in directories and of the workers' buffers; 0: 64 MiB

    Any thread may use it at any time. It may be closed while searches of it are open: they go on; if there are none,
    that joins its threads. After fork() the child can only close it. It is a context manager of both kinds; `async
    with` closes it without blocking the event loop.
    """
    _what = "pool"

    def __init__(self, library: Library = None, *, workers: int = 0, max_open_files: int = 0, max_queued_bytes: int = 0,
                 max_memory: int = 0) -> None:
        given = dict(locals())
        self._lib = load(library)
        self._prepare()
        error, handle = CError(ctypes.sizeof(CError)), c_void_p()
        options = with_integers(CPoolOptions(ctypes.sizeof(CPoolOptions)), **{name: given[name] for name in NUMBERS})
        status = self._lib.search_pool_open(handle, options, error)
        if status != 0:
            raise error_of(status, error)
        self._handle = handle

    def stats(self) -> PoolStats:
        """How the pool is used."""
        stats = CPoolStats(ctypes.sizeof(CPoolStats))
        with self._use:
            self._lib.search_pool_stats(self._opened(), stats)
        return cast(PoolStats, values_of(stats))

    def _release(self, handle: c_void_p) -> None:
        self._lib.search_pool_close(handle)
