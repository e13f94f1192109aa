# SPDX-License-Identifier: BSD-2-Clause
"""Processes on any machines that have the same files, by Dask's futures; pages as with an executor.

A task costs a millisecond and more, so it gets many files. A relative path is one for the workers only if they run in
this directory.
"""
from ..cluster import connected
from ..grep import in_order
from .lines import batches, files, here, page, selector

CHILDREN = True
FILES = 128  # of a task


def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    with connected(what) as (client, workers):
        def submit(task):
            return here(what, task, lambda *task: client.submit(page, *task, pure=False).result)

        yield from in_order(submit, batches(files(what, paths), FILES), 2 * workers)
