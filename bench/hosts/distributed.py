#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a search on several machines costs: the figures of examples/python/DISTRIBUTED.md.

    bench/hosts/distributed.py [TREE]      as root, from the top of the tree, after make

Machines are network namespaces of this one, each with a worker of one thread. Processor time is what is compared, since
all of them share the processors. The last part predicts searches that no constant was taken from.
"""
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[0] = os.path.join(TOP, "examples", "python")  # not this directory, in which "distributed" is this file
NET = f"psearch-bench{os.environ.get('PSEARCH_BENCH', os.getpid())}"
TREE = sys.argv[1] if len(sys.argv) > 1 else "/usr/include"
HOSTS = 0, 1, 2
TICKS = os.sysconf("SC_CLK_TCK")


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def connect():
    """A bridge, and a link from each host to it."""
    ip("netns", "add", f"{NET}-hub")
    ip("-n", f"{NET}-hub", "link", "add", "hub", "type", "bridge")
    ip("-n", f"{NET}-hub", "link", "set", "hub", "up")
    for host in HOSTS:
        ip("netns", "add", f"{NET}-{host}")
        ip("-n", f"{NET}-{host}", "link", "set", "lo", "up")
        ip("-n", f"{NET}-hub", "link", "add", f"to{host}", "type", "veth", "peer", "name", "eth0", "netns",
           f"{NET}-{host}")
        ip("-n", f"{NET}-hub", "link", "set", f"to{host}", "master", "hub", "up")
        ip("-n", f"{NET}-{host}", "addr", "add", f"192.0.2.1{host}/24", "dev", "eth0")
        ip("-n", f"{NET}-{host}", "link", "set", "eth0", "up")


def on(host, *command, **options):
    return subprocess.Popen(["ip", "netns", "exec", f"{NET}-{host}", *command], **options)


def outside():
    """Makes the machines, and runs inside() on the first."""
    scratch = tempfile.TemporaryDirectory()
    path = os.path.join(scratch.name, "scheduler.json")
    environment = dict(os.environ, PYTHONPATH=sys.path[0], PSEARCH_BENCH=str(os.getpid()))
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment, "cwd": "/"}
    running = []
    try:
        connect()
        running.append(on(0, sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "192.0.2.10", "--port",
                          "0", "--no-dashboard", "--dashboard-address", "192.0.2.10:0", "--scheduler-file", path,
                          **quiet))
        while not os.path.exists(path) or not os.path.getsize(path):
            time.sleep(0.05)
        with open(path) as file:
            address = json.load(file)["address"]
        for host in 1, 2:
            running.append(on(host, sys.executable, "-m", "distributed.cli.dask_worker", address, "--host",
                              f"192.0.2.1{host}", "--name", str(host), "--nthreads", "1", "--no-nanny",
                              "--no-dashboard", "--local-directory", os.path.join(scratch.name, str(host)), **quiet))
        pids = [str(process.pid) for process in running]  # ip becomes the command
        return on(0, sys.executable, os.path.abspath(__file__), TREE, scratch.name, address, *pids,
                  env=environment).wait()
    finally:
        for process in running:
            process.kill()
            process.wait()
        for name in (*HOSTS, "hub"):
            subprocess.run(["ip", "netns", "delete", f"{NET}-{name}"])
        scratch.cleanup()


def inside():
    from distributed import Client

    import psearch
    import psearch.distributed

    scratch, address, pids = sys.argv[2], sys.argv[3], sys.argv[4:]
    with Client(address) as client:
        while len(client.nthreads()) < 2:
            time.sleep(0.05)

        def spent():
            """Processor seconds of the scheduler, of the workers, and of the client."""
            seconds = []
            for pid in pids:
                with open(f"/proc/{pid}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
                seconds.append((int(fields[11]) + int(fields[12])) / TICKS)
            return seconds[0], sum(seconds[1:]), time.process_time()

        def measure(patterns, *sources, **options):
            before, begin = spent(), time.monotonic()
            with psearch.distributed.Search(patterns, *sources, client=client, **options) as search:
                found = 0
                for _ in search:
                    found += 1
            tasks = next(search._numbers)
            wall = time.monotonic() - begin
            return found, tasks, wall, *(b - a for a, b in zip(before, spent()))

        def plain(patterns, *sources, **options):
            before, begin = time.process_time(), time.monotonic()
            with psearch.Search(patterns, *sources, **options) as search:
                found = sum(1 for _ in search)
                stats = search.stats()
            return found, time.monotonic() - begin, time.process_time() - before, stats

        def show(what, figures):
            found, tasks, wall, scheduler, workers, own = figures
            print(f"{what:28} {found:8} items {tasks:5} tasks {wall:6.2f} s; processor: client {own:5.2f} scheduler "
                  f"{scheduler:5.2f} workers {workers:5.2f}", flush=True)

        measure("x", "/dev/null")  # imports what is needed
        dense = os.path.join(scratch, "dense")
        with open(dense, "w") as file:
            file.writelines(f"{n:07} needle, and as much text as a line of a program has\n" for n in range(100000))
        tiny = os.path.join(scratch, "tiny")
        with open(tiny, "w") as file:
            file.write("needle\n" * 300)

        print("--- constants")
        one = measure("needle", tiny, page_bytes=1)
        pages = one[1]
        show("pages of a few items", one)
        show("the same, at once", measure("needle", tiny))
        page_ms = one[2] / pages * 1e3
        task = [seconds / pages * 1e3 for seconds in one[3:]]
        print(f"a page: {page_ms:.1f} ms one after the other; processor: scheduler {task[0]:.2f} worker {task[1]:.2f} "
              f"client {task[2]:.2f} ms")
        many = measure("needle", dense)
        show("dense", many)
        show("dense, two files", measure("needle", dense, dense, shard_bytes=1 << 20))
        item = [seconds / many[0] * 1e6 for seconds in many[3:]]
        print(f"an item: scheduler {item[0]:.2f} worker {item[1]:.2f} client {item[2]:.2f} us")
        local = plain("needle", dense)
        print(f"plain: {local[1]:.2f} s, processor {local[2]:.2f} s, {local[2] / local[0] * 1e6:.2f} us an item")
        from psearch.distributed.wire import pack_page
        with psearch.Search("needle", dense, max_matches=5000) as search:
            items = [*search]
        text = sum(len(of.text) for of in items) / len(items)
        size = len(pack_page(items, 0)) / len(items)
        print(f"an item on the wire: {size:.1f} bytes, of which {text:.1f} are its text")
        none = measure("no_such_word_anywhere", TREE)
        show("sparse, the tree", none)
        local = plain("no_such_word_anywhere", TREE, workers=1)
        files, text_bytes = local[3]["files_searched"], local[3]["bytes"]
        print(f"plain: {local[1]:.2f} s, processor {local[2]:.2f} s; {files} files, {text_bytes >> 20} MiB")
        show("on one worker alone", measure("no_such_word_anywhere", psearch.distributed.On("1", TREE)))
        begin = time.process_time()
        with psearch.Search([], TREE, flags=psearch.LIST | psearch.FILE_INFO) as search:
            listed = sum(1 for _ in search)
        name = (time.process_time() - begin) / listed
        print(f"list: {name * 1e6:.2f} us of processor a file")
        begin = time.monotonic()
        with psearch.distributed.Search("include", TREE, client=client) as search:
            next(search)
            print(f"the first item after {(time.monotonic() - begin) * 1e3:.0f} ms, {none[1]} tasks for the whole tree")

        print("--- narrow links: 100,000 items through a bucket")
        for rate in 100, 20:
            ip("netns", "exec", f"{NET}-hub", "tc", "qdisc", "replace", "dev", "to0", "root", "tbf", "rate",
               f"{rate}mbit", "burst", "256k", "latency", "200ms")
            got = measure("needle", dense)
            show(f"{rate} Mbit/s to the client", got)
            print(f"predicted by the wire alone: {got[0] * size * 8 / rate / 1e6:.2f} s")
        ip("netns", "exec", f"{NET}-hub", "tc", "qdisc", "delete", "dev", "to0", "root")

        print("--- a search that nothing was taken from")
        got = measure("static", TREE)
        show("static, the tree", got)
        work = local[2] + files * name + (got[0] * item[1] + got[1] * task[1] * 1e3) / 1e6
        print(f"predicted: workers {work:.2f} s, client {(got[0] * item[2] + got[1] * task[2] * 1e3) / 1e6:.2f} s, "
              f"scheduler {(got[0] * item[0] + got[1] * task[0] * 1e3) / 1e6:.2f} s")

    print("--- memory of the client")
    for copies in 1, 10, 100:
        subprocess.run([sys.executable, os.path.abspath(__file__), "memory", address, dense, str(copies)])


def memory(address, dense, copies):
    from distributed import Client

    import psearch.distributed
    with Client(address) as client, psearch.distributed.Search(
            "needle", *[dense] * max(1, copies // 10), client=client, max_matches=10000 * copies) as search:
        found = sum(1 for _ in search)
    print(f"{found:8} items: at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f} MiB")


if __name__ == "__main__":
    if TREE == "memory":
        memory(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    elif len(sys.argv) > 3:
        inside()
    else:
        sys.exit(outside())
