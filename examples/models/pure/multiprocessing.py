# SPDX-License-Identifier: BSD-2-Clause
"""Processes, each of which searches a file at a time, and has a queue for the matches of that file.

The next file goes to a process whose queue is empty. A process has a file open until its last match is in the queue.
"""
import multiprocessing
import os
from queue import Empty

from ..grep import in_order, interrupts_held
from .lines import FileSearch, Record, files, selector

CHILDREN = True


def work(what, tasks, matches):
    """In a process: searches the files that come, until None does."""
    for file in iter(tasks.get, None):
        for item in FileSearch(what, file):
            matches.put(item)
        matches.put(None)


def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    idle, processes = [], []
    with interrupts_held():
        for _ in range(min(what.max_files, os.cpu_count() or 1)):
            queues = multiprocessing.SimpleQueue(), multiprocessing.Queue(what.max_matches)
            processes.append(multiprocessing.Process(target=work, args=(what, *queues), daemon=True))
            processes[-1].start()
            idle.append((processes[-1], *queues))

    def submit(file):
        if isinstance(file, Record):
            return lambda: ([file], None)
        if file == "":  # a child has no standard input
            return lambda: (FileSearch(what, file), None)
        process, tasks, matches = worker = idle.pop()
        tasks.put(file)

        def found():
            yield from iter(lambda: taken(process, matches), None)
            idle.append(worker)
        return lambda: (found(), None)

    try:
        yield from in_order(submit, files(what, paths), len(processes))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


def taken(process, matches):
    """The next of its matches. A queue that a killed process filled says nothing of it, so it is looked after."""
    while True:
        try:
            return matches.get(timeout=1)
        except Empty:
            if not process.is_alive():
                raise RuntimeError("a process that searches has ended before its work: was it killed?") from None
