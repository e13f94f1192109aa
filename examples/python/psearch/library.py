# SPDX-License-Identifier: BSD-2-Clause
"""Finds libpsearch, compares its structs with this package's, and declares its functions.

One copy of the library is loaded per path, and kept. Any number of threads may ask for it.
"""
import ctypes
import os
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Tuple, TypedDict, Union, cast

from .constants import Status
from .structs import (ELEMENTS, STRUCTS, CBuild, CError, CItem, COptions, CPoolOptions, CPoolStats, CStats,
                      CTreeOptions, CTreeStats, ItemPointers, field_names)

Library = Union[None, str, "os.PathLike[str]"]  # a path; None: $PSEARCH_LIBRARY, the checkout's, or the installed one

# What each function returns and takes. The library's other functions are in NOT_CALLED.
FUNCTIONS: Dict[str, Tuple[Any, ...]] = {
    "open": (c_int, POINTER(c_void_p), POINTER(COptions), POINTER(CError)),
    "next_many": (c_int, c_void_p, POINTER(ItemPointers), c_size_t),
    "try_next_many": (c_int, c_void_p, POINTER(ItemPointers), c_size_t),
    "cursor": (c_int, c_void_p, c_char_p, c_size_t),
    "fd": (c_int, c_void_p),
    "cancel": (None, c_void_p),
    "close": (None, c_void_p),
    "outcome": (c_int, c_void_p),
    "never": (c_int, c_void_p, POINTER(c_size_t)),
    "group_count": (c_size_t, c_void_p, c_size_t),
    "group_name": (c_char_p, c_void_p, c_size_t, c_size_t),
    "column": (c_size_t, POINTER(CItem), c_size_t, c_int),
    "stats": (c_int, c_void_p, POINTER(CStats)),
    "explain": (c_int, POINTER(COptions), c_char_p, c_size_t, POINTER(CError)),
    "pool_open": (c_int, POINTER(c_void_p), POINTER(CPoolOptions), POINTER(CError)),
    "pool_close": (None, c_void_p),
    "pool_stats": (c_int, c_void_p, POINTER(CPoolStats)),
    "tree_open": (c_int, POINTER(c_void_p), POINTER(CTreeOptions), POINTER(CError)),
    "tree_changed": (c_int, c_void_p, c_char_p),
    "tree_learn": (c_int, c_void_p, c_uint32),
    "tree_cancel": (None, c_void_p),
    "tree_save": (c_int, c_void_p, c_char_p, POINTER(CError)),
    "tree_load": (c_int, c_void_p, c_char_p, POINTER(CError)),
    "tree_stats": (c_int, c_void_p, POINTER(CTreeStats)),
    "tree_close": (None, c_void_p),
    "build": (c_int, POINTER(CBuild)),
    "layout": (c_size_t, c_char_p),
    "strerror": (c_char_p, c_int),
    "version": (c_char_p, ),
}
NOT_CALLED = {
    "next": "next_many does the same", "try_next": "try_next_many does the same",
    **dict.fromkeys((f"{of}_init" for of in ("options", "walk", "error", "stats", "build", "pool_options", "pool_stats",
                                             "tree_options", "tree_stats")),
                    "ctypes clears a struct, and the size is its first argument")}


class Build(TypedDict):
    """What the library can do."""
    version: str
    formats: str  # what DECOMPRESS reads, separated by spaces
    simd: str  # the instruction set in use: "avx2", "neon", "portable", ...
    oniguruma: str  # the version of the Oniguruma that is loaded


def check_layout(lib: Any) -> None:
    """Holds the structs of this package against those of the library that is loaded."""
    for c_name, ours in STRUCTS.items():
        places = {f"{c_name}.{name}": getattr(ours, name).offset for name in field_names(ours)}
        if ours in ELEMENTS:  # the others may be longer
            places[c_name] = ctypes.sizeof(ours)
        for what, place in places.items():
            if (theirs := lib.search_layout(what.encode())) != place:
                raise OSError(f"{lib._name} is of another version than this package: {what} is {theirs}, not {place}")


def load(path: Library = None) -> Any:
    """The library as a ctypes.CDLL, its functions declared. OSError: there is none, or it is of another version."""
    built = Path(__file__).resolve().parents[3] / "build" / "libpsearch.so.1"
    return load_file(os.fspath(path or os.environ.get("PSEARCH_LIBRARY") or (built if built.exists() else built.name)))


@lru_cache(maxsize=None)
def load_file(path: str) -> Any:
    lib = ctypes.CDLL(path)
    for name, (result, *arguments) in FUNCTIONS.items():
        function = getattr(lib, "search_" + name)
        function.restype, function.argtypes = result, arguments
    check_layout(lib)
    return lib


def build(library: Library = None) -> Build:
    """What the library can do."""
    c_build = CBuild(ctypes.sizeof(CBuild))
    load(library).search_build(c_build)
    return cast(Build, {name: (getattr(c_build, name) or b"").decode() for name in field_names(CBuild)[1:]})


def version(library: Library = None) -> str:
    """The version of the library that is loaded: three numbers, with dots."""
    return str(load(library).search_version().decode())


def strerror(status: Union[int, Status], library: Library = None) -> str:
    """A short text for a Status."""
    return str(load(library).search_strerror(status).decode())
