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
`overlays` has texts that are not saved yet: a dictionary of paths, to bytes or to None for a file that is removed.
`pool` is a Pool, whose threads the search shares with others; then `priority` counts, too:

    with Pool(workers=4) as pool:
        searches = [Search(word, "src", pool=pool) for word in words]

`most` items at most are taken with one call of the library; a cursor() amid them is refused. All other keywords are the
fields of struct search_options and of struct search_walk; psearch.h describes them. The library is found by the
argument `library`, by $PSEARCH_LIBRARY, in the build directory of the checkout that this file is in, or installed.
"""
import asyncio
import ctypes
import os
from collections import deque
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_void_p, string_at
from enum import IntEnum, IntFlag
from functools import lru_cache
from pathlib import Path
from struct import Struct
from typing import NamedTuple

# The enums of the header. No two flags of a search share a bit, so one word carries those of all three topics.
MatchFlag = IntFlag("MatchFlag", "IGNORE_CASE INVERT WORD LINE FIXED CRLF NUL_LINES TEXT SKIP_BINARY DECOMPRESS "
                    "MULTILINE DOT_NEWLINE")
WalkFlag = IntFlag("WalkFlag", "SKIP_HIDDEN FOLLOW ONE_FILE_SYSTEM IGNORE_VCS IGNORE_FILES IGNORE_BELOW "
                   "IGNORE_ANYWHERE NO_NESTED_REPOSITORIES TRACKED", start=1 << 12)
ResultFlag = IntFlag("ResultFlag", "FILE_INFO UNORDERED COUNT FILE_ENDS NO_SPANS NO_LINE_NUMBERS LIST SOCKET GROUPS "
                     "ALL_LINES", start=1 << 21)
CallerFlag = IntFlag("CallerFlag", "NO_HELP")
Priority = IntEnum("Priority", "NORMAL INTERACTIVE BACKGROUND", start=0)
GlobFlag = IntFlag("GlobFlag", "EXCLUDE NO_CASE BRACES BASENAME DISPLAY_PATH FILES_ONLY DIRS_ONLY UNHIDE OVERRIDE")
OverlayFlag = IntFlag("OverlayFlag", "REMOVED")
ItemFlag = IntFlag("ItemFlag", "WINDOW NO_EOL CRLF NOTE MATCHES_EOL CHANGED")
ItemKind = IntEnum("ItemKind", "MATCH CONTEXT BINARY ERROR FILE_END FILE")
Status = IntEnum("Status", "ESOURCE ESYSTEM ETIMEDOUT ECANCELED EAGAIN EPATTERN ENOMEM EVERSION EINVAL OK ITEM", start=-9)
Subject = IntEnum("Subject", "NONE PATTERN SOURCE GLOB IGNORE_FILE GIT_CONFIG ENCODING CURSOR OVERLAY", start=0)
Syntax = IntEnum("Syntax", "ONIGURUMA PERL PYTHON BASIC EXTENDED", start=0)
SourceKind = IntEnum("SourceKind", "PATH DESCRIPTOR MEMORY", start=0)
Reason = IntEnum("Reason", "NONE OPEN READ LIST OUTPUT_FILE LINE_TOO_LONG GAVE_UP DAMAGED UNSUPPORTED MEMORY ENCODING "
                 "RULES TEXT_TOO_LONG", start=0)
Never = IntEnum("Never", "NONE LINE_END PLACE CHARACTER", start=0)
Outcome = IntEnum("Outcome", "RUNNING COMPLETE LIMITED TIMED_OUT CANCELED FAILED", start=0)
Unit = IntEnum("Unit", "BYTES CODE_POINTS UTF16", start=0)
for of in MatchFlag, WalkFlag, ResultFlag, GlobFlag, ItemKind, Status:  # by their names alone
    globals().update(of.__members__)
NO_WORKERS = NO_WALK = 2**32 - 1


def all_of(flags):
    return sum(flags.__members__.values())


TYPES = {"z": ctypes.c_size_t, "u": ctypes.c_uint32, "q": ctypes.c_uint64, "i": c_int, "s": c_char_p, "p": c_void_p,
         "m": ctypes.c_char * 256, "t": ctypes.c_int64}


def struct(name, layout):
    """A ctypes.Structure whose fields are those of the header, in its order: "type name name, type name"."""
    fields = [(field, TYPES[group.split()[0]]) for group in layout.split(",") for field in group.split()[1:]]
    return type(name, (ctypes.Structure,), {"_fields_": fields})


NO_GROUP = ctypes.c_size_t(-1).value
CPattern = struct("CPattern", "s text, z length, u flags reserved, q reserved2")
CSource = struct("CSource", "u kind, i descriptor, s path name data, z size, q reserved1 reserved2 reserved3")
COverlay = struct("COverlay", "s path data, z size, u flags reserved, q reserved2")
CError = struct("CError", "z size, i code system_error, u subject reason_at, z index offset, m message")
CGlob = struct("CGlob", "s text, u flags group, q reserved")
CWalk = struct("CWalk", "z size, u flags max_depth, q max_file_size, p globs, z glob_count, p ignore_files, "
               "z ignore_file_count, p git_configs, z git_config_count, s git_excludes home")
COptions = struct("COptions", "z size, p patterns, z pattern_count, p sources, z source_count, p next_source "
                  "next_source_context walk, s encoding, z max_item_bytes, u match_flags result_flags syntax workers "
                  "max_open_files max_queued_matches before_context after_context split_bytes, i output_fd, "
                  "q max_queued_bytes max_line_bytes max_matches max_matches_per_file timeout_ms max_multiline_bytes, "
                  "p pool, u priority caller_flags, p overlays, z overlay_count, s resume until, u max_line_ms reserved, z reserved2")
CSpan = struct("CSpan", "z begin end, u pattern first_group")
CGroup = struct("CGroup", "z begin end")
CItem = struct("CItem", "u kind flags, q source, p path, z path_length, q line offset, p text, z length, q line_bytes "
               "text_offset, p spans, z span_count, i error, u reason, s message, q matches bytes, p groups, "
               "z group_count, q file_number file_size inode device, t modified, u modified_ns reserved")
CStats = struct("CStats", "z size workers, q files_found files_searched files_skipped directories bytes matches errors "
                "peak_open_files peak_queued_matches peak_queued_bytes replaced")
CPool_Options = struct("CPool_Options", "z size, u workers max_open_files, q max_queued_bytes max_memory")
CPool_Stats = struct("CPool_Stats", "z size workers searches, q open_files peak_open_files queued_bytes "
                     "peak_queued_bytes memory peak_memory")
CBuild = struct("CBuild", "z size, s version formats simd oniguruma")
# Made once: when another interpreter of this process imports ctypes, its cache of such types is emptied, and
# a second POINTER of the same would be another type, which the functions below refuse.
ItemPointers = POINTER(c_void_p)
NextSource = CFUNCTYPE(c_int, c_void_p, POINTER(CSource))

# What the keywords of Search become: numbers as they are, words, paths, and lists of them.
WORDS = {"encoding": COptions, "resume": COptions, "until": COptions, "git_excludes": CWalk, "home": CWalk}
LISTS = {"globs": "glob_count", "ignore_files": "ignore_file_count", "git_configs": "git_config_count"}


def numbers_of(c_struct):
    """The fields that are a number and a keyword: no pointer, no flags, and not how many there are of something."""
    return {name for name, kind in c_struct._fields_ if kind not in (c_char_p, c_void_p)
            and name not in ("size", "reserved", "reserved2") and not name.endswith(("flags", "_count"))}


WALK_NUMBERS, NUMBERS, POOL_NUMBERS = numbers_of(CWalk), numbers_of(COptions), numbers_of(CPool_Options)


def reader(c_struct):
    """What makes a tuple of the bytes of a struct, field by field: faster than a ctypes.Structure, which asks for each."""
    codes = {ctypes.c_size_t: "N", ctypes.c_uint32: "I", ctypes.c_uint64: "Q", c_int: "i", c_char_p: "P", c_void_p: "P",
             ctypes.c_int64: "q"}
    packed = Struct("@" + "".join(codes[kind] for _, kind in c_struct._fields_) + "0Q")
    assert packed.size == ctypes.sizeof(c_struct)
    return packed


READ_ITEM, READ_SPAN, READ_GROUP = reader(CItem), reader(CSpan), reader(CGroup)


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
    file_number: int
    file_size: int
    inode: int
    device: int
    modified: int
    modified_ns: int


class SearchError(Exception):
    """A search did not open, or ended early: `status` says why, and `index` which of its `subject`s, if it is one."""
    def __init__(self, status, message, subject=Subject.NONE, index=0, offset=0):
        super().__init__(message)
        self.status, self.subject = known(Status, status), known(Subject, subject)
        self.index, self.offset = index, offset


def check_layout(lib):
    """Holds the structs above against those of the library that is loaded."""
    lib.search_layout.restype, lib.search_layout.argtypes = ctypes.c_size_t, (c_char_p, )
    for ours in [of for name, of in globals().items() if name[0] == "C" and isinstance(of, type(CItem))]:
        c_name = "search_" + ours.__name__[1:].lower()
        places = {f"{c_name}.{name}": getattr(ours, name).offset for name, _ in ours._fields_}
        if ours in (CPattern, CSource, COverlay, CGlob, CSpan, CGroup):  # elements of arrays; the others may be longer
            places[c_name] = ctypes.sizeof(ours)
        for what, place in places.items():
            if (theirs := lib.search_layout(what.encode())) != place:
                raise OSError(f"{lib._name} is of another version than this package: {what} is {theirs}, not {place}")


@lru_cache
def load(path=None):
    """The library, its functions declared."""
    built = Path(__file__).resolve().parents[3] / "build" / "libpsearch.so.0"
    lib = ctypes.CDLL(os.fspath(path or os.environ.get("PSEARCH_LIBRARY") or (built if built.exists() else built.name)))
    check_layout(lib)
    for name, result, *arguments in (
            ("open", c_int, POINTER(c_void_p), POINTER(COptions), POINTER(CError)),
            ("next_many", c_int, c_void_p, POINTER(ItemPointers), ctypes.c_size_t),
            ("try_next_many", c_int, c_void_p, POINTER(ItemPointers), ctypes.c_size_t),
            ("cursor", c_int, c_void_p, c_char_p, ctypes.c_size_t),
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


def c_overlay(path, data):
    """The struct for a path with its text, or without: it is removed."""
    if data is None:
        return COverlay(path=c_path(path), flags=OverlayFlag.REMOVED)
    data = c_bytes(data)
    return COverlay(path=c_path(path), data=data, size=len(data))


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


def array_at(packed, address, count):
    """The elements of an array, as tuples."""
    return [*packed.iter_unpack(string_at(address, count * packed.size))] if count else []


def groups_of(spans, address, count):
    """With ResultFlag.GROUPS, the groups of each span."""
    places = [None if begin == NO_GROUP else (begin, end) for begin, end in array_at(READ_GROUP, address, count)]
    starts = [*(first_group for _, _, _, first_group in spans), len(places)]
    return tuple(tuple(places[a:b]) for a, b in zip(starts, starts[1:]))


def known(of, value):
    """The constant, or the number where a newer library has one of its own."""
    return of._value2member_map_.get(value, value)


kind_of, reason_of, flags_of = (lru_cache(of) for of in (
    lambda kind: known(ItemKind, kind), lambda reason: known(Reason, reason), ItemFlag))


def copy_items(pointers, count):
    """Copies of the items that the library has handed out together."""
    items, shown, path = [], None, ""
    for address in pointers[:count]:
        (kind, flags, source, path_at, path_length, line, offset, text_at, length, line_bytes, text_offset, spans_at,
         span_count, error, reason, message, matches, size, groups_at, group_count, file_number, file_size, inode, device,
         modified, modified_ns, _) = READ_ITEM.unpack(string_at(address, READ_ITEM.size))
        if shown != (path_at, path_length):  # mostly they are of the same file
            shown, path = (path_at, path_length), os.fsdecode(string_at(path_at, path_length))
        spans = array_at(READ_SPAN, spans_at, span_count)
        items.append(Item._make((
            kind_of(kind), flags_of(flags), source, path, line, offset, string_at(text_at, length) if text_at else b"",
            line_bytes, text_offset, tuple([span[:2] for span in spans]), error, reason_of(reason),
            string_at(message).decode(errors="replace") if message else "", matches, size,
            tuple([span[2] for span in spans]),
            groups_of(spans, groups_at, group_count) if group_count else ((), ) * span_count, file_number, file_size, inode,
            device, modified, modified_ns)))
    return items


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

    def __init__(self, patterns, *sources, library=None, flags=0, caller_flags=0, more_sources=(), overlays={}, pool=None,
                 most=256, **options):
        for name in options.keys() - NUMBERS - WALK_NUMBERS - WORDS.keys() - LISTS.keys():
            raise TypeError(f"Search() got an unexpected keyword argument {name!r}")
        if flags & ~(all_of(MatchFlag) | all_of(WalkFlag) | all_of(ResultFlag)):
            raise OverflowError(f"flags={flags:d} has bits that are no flag")
        self._lib, self._waiters = pool._lib if pool else load(library), []  # a future for each task that waits
        self._most, self._taken = most, deque()  # with one call; items that wait here
        patterns = [patterns] if isinstance(patterns, (str, bytes, bytearray, memoryview)) else patterns
        encoded = [p.encode() if isinstance(p, str) else c_bytes(p) for p in patterns]
        c_patterns, pattern_count = c_list(CPattern, [CPattern(p, len(p)) for p in encoded])
        c_sources, source_count = c_list(CSource, [*map(c_source, sources)])
        c_overlays, overlay_count = c_list(COverlay, [c_overlay(*pair) for pair in overlays.items()])
        walk, lent = c_walk(flags, options)
        words = {name: options.pop(name) for name, of in WORDS.items() if of is COptions and name in options}
        c_options = with_integers(COptions(
            size=ctypes.sizeof(COptions), patterns=ctypes.addressof(c_patterns), pattern_count=pattern_count,
            sources=ctypes.addressof(c_sources), source_count=source_count, walk=ctypes.addressof(walk),
            **{name: None if word is None else c_path(word) for name, word in words.items()},
            pool=pool and pool._opened(), overlays=ctypes.addressof(c_overlays), overlay_count=overlay_count,
            match_flags=flags & all_of(MatchFlag), result_flags=flags & all_of(ResultFlag)),
            caller_flags=caller_flags, **options)
        self._sources = c_sources, c_overlays  # keep what memory sources and overlays lend
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
        try:
            return self._taken.popleft()
        except IndexError:  # there is none, or no longer: another thread may have called cancel()
            pointers = ItemPointers()
        status = function(self._handle, pointers, self._most)
        if status in (0, EAGAIN):
            return status or None
        if status < 0:
            raise SearchError(status, self._lib.search_strerror(status).decode()) from self._more.failure
        first, *others = copy_items(pointers, status)
        self._taken.extend(others)
        return first

    def __iter__(self):
        return self

    def __next__(self):
        item = self._take(self._lib.search_next_many)  # ctypes lets go of the GIL meanwhile
        if item is None:
            raise StopIteration
        return item

    async def __aiter__(self):
        taken = 0
        while (item := self._take(self._lib.search_try_next_many)) is not None:
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
            self._taken.clear()

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

    def cursor(self):
        """Where the search stands: for `resume` or `until` of another one."""
        if self._handle is None:
            raise ValueError("the search is closed")
        if self._taken:  # the cursor would be behind them
            raise ValueError("items that were taken together are left: open the search with most=1")
        length = self._lib.search_cursor(self._handle, None, 0)
        if length < 0:
            raise SearchError(length, "there is no cursor: no item was delivered yet, or there is no order")
        text = ctypes.create_string_buffer(length + 1)
        self._lib.search_cursor(self._handle, text, length + 1)
        return text.value.decode()

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
