# SPDX-License-Identifier: BSD-2-Clause
"""From the keywords of Search to the structs of search_open().

search_open() copies all that it is given, except the data of memory and of overlays: `lent` has what must outlive the
call, and `borrowed` what must outlive the search.
"""
import ctypes
import os
from ctypes import c_char_p, c_void_p
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

from .constants import MatchFlag, OverlayFlag, ResultFlag, SourceKind, Syntax, WalkFlag, all_of
from .errors import error_of, naming
from .library import Library, load
from .structs import CError, CGlob, COptions, COverlay, CPattern, CSource, CWalk, numbers_of, with_integers

Path = Union[str, bytes, "os.PathLike[str]", "os.PathLike[bytes]"]
Text = Union[bytes, bytearray, memoryview]  # or another object with the buffer protocol, in any case copied
Pattern = Union[str, Text]
Source = Union[Path, int, Tuple[Path, Text]]  # a file or directory, an open descriptor, or text in memory with its name
Glob = Union[str, bytes, Tuple[Union[str, bytes], int], Tuple[Union[str, bytes], int, int]]  # text, flags, group
Flags = Union[int, MatchFlag, WalkFlag, ResultFlag]

# What the keywords become: numbers as they are, words, paths, and lists of them.
NUMBERS, WALK_NUMBERS = numbers_of(COptions), numbers_of(CWalk)
WORDS, WALK_WORDS = ("encoding", "resume", "until"), ("git_excludes", "home")
LISTS = {"globs": "glob_count", "ignore_files": "ignore_file_count", "git_configs": "git_config_count"}


def c_bytes(value: Any) -> bytes:
    """Bytes that stay as they are: a copy of what is only like bytes."""
    return value if isinstance(value, bytes) else bytes(memoryview(value))


def c_path(name: Path) -> bytes:
    """The bytes of a path, which C ends at a NUL."""
    path = os.fsencode(name)
    if b"\0" in path:
        raise ValueError(f"there is a NUL in {name!r}")
    return path


def c_pattern(pattern: Pattern) -> Any:
    """The struct for a pattern: a string, or UTF-8 in bytes."""
    text = pattern.encode() if isinstance(pattern, str) else c_bytes(pattern)
    return CPattern(text, len(text))


def c_source(source: Source) -> Any:
    """The struct for a path, a pair of a name and bytes, or a descriptor."""
    if isinstance(source, int):
        return with_integers(CSource(kind=SourceKind.DESCRIPTOR), descriptor=source)
    if not isinstance(source, tuple):
        return CSource(kind=SourceKind.PATH, path=c_path(source))
    if len(source) != 2:
        raise ValueError(f"a pair of a name and bytes is needed, not {len(source)} values")
    name, data = c_path(source[0]), c_bytes(source[1])
    return CSource(kind=SourceKind.MEMORY, name=name, data=data, size=len(data))


def c_glob(glob: Glob) -> Any:
    """The struct for a string, or for a string with its flags and its group."""
    if isinstance(glob, (str, bytes)):
        glob = glob, 0
    if not isinstance(glob, tuple) or len(glob) not in (2, 3):
        raise TypeError(f"a string, (string, flags) or (string, flags, group) is needed, not {glob!r}")
    text, flags, group = glob if len(glob) == 3 else (*glob, 0)
    return with_integers(CGlob(text=c_path(text)), flags=flags, group=group)


def c_overlay(pair: Tuple[Path, Optional[Text]]) -> Any:
    """The struct for a path with its text, or without: it is removed."""
    path, data = c_path(pair[0]), pair[1]
    if data is None:
        return COverlay(path=path, flags=OverlayFlag.REMOVED)
    data = c_bytes(data)
    return COverlay(path=path, data=data, size=len(data))


def several(keyword: str, things: Iterable[Any]) -> Iterator[Any]:
    """An iterator of them. A string is refused, which would be one for each letter."""
    if isinstance(things, (str, bytes)):
        raise TypeError(f"{keyword}={things!r} is no list: write [{things!r}]")
    with naming(keyword):
        return iter(things)


def c_list(of: Any, keyword: str, make: Any, things: Iterable[Any]) -> Tuple[Any, int]:
    """An array of what each thing becomes, and how many there are. An element at fault is named."""
    made = []
    for index, thing in enumerate(several(keyword, things)):
        with naming(f"{keyword}[{index}]"):
            made.append(make(thing))
    return (of * len(made))(*made), len(made)


def words_of(given: Mapping[str, Any], names: Sequence[str]) -> Dict[str, Optional[bytes]]:
    """Strings, as C has them."""
    words: Dict[str, Optional[bytes]] = {}
    for name in names:
        with naming(name):
            words[name] = None if given[name] is None else c_path(given[name])
    return words


def c_walk(given: Mapping[str, Any], lent: List[Any]) -> Any:
    """The struct for the keywords that are of the walk."""
    walk = with_integers(CWalk(size=ctypes.sizeof(CWalk), flags=given["flags"] & all_of(WalkFlag),
                               **words_of(given, WALK_WORDS)), **{name: given[name] for name in WALK_NUMBERS})
    for name, count in LISTS.items():
        kind, make = (CGlob, c_glob) if name == "globs" else (c_char_p, c_path)
        array, length = c_list(kind, name, make, given[name])
        lent.append(array)
        setattr(walk, name, ctypes.addressof(array))
        setattr(walk, count, length)
    return walk


def c_patterns(options: Any, patterns: Union[Pattern, Iterable[Pattern]], flags: int, lent: List[Any]) -> None:
    """Sets what search_explain() needs, too: patterns and flags."""
    if not isinstance(flags, int):
        raise TypeError(f"flags={flags!r} is no integer")
    if flags & ~(all_of(MatchFlag) | all_of(WalkFlag) | all_of(ResultFlag)):
        raise OverflowError(f"flags={flags:d} has bits that are no flag")
    if isinstance(patterns, (str, bytes, bytearray, memoryview)):
        patterns = [patterns]
    array, options.pattern_count = c_list(CPattern, "patterns", c_pattern, patterns)
    lent.append(array)
    options.patterns = ctypes.addressof(array)
    options.match_flags, options.result_flags = flags & all_of(MatchFlag), flags & all_of(ResultFlag)


def c_options(given: Mapping[str, Any], handles: Mapping[str, c_void_p], lent: List[Any], borrowed: List[Any]) -> Any:
    """The struct for the keywords of Search. `handles`: of its pool and its tree, if it has them."""
    options = COptions(size=ctypes.sizeof(COptions), **handles, **words_of(given, WORDS))
    c_patterns(options, given["patterns"], given["flags"], lent)
    with_integers(options, caller_flags=given["caller_flags"], **{name: given[name] for name in NUMBERS})
    walk = c_walk(given, lent)
    lent.append(walk)
    options.walk = ctypes.addressof(walk)
    sources, options.source_count = c_list(CSource, "sources", c_source, given["sources"])
    with naming("overlays"):
        pairs = dict(given["overlays"] or {}).items()
    overlays, options.overlay_count = c_list(COverlay, "overlays", c_overlay, pairs)
    options.sources, options.overlays = ctypes.addressof(sources), ctypes.addressof(overlays)
    borrowed += sources, overlays
    return options


class MoreSources:
    """search_options.next_source, of an iterable. The library calls it on the thread that takes items."""
    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources, self.last = several("more_sources", sources), None
        self.memory: List[Any] = []  # lent as long as the search is open
        self.failure: Optional[BaseException] = None
        self.ended = not sources  # the library was told so

    def take(self, _: Any, source: Any) -> int:
        try:
            self.last = source[0] = c_source(next(self.sources))  # its strings are read before the next call
            if self.last.kind == SourceKind.MEMORY:  # type: ignore[attr-defined]
                self.memory.append(self.last)
            return 1
        except StopIteration:
            self.ended = True
            return 0
        except BaseException as failure:  # ctypes would only print it
            self.failure = failure
            return -1


def explain(patterns: Union[Pattern, Iterable[Pattern]], *, flags: Flags = 0, syntax: Syntax = Syntax.ONIGURUMA,
            library: Library = None) -> str:
    """How a search with these would look for its patterns, and why: what makes it slow, if it is.

    Each line is one fact, `key: value`; search_explain(3) lists them. Raises SearchError if a pattern does not compile.
    """
    lent: List[Any] = []
    options = with_integers(COptions(ctypes.sizeof(COptions)), syntax=syntax)
    c_patterns(options, patterns, flags, lent)
    walk = CWalk(size=ctypes.sizeof(CWalk), flags=flags & all_of(WalkFlag))
    options.walk = ctypes.addressof(walk)
    error, text = CError(ctypes.sizeof(CError)), ctypes.create_string_buffer(1 << 16)
    status = load(library).search_explain(options, text, len(text), error)
    if status < 0:
        raise error_of(status, error)
    return text.value.decode()
