# SPDX-License-Identifier: BSD-2-Clause
"""The structs of psearch.h for ctypes, with the header's fields in its order. load() compares them with the library's.

What other modules of the package need to know of a struct, they derive from these: which fields are numbers, how the
bytes of an item are read. So a new field is written down once here, and, if it is an option, once as a keyword.
"""
import ctypes
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_int, c_void_p
from struct import Struct
from typing import Any, Dict, List, Type

TYPES: Dict[str, Any] = {
    "z": ctypes.c_size_t, "u": ctypes.c_uint32, "q": ctypes.c_uint64, "i": c_int, "s": c_char_p, "p": c_void_p,
    "m": ctypes.c_char * 256, "t": ctypes.c_int64}
CODES = {ctypes.c_size_t: "N", ctypes.c_uint32: "I", ctypes.c_uint64: "Q", c_int: "i", c_char_p: "P", c_void_p: "P",
         ctypes.c_int64: "q"}  # the same for the module struct
STRUCTS: Dict[str, Type[ctypes.Structure]] = {}  # all of them, by their names in C


def struct(c_name: str, layout: str) -> Type[ctypes.Structure]:
    """Makes the struct: "type name name, type name"."""
    fields = [(field, TYPES[group.split()[0]]) for group in layout.split(",") for field in group.split()[1:]]
    name = "".join(word.title() for word in c_name.split("_")[1:])
    STRUCTS[c_name] = type("C" + name, (ctypes.Structure, ), {"_fields_": fields})
    return STRUCTS[c_name]


CPattern = struct("search_pattern", "s text, z length, u flags reserved, q reserved2")
CSource = struct("search_source", "u kind, i descriptor, s path name data, z size, q reserved1 reserved2 reserved3")
COverlay = struct("search_overlay", "s path data, z size, u flags reserved, q reserved2")
CError = struct("search_error", "z size, i code system_error, u subject reason_at, z index offset, m message")
CGlob = struct("search_glob", "s text, u flags group, q reserved")
CWalk = struct("search_walk", "z size, u flags max_depth, q max_file_size, p globs, z glob_count, p ignore_files, "
               "z ignore_file_count, p git_configs, z git_config_count, s git_excludes home")
COptions = struct("search_options", "z size, p patterns, z pattern_count, p sources, z source_count, p next_source "
                  "next_source_context walk, s encoding, z max_item_bytes, u match_flags result_flags syntax workers "
                  "max_open_files max_queued_matches before_context after_context split_bytes, i output_fd, "
                  "q max_queued_bytes max_line_bytes max_matches max_matches_per_file timeout_ms max_multiline_bytes, "
                  "p pool, u priority caller_flags, p overlays, z overlay_count, s resume until, "
                  "u max_line_ms reserved, p tree")
CSpan = struct("search_span", "z begin end, u pattern first_group")
CGroup = struct("search_group", "z begin end")
CItem = struct("search_item", "u kind flags, q source, p path, z path_length, q line offset, p text, z length, "
               "q line_bytes text_offset, p spans, z span_count, i error, u reason, s message, q matches bytes, "
               "p groups, z group_count, q file_number file_size inode device, t modified, u modified_ns reserved")
CStats = struct("search_stats", "z size workers, q files_found files_searched files_skipped directories bytes matches "
                "errors peak_open_files peak_queued_matches peak_queued_bytes replaced files_ruled_out")
CPoolOptions = struct("search_pool_options", "z size, u workers max_open_files, q max_queued_bytes max_memory")
CPoolStats = struct("search_pool_stats", "z size workers searches, q open_files peak_open_files queued_bytes "
                    "peak_queued_bytes memory peak_memory")
CTreeOptions = struct("search_tree_options", "z size, q max_bytes, u trust learn_percent max_watches reserved")
CTreeStats = struct("search_tree_stats", "z size, q bytes peak_bytes directories files signatures signature_bytes "
                    "text_bytes dropped refused ruled_out learnt watches unwatched overflows changes")
CBuild = struct("search_build", "z size, s version formats simd oniguruma")
ELEMENTS = CPattern, CSource, COverlay, CGlob, CSpan, CGroup  # of arrays: no version of the library makes them longer

NO_GROUP: int = ctypes.c_size_t(-1).value
# Made once: when another interpreter of this process imports ctypes, its cache of such types is emptied, and
# a second POINTER of the same would be another type, which the functions of the library refuse.
ItemPointers: Any = POINTER(c_void_p)
NextSource: Any = CFUNCTYPE(c_int, c_void_p, POINTER(CSource))


def field_names(c_struct: Type[ctypes.Structure]) -> List[str]:
    """The names of its fields, in order."""
    return [field[0] for field in c_struct._fields_]


def numbers_of(c_struct: Type[ctypes.Structure]) -> List[str]:
    """The fields that are a number and a keyword: no pointer, no flags, and not how many there are of something."""
    return [field[0] for field in c_struct._fields_ if field[1] not in (c_char_p, c_void_p)
            and field[0] not in ("size", "reserved", "reserved2") and not field[0].endswith(("flags", "_count"))]


def reader(c_struct: Type[ctypes.Structure], size: int = 0, only: str = "") -> Struct:
    """What makes tuples of the bytes of structs that are `size` bytes long each, with all fields or only some."""
    wanted, at, codes = only.split() or field_names(c_struct), 0, "="
    native = {code: "=" + {4: "I", 8: "Q"}[Struct("@" + code).size] for code in "NP"}
    for name in wanted:
        code = CODES[dict(field[:2] for field in c_struct._fields_)[name]]
        place = getattr(c_struct, name).offset
        codes += f"{place - at}x{native.get(code, code).lstrip('=')}"
        at = place + getattr(c_struct, name).size
    return Struct(f"{codes}{max(size, ctypes.sizeof(c_struct)) - at}x")


def with_integers(c_struct: Any, **integers: int) -> Any:
    """The struct with these fields set: ctypes alone would cut off the bits that do not fit."""
    for name, value in integers.items():
        try:
            setattr(c_struct, name, value)
        except TypeError:
            raise TypeError(f"{name}={value!r} is no integer") from None
        if getattr(c_struct, name) != value:
            raise OverflowError(f"{name}={value} does not fit its {8 * getattr(type(c_struct), name).size} bits")
    return c_struct


def values_of(c_struct: ctypes.Structure) -> Dict[str, int]:
    """What the library has filled in, by name."""
    return {name: getattr(c_struct, name) for name in field_names(type(c_struct))[1:]}
