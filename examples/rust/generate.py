#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""generate.py PSEARCH_JSON PSEARCH_H DIRECTORY: writes sys.rs and names.rs, so that the crate has what the header has.

sys.rs has the structs, functions and constants as they are. names.rs has what follows from these without thought: flags
and enums, setters of options that are numbers, getters of an item's fields that are, statistics. What is left, pointers
and arrays, is written by hand; a field of that kind that is not known here is an error.
"""
import json
import re
import sys
import textwrap

with open(sys.argv[1]) as file:
    header = json.load(file)
with open(sys.argv[2]) as file:
    text = file.read()
NUMBERS = {"int": "c_int", "size_t": "usize", "uint32_t": "u32", "uint64_t": "u64", "int64_t": "i64"}
# Fields that src/*.rs handle by hand.
BY_HAND = {
    "search_options": {"patterns", "sources", "next_source", "next_source_context", "walk", "encoding", "pool",
                       "overlays", "resume", "until", "tree"},
    "search_walk": {"globs", "ignore_files", "git_configs", "git_excludes", "home"},
    "search_item": {"path", "path_length", "text", "length", "spans", "span_count", "groups", "group_count", "message",
                    "error"},
    "search_error": {"code", "system_error", "subject", "reason_at", "index", "offset", "message"},
    "search_pattern": {"text", "length", "flags"},
    "search_source": {"kind", "descriptor", "path", "name", "data", "size"},
    "search_overlay": {"path", "data", "size", "flags"},
    "search_glob": {"text", "flags", "group"},
    "search_build": {"version", "formats", "simd", "oniguruma"},
}
PREFIXES = {"search_status": "", "search_source_kind": "SOURCE_", "search_item_kind": "ITEM_",
            "search_tree_trust": "TREE_"}
# Enums that the library returns: a later version may have more values.
RETURNED = {"search_status", "search_subject", "search_item_kind", "search_reason", "search_outcome", "search_never"}
WHAT = {
    "search_status": "What a call returned.", "search_subject": "Which of the options an error is about.",
    "search_syntax": "How patterns are written.", "search_source_kind": "What a source is.",
    "search_priority": "Which searches of a pool go first.", "search_item_kind": "What an item is.",
    "search_reason": "Why there is an item of kind `Error`.", "search_outcome": "How a search ended.",
    "search_never": "Why a pattern can never match.", "search_unit": "What columns are counted in.",
    "search_tree_trust": "How a search finds out whether what was learnt still holds.",
}
TOP = "// SPDX-License-Identifier: BSD-2-Clause\n// Made by generate.py of psearch.h.\n"


def camel(name):
    return "".join(part.capitalize() for part in name.split("_"))


def rust_type(kind):
    if kind in NUMBERS:
        return NUMBERS[kind]
    if kind == "int (*)(void *context, struct search_source *source)":
        return 'Option<unsafe extern "C" fn(*mut c_void, *mut search_source) -> c_int>'
    array = re.fullmatch(r"char\[(\d+)\]", kind)
    if array:
        return f"[c_char; {array[1]}]"
    found = re.fullmatch(r"(const )?(struct |enum )?(\w+) ?([* const]*)", kind)
    if not found:
        sys.exit(f"generate.py: a type that it does not know: {kind}")
    const, tag, name, pointers = found.groups()
    result = {"char": "c_char", "void": "c_void"}.get(name) or NUMBERS.get(name) or ("u32" if tag == "enum " else name)
    for token in re.findall(r"\*|const", pointers):
        if token == "const":
            const = True
        else:
            result, const = f"*{'const' if const else 'mut'} {result}", False
    return result


def docs(comment, indent, name):
    comment = re.sub(r"\s*\n\s*\*?\s*", " ", comment).strip()
    comment = re.sub(r"([\[\]<>*])", r"\\\1", comment)
    wrapped = textwrap.wrap(f"`{name}`{': ' + comment if comment else ''}", 110 - len(indent), break_on_hyphens=False)
    return "".join(f"{indent}/// {line}\n" for line in wrapped)


def constant_docs(name, indent):
    found = re.search(rf"\b{name} = [^,/}}]*,?\s*/\*(.*?)\*/", text, re.S)
    return docs(found[1] if found else "", indent, name)


def field_docs(struct, field, indent):
    body = re.search(rf"^struct {struct} \{{(.*?)^\}};", text, re.S | re.M)[1]
    found = re.search(rf"\b{field};[ \t]*/\*(.*?)\*/", body, re.S)
    return docs(found[1] if found else "", indent, f"{struct}.{field}")


def fields(struct):
    return [(n, k) for n, k in header["structs"][struct] if n != "size" and not n.startswith("reserved")]


def is_number(kind):
    return kind in NUMBERS or kind.startswith("enum ")


def numbers(struct):
    """The fields that are numbers; the others have to be known."""
    names = {n for n, _ in fields(struct)}
    counts = {n[:-1] + "_count" for n in names if n.endswith("s")}
    by_hand = BY_HAND.get(struct, set())
    for name, kind in fields(struct):
        if name in by_hand or name in counts:
            continue
        if not is_number(kind):
            sys.exit(f"generate.py: {struct}.{name} is a {kind}: write it by hand, and add it to BY_HAND")
        yield name, kind


def sys_rs():
    out = [TOP, "//! The C interface as it is: see `psearch.h`, which is the contract.\n",
           "#![allow(non_camel_case_types, missing_docs)]\n",
           "use std::ffi::{c_char, c_int, c_void};\nuse std::mem::{offset_of, size_of};\n"]
    opaque = sorted({m for f in header["functions"].values() for p in f[1:] if p
                     for m in re.findall(r"struct (\w+)", p[1])} - set(header["structs"]))
    for name, value in header["constants"].items():
        if value == "SIZE_MAX":
            out.append(f"pub const {name}: usize = usize::MAX;\n")
        else:
            kind = "c_int" if name in header["enums"]["search_status"] else "u32"
            out.append(f"pub const {name}: {kind} = {value};\n")
    for name in opaque:
        out.append(f"\n#[repr(C)]\n#[derive(Debug)]\npub struct {name} {{\n    _private: [u8; 0],\n}}\n")
    for name, members in header["structs"].items():
        equal = ", PartialEq, Eq, Hash" if all(is_number(k) for _, k in members) else ""
        out.append(f"\n#[repr(C)]\n#[derive(Clone, Copy, Debug{equal})]\npub struct {name} {{\n")
        for field, kind in members:
            out.append(field_docs(name, field, "    ") if not field.startswith("reserved") else "")
            out.append(f"    pub {field}: {rust_type(kind)},\n")
        out.append("}\n")
    out.append('\nextern "C" {\n')
    for name, (result, *parameters) in header["functions"].items():
        listed = ", ".join(f"{p}: {rust_type(kind)}" for p, kind in parameters)
        returned = "" if result == "void" else f" -> {rust_type(result)}"
        line = f"    pub fn {name}({listed}){returned};\n"
        out.append(line if len(line) < 110 else line.replace("(", "(\n        ").replace(", ", ",\n        "))
    out.append("}\n\n/// The size of each struct, and the place of each field, as `search_layout` names them.\n")
    out.append("pub const LAYOUT: &[(&str, usize)] = &[\n")
    for name, members in header["structs"].items():
        out.append(f'    ("{name}", size_of::<{name}>()),\n')
        for field, _ in members:
            out.append(f'    ("{name}.{field}", offset_of!({name}, {field})),\n')
    out.append("];\n")
    return "".join(out)


def member(enum, name):
    short = enum.removeprefix("search_")
    prefix = PREFIXES.get(enum, re.sub(r"(?<!ITEM)_FLAG$", "", short.upper()) + "_")
    return name.removeprefix("SEARCH_").removeprefix(prefix)


def flags(enum, names):
    out = f"flags!(\n    /// Flags of `enum {enum}`: `A | B`.\n    {camel(enum.removeprefix('search_'))}s {{\n"
    for name in names:
        out += constant_docs(name, " " * 8) + f"        {member(enum, name)} = sys::{name},\n"
    return out + "    }\n);\n"


def one_of(enum, names):
    kind = "c_int" if enum in ("search_status", "search_outcome", "search_never") else "u32"
    macro = "returned" if enum in RETURNED else "chosen"
    out = f"{macro}!(\n    /// {WHAT[enum]}\n    {camel(enum.removeprefix('search_'))}: {kind} {{\n"
    for name in names:
        cast = "" if (kind == "u32" or enum == "search_status") else " as c_int"
        out += constant_docs(name, " " * 8) + f"        {camel(member(enum, name))} = sys::{name}{cast},\n"
    return out + "    }\n);\n"


def of_enum(kind):
    short = camel(kind.removeprefix("enum search_"))
    return short + "s" if short.endswith("Flag") else short


def setters(struct, builder, at, rename):
    kept = f"/// The fields of `{struct}` that are numbers.\n#[derive(Clone, Debug, Default)]\n"
    kept += f"pub(crate) struct {at} {{\n"
    fill = f"impl {at} {{\n    pub(crate) fn fill(&self, raw: &mut sys::{struct}) {{\n"
    out = f"/// Numbers and flags. What is not set is 0, which means the library's default.\nimpl {builder} {{\n"
    for name, kind in numbers(struct):
        method = rename.get(name, name)
        given = NUMBERS.get(kind) or of_enum(kind)
        value = "value" if kind in NUMBERS else "value.raw()"
        kept += f"    {name}: {rust_type(kind)},\n"
        fill += f"        raw.{name} = self.{name};\n"
        out += field_docs(struct, name, "    ")
        out += f"    pub fn {method}(&mut self, value: {given}) -> &mut Self {{\n"
        out += f"        self.{at.lower()}.{name} = {value};\n        self\n    }}\n"
    return kept + "}\n" + fill + "    }\n}\n" + out + "}\n"


def getters():
    out = "/// The fields that are numbers.\nimpl Item<'_> {\n"
    for name, kind in numbers("search_item"):
        returned = NUMBERS.get(kind) or of_enum(kind)
        value = f"self.raw.{name}" if kind in NUMBERS else f"{returned}::from_raw(self.raw.{name})"
        out += field_docs("search_item", name, "    ")
        out += f"    pub fn {name}(&self) -> {returned} {{\n        {value}\n    }}\n"
    return out + "}\n"


def statistics(struct, name, what):
    out = f"/// {what}\n#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]\n#[non_exhaustive]\n"
    out += f"pub struct {name} {{\n"
    made = f"impl {name} {{\n    pub(crate) fn from_raw(raw: &sys::{struct}) -> Self {{\n        Self {{\n"
    for field, kind in numbers(struct):
        out += field_docs(struct, field, "    ") + f"    pub {field}: {rust_type(kind)},\n"
        made += f"            {field}: raw.{field},\n"
    return out + "}\n" + made + "        }\n    }\n}\n"


def names_rs():
    out = [TOP, "//! Flags, enums and numbers of `psearch.h`.\n",
           "use crate::item::Item;\nuse crate::macros::{chosen, flags, returned};\nuse crate::options::Options;\n"
           "use crate::pool::PoolOptions;\nuse crate::sys;\nuse crate::tree::TreeOptions;\nuse std::ffi::c_int;\n"]
    for enum, names in header["enums"].items():
        out.append(flags(enum, names) if enum.endswith("_flag") else one_of(enum, names))
    out.append(setters("search_options", "Options", "Numbers", {}))
    out.append(setters("search_walk", "Options", "Walk", {"flags": "walk_flags"}))
    out.append(setters("search_pool_options", "PoolOptions", "PoolNumbers", {}))
    out.append(setters("search_tree_options", "TreeOptions", "TreeNumbers", {}))
    out.append(getters())
    out.append(statistics("search_stats", "Stats", "How far a search has come."))
    out.append(statistics("search_pool_stats", "PoolStats", "How a pool is used."))
    out.append(statistics("search_tree_stats", "TreeStats", "What a tree has."))
    return "\n".join(out)


for struct, known in BY_HAND.items():
    list(numbers(struct))
    if struct not in ("search_options", "search_walk", "search_item"):
        for field, _ in fields(struct):
            if field not in known:
                sys.exit(f"generate.py: {struct}.{field} is new: write it by hand, and add it to BY_HAND")
for name, made in ("sys.rs", sys_rs()), ("names.rs", names_rs()):
    with open(f"{sys.argv[3]}/{name}", "w") as file:
        file.write(made)
