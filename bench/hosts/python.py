#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""bench/hosts/python.py [TREE [PATTERN]]: what the Python package costs, beside the command; prints lines of figures.

Iterating: the whole search in a process of its own, with the start of the interpreter, by turns with the command, medians
of 5: clock and processor time, and how many times the command's they are. Blocking: how late a timer of the event loop is
that ticks each millisecond, while 1,000 searches are opened, half-read and closed; beside the same time without searches.
Run it from the top of a checkout that is built; BUILD and PYTHON say what else to take.
"""
import asyncio
import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = (TOP / os.environ.get("BUILD", "build")).resolve()
ROUNDS, SEARCHES, AT_ONCE, HALF = 5, 1000, 8, 500
os.environ["PSEARCH_LIBRARY"] = str(BUILD / "libpsearch.so.0")
os.environ["PYTHONPATH"] = str(TOP / "examples" / "python")
sys.path.insert(0, os.environ["PYTHONPATH"])
from psearch import NO_SPANS, Pool, Search  # noqa: E402

PROGRAMS = {
    "for item": "for item in search: n += 1",
    "for item, NO_SPANS": "for item in search: n += 1",
    "path, line, text": "for item in search: item.path, item.line, item.text; n += 1",
    "path, line, spans": "for item in search: item.path, item.line, item.spans; n += 1",
    "for batch": "for batch in search.batches(): n += len(batch)",
}


def timed(command, output):
    """Seconds of clock and of processor that it takes, and what it prints."""
    began = time.monotonic()
    child = subprocess.Popen(command, stdout=output)
    text = child.stdout.read() if child.stdout else b""
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command}: exit status {child.returncode}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, text


def iterating(tree, pattern):
    commands = {"command": [BUILD / "psearch", "-rn", pattern, tree]}
    for name, loop in PROGRAMS.items():
        flags = int(NO_SPANS) if name.endswith("NO_SPANS") else 0
        commands[name] = [sys.executable, "-c", f"import sys\nfrom psearch import Search\nn = 0\nwith Search(sys.argv[1], "
                          f"sys.argv[2], flags={flags}) as search:\n    {loop}\nprint(n)", pattern, tree]
    runs = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            runs[name].append(timed(command, subprocess.DEVNULL if name == "command" else subprocess.PIPE))
    clock, cpu = ({name: statistics.median(run[n] for run in of) for name, of in runs.items()} for n in (0, 1))
    for name in commands:
        items = int(runs[name][0][2] or 0)
        print(f"{name:18} {clock[name]:6.2f} s clock ({clock[name] / clock['command']:.1f} times) {cpu[name]:6.2f} s cpu "
              f"({cpu[name] / cpu['command']:.1f} times)" + (f", {items / clock[name] / 1e6:.2f} million items/s" if items else ""))


class Ticker:
    """A timer that notes how late it is."""
    def __init__(self):
        self.late, self.loop = [], asyncio.get_running_loop()
        self.due = self.loop.time() + 0.001
        self.handle = self.loop.call_at(self.due, self.tick)

    def tick(self):
        now = self.loop.time()
        self.late.append(now - self.due)
        self.due = now + 0.001
        self.handle = self.loop.call_at(self.due, self.tick)

    def stop(self):
        self.handle.cancel()
        late = sorted(self.late)
        return f"p50 {late[len(late) // 2] * 1000:.2f} p99 {late[len(late) * 99 // 100] * 1000:.2f} max {late[-1] * 1000:.2f} ms"


async def half_read(tree, pattern, count, pool):
    for _ in range(count):
        async with Search(pattern, tree, pool=pool) as search:
            taken = 0
            async for item in search:
                taken += 1
                if taken == HALF:
                    break


async def blocking(what, tree, pattern, pool):
    ticker, began = Ticker(), time.monotonic()
    await asyncio.gather(*(half_read(tree, pattern, SEARCHES // AT_ONCE, pool) for _ in range(AT_ONCE)))
    seconds = time.monotonic() - began
    print(f"{what}: {SEARCHES} searches in {seconds:.2f} s, timer late {ticker.stop()}")
    ticker = Ticker()
    await asyncio.sleep(seconds)
    print(f"{what}, control: no searches, timer late {ticker.stop()}")


def held():
    gc.collect()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return (f"{len(os.listdir('/proc/self/fd'))} descriptors, {len(os.listdir('/proc/self/task'))} threads, "
            f"{pages * os.sysconf('SC_PAGESIZE') / 1e6:.1f} MB resident")


def main():
    tree = sys.argv[1] if len(sys.argv) > 1 else os.path.expanduser("~/.cache/psearch-bench/linux")
    pattern = sys.argv[2] if len(sys.argv) > 2 else "return"
    iterating(tree, pattern)
    print("before:", held())
    asyncio.run(blocking("threads of their own", tree, pattern, None))
    print("after: ", held())
    with Pool() as pool:
        asyncio.run(blocking("in a pool", tree, pattern, pool))
    print("after: ", held())


main()
