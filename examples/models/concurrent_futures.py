# SPDX-License-Identifier: BSD-2-Clause
"""An executor, of threads, processes or interpreters (--executor): the same few lines for each of them.

Whatever it is, it has pieces of the search to do, whose pages are its futures' results.
"""
from .executors import opened
from .grep import in_order, interrupts_held
from .library import here, page, pieces, refusing

CHILDREN = True


def search(what, paths):
    with opened(what) as (executor, workers):
        def submit(piece):
            with interrupts_held():  # it starts its processes when it needs them
                return here(what, piece, lambda piece: executor.submit(page, what, piece).result)

        yield from refusing(what, paths, in_order(submit, pieces(what, paths), 2 * workers))
