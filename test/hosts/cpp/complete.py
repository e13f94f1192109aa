#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""complete.py PSEARCH_JSON PSEARCH_HPP: writes C++ that holds the wrapper against the header: complete().

The wrapper's names follow from the header's. So a constant, an option, a field or a function that the header has and
the wrapper lacks makes a program that does not compile, or this fail; one that the wrapper passes on wrongly makes
the program fail.
"""
import json
import re
import sys

with open(sys.argv[1]) as file:
    header = json.load(file)
with open(sys.argv[2]) as file:
    wrapper = re.sub(r"/\*.*?\*/|//[^\n]*", " ", file.read(), flags=re.S)
problems = []

# What the names of an enum's constants begin with, where that is not the enum's own name.
PREFIXES = {"search_status": "", "search_source_kind": "SOURCE_", "search_item_kind": "ITEM_",
            "search_tree_trust": "TREE_"}
# Why the wrapper need not call these: it has initialisers of C++, and is compiled with the header.
UNUSED_FUNCTIONS = re.compile(r"search_\w+_init|search_layout")
# These are what C++ says in another way, or numbers of the header's version.
UNUSED_CONSTANTS = re.compile(r"SEARCH_VERSION_\w+")
# Arrays of an options struct, with an element of each in C++.
ELEMENTS = {
    "patterns": '"x"', "sources": '"x"', "overlays": 'psearch::overlay::removed("x")', "globs": '{"x"}',
    "ignore_files": '"x"', "git_configs": '"x"',
}
# wrapper.cpp shows that these are passed on.
OTHERS = {"walk", "next_source", "next_source_context", "pool", "tree"}

lines = [
    "// Made by complete.py.", '#include "psearch.hpp"', "#include <cstring>", "#include <iostream>",
    "static int bad;",
    "static void check(bool is, const char *what) {",
    "if (!is) { std::cout << what << \" is not passed on\\n\"; bad = 1; } }",
]


def constants():
    in_enums = set()
    for enum, names in header["enums"].items():
        short = enum.removeprefix("search_")
        prefix = "SEARCH_" + PREFIXES.get(enum, re.sub(r"(?<!ITEM)_FLAG$", "", short.upper()) + "_")
        in_enums.update(names)
        for name in names:
            if not name.startswith(prefix):
                problems.append(f"{name} of enum {enum} does not begin with {prefix}")
            member = f"psearch::{short}::{name.removeprefix(prefix).lower()}"
            lines.append(f"static_assert(static_cast<long>({member}) == {name});")
        if short.endswith("_flag"):
            lines.append(f"static_assert(psearch::is_flag<psearch::{short}>::value);")
    for name in header["constants"]:
        if name not in in_enums and not UNUSED_CONSTANTS.fullmatch(name):
            lines.append(f"static_assert(psearch::{name.removeprefix('SEARCH_').lower()} == {name});")


def fields(struct):
    for name, kind in header["structs"][struct]:
        if name != "size" and not name.startswith("reserved"):
            yield name, kind


def given(struct, member, raw):
    """Sets each field of an options struct, and compares with what the library would get."""
    value = 2
    for name, kind in fields(struct):
        at = f"{member}{name}"
        if name in OTHERS or name.removesuffix("_count") + "s" in ELEMENTS:
            continue
        if name in ELEMENTS:
            count = name.removesuffix("s") + "_count"
            set_it = f"{at}.push_back({ELEMENTS[name]}); {at}.push_back({ELEMENTS[name]});"
            is_so = f"{raw}{name} != nullptr && {raw}{count} == 2"
        elif kind == "const char *":
            set_it, is_so = f'{at} = "{name}";', f'{raw}{name} != nullptr && std::strcmp({raw}{name}, "{name}") == 0'
        elif kind.startswith("enum search_"):
            enum = kind.removeprefix("enum search_")
            value += 1
            set_it = f"{at} = static_cast<psearch::{enum}>({value}U);"
            is_so = f"{raw}{name} == {value}U"
        elif kind in ("int", "uint32_t", "uint64_t", "size_t"):
            value += 1
            set_it, is_so = f"{at} = {value};", f"{raw}{name} == {value}"
        else:
            problems.append(f"{struct}.{name} is {kind}: say in complete.py how C++ has it")
            continue
        lines.append(f'static void {struct}_{name}() {{ psearch::options o; {set_it} '
                     f'const psearch::detail::arguments a(o); check({is_so}, "{struct}.{name}"); }}')
        calls.append(f"{struct}_{name}();")


def shared_options(of):
    for name, _ in fields(f"search_{of}_options"):
        if not re.search(rf"raw\.{name} = (static_cast<std::uint32_t>\()?o\.{name}\)?;", wrapper):
            problems.append(f"psearch::{of} does not pass on search_{of}_options.{name}")
        lines.append(f"static_assert(sizeof(psearch::{of}_options::{name}) == sizeof(search_{of}_options::{name}));")


def taken(struct, call):
    """Fills each field of a struct of the library's, and asks the wrapper for it."""
    known = dict(fields(struct))
    lines.append(f"static void {struct}_is_read() {{ {call[0]}")
    value = 1
    for name, kind in fields(struct):
        value += 1
        length = {"path": "path_length", "text": "length", "spans": "span_count", "groups": "group_count"}.get(name)
        if name in ("path_length", "length", "span_count", "group_count"):
            continue
        if length in known and kind == "const char *":
            lines.append(f'raw.{name} = "{name}"; raw.{length} = {len(name)};')
            is_so = f'it.{name}() == "{name}"'
        elif length in known:
            lines.append(f"static const {kind.removeprefix('const ').removesuffix('*')}{name}[2] = {{}};")
            lines.append(f"raw.{name} = {name}; raw.{length} = 2;")
            is_so = f"it.{name}().data() == {name} && it.{name}().size() == 2"
        elif kind == "const char *" or kind.startswith("char["):
            lines.append(f'raw.{name} = "{name}";' if kind[-1] == "*" else f'std::strcpy(raw.{name}, "{name}");')
            is_so = f'std::strcmp(it.{name}(), "{name}") == 0'
        elif name == "offset" and struct == "search_error":
            lines.append("raw.offset = 99; raw.subject = SEARCH_SUBJECT_PATTERN;")
            is_so = "it.offset() == 99U"
        elif name == "subject":
            lines.append("raw.subject = SEARCH_SUBJECT_PATTERN;")
            is_so = "it.subject() == psearch::subject::pattern"
        else:
            lines.append(f"raw.{name} = {value};")
            is_so = f"static_cast<long>(it.{name}()) == {value}"
        lines.append(f'{{ {call[1]} check({is_so}, "{struct}.{name}"); }}')
    lines.append("}")
    calls.append(f"{struct}_is_read();")


def elements(struct, known):
    """A struct that the wrapper fills in, and wrapper.cpp shows that it does: a new field has to be thought of."""
    for name, _ in fields(struct):
        if name not in known:
            problems.append(f"{struct}.{name} is new: the wrapper has to know it, and then complete.py")


calls = []
constants()
given("search_options", "o.", "a.raw.")
given("search_walk", "o.walk.", "a.raw.walk->")
shared_options("pool")
shared_options("tree")
taken("search_item", ("search_item raw = search_item();", "const psearch::item it(&raw);"))
taken("search_error", ("psearch::failure it; search_error &raw = *it.raw();", ""))
elements("search_pattern", {"text", "length", "flags"})
elements("search_source", {"kind", "descriptor", "path", "name", "data", "size"})
elements("search_overlay", {"path", "data", "size", "flags"})
elements("search_glob", {"text", "flags", "group"})
for function in header["functions"]:
    if not UNUSED_FUNCTIONS.fullmatch(function) and not re.search(rf"(?<!struct )::{function}\b", wrapper):
        problems.append(f"psearch.hpp does not call {function}()")
for struct in header["structs"]:
    if not re.search(rf"\b{struct}\b", wrapper):
        problems.append(f"psearch.hpp does not use struct {struct}")
lines.append("int complete() {\n" + "\n".join(calls) + "\nreturn bad;\n}")
if problems:
    sys.exit("\n".join(problems))
print("\n".join(lines))
