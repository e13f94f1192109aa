# SPDX-License-Identifier: BSD-2-Clause
"""Interpreters in one process, each in a thread of its own; each searches a file at a time.

Its connection is the queue for the matches of that file. It is bounded like this: after each max_matches of them the
interpreter waits for the word that they were taken. It ends when its connection is closed.
"""
import contextlib
import os

from ..connections import answering
from ..grep import in_order
from ..subinterpreters import Pipe, run
from .lines import FileSearch, Record, files, selector


def work(connection, what):
    """In an interpreter: searches the files that come."""
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            for sent, item in enumerate(FileSearch(what, connection.recv()), 1):
                connection.send(item)
                if sent % what.max_matches == 0:
                    connection.recv()
            connection.send(None)


def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    connections, idle, threads = [], [], []

    def connect():
        ours, theirs = Pipe()
        connections.append(ours)
        threads.append(run(work, theirs, what))
        return ours

    def submit(file):
        if isinstance(file, Record):
            return lambda: ([file], None)
        if file == "":  # here, since a thread that waits for it could not be ended
            return lambda: (FileSearch(what, file), None)
        connection = idle.pop() if idle else connect()
        connection.send(file)

        def found():
            taken = 0
            while item := received(connection):
                yield item
                taken += 1
                if taken % what.max_matches == 0:
                    connection.send(True)
            idle.append(connection)
        return lambda: (found(), None)

    try:
        yield from in_order(submit, files(what, paths), min(what.max_files, os.cpu_count() or 1))
    finally:
        for connection in connections:
            connection.close()
        for thread in threads:
            thread.join()


def received(connection):
    with answering():
        return connection.recv()
