# SPDX-License-Identifier: BSD-2-Clause
"""Ordered parallel text search from Python, by libpsearch and ctypes alone.

    with Search(r"TODO|FIXME", "src", flags=IGNORE_CASE | IGNORE_VCS, max_matches=100) as search:
        for item in search:
            print(item.path, item.line, item.text)

    async with Search("word", "src", globs=["*.c", ("test/", EXCLUDE, 1)]) as search:
        async for item in search:
            ...

A source is a path, (name, bytes) for text in memory, or an open descriptor (an int); `more_sources` is an
iterator of others, asked while the search runs. A glob is a string, or (string, flags) or (string, flags, group).
`pool` is a Pool, whose threads the search shares with others; then `priority` counts, too:

    with Pool(workers=4) as pool:
        searches = [Search(word, "src", pool=pool) for word in words]

All other keywords are the fields of struct search_options and of struct search_walk; psearch.h describes
them. The library is found by the argument `library`, by $PSEARCH_LIBRARY, in ../../build, or installed.
"""
import asyncio
import ctypes
import os
import sys
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_void_p
from enum import IntEnum, IntFlag
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

# The enums of the header. No two flags of a search share a bit, so one word carries those of all three topics.
MatchFlag = IntFlag("MatchFlag", "IGNORE_CASE INVERT WORD LINE FIXED CRLF NUL_LINES TEXT SKIP_BINARY DECOMPRESS "
                    "MULTILINE DOT_NEWLINE")
WalkFlag = IntFlag("WalkFlag", "SKIP_HIDDEN FOLLOW ONE_FILE_SYSTEM IGNORE_VCS IGNORE_FILES IGNORE_BELOW "
                   "IGNORE_ANYWHERE NO_NESTED_REPOSITORIES TRACKED", start=1 << 12)
ResultFlag = IntFlag("ResultFlag", "UNORDERED COUNT FILE_ENDS NO_SPANS NO_LINE_NUMBERS LIST SOCKET GROUPS ALL_LINES", start=1 << 22)
GlobFlag = IntFlag("GlobFlag", "EXCLUDE NO_CASE BRACES BASENAME DISPLAY_PATH FILES_ONLY DIRS_ONLY UNHIDE OVERRIDE")
ItemFlag = IntFlag("ItemFlag", "WINDOW NO_EOL CRLF NOTE MATCHES_EOL")
ItemKind = IntEnum("ItemKind", "MATCH CONTEXT BINARY ERROR FILE_END FILE")
Status = IntEnum("Status", "ESOURCE ESYSTEM ETIMEDOUT ECANCELED EAGAIN EPATTERN ENOMEM EVERSION EINVAL OK ITEM", start=-9)
Subject = IntEnum("Subject", "NONE PATTERN SOURCE GLOB IGNORE_FILE GIT_CONFIG ENCODING CURSOR OVERLAY", start=0)
Syntax = IntEnum("Syntax", "ONIGURUMA PERL PYTHON BASIC EXTENDED", start=0)
SourceKind = IntEnum("SourceKind", "PATH DESCRIPTOR MEMORY", start=0)
Reason = IntEnum("Reason", "NONE OPEN READ LIST OUTPUT_FILE LINE_TOO_LONG GAVE_UP DAMAGED UNSUPPORTED MEMORY ENCODING "
                 "RULES TEXT_TOO_LONG", start=0)
Never = IntEnum("Never", "NONE LINE_END PLACE CHARACTER", start=0)
Priority = IntEnum("Priority", "NORMAL INTERACTIVE BACKGROUND", start=0)
Outcome = IntEnum("Outcome", "RUNNING COMPLETE LIMITED TIMED_OUT CANCELED FAILED", start=0)
Unit = IntEnum("Unit", "BYTES CODE_POINTS UTF16", start=0)
for of in MatchFlag, WalkFlag, ResultFlag, GlobFlag, ItemKind, Status:  # by their names alone
    globals().update(of.__members__)
NO_WORKERS = NO_WALK = 2**32 - 1


def all_of(flags):
    return sum(flags.__members__.values())


TYPES = {"z": ctypes.c_size_t, "u": ctypes.c_uint32, "q": ctypes.c_uint64, "i": c_int, "s": c_char_p, "p": c_void_p,
         "m": ctypes.c_char * 256}


def struct(name, layout):
    """A ctypes.Structure whose fields are those of the header, in its order: "type name name, type name"."""
    fields = [(field, TYPES[group.split()[0]]) for group in layout.split(",") for field in group.split()[1:]]
    return type(name, (ctypes.Structure,), {"_fields_": fields})


NO_GROUP = ctypes.c_size_t(-1).value
CPattern = struct("CPattern", "s text, z length, u flags reserved")
CSource = struct("CSource", "u kind, i descriptor, s path name data, z size, q reserved1 reserved2")
CError = struct("CError", "z size, i code system_error, u subject reason_at, z index offset, m message")
CGlob = struct("CGlob", "s text, u flags group, q reserved")
CWalk = struct("CWalk", "z size, u flags max_depth, q max_file_size, p globs, z glob_count, p ignore_files, "
               "z ignore_file_count, p git_configs, z git_config_count, s git_excludes home")
COptions = struct("COptions", "z size, p patterns, z pattern_count, p sources, z source_count, p next_source "
                  "next_source_context walk, s encoding, z max_item_bytes, u match_flags result_flags syntax workers "
                  "max_open_files max_queued_matches before_context after_context split_bytes, i output_fd, "
                  "q max_queued_bytes max_line_bytes max_matches max_matches_per_file timeout_ms max_multiline_bytes, "
                  "p pool, u priority caller_flags, p overlays, z overlay_count, s resume until, u max_line_ms reserved")
CSpan = struct("CSpan", "z begin end, u pattern first_group")
CGroup = struct("CGroup", "z begin end")
CItem = struct("CItem", "u kind flags, q source, p path, z path_length, q line offset, p text, z length, q line_bytes "
               "text_offset, p spans, z span_count, i error, u reason, s message, q matches bytes, p groups, "
               "z group_count")
CStats = struct("CStats", "z size workers, q files_found files_searched files_skipped directories bytes matches errors "
                "peak_open_files peak_queued_matches peak_queued_bytes replaced")
CPool_Options = struct("CPool_Options", "z size, u workers max_open_files, q max_queued_bytes max_memory")
CPool_Stats = struct("CPool_Stats", "z size workers searches, q open_files peak_open_files queued_bytes peak_queued_bytes "
                     "memory peak_memory")
CBuild = struct("CBuild", "z size, s version formats simd oniguruma")
# Made once: when another interpreter of this process imports ctypes, its cache of such types is emptied, and
# a second POINTER(CItem) would be another type, which the functions below refuse.
ItemPointer = POINTER(CItem)
NextSource = CFUNCTYPE(c_int, c_void_p, POINTER(CSource))

# What the keywords of Search become: numbers as they are, words, paths, and lists of them.
WORDS = {"encoding": COptions, "git_excludes": CWalk, "home": CWalk}
LISTS = {"globs": "glob_count", "ignore_files": "ignore_file_count", "git_configs": "git_config_count"}


def numbers_of(c_struct):
    """The fields that are a number and a keyword: no pointer, no flags, and not how many there are of something."""
    return {name for name, kind in c_struct._fields_ if kind not in (c_char_p, c_void_p)
            and name not in ("size", "reserved") and not name.endswith(("flags", "_count"))}


WALK_NUMBERS, NUMBERS, POOL_NUMBERS = numbers_of(CWalk), numbers_of(COptions), numbers_of(CPool_Options)


class Item(NamedTuple):
    """A copy of a struct search_item: it stays valid for as long as you like."""
    kind: ItemKind
    flags: ItemFlag
    source: int
    path: str
    line: int
    offset: int
    text: bytes
    line_bytes: int
    text_offset: int
    spans: tuple
    error: int
    reason: Reason
    message: str
    matches: int
    bytes: int
    patterns: tuple  # for each span, which of the patterns matched
    groups: tuple  # for each span, a tuple of its groups: begin and end, or None if it took no part


class SearchError(Exception):
    """A search did not open, or ended early: `status` says why, and `index` which of its `subject`s, if it is one."""
    def __init__(self, status, message, subject=Subject.NONE, index=0, offset=0):
        super().__init__(message)
        self.status, self.subject = known(Status, status), known(Subject, subject)
        self.index, self.offset = index, offset


@lru_cache
def load(path=None):
    """The library, its functions declared."""
    built = Path(__file__).resolve().parents[2] / "build" / "libpsearch.so.0"
    lib = ctypes.CDLL(os.fspath(path or os.environ.get("PSEARCH_LIBRARY") or (built if built.exists() else built.name)))
    for name, result, *arguments in (
            ("open", c_int, POINTER(c_void_p), POINTER(COptions), POINTER(CError)),
            ("next", c_int, c_void_p, POINTER(ItemPointer)), ("try_next", c_int, c_void_p, POINTER(ItemPointer)),
            ("fd", c_int, c_void_p), ("cancel", None, c_void_p), ("close", None, c_void_p), ("outcome", c_int, c_void_p),
            ("stats", c_int, c_void_p, POINTER(CStats)), ("pool_close", None, c_void_p),
            ("pool_open", c_int, POINTER(c_void_p), POINTER(CPool_Options), POINTER(CError)),
            ("pool_stats", c_int, c_void_p, POINTER(CPool_Stats)), ("build", c_int, POINTER(CBuild)), ("strerror", c_char_p, c_int)):
        function = getattr(lib, "search_" + name)
        function.restype, function.argtypes = result, arguments
    return lib


def build(library=None):
    """What the library can do: struct search_build, by name."""
    c_build = CBuild(ctypes.sizeof(CBuild))
    load(library).search_build(c_build)
    return {name: (getattr(c_build, name) or b"").decode() for name, _ in CBuild._fields_[1:]}


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


def c_path(name):
    """The bytes of a path, which C ends at a NUL."""
    path = os.fsencode(name)
    if b"\0" in path:
        raise ValueError(f"there is a NUL in {name!r}")
    return path


def c_source(source):
    """The struct for a path, a pair of a name and bytes, or a descriptor."""
    if isinstance(source, int):
        return with_integers(CSource(kind=SourceKind.DESCRIPTOR), descriptor=source)
    if not isinstance(source, tuple):
        return CSource(kind=SourceKind.PATH, path=c_path(source))
    name, data = c_path(source[0]), c_bytes(source[1])
    return CSource(kind=SourceKind.MEMORY, name=name, data=data, size=len(data))


def c_glob(glob):
    """The struct for a string, or for a string with its flags and its group."""
    text, flags, group = (*((glob, ) if isinstance(glob, (str, bytes)) else glob), 0, 0)[:3]
    return with_integers(CGlob(text=c_path(text)), flags=flags, group=group)


def c_list(of, things):
    """An array of them, and how many there are."""
    return (of * len(things))(*things), len(things)


def c_walk(flags, options):
    """The struct, and what it points to, of the options that are its fields; they are taken out."""
    walk = with_integers(CWalk(size=ctypes.sizeof(CWalk), flags=flags & all_of(WalkFlag)),
                         **{name: options.pop(name) for name in options.keys() & WALK_NUMBERS})
    lent = []
    for name in options.keys() & LISTS.keys():
        things = options.pop(name)
        array, count = c_list(CGlob, [*map(c_glob, things)]) if name == "globs" else c_list(c_char_p, [*map(c_path, things)])
        lent.append(array)
        setattr(walk, name, ctypes.addressof(array))
        setattr(walk, LISTS[name], count)
    for name in [name for name, of in WORDS.items() if of is CWalk and name in options]:
        setattr(walk, name, c_path(options.pop(name)))
    return walk, lent


class MoreSources:
    """search_options.next_source, of an iterable."""
    def __init__(self, sources):
        self.sources, self.last, self.memory, self.failure = iter(sources), None, [], None

    def take(self, _, source):
        try:
            self.last = source[0] = c_source(next(self.sources))  # its strings are read before the next call
        except StopIteration:
            return 0
        except Exception as failure:  # ctypes would only print it
            self.failure = failure
            return -1
        if self.last.kind == SourceKind.MEMORY:
            self.memory.append(self.last)  # lent as long as the search is open
        return 1


def groups_of(item, spans):
    """With ResultFlag.GROUPS, the groups of each span."""
    groups = (CGroup * item.group_count).from_address(item.groups) if item.group_count else ()
    places = [None if group.begin == NO_GROUP else (group.begin, group.end) for group in groups]
    starts = [*(span.first_group for span in spans), len(places)]
    return tuple(tuple(places[a:b]) for a, b in zip(starts, starts[1:]))


def known(of, value):
    """The constant, or the number where a newer library has one of its own."""
    return of._value2member_map_.get(value, value)


def error_of(status, error):
    """The exception for a failed call that has filled a CError."""
    return SearchError(status, error.message.decode(errors="replace"), error.subject, error.index, error.offset)


class Pool:
    """Threads, descriptors and memory that searches share. It may be closed while they are open: they go on."""
    _handle = None

    def __init__(self, library=None, **options):
        for name in options.keys() - POOL_NUMBERS:
            raise TypeError(f"Pool() got an unexpected keyword argument {name!r}")
        self._lib = load(library)
        error, handle = CError(ctypes.sizeof(CError)), c_void_p()
        status = self._lib.search_pool_open(
            handle, with_integers(CPool_Options(ctypes.sizeof(CPool_Options)), **options), error)
        if status != 0:
            raise error_of(status, error)
        self._handle = handle

    def _opened(self):
        if self._handle is None:
            raise ValueError("the pool is closed")
        return self._handle

    def stats(self):
        """How the pool is used: struct search_pool_stats, by name."""
        stats = CPool_Stats(ctypes.sizeof(CPool_Stats))
        self._lib.search_pool_stats(self._opened(), stats)
        return {name: getattr(stats, name) for name, _ in CPool_Stats._fields_[1:]}

    def close(self):
        handle, self._handle = self._handle, None
        if handle is not None:
            self._lib.search_pool_close(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    __del__ = close


class Search:
    """An open search: an iterator, an asynchronous iterator, and a context manager of both kinds."""
    _handle = None  # what close() looks at, also where __init__ did not come to its end

    def __init__(self, patterns, *sources, library=None, flags=0, more_sources=(), pool=None, **options):
        for name in options.keys() - NUMBERS - WALK_NUMBERS - WORDS.keys() - LISTS.keys():
            raise TypeError(f"Search() got an unexpected keyword argument {name!r}")
        if flags & ~(all_of(MatchFlag) | all_of(WalkFlag) | all_of(ResultFlag)):
            raise OverflowError(f"flags={flags:d} has bits that are no flag")
        self._lib, self._waiters = pool._lib if pool else load(library), []  # a future for each task that waits
        patterns = [patterns] if isinstance(patterns, (str, bytes, bytearray, memoryview)) else patterns
        encoded = [p.encode() if isinstance(p, str) else c_bytes(p) for p in patterns]
        c_patterns, pattern_count = c_list(CPattern, [CPattern(p, len(p)) for p in encoded])
        c_sources, source_count = c_list(CSource, [*map(c_source, sources)])
        walk, lent = c_walk(flags, options)
        encoding = options.pop("encoding", None)
        c_options = with_integers(COptions(
            size=ctypes.sizeof(COptions), patterns=ctypes.addressof(c_patterns), pattern_count=pattern_count,
            sources=ctypes.addressof(c_sources), source_count=source_count, walk=ctypes.addressof(walk),
            encoding=None if encoding is None else c_path(encoding), pool=pool and pool._opened(),
            match_flags=flags & all_of(MatchFlag), result_flags=flags & all_of(ResultFlag)), **options)
        self._sources = c_sources  # keeps what memory sources lend
        self._more = MoreSources(more_sources)
        if more_sources:
            self._next_source = NextSource(self._more.take)
            c_options.next_source = ctypes.cast(self._next_source, c_void_p)
        error, handle = CError(ctypes.sizeof(CError)), c_void_p()
        status = self._lib.search_open(handle, c_options, error)
        del lent  # search_open copied it, as the rest
        if status != 0:
            raise error_of(status, error)
        self._handle = handle

    def _take(self, function):
        """An item, None at the end, or EAGAIN."""
        if self._handle is None:
            raise ValueError("the search is closed")
        pointer = ItemPointer()
        status = function(self._handle, pointer)
        if status in (0, EAGAIN):
            return status or None
        if status < 0:
            raise SearchError(status, self._lib.search_strerror(status).decode()) from self._more.failure
        c = pointer.contents
        spans = (CSpan * c.span_count).from_address(c.spans) if c.span_count else ()
        return Item(known(ItemKind, c.kind), ItemFlag(c.flags), c.source,
                    os.fsdecode(ctypes.string_at(c.path, c.path_length)), c.line, c.offset,
                    ctypes.string_at(c.text, c.length) if c.text else b"", c.line_bytes, c.text_offset,
                    tuple((span.begin, span.end) for span in spans), c.error, known(Reason, c.reason),
                    (c.message or b"").decode(errors="replace"), c.matches, c.bytes,
                    tuple(span.pattern for span in spans), groups_of(c, spans))

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

    def outcome(self):
        """How the search ended, or that it has not."""
        if self._handle is None:
            raise ValueError("the search is closed")
        return known(Outcome, self._lib.search_outcome(self._handle))

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


if __name__ == "__main__":  # psearch.py PATTERN [PATH...]
    with Search(sys.argv[1], *sys.argv[2:] or ["."], flags=SKIP_HIDDEN | SKIP_BINARY) as found:
        for item in found:
            print(item.path, item.line, item.message or item.text.decode(errors="replace"), sep=":")
