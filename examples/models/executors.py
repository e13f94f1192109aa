# SPDX-License-Identifier: BSD-2-Clause
"""The executor that --executor names."""
import concurrent.futures
import contextlib
import os
import sys

from .grep import interrupts_held

KINDS = {"thread": "ThreadPoolExecutor", "process": "ProcessPoolExecutor", "interpreter": "InterpreterPoolExecutor"}


@contextlib.contextmanager
def opened(what):
    """Its submit(), and how many workers it has. However it is left, no future is started after that."""
    workers = min(what.max_files, os.cpu_count() or 1)
    try:
        kind = getattr(concurrent.futures, KINDS[what.executor])
    except AttributeError:
        raise OSError(f"this Python has no {KINDS[what.executor]}: it came with 3.14") from None
    path = {} if what.executor != "interpreter" else dict(  # a new interpreter has the path of a new Python
        initializer=exec, initargs=(f"import sys; sys.path[:] = {sys.path!r}", ))
    executor = kind(workers, **path)

    def submit(*task):
        with interrupts_held():  # it starts its processes when it needs them
            return executor.submit(*task)

    try:
        yield submit if what.executor == "process" else executor.submit, workers
    finally:
        executor.shutdown(cancel_futures=True)
