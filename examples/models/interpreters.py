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

    def connected():
        """A connection to an interpreter that has nothing to do."""
        if idle:
            return idle.pop()
        ours, theirs = Pipe()
        threads.append(run(serve, theirs, what))
        return ours

    def ask(piece):
        connection = connected()
        connection.send(piece)

        def wait():
            result = connection.recv()
            idle.append(connection)
            return result
        return wait

    workers = min(what.max_files, os.cpu_count() or 1)
    found = in_order(lambda piece: here(what, piece, ask), pieces(what, paths), workers)
    yield from refusing(what, paths, found)
    for connection in idle:
        connection.send(None)
    for thread in threads:
        thread.join()
