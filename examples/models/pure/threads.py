# SPDX-License-Identifier: BSD-2-Clause
"""Threads that take files from one queue. Each file has a queue for its matches, and a queue of these keeps the order.

The threads take files in this order, too, so the file whose matches are awaited is always at work or done. One thread
at a time runs Python code; the others get on while it waits for the disk.
"""
from queue import Queue, SimpleQueue
from threading import Thread

from .lines import files, search_file, selector


def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    order, tasks = Queue(what.max_files), SimpleQueue()

    def walk():
        for file in files(what, paths):
            matches = Queue(what.max_matches)
            order.put(matches)  # waits until one of those before is empty
            tasks.put((file, matches))
        order.put(None)
        for _ in range(what.max_files):
            tasks.put(None)

    def work():
        while task := tasks.get():
            file, matches = task
            for item in search_file(what, file):
                matches.put(item)
            matches.put(None)

    for target in (walk, *[work] * what.max_files):
        Thread(target=target, daemon=True).start()  # if nobody takes what they find, they wait until the process ends
    for matches in iter(order.get, None):
        yield from iter(matches.get, None)
