# SPDX-License-Identifier: BSD-2-Clause
"""Many items as bytes, for another process: pack_items() and unpack_items().

pickle takes items one by one, with all fields of each. But the items of a search are structs in a row (see items.py),
and most bytes of a struct are the same in all of them. So, of each row:

1. The k-th bytes of all structs are a column. A column whose bytes are all equal goes as one byte.
2. Pointers do not go: where a text begins is computed from the lengths of those before it.
3. Texts go as they are in a batch, in one piece.

To unpack is to lay the columns out again. That makes a batch like those of a search, whose items are read when they
are asked. So what an item takes does not depend on the number of its fields.

Neighbours from small batches are in one row, unless their groups have different names. An item that a program has made
is no struct: it goes alone, as pickle takes it.
"""
import pickle
import sys
from array import array
from ctypes import sizeof
from itertools import accumulate, groupby
from operator import attrgetter
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from .constants import ItemKind
from .items import POINTERS, READ_GROUP, READ_SPAN, Batch, Item, Names, in_a_row, items_of, readers, restored
from .structs import CItem, field_names, reader

SIZE = sizeof(CItem)
FORMAT = "psearch items", 1, sys.byteorder, SIZE, READ_SPAN.size, READ_GROUP.size
FIELDS = {name: range(field.offset, field.offset + field.size)
          for name in field_names(CItem) for field in [getattr(CItem, name)]}  # their bytes
COLUMNS = [at for name, places in FIELDS.items() if name not in POINTERS for at in places]
MOST = 256  # items of small batches become one row: each of them keeps the text of all
NUMBERED = reader(CItem, SIZE, "kind source file_number")
ENDS = {int(ItemKind.FILE), int(ItemKind.FILE_END)}  # the kinds that have a file_number
batch_of, index_of = attrgetter("_batch"), attrgetter("_index")
Columns = Tuple[int, bytes, Dict[int, bytes]]  # the number of structs, the first one, and the columns that vary


def columns_of(data: bytes, stride: int, size: int, wanted: Iterable[int]) -> Columns:
    """Of structs of which each takes `stride` bytes, and the first `size` count; those not wanted become 0."""
    count, first, columns = len(data) // stride, bytearray(size), {}
    known: Dict[bytes, bytes] = {}  # pickle takes one object once: that makes equal columns one
    for at in wanted if count else ():
        column = data[at::stride]
        first[at] = column[0]
        if column != column[:1] * count:
            columns[at] = known.setdefault(column, column)
    return count, bytes(first), columns


def laid_out(count: int, first: bytes, columns: Mapping[int, bytes]) -> bytearray:
    """The structs again."""
    data, size = bytearray(first * count), len(first)
    for at, column in columns.items():
        data[at::size] = column
    return data


class Row:
    """What goes together: the structs of neighbours, and what they point to."""

    def __init__(self, size: int, names: Names) -> None:
        self.size, self.names, self.count = size, names, 0
        self.raw: List[bytes] = []
        self.texts: List[bytes] = []
        self.spans: List[bytes] = []
        self.groups: List[bytes] = []
        self.paths: List[str] = []
        self.messages: Dict[int, str] = {}  # by the indexes of their items here

    def add(self, batch: Batch, begin: int, end: int) -> None:
        """The items of the batch from one index to another."""
        if batch.messages:
            self.messages.update((self.count + n, text) for n, text in enumerate(batch.messages[begin:end]) if text)
        self.raw.append(batch.raw[begin * batch.size:end * batch.size])
        self.texts.append(batch.texts.of_many(begin, end))
        self.spans.append(batch.spans.of_many(begin, end))
        if batch.groups:
            self.groups.append(batch.groups.of_many(begin, end))
        self.paths += batch.paths[begin:end]
        self.count += end - begin

    def packed(self) -> Tuple[Any, ...]:
        paths = [(path, len([*same])) for path, same in groupby(self.paths)]
        return (columns_of(b"".join(self.raw), self.size, SIZE, COLUMNS), b"".join(self.texts),
                columns_of(b"".join(self.spans), READ_SPAN.size, READ_SPAN.size, range(READ_SPAN.size)),
                columns_of(b"".join(self.groups), READ_GROUP.size, READ_GROUP.size, range(READ_GROUP.size)),
                "\0".join([path for path, _ in paths]), [count for _, count in paths], self.messages, self.names)


def pack_items(items: Iterable[Item]) -> bytes:
    """Packs the items, to be sent to another process, or kept: unpack_items() gives equal ones.

    For lists as take(), batches() and list(search) give them, between the processes of multiprocessing, say: that takes
    a seventh of the time that pickle takes, and half of the bytes. A few items may as well be pickled.
    """
    rows: List[Any] = []  # each is a Row, or the parts of an item that is no struct
    for batch, neighbours in groupby(items, batch_of):
        if not batch.raw:
            rows += [item._parts() for item in neighbours]
            continue
        indexes = [*map(index_of, neighbours)]
        last = rows[-1] if rows else None
        if (not isinstance(last, Row) or last.count + len(indexes) > MOST or last.size != batch.size
                or last.names != batch.names):
            last = Row(batch.size, batch.names)
            rows.append(last)
        begin, end = indexes[0], indexes[0] + len(indexes)
        if indexes == [*range(begin, end)]:
            last.add(batch, begin, end)
        else:
            for index in indexes:
                last.add(batch, index, index + 1)
    return pickle.dumps((FORMAT, [(True, row.packed()) if isinstance(row, Row) else (False, row) for row in rows]), 5)


def bytes_of(items: Iterable[Item]) -> int:
    """The bytes of their texts, spans and groups."""
    total = 0
    for item in items:
        batch, index = item._batch, item._index
        total += batch.texts.lengths[index] + batch.spans.lengths[index]
        if batch.groups:
            total += batch.groups.lengths[index]
    return total


def unpack_items(packed: bytes) -> List[Item]:
    """The items that pack_items() has packed.

    It uses pickle: never unpack what comes from somebody you do not trust. ValueError: it was packed by another version
    of this package, or on another kind of machine.
    """
    return unpack_numbered(packed)[0]


def unpack_numbered(packed: bytes, source: int = 0, files: Optional[int] = None) -> Tuple[List[Item], int]:
    """The items of a part of a search, with the numbers that they have in the whole.

    `source` comes before the part's first source, `files` files before its first one (None: as they were). Also returns
    how many files come before the next part.
    """
    form, rows = pickle.loads(packed)
    if form != FORMAT:
        raise ValueError(f"packed as {form}, not as {FORMAT}: by another version of psearch, or on another kind of "
                         "machine; there, use pickle")
    items: List[Item] = []
    for is_row, parts in rows:
        if is_row:
            batch, files = batch_of_row(parts, source, files)
            items += items_of(batch, len(batch.kinds))
            continue
        item = restored(*parts)
        if source:
            item = item._replace(source=source + item.source)
        if files is not None and item.kind in ENDS:
            item, files = item._replace(file_number=files), files + 1
        items.append(item)
    return items, files or 0


def batch_of_row(row: Any, source: int, files: Optional[int]) -> Tuple[Batch, Optional[int]]:
    """The opposite of Row.packed()."""
    structs, texts, spans, groups, paths, repeats, messages, names = row
    batch, raw = Batch(), laid_out(*structs)
    files = number(raw, source, files)
    batch.raw, batch.size, batch.names, batch.lib = bytes(raw), SIZE, names, None
    (batch.kinds, _, _, batch.lines, _, lengths, _, span_counts, _) = zip(*readers(SIZE)[0].iter_unpack(raw))
    batch.texts = in_a_row(texts, lengths)
    batch.spans = in_a_row(bytes(laid_out(*spans)), [n * READ_SPAN.size for n in span_counts])
    batch.groups = None
    if groups[0]:
        group_counts = [count for _, count in readers(SIZE)[1].iter_unpack(raw)]
        batch.groups = in_a_row(bytes(laid_out(*groups)), [n * READ_GROUP.size for n in group_counts])
    batch.paths = [path for path, times in zip(paths.split("\0"), repeats) for _ in range(times)]
    batch.messages = [messages.get(index, "") for index in range(len(lengths))] if messages else ()
    return batch, files


def number(structs: bytearray, source: int, files: Optional[int]) -> Optional[int]:
    """Adds to sources, and numbers files from `files` on; returns the next number."""
    kinds, sources, numbers = zip(*NUMBERED.iter_unpack(structs))
    if source:
        put(structs, "source", [source + of for of in sources])
    if files is not None and not ENDS.isdisjoint(kinds):
        ends = [kind in ENDS for kind in kinds]
        put(structs, "file_number", [n if end else old for n, end, old in
                                     zip(accumulate(ends, initial=files), ends, numbers)])
        files += sum(ends)
    return files


def put(structs: bytearray, name: str, values: Sequence[int]) -> None:
    """Sets a field of 64 bits in all of them."""
    data = array("Q", values).tobytes()
    for n, at in enumerate(FIELDS[name]):
        structs[at::SIZE] = data[n::8]
