# SPDX-License-Identifier: BSD-2-Clause
"""An executor, of threads, processes or interpreters (--executor). A future has one result, which is no queue: so it
searches some files until it has max_matches, and says where the next one has to go on."""
from ..executors import opened
from ..grep import in_order, interrupts_held
from .lines import batches, files, here, page, selector

CHILDREN = True


def search(what, paths):
    selector(what)  # a pattern that does not compile fails here
    with opened(what) as (executor, workers):
        def submit(task):
            with interrupts_held():  # it starts its processes when it needs them
                return here(what, task, lambda *task: executor.submit(page, *task).result)

        yield from in_order(submit, batches(files(what, paths), what.max_files), 2 * workers)
