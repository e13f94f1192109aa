# SPDX-License-Identifier: BSD-2-Clause
"""Ordered parallel text search from Python, by libpsearch and ctypes alone.

    with Search(r"TODO|FIXME", "src", flags=IGNORE_CASE, max_matches=100) as search:
        for item in search:
            print(item.path, item.line, item.text)

    async with Search("word", "src") as search:
        async for item in search:
            ...

A source is a path, (name, bytes) for text in memory, or an open descriptor (an int).
Keywords are the flags and limits of struct search_options; psearch.h describes them. The
library is found by the argument `library`, by $PSEARCH_LIBRARY, in ../../build, or installed.
"""
import asyncio
import ctypes
import os
from ctypes import POINTER, c_char_p, c_int, c_void_p
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

MATCH, CONTEXT, BINARY, ERROR, FILE_END, FILE = 1, 2, 3, 4, 5, 6
# Flags of three topics; no two share a bit, so one word carries them.
(IGNORE_CASE, INVERT, WORD, LINE, FIXED, CRLF, NUL_LINES, TEXT, SKIP_BINARY,
 DECOMPRESS) = (1 << bit for bit in range(10))
(SKIP_HIDDEN, FOLLOW, ONE_FILE_SYSTEM, IGNORE_VCS, IGNORE_FILES, IGNORE_BELOW,
 IGNORE_ANYWHERE) = (1 << bit for bit in range(12, 19))
(UNORDERED, COUNT, FILE_ENDS, NO_SPANS, NO_LINE_NUMBERS, LIST, SOCKET) = (1 << bit for bit in range(22, 29))
MATCH_FLAGS, WALK_FLAGS, RESULT_FLAGS = SKIP_HIDDEN - 1, UNORDERED - SKIP_HIDDEN, 2**32 - UNORDERED
NO_WORKERS = 2**32 - 1
EPATTERN, EAGAIN, ECANCELED, ETIMEDOUT = -4, -5, -6, -7

TYPES = {"z": ctypes.c_size_t, "u": ctypes.c_uint32, "q": ctypes.c_uint64, "i": c_int, "s": c_char_p, "p": c_void_p,
         "m": ctypes.c_char * 256}


def struct(name, layout):
    """A ctypes.Structure whose fields are those of the header, in its order: "type name name, type name"."""
    fields = [(field, TYPES[group.split()[0]]) for group in layout.split(",") for field in group.split()[1:]]
    return type(name, (ctypes.Structure,), {"_fields_": fields})


CPattern = struct("CPattern", "s text, z length")
CSource = struct("CSource", "u kind, i descriptor, s path name data, z size, q reserved1 reserved2")
CError = struct("CError", "z size, i code system_error, u subject reserved, z index offset, m message")
CWalk = struct("CWalk", "z size, u flags max_depth, q max_file_size, p globs, z glob_count, p ignore_files, "
               "z ignore_file_count, p git_configs, z git_config_count, s git_excludes home")
COptions = struct("COptions", "z size, p patterns, z pattern_count, p sources, z source_count, p next_source "
                  "next_source_context walk, s encoding, z max_item_bytes, u match_flags result_flags syntax workers "
                  "max_open_files max_queued_matches before_context after_context split_bytes, i output_fd, "
                  "q max_queued_bytes max_line_bytes max_matches max_matches_per_file timeout_ms")
CSpan = struct("CSpan", "z begin end")
CItem = struct("CItem", "u kind flags, q source, p path, z path_length, q line offset, p text, z length, q line_bytes "
               "text_offset, p spans, z span_count, i error, u reason, s message, q matches bytes")
CStats = struct("CStats", "z size workers, q files_found files_searched files_skipped directories bytes matches errors "
                "peak_open_files peak_queued_matches peak_queued_bytes replaced")
WALK_KEYWORDS = {"max_depth", "max_file_size"}
KEYWORDS = {name for name, _ in COptions._fields_[8:]} - {"match_flags", "result_flags"}  # what follows the pointers


class Item(NamedTuple):
    """A copy of a struct search_item: it stays valid for as long as you like."""
    kind: int
    source: int
    path: str
    line: int
    offset: int
    text: bytes
    spans: tuple
    error: int
    message: str
    matches: int


class SearchError(Exception):
    """A search did not open, or ended early: `status` says why, as enum search_status."""
    def __init__(self, status, message, pattern=0, pattern_offset=0):
        super().__init__(message)
        self.status, self.pattern, self.pattern_offset = status, pattern, pattern_offset


@lru_cache
def load(path=None):
    """The library, its functions declared."""
    built = Path(__file__).resolve().parents[2] / "build" / "libpsearch.so.0"
    lib = ctypes.CDLL(os.fspath(path or os.environ.get("PSEARCH_LIBRARY") or (built if built.exists() else built.name)))
    for name, result, *arguments in (
            ("open", c_int, POINTER(c_void_p), POINTER(COptions), POINTER(CError)),
            ("next", c_int, c_void_p, POINTER(POINTER(CItem))), ("try_next", c_int, c_void_p, POINTER(POINTER(CItem))),
            ("fd", c_int, c_void_p), ("cancel", None, c_void_p), ("close", None, c_void_p),
            ("stats", c_int, c_void_p, POINTER(CStats)), ("strerror", c_char_p, c_int)):
        function = getattr(lib, "search_" + name)
        function.restype, function.argtypes = result, arguments
    return lib


def with_integers(c_struct, **integers):
    """The struct with these fields set: ctypes alone would cut off the bits that do not fit."""
    for name, value in integers.items():
        setattr(c_struct, name, value)
        if getattr(c_struct, name) != value:
            raise OverflowError(f"{name}={value} does not fit its {8 * getattr(type(c_struct), name).size} bits")
    return c_struct


def c_bytes(value):
    """Bytes that stay as they are: a copy of what is only like bytes."""
    return value if isinstance(value, bytes) else bytes(memoryview(value))


def c_source(source):
    """The struct for a path, a pair of a name and bytes, or a descriptor."""
    if isinstance(source, int):
        return with_integers(CSource(kind=1), descriptor=source)
    name = source[0] if isinstance(source, tuple) else source
    path = os.fsencode(name)
    if b"\0" in path:  # where C would end it
        raise ValueError(f"there is a NUL in {name!r}")
    if name is source:
        return CSource(kind=0, path=path)
    data = c_bytes(source[1])
    return CSource(kind=2, name=path, data=data, size=len(data))


class Search:
    """An open search: an iterator, an asynchronous iterator, and a context manager of both kinds."""
    _handle = None  # what close() looks at, also where __init__ did not come to its end

    def __init__(self, patterns, *sources, library=None, flags=0, **options):
        for name in options.keys() - KEYWORDS - WALK_KEYWORDS:
            raise TypeError(f"Search() got an unexpected keyword argument {name!r}")
        self._lib, self._waiters = load(library), []  # a future for each task that waits
        patterns = [patterns] if isinstance(patterns, (str, bytes, bytearray, memoryview)) else patterns
        encoded = [p.encode() if isinstance(p, str) else c_bytes(p) for p in patterns]
        c_patterns = (CPattern * len(encoded))(*(CPattern(p, len(p)) for p in encoded))
        self._sources = (CSource * len(sources))(*map(c_source, sources))  # keeps what memory sources lend
        if flags & ~(MATCH_FLAGS | WALK_FLAGS | RESULT_FLAGS):
            raise OverflowError(f"flags={flags} does not fit its 32 bits")
        c_walk = with_integers(CWalk(size=ctypes.sizeof(CWalk), flags=flags & WALK_FLAGS),
                               **{name: options.pop(name) for name in options.keys() & WALK_KEYWORDS})
        c_options = with_integers(COptions(
            size=ctypes.sizeof(COptions), patterns=ctypes.addressof(c_patterns), pattern_count=len(encoded),
            sources=ctypes.addressof(self._sources), source_count=len(sources), walk=ctypes.addressof(c_walk),
            match_flags=flags & MATCH_FLAGS, result_flags=flags & RESULT_FLAGS), **options)
        error, handle = CError(ctypes.sizeof(CError)), c_void_p()
        status = self._lib.search_open(handle, c_options, error)
        if status != 0:
            raise SearchError(status, error.message.decode(errors="replace"), error.index, error.offset)
        self._handle = handle

    def _take(self, function):
        """An item, None at the end, or EAGAIN."""
        if self._handle is None:
            raise ValueError("the search is closed")
        pointer = POINTER(CItem)()
        status = function(self._handle, pointer)
        if status in (0, EAGAIN):
            return status or None
        if status < 0:
            raise SearchError(status, self._lib.search_strerror(status).decode())
        c = pointer.contents
        spans = (CSpan * c.span_count).from_address(c.spans) if c.span_count else ()
        return Item(c.kind, c.source, os.fsdecode(ctypes.string_at(c.path, c.path_length)), c.line, c.offset,
                    ctypes.string_at(c.text, c.length) if c.text else b"",
                    tuple((span.begin, span.end) for span in spans), c.error,
                    (c.message or b"").decode(errors="replace"), c.matches)

    def __iter__(self):
        return self

    def __next__(self):
        item = self._take(self._lib.search_next)  # ctypes lets go of the GIL meanwhile
        if item is None:
            raise StopIteration
        return item

    async def __aiter__(self):
        taken = 0
        while (item := self._take(self._lib.search_try_next)) is not None:
            if item == EAGAIN:
                await self._ready()
                continue
            yield item
            taken += 1
            if taken % 64 == 0:  # a search that is always ahead leaves room for others
                await asyncio.sleep(0)

    async def _ready(self):
        """Waits until there may be an item, or close() is called."""
        loop, fd = asyncio.get_running_loop(), self._lib.search_fd(self._handle)
        if fd < 0:
            raise SearchError(fd, self._lib.search_strerror(fd).decode())
        waiter = loop.create_future()
        self._waiters.append(waiter)
        loop.add_reader(fd, self._wake)
        try:
            await waiter
        finally:
            self._waiters.remove(waiter)
            if not self._waiters and self._handle is not None:  # after close() the number may be another's
                loop.remove_reader(fd)

    def _wake(self):
        for waiter in self._waiters:
            waiter.done() or waiter.set_result(None)

    def cancel(self):
        """Ends the search early: iterating raises SearchError with ECANCELED. From any thread."""
        if self._handle is not None:
            self._lib.search_cancel(self._handle)

    def stats(self):
        """The counters of struct search_stats, by name."""
        if self._handle is None:
            raise ValueError("the search is closed")
        stats = CStats(ctypes.sizeof(CStats))
        self._lib.search_stats(self._handle, stats)
        return {name: getattr(stats, name) for name, _ in CStats._fields_[1:]}

    def close(self):
        handle, self._handle = self._handle, None
        if handle is not None:
            if self._waiters:
                self._waiters[0].get_loop().remove_reader(self._lib.search_fd(handle))
            self._lib.search_close(handle)
            self._wake()  # to find the search closed

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.close()

    __del__ = close
