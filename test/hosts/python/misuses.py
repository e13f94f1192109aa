# SPDX-License-Identifier: BSD-2-Clause
"""Each line with "refused" is a mistake that mypy must find, and no other line is one. It is never run."""
from psearch import Item, Pool, Search, Tree

search = Search("x", ".", max_matches=10)
Search("x", ".", max_match=10)  # refused: there is no such keyword
Search("x", ".", max_matches="10")  # refused: not a number
Search(5, ".")  # refused: not a pattern
Search("x", 1.5)  # refused: not a source
Search("x", globs=[("*.c", "EXCLUDE")])  # refused: flags are numbers
Search("x", overlays={"path": "text"})  # refused: a text is bytes
Pool(threads=4)  # refused: there is no such keyword
Tree(trust="told")  # refused: a TreeTrust is needed
Search("x", tree="src")  # refused: a Tree is needed
for item in search:
    item.line_number  # refused: there is no such field
    item.line = 5  # refused: an item is immutable
    path: bytes = item.path  # refused: it is a string
    assert isinstance(item, Item)
search.stats()["found"]  # refused: there is no such counter
search.take()  # refused: how many?
