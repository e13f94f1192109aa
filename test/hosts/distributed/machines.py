# SPDX-License-Identifier: BSD-2-Clause
"""Workers on the test's machines: network namespaces, or processes on the loopback address."""
import json
import os
import subprocess
import sys
import time

from distributed import Client

DIR = sys.argv[1]
FIRST = int(os.environ["PSEARCH_TEST_HOST"])  # the hosts are those after it
NET = os.environ.get("PSEARCH_TEST_NET")
TREE = os.path.join(DIR, "tree")
workers = {}  # by host


def wait_for(what, condition, seconds=60):
    """What has to happen does, sooner or later."""
    end = time.monotonic() + seconds * int(os.environ.get("PS_PATIENCE", 1))
    while not (result := condition()):
        if time.monotonic() > end:
            sys.exit(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)
    return result


def scheduler():
    path = os.environ["PSEARCH_TEST_SCHEDULER"]
    wait_for("the scheduler starts", lambda: os.path.exists(path) and os.path.getsize(path))
    with open(path) as file:
        return json.load(file)["address"]


def address_of(host):
    return f"192.0.2.1{FIRST + host}" if NET else "127.0.0.1"


def link(host, state):
    """Cuts a host's link, or mends it."""
    subprocess.run(["ip", "-n", f"{NET}-hub", "link", "set", f"to{FIRST + host}", state], check=True)


def start(host, threads=1):
    """A worker on that host; it is called worker-HOST."""
    command = ["ip", "netns", "exec", f"{NET}-{FIRST + host}"] if NET else []
    command += [sys.executable, "-m", "distributed.cli.dask_worker", scheduler(), "--host", address_of(host), "--name",
                f"worker-{host}", "--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--death-timeout", "20",
                "--local-directory", os.path.join(DIR, f"worker-{FIRST + host}")]
    with open(os.path.join(DIR, f"worker-{FIRST + host}.log"), "ab") as log:
        workers[host] = subprocess.Popen(command, stdout=log, stderr=log)
    with open(os.path.join(DIR, f"pids-{FIRST + host}"), "a") as pids:
        print(workers[host].pid, file=pids)


def kill(host):
    workers[host].kill()
    workers.pop(host).wait()


def names(client):
    """Of the workers that the scheduler knows."""
    return {worker["name"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()}


def connect(*hosts, threads=1):
    """A client, once these have a worker."""
    for host in hosts:
        start(host, threads)
    client = Client(scheduler())
    wait_for("the workers start", lambda: names(client) >= {f"worker-{host}" for host in hosts})
    return client


def end(client):
    client.close()
    for host in [*workers]:
        kill(host)
