# SPDX-License-Identifier: BSD-2-Clause
"""One thread: the caller's, which searches in next()."""
from psearch import NO_WORKERS, Search

from .library import options, refusing, sources


def search(what, paths):
    with Search(what.patterns, *sources(paths), workers=NO_WORKERS, **options(what)) as found:
        yield from refusing(what, paths, found)
