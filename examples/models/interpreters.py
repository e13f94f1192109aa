# SPDX-License-Identifier: BSD-2-Clause
"""Interpreters in one process, each in a thread of its own, each with a search of its own.

An interpreter serves pages through a connection, of which it has one end.
"""
import os

from .grep import in_order
from .library import here, page, pieces, refusing
from .subinterpreters import Pipe, run


def serve(connection, what):
    """In an interpreter: pages for pieces, until None comes."""
    while (piece := connection.recv()) is not None:
        connection.send(page(what, piece))


def search(what, paths):
    idle, threads = [], []
    for _ in range(min(what.max_files, 2 * (os.cpu_count() or 1))):
        ours, theirs = Pipe()
        idle.append(ours)
        threads.append(run(serve, theirs, what))

    def ask(piece):
        connection = idle.pop()
        connection.send(piece)

        def wait():
            result = connection.recv()
            idle.append(connection)
            return result
        return wait

    yield from refusing(what, paths, in_order(lambda piece: here(what, piece, ask), pieces(what, paths), len(idle)))
    for connection in idle:
        connection.send(None)
    for thread in threads:
        thread.join()
