# SPDX-License-Identifier: BSD-2-Clause
"""Threads of the library, one per processor: they search without Python's lock. The queues are in the library."""
from psearch import Search

from .library import options, refusing, sources


def search(what, paths):
    with Search(what.patterns, *sources(paths), **options(what)) as found:
        yield from refusing(what, paths, found)
