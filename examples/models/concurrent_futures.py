# SPDX-License-Identifier: BSD-2-Clause
"""An executor, of threads, processes or interpreters (--executor): the same few lines for each of them.

Whatever it is, it has pieces of the search to do, whose pages are its futures' results.
"""
from .executors import opened
from .grep import in_order
from .library import here, page, pieces, refusing

CHILDREN = True


def search(what, paths):
    with opened(what) as (submit, workers):
        def ask(piece):
            return submit(page, what, piece).result

        found = in_order(lambda piece: here(what, piece, ask), pieces(what, paths), 2 * workers)
        yield from refusing(what, paths, found)
