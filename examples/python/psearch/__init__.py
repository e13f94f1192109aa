# SPDX-License-Identifier: BSD-2-Clause
"""Ordered parallel text search from Python, by libpsearch and ctypes alone.

    with Search(r"TODO|FIXME", "src", flags=IGNORE_CASE | IGNORE_VCS, max_matches=100) as search:
        for item in search:
            print(item.path, item.line, item.text)

    async with Search("word", "src", globs=["*.c", ("test/", EXCLUDE, 1)]) as search:
        async for item in search:
            ...

    with Pool(workers=4) as pool:
        searches = [Search(word, "src", pool=pool) for word in words]

    with Tree() as tree:
        first = [*Search("word", "src", tree=tree)]
        tree.learn(500)
        second = [*Search("other", "src", tree=tree)]  # opens only files that can match

help(Search) tells the options, help(Item) what is found. The library is found by the argument `library`, by
$PSEARCH_LIBRARY, in the build directory of the checkout that this file is in, or installed.
"""
from . import constants
from .constants import *  # noqa: F401,F403
from .counters import PoolStats, Stats, TreeStats
from .errors import SearchError
from .items import Item
from .library import Build, build, check_layout, load, strerror, version
from .library import Library as Library
from .options import Flags as Flags
from .options import Glob as Glob
from .options import Path as Path
from .options import Pattern as Pattern
from .options import Source as Source
from .options import Text as Text
from .options import explain
from .packing import pack_items, unpack_items
from .pool import Pool
from .search import Batches, Search
from .tree import Tree

__version__ = "1.0.0"
__all__ = ["Batches", "Build", "Item", "Pool", "PoolStats", "Search", "SearchError", "Stats", "Tree", "TreeStats",
           "build", "check_layout", "explain", "load", "pack_items", "strerror", "unpack_items",
           "version"]  # and the types of arguments, whose names others have, too
__all__ += constants.__all__
