# SPDX-License-Identifier: BSD-2-Clause
"""Processes, each of which searches a piece of the whole, and sends a page of what it finds."""
import multiprocessing
import os

from .grep import in_order, interrupts_held
from .library import here, page, pieces, refusing

CHILDREN = True


def search(what, paths):
    workers = min(what.max_files, os.cpu_count() or 1)
    with interrupts_held():
        pool = multiprocessing.Pool(workers)  # left by an exception, it ends its processes

    def submit(piece):
        return here(what, piece, lambda piece: pool.apply_async(page, (what, piece)).get)

    with pool:
        yield from refusing(what, paths, in_order(submit, pieces(what, paths), 2 * workers))
        pool.close()
        pool.join()
