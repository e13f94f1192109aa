# SPDX-License-Identifier: BSD-2-Clause
"""Items: what a search finds, as values that stay valid for ever.

The library's items die with the next call. So all that were taken together are copied together, in a few large pieces,
to a Batch; an Item is a place in one, and makes Python objects of a field when it is asked for. Most programs look at
two or three of the 23 fields, and many only at some of the items.

1. A Batch follows no pointer into the library's memory, and never changes, except that `records` is made on first use.
2. The texts of a batch are in one piece, as are its spans and its groups. Where an item's begins is told by addresses:
   the library's, of which the first is that of the piece, or new ones that begin with 0.

The library has the texts of a batch in one piece, too, mostly; then one copy takes them all. Whether it does is seen
from the addresses. Nothing is read that is not within a text, a span or a group.
"""
import builtins
import os
from ctypes import c_char_p, c_void_p, string_at
from functools import lru_cache
from itertools import accumulate
from operator import itemgetter
from struct import Struct
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from .constants import ItemFlag, ItemKind, Reason, Unit
from .errors import known
from .library import load
from .structs import NO_GROUP, CGroup, CItem, CSpan, field_names, reader

READ_SPAN, READ_GROUP = reader(CSpan), reader(CGroup)
RECORD = {name: index for index, name in enumerate(field_names(CItem))}
POINTERS = "path", "text", "spans", "message", "groups"
NUMBERS = [name for name in RECORD if name not in (*POINTERS, "path_length", "length", "span_count", "group_count")]
numbers_of = itemgetter(*[RECORD[name] for name in NUMBERS])  # of a record, whose other fields are then made 0
record_of = itemgetter(*[NUMBERS.index(name) if name in NUMBERS else -1 for name in RECORD])
Names = Mapping[int, Mapping[str, Sequence[int]]]  # of a pattern's groups: their numbers


@lru_cache(maxsize=None)
def item_size(lib: Any) -> int:
    """Of the library that is loaded, which may be newer and have longer items."""
    return int(lib.search_layout(b"search_item"))


@lru_cache(maxsize=None)
def readers(size: int) -> Tuple[Struct, Struct, Struct]:
    """For items of that size: one for what is copied at once, one for that of groups, and one for all fields."""
    return (reader(CItem, size, "kind path path_length line text length spans span_count message"),
            reader(CItem, size, "groups group_count"), reader(CItem, size))


class Arrays:
    """Copies of the arrays of several items: bytes, spans or groups."""
    __slots__ = ("data", "base", "addresses", "lengths")

    def __init__(self, data: bytes, base: int, addresses: Sequence[int], lengths: Sequence[int]) -> None:
        self.data, self.base, self.addresses, self.lengths = data, base, addresses, lengths

    def of(self, index: int) -> bytes:
        """The bytes of one item's."""
        begin = self.addresses[index] - self.base
        return self.data[begin:begin + self.lengths[index]]

    def of_many(self, begin: int, end: int) -> bytes:
        """Those of the items from one index to another, which follow each other in `data`."""
        last = end - 1
        return self.data[self.addresses[begin] - self.base:self.addresses[last] - self.base + self.lengths[last]]


def copied(addresses: Sequence[int], lengths: Sequence[int]) -> Arrays:
    """Copies what is at these addresses: as many bytes as `lengths` says."""
    first, last, total = addresses[0], addresses[-1], sum(lengths)
    if total == 0:
        return Arrays(b"", 0, addresses, lengths)
    if last + lengths[-1] - first == total and (*accumulate(lengths[:-1], initial=first), ) == addresses:
        return Arrays(string_at(first, total), first, addresses, lengths)
    data = b"".join([string_at(*place) for place in zip(addresses, lengths) if place[1]])
    return in_a_row(data, lengths)


def in_a_row(data: bytes, lengths: Sequence[int]) -> Arrays:
    """The same for a copy that one has."""
    return Arrays(data, 0, [*accumulate(lengths, initial=0)], lengths)


def alone(data: bytes) -> Arrays:
    """The same for one item."""
    return Arrays(data, 0, (0, ), (len(data), ))


class Batch:
    """Copies of the items that the library has handed out together, or of one that has not come from it: no `raw`."""
    __slots__ = ("raw", "size", "kinds", "paths", "lines", "texts", "spans", "messages", "groups", "names", "lib",
                 "records")
    raw: bytes
    size: int
    kinds: Sequence[int]
    paths: Sequence[str]
    lines: Sequence[int]
    texts: Arrays
    spans: Arrays
    messages: Sequence[str]
    groups: Optional[Arrays]
    names: Names
    lib: Any
    records: List[Tuple[int, ...]]

    def __getattr__(self, name: str) -> Any:
        if name != "records":
            raise AttributeError(name)
        self.records = [*readers(self.size)[2].iter_unpack(self.raw)]  # by several threads at once, if so: the same
        return self.records


def copy_items(lib: Any, pointers: Any, count: int, names: Optional[Names]) -> "List[Item]":
    """The items that the library has handed out together; names are those of groups, if there are groups."""
    batch = Batch()
    batch.lib, batch.names, batch.size = lib, names or {}, item_size(lib)
    first, size = pointers[0], batch.size
    if count == 1 or pointers[:count] == [*range(first, first + count * size, size)]:
        batch.raw = string_at(first, count * size)
    else:
        batch.raw = b"".join([string_at(address, size) for address in pointers[:count]])
    at_once, of_groups, _ = readers(size)
    (batch.kinds, paths, path_lengths, batch.lines, texts, lengths, spans, span_counts,
     messages) = zip(*at_once.iter_unpack(batch.raw))
    batch.texts = copied(texts, lengths)
    batch.spans = copied(spans, [n * READ_SPAN.size for n in span_counts])
    batch.groups = None
    if names is not None:
        groups, group_counts = zip(*of_groups.iter_unpack(batch.raw))
        batch.groups = copied(groups, [n * READ_GROUP.size for n in group_counts])
    if paths.count(paths[0]) == count:  # of the same file
        batch.paths = (os.fsdecode(string_at(paths[0], path_lengths[0])), ) * count
    else:
        batch.paths = [os.fsdecode(string_at(*place)) for place in zip(paths, path_lengths)]
    batch.messages = [string_at(m).decode(errors="replace") if m else "" for m in messages] if any(messages) else ()
    return items_of(batch, count)


def single(numbers: Sequence[int], path: str, text: bytes, spans: Iterable[Sequence[int]],
           groups: Iterable[Sequence[int]], message: str, names: Names) -> Batch:
    """A batch of one item: the fields NUMBERS, and the others."""
    batch = Batch()
    record = record_of((*numbers, 0))
    batch.raw, batch.size, batch.names, batch.lib, batch.records = b"", 0, names, None, [record]
    batch.kinds, batch.lines = (record[RECORD["kind"]], ), (record[RECORD["line"]], )
    batch.paths, batch.messages, batch.texts = (path, ), (message, ), alone(text)
    batch.spans = alone(b"".join([READ_SPAN.pack(*span) for span in spans]))
    batch.groups = alone(b"".join([READ_GROUP.pack(*group) for group in groups]))
    return batch


def items_of(batch: Batch, count: int) -> "List[Item]":
    items, new = [], Item.__new__
    for index in range(count):
        item = new(Item)
        item._batch = batch
        item._index = index
        items.append(item)
    return items


kind_of, reason_of, flags_of = (lru_cache(maxsize=None)(of) for of in (
    lambda kind: known(ItemKind, kind), lambda reason: known(Reason, reason), ItemFlag))


class Item:
    """One thing found: an immutable value. Fields that its kind does not use are 0, empty or NONE.

    An item keeps the text of those that were taken with it, at most 256 lines or so. alone() gives one that does not.
    Two items are equal if all their fields are. They can be pickled; for many, see pack_items().
    """
    __slots__ = ("_batch", "_index")
    _batch: Batch
    _index: int
    __match_args__ = ("kind", "flags", "source", "path", "line", "offset", "text", "line_bytes", "text_offset", "spans",
                      "error", "reason", "message", "matches", "bytes", "patterns", "groups", "file_number",
                      "file_size", "inode", "device", "modified", "modified_ns")
    _fields = __match_args__

    def __init__(self, kind: ItemKind, flags: int = 0, source: int = 0, path: str = "", line: int = 0, offset: int = 0,
                 text: builtins.bytes = b"", line_bytes: int = 0, text_offset: int = 0,
                 spans: Iterable[Tuple[int, int]] = (), error: int = 0, reason: int = Reason.NONE, message: str = "",
                 matches: int = 0, bytes: int = 0,
                 patterns: Iterable[int] = (), groups: Iterable[Sequence[Optional[Tuple[int, int]]]] = (),
                 file_number: int = 0, file_size: int = 0, inode: int = 0, device: int = 0, modified: int = 0,
                 modified_ns: int = 0) -> None:
        fields = dict(locals())
        places, owners, captured = [*spans], [*patterns], [*groups]
        owners += [0] * (len(places) - len(owners))
        captured += [()] * (len(places) - len(captured))
        flat = [(NO_GROUP, NO_GROUP) if group is None else group for of in captured for group in of]
        firsts = accumulate(map(len, captured), initial=0)
        numbers = [fields.get(name, 0) for name in NUMBERS]
        spread = [(*span, owner, first) for span, owner, first in zip(places, owners, firsts)]
        self._batch, self._index = single(numbers, path, text, spread, flat, message, {}), 0

    @property
    def kind(self) -> ItemKind:
        """What it is: MATCH, CONTEXT, BINARY, ERROR, FILE_END or FILE (an int where a newer library has another)."""
        return kind_of(self._batch.kinds[self._index])  # type: ignore[no-any-return]

    @property
    def flags(self) -> ItemFlag:
        """What else there is to say."""
        return flags_of(self._batch.records[self._index][1])  # type: ignore[no-any-return]

    @property
    def source(self) -> int:
        """The index of the source: those of `more_sources` follow the others."""
        return self._batch.records[self._index][2]

    @property
    def path(self) -> str:
        """The name to show; bytes that are not UTF-8 are surrogates, as in all paths in Python."""
        return self._batch.paths[self._index]

    @property
    def line(self) -> int:
        """The line number, from 1; 0 with NO_LINE_NUMBERS."""
        return self._batch.lines[self._index]

    @property
    def offset(self) -> int:
        """Where the line starts, in bytes of the file, or of the text it is decoded to. BINARY: where the NUL is."""
        return self._batch.records[self._index][6]

    @property
    def text(self) -> builtins.bytes:
        """MATCH, CONTEXT: the line, in UTF-8 unless the file is not, without its terminator."""
        texts, index = self._batch.texts, self._index
        begin = texts.addresses[index] - texts.base
        return texts.data[begin:begin + texts.lengths[index]]  # of() takes longer

    @property
    def line_bytes(self) -> int:
        """The bytes of the whole line, which are more than those of `text` with ItemFlag.WINDOW."""
        return self._batch.records[self._index][9]

    @property
    def text_offset(self) -> int:
        """Where in the line `text` begins; 0 without ItemFlag.WINDOW."""
        return self._batch.records[self._index][10]

    def _spans(self) -> List[Tuple[int, ...]]:
        """The structs of its spans: begin, end, pattern, first_group."""
        return [*READ_SPAN.iter_unpack(self._batch.spans.of(self._index))]

    @property
    def spans(self) -> Tuple[Tuple[int, int], ...]:
        """MATCH: where the matches are, in bytes from the line's start: begin, and end, which is not part of it."""
        return tuple([(begin, end) for begin, end, _, _ in self._spans()])

    @property
    def patterns(self) -> Tuple[int, ...]:
        """For each span, which of the patterns matched."""
        return tuple([pattern for _, _, pattern, _ in self._spans()])

    @property
    def groups(self) -> Tuple[Tuple[Optional[Tuple[int, int]], ...], ...]:
        """For each span, where its groups are, from group 1 on, as in spans; None is one that took no part."""
        spans, groups = self._spans(), self._batch.groups
        places = [None if begin == NO_GROUP else (begin, end)
                  for begin, end in READ_GROUP.iter_unpack(groups.of(self._index) if groups else b"")]
        firsts = [*(span[3] for span in spans), len(places)] if places else [0] * (len(spans) + 1)
        return tuple([tuple(places[a:b]) for a, b in zip(firsts, firsts[1:])])

    @property
    def error(self) -> int:
        """ERROR: errno, or 0 if no system call failed."""
        return self._batch.records[self._index][13]

    @property
    def reason(self) -> Reason:
        """ERROR: why."""
        return reason_of(self._batch.records[self._index][14])  # type: ignore[no-any-return]

    @property
    def message(self) -> str:
        """ERROR: reason and remedy in a sentence, without the path."""
        return self._batch.messages[self._index] if self._batch.messages else ""

    @property
    def matches(self) -> int:
        """FILE_END: how many lines match."""
        return self._batch.records[self._index][16]

    @property
    def bytes(self) -> int:
        """FILE_END: bytes of text; 0 if the search stopped before the end of the file."""
        return self._batch.records[self._index][17]

    @property
    def file_number(self) -> int:
        """FILE, FILE_END: how many such items came before it."""
        return self._batch.records[self._index][20]

    @property
    def file_size(self) -> int:
        """FILE, FILE_END, with FILE_INFO: bytes on disk, or of the memory."""
        return self._batch.records[self._index][21]

    @property
    def inode(self) -> int:
        """With FILE_INFO."""
        return self._batch.records[self._index][22]

    @property
    def device(self) -> int:
        """With FILE_INFO."""
        return self._batch.records[self._index][23]

    @property
    def modified(self) -> int:
        """With FILE_INFO: time of modification, in seconds since 1970,"""
        return self._batch.records[self._index][24]

    @property
    def modified_ns(self) -> int:
        """and nanoseconds."""
        return self._batch.records[self._index][25]

    def group(self, span: int = 0, group: Union[int, str] = 0) -> Optional[builtins.bytes]:
        """What a match is, or what one of its groups matched: by number, or by name.

        None if the group took no part. If several have the name, the last one that took part counts. IndexError: there
        is no such span or group; without GROUPS there is none. ValueError: it is not within the `text` of an item with
        ItemFlag.WINDOW.
        """
        if isinstance(group, str):
            numbers = self._batch.names.get(self.patterns[span], {}).get(group)
            if numbers is None:
                raise IndexError(f"no group of pattern {self.patterns[span]} is called {group!r}")
        else:
            numbers = (group, )
        for number in reversed(numbers):
            if number < 0:
                raise IndexError(f"group {number}: groups are numbered from 1")
            place = self.groups[span][number - 1] if number else self.spans[span]
            if place is not None:
                begin, end = place[0] - self.text_offset, place[1] - self.text_offset
                if begin < 0 or end > len(self.text):
                    raise ValueError(f"bytes {place[0]} to {place[1]} of the line are not within the item's text")
                return self.text[begin:end]
        return None

    def column(self, byte: int, unit: int = Unit.CODE_POINTS) -> int:
        """How many units of the line precede this byte of it, counted as in spans: a column, from 0.

        A byte that is not part of valid UTF-8 is one unit. With ItemFlag.WINDOW the count starts at the window.
        """
        text = self.text  # which lives as long as the struct that points to it
        item = CItem(text=c_void_p.from_buffer(c_char_p(text)).value, length=len(text), text_offset=self.text_offset)
        return int((self._batch.lib or load()).search_column(item, byte, unit))

    def columns(self, unit: int = Unit.CODE_POINTS) -> Tuple[Tuple[int, int], ...]:
        """The spans in these units: for an editor, Unit.UTF16."""
        return tuple([(self.column(begin, unit), self.column(end, unit)) for begin, end in self.spans])

    def alone(self) -> "Item":
        """An equal item that does not keep the text of others."""
        return restored(*self._parts())

    def _values(self) -> Tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._fields])

    def _parts(self) -> Tuple[Any, ...]:
        """What single() takes."""
        batch, index = self._batch, self._index
        groups = [*READ_GROUP.iter_unpack(batch.groups.of(index))] if batch.groups else ()
        return (numbers_of(batch.records[index]), batch.paths[index], self.text, self._spans(), groups, self.message,
                self._names())

    def _names(self) -> Names:
        names = self._batch.names
        return {pattern: names[pattern] for pattern in self.patterns if pattern in names} if names else {}

    @classmethod
    def _make(cls, values: Iterable[Any]) -> "Item":
        """An item of the values of _fields."""
        return cls(*values)

    def _asdict(self) -> Dict[str, Any]:
        """The fields by name."""
        return dict(zip(self._fields, self._values()))

    def _replace(self, **fields: Any) -> "Item":
        """The item with other values of some fields."""
        return remade({**self._asdict(), **fields}.values(), self._names())

    def __repr__(self) -> str:
        shown = self._asdict()
        return "Item(" + ", ".join(f"{name}={value!r}" for name, value in shown.items()
                                   if value or name in ("kind", "path")) + ")"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Item) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> Tuple[Any, ...]:
        return restored, self._parts()


def remade(values: Iterable[Any], names: Names) -> Item:
    """An item of its values and the names of its groups."""
    item = Item._make(values)
    item._batch.names = names
    return item


def restored(*parts: Any) -> Item:
    """An item of its _parts(): what pickle calls."""
    return items_of(single(*parts), 1)[0]
