# SPDX-License-Identifier: BSD-2-Clause
"""declarations.py BUILD LAYOUT STRUCTS: psearch.json with ctypes, and psearch.cdef with cffi. Called by
test_declarations.sh. LAYOUT has the values that the compiler found, STRUCTS is the file of them for this word size."""
import ctypes
import json
import re
import sys
from pathlib import Path

BUILD, LAYOUT, STRUCTS = map(Path, sys.argv[1:])
LIBRARY = BUILD / "libpsearch.so.1"
DATA = json.loads((BUILD / "psearch.json").read_text())
SIZES = dict(line.split() for line in STRUCTS.read_text().splitlines())
VALUES = dict(line.split() for line in (LAYOUT / "constants").read_text().splitlines())
bad = 0


def expect(what, found, should):
    global bad
    if found == should:
        return
    bad += 1
    if isinstance(should, dict):
        found, should = dict(found.items() - should.items()), dict(should.items() - found.items())
    print(f"Python: {what} is {found}, should be {should}")


def c_type(text):
    """The ctypes type of a type of the header's, as a generator of wrappers would find it."""
    if "*" in text:
        return ctypes.c_void_p
    if array := re.fullmatch(r"char\[(\d+)\]", text):
        return ctypes.c_char * int(array[1])
    return {"enum": ctypes.c_uint32, "int": ctypes.c_int, "size_t": ctypes.c_size_t, "uint32_t": ctypes.c_uint32,
            "uint64_t": ctypes.c_uint64, "int64_t": ctypes.c_int64}[text.split()[0]]


def constants():
    """Each constant, as a number of 32 bits, which is how the compiler was asked."""
    named = {name: -1 if value == "SIZE_MAX" else value for name, value in DATA["constants"].items()
             if not name.startswith("SEARCH_VERSION_")}
    expect("psearch.json's constants", {name: value % 2**32 for name, value in named.items()},
           {name: int(value) % 2**32 for name, value in VALUES.items()})
    in_enums = [name for names in DATA["enums"].values() for name in names]
    expect("constants that are in two enums", len(in_enums), len(set(in_enums)))
    expect("constants of enums", set(in_enums) <= named.keys(), True)


def with_ctypes():
    found = {}
    for name, fields in DATA["structs"].items():
        struct = type(name, (ctypes.Structure,), {"_fields_": [(field, c_type(kind)) for field, kind in fields]})
        found[name] = str(ctypes.sizeof(struct))
        found.update({f"{name}.{field}": str(getattr(struct, field).offset) for field, _ in fields})
    expect("the layout by psearch.json", found, SIZES)
    lib = ctypes.CDLL(str(LIBRARY))
    lib.search_version.restype = ctypes.c_char_p
    expect("the version", lib.search_version().decode(), DATA["version"])
    header = Path("include/psearch.h").read_text()
    expect("the functions", list(DATA["functions"]), re.findall(r"^SEARCH_API .*?(search_\w+)\(", header, re.M))


def with_cffi(cffi):
    ffi = cffi.FFI()
    ffi.cdef((BUILD / "psearch.cdef").read_text())
    lib = ffi.dlopen(str(LIBRARY))
    found = {}
    for name in SIZES:
        struct, _, field = name.partition(".")
        found[name] = str(ffi.offsetof(f"struct {struct}", field) if field else ffi.sizeof(f"struct {struct}"))
    expect("the layout by cffi", found, SIZES)
    for name, value in DATA["constants"].items():
        if value != "SIZE_MAX":
            expect(name, getattr(lib, name), value)

    text, needle = ffi.new("char[]", b"one\ntwo Needles\n"), ffi.new("char[]", b"needle")
    pattern = ffi.new("struct search_pattern *", {"text": needle, "length": 6})
    source = ffi.new("struct search_source *", {"kind": lib.SEARCH_SOURCE_MEMORY, "data": text, "size": 16})
    options = ffi.new("struct search_options *")
    lib.search_options_init(options, ffi.sizeof("struct search_options"))
    options.patterns, options.pattern_count, options.sources, options.source_count = pattern, 1, source, 1
    options.match_flags = lib.SEARCH_MATCH_IGNORE_CASE | lib.SEARCH_MATCH_FIXED
    options.workers = lib.SEARCH_NO_WORKERS
    out, item, lines = ffi.new("struct search **"), ffi.new("const struct search_item **"), []
    expect("search_open", lib.search_open(out, options, ffi.NULL), lib.SEARCH_OK)
    while lib.search_next(out[0], item) == lib.SEARCH_ITEM:
        spans = [(item[0].spans[i].begin, item[0].spans[i].end) for i in range(item[0].span_count)]
        lines.append((item[0].kind, item[0].line, ffi.string(item[0].text, item[0].length), spans))
    lib.search_close(out[0])
    expect("the items", lines, [(lib.SEARCH_ITEM_MATCH, 2, b"two Needles", [(4, 10)])])


constants()
with_ctypes()
try:
    import cffi as found_cffi
except ImportError:
    print("left out: cffi, as there is no module of that name")
else:
    with_cffi(found_cffi)
sys.exit(bad > 0)
