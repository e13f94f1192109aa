# SPDX-License-Identifier: BSD-2-Clause
"""Processes, each of which searches a piece of the whole, and sends a page of what it finds through a pipe.

There is no multiprocessing.Pool: its terminate() can wait for a lock that a process had which it has ended.
"""
import multiprocessing
import os

from .grep import in_order, interrupts_held
from .library import here, page, pieces, refusing

CHILDREN = True


def serve(connection, what):
    """In a process: pages for pieces, until it is ended."""
    while True:
        connection.send(page(what, connection.recv()))


def search(what, paths):
    idle, processes = [], []
    with interrupts_held():
        for _ in range(min(what.max_files, os.cpu_count() or 1)):
            ours, theirs = multiprocessing.Pipe()
            idle.append(ours)
            processes.append(multiprocessing.Process(target=serve, args=(theirs, what), daemon=True))
            processes[-1].start()

    def ask(piece):
        connection = idle.pop()
        connection.send(piece)

        def wait():
            result = connection.recv()
            idle.append(connection)
            return result
        return wait

    try:
        found = in_order(lambda piece: here(what, piece, ask), pieces(what, paths), len(processes))
        yield from refusing(what, paths, found)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()
