# SPDX-License-Identifier: BSD-2-Clause
"""Processes, each of which searches a piece of the whole, and sends a page of what it finds through a pipe.

The processes are started first, when this one has no other thread. There is no multiprocessing.Pool: its terminate()
can wait for a lock that a process had which it has ended.
"""
import multiprocessing
import os
from functools import partial

from .connections import asker, serve
from .grep import in_order, interrupts_held
from .library import here, page, pieces, refusing

CHILDREN = True


def work(ours, theirs, what):
    """In a process: pages for pieces, until its parent has gone."""
    ours.close()  # inherited
    serve(theirs, partial(page, what))


def search(what, paths):
    idle, processes = [], []
    try:
        for _ in range(min(what.max_files, os.cpu_count() or 1)):
            ours, theirs = multiprocessing.Pipe()
            with interrupts_held():
                processes.append(multiprocessing.Process(target=work, args=(ours, theirs, what), daemon=True))
                processes[-1].start()
            theirs.close()
            idle.append(ours)
        ask = asker(idle)
        found = in_order(lambda piece: here(what, piece, ask), pieces(what, paths), len(processes))
        yield from refusing(what, paths, found)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
