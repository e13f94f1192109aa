# SPDX-License-Identifier: BSD-2-Clause
"""Items on their way to the client: as psearch.pack_items() packs them, after the number of the chunk's first source.

A worker knows neither the sources of other chunks nor the files of other pages, so it counts both from 0. Source and
file_number become those of the whole search where the items are unpacked.
"""
from typing import List, Sequence, Tuple

from psearch import Item, pack_items
from psearch.packing import unpack_numbered

NUMBER = 8  # bytes


def pack_page(items: Sequence[Item], first: int) -> bytes:
    """The items of a chunk whose first source has that index."""
    return first.to_bytes(NUMBER, "little") + pack_items(items)


def unpack_page(packed: bytes, files: int) -> Tuple[List[Item], int]:
    """The items; the first file among them gets the number `files`. And the number after the last one.

    A worker cannot number files: it does not know which could not be read elsewhere.
    """
    first = int.from_bytes(packed[:NUMBER], "little")
    return unpack_numbered(packed[NUMBER:], first, files)
