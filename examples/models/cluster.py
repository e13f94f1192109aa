# SPDX-License-Identifier: BSD-2-Clause
"""A client of Dask: of the scheduler that --scheduler names, or of one of its own, with a process per processor."""
import contextlib
import logging
import os

from distributed import Client, LocalCluster

from .grep import interrupts_held


@contextlib.contextmanager
def connected(what):
    """The client, and how many workers there are."""
    logging.disable(logging.ERROR)  # for good, as Dask warns at exit, too: what it gave up is not the grep's to tell
    with contextlib.ExitStack() as stack:
        if what.scheduler:
            client = stack.enter_context(Client(what.scheduler))
        else:
            with interrupts_held():
                cluster = stack.enter_context(LocalCluster(
                    n_workers=min(what.max_files, os.cpu_count() or 1), threads_per_worker=1, host="127.0.0.1",
                    dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL))
            client = stack.enter_context(Client(cluster))
        yield client, len(client.scheduler_info()["workers"])
