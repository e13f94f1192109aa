# SPDX-License-Identifier: BSD-2-Clause
"""An executor, of threads, processes or interpreters (--executor). A future has one result, which is no queue: so it
searches some files until it has max_matches, and says where the next one has to go on."""
from ..executors import opened
from ..grep import in_order
from .lines import batches, files, here, page, selector

CHILDREN = True


def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    with opened(what) as (submit, workers):
        def ask(*task):
            return submit(page, *task).result

        tasks = batches(files(what, paths), what.max_files)
        yield from in_order(lambda task: here(what, task, ask), tasks, 2 * workers)
