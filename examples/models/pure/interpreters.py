# SPDX-License-Identifier: BSD-2-Clause
"""Interpreters in one process, each in a thread of its own; each searches a file at a time.

Its connection is the queue for the matches of that file. It is bounded like this: after each max_matches of them the
interpreter waits for the word that they were taken.
"""
import os

from ..grep import in_order
from ..subinterpreters import Pipe, run
from .lines import FileSearch, Record, files, selector


def serve(connection, what):
    """In an interpreter: searches the files that come, until None does."""
    while (file := connection.recv()) is not None:
        for sent, item in enumerate(FileSearch(what, file), 1):
            connection.send(item)
            if sent % what.max_matches == 0:
                connection.recv()
        connection.send(None)


def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    idle, threads = [], []

    def connected():
        """A connection to an interpreter that has nothing to do."""
        if idle:
            return idle.pop()
        ours, theirs = Pipe()
        threads.append(run(serve, theirs, what))
        return ours

    def submit(file):
        if isinstance(file, Record):
            return lambda: ([file], None)
        connection = connected()
        connection.send(file)

        def found():
            for taken, item in enumerate(iter(connection.recv, None), 1):
                yield item
                if taken % what.max_matches == 0:
                    connection.send(True)
            idle.append(connection)
        return lambda: (found(), None)

    workers = min(what.max_files, os.cpu_count() or 1)
    yield from in_order(submit, files(what, paths), workers)
    for connection in idle:
        connection.send(None)
    for thread in threads:
        thread.join()
