# SPDX-License-Identifier: BSD-2-Clause
"""A Dask cluster of two workers until standard input ends. Prints the scheduler's address; and at the end, what tasks
the scheduler still has some time after its last client has gone."""
import logging
import os
import sys
import time

from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                      silence_logs=logging.CRITICAL) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
        until = time.monotonic() + 30 * int(os.environ.get("PS_PATIENCE", 1))
        while cluster.scheduler.tasks and time.monotonic() < until:
            time.sleep(0.05)
        print(*cluster.scheduler.tasks, sep=" ", end="", flush=True)
