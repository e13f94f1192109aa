# SPDX-License-Identifier: BSD-2-Clause
"""Interpreters in one process, each in a thread of its own, each with a search of its own.

An interpreter serves pages through a connection. It ends when its connection is closed, and has to before the process
does.
"""
import os
from functools import partial

from .connections import asker, serve
from .grep import in_order
from .library import here, page, pieces, refusing
from .subinterpreters import Pipe, run


def work(connection, what):
    """In an interpreter: pages for pieces."""
    serve(connection, partial(page, what))


def search(what, paths):
    connections, threads = [], []

    def connect():
        ours, theirs = Pipe()
        connections.append(ours)
        threads.append(run(work, theirs, what))
        return ours

    ask, workers = asker([], connect), min(what.max_files, os.cpu_count() or 1)
    try:
        found = in_order(lambda piece: here(what, piece, ask), pieces(what, paths), workers)
        yield from refusing(what, paths, found)
    finally:
        for connection in connections:
            connection.close()
        for thread in threads:
            thread.join()
