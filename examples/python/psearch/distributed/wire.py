# SPDX-License-Identifier: BSD-2-Clause
"""Items on their way to the client: by columns, which take less time and room than one item after the other.

A page has hundreds of items, and most of the fields are the same in all of them: such a column is one value.
"""
import pickle
from itertools import repeat
from operator import attrgetter
from typing import Any, List, Sequence, Tuple

from psearch import FILE, FILE_END, Item

FIELDS = Item._fields
row_of = attrgetter(*FIELDS)
KIND, SOURCE, GROUPS, FILE_NUMBER = map(FIELDS.index, ("kind", "source", "groups", "file_number"))


def pack(items: Sequence[Item], first: int) -> bytes:
    """The items of a chunk whose first source has that index."""
    columns: List[Any] = [*zip(*map(row_of, items))]
    if any(map(any, columns[GROUPS])):  # an item may know more of groups than fields say, such as their names
        return pickle.dumps((0, [item._replace(source=first + item.source) for item in items] if first else items), 5)
    columns[SOURCE] = tuple([first + source for source in columns[SOURCE]])
    return pickle.dumps((len(items), [column[:1] if column.count(column[0]) == len(column) else column
                                      for column in columns]), 5)


def unpack(packed: bytes, files: int) -> Tuple[List[Item], int]:
    """The items; the first file among them gets the number `files`. And the number after the last one.

    A worker cannot number files: it does not know which could not be read elsewhere.
    """
    count, columns = pickle.loads(packed)
    if count == 0:
        items = columns
    else:
        rows = zip(*[repeat(column[0], count) if len(column) == 1 else column for column in columns])
        items = [*map(Item._make, rows)]
    if count != 0 and not {FILE, FILE_END} & {*columns[KIND]}:
        return items, files
    for index, item in enumerate(items):
        if item.kind in (FILE, FILE_END):
            if item.file_number != files:
                items[index] = item._replace(file_number=files)
            files += 1
    return items, files
