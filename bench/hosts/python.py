#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""bench/hosts/python.py [TREE [PATTERN [WORKERS]]]: what the Python package costs, beside the command; prints lines of figures.

Iterating: the whole search in a process of its own, with the start of the interpreter, by turns with the command,
medians of 5: clock and processor time, and how many times the command's they are.

Blocking: 1,000 searches, 8 at once, are opened, half-read and closed in an event loop. How late a timer is that ticks
each millisecond, and how long the loop's turns take, from one select() to the next, in time of the clock and of the
processor; beside the same time without searches. The clock's times are the machine's as much as ours; the processor's
are ours alone. The pool has WORKERS threads: with fewer than processors the loop has one to itself.

BUILD is the build directory, if it is not build/ of this checkout. The tree's default is what make bench has fetched.
"""
import asyncio
import gc
import os
import selectors
import statistics
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = (TOP / os.environ.get("BUILD", "build")).resolve()
ROUNDS, SEARCHES, AT_ONCE, HALF = 5, 1000, 8, 500
os.environ["PSEARCH_LIBRARY"] = str(BUILD / "libpsearch.so.1")
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
        program = ("import sys\nfrom psearch import Search\nn = 0\n"
                   f"with Search(sys.argv[1], sys.argv[2], flags={flags}) as search:\n    {loop}\nprint(n)")
        commands[name] = [sys.executable, "-c", program, pattern, tree]
    runs = {name: [] for name in commands}
    for _ in range(ROUNDS):
        for name, command in commands.items():
            runs[name].append(timed(command, subprocess.DEVNULL if name == "command" else subprocess.PIPE))
    clock, cpu = ({name: statistics.median(run[n] for run in of) for name, of in runs.items()} for n in (0, 1))
    for name in commands:
        items = int(runs[name][0][2] or 0)
        rate = f", {items / clock[name] / 1e6:.2f} million items/s" if items else ""
        print(f"{name:18} {clock[name]:6.2f} s clock ({clock[name] / clock['command']:.1f} times)"
              f" {cpu[name]:6.2f} s processor ({cpu[name] / cpu['command']:.1f} times){rate}")


def percentiles(seconds):
    ordered = sorted(seconds)
    return "p50 {:.2f} p99 {:.2f} max {:.2f} ms".format(*(1000 * ordered[n] for n in (
        len(ordered) // 2, len(ordered) * 99 // 100, -1)))


class Selector(selectors.DefaultSelector):
    """Notes how long the loop is busy between two calls."""
    def __init__(self):
        super().__init__()
        self.turns, self.began = [], None

    def select(self, timeout=None):
        if self.began is not None:
            self.turns.append((time.monotonic() - self.began[0], time.thread_time() - self.began[1]))
        events = super().select(timeout)
        self.began = time.monotonic(), time.thread_time()
        return events


class Ticker:
    """A timer that notes how late it is."""
    def __init__(self, selector):
        self.late, self.loop, self.selector = [], asyncio.get_running_loop(), selector
        selector.turns.clear()
        self.due = self.loop.time() + 0.001
        self.handle = self.loop.call_at(self.due, self.tick)

    def tick(self):
        now = self.loop.time()
        self.late.append(now - self.due)
        self.due = now + 0.001
        self.handle = self.loop.call_at(self.due, self.tick)

    def stop(self, what):
        self.handle.cancel()
        clock, processor = zip(*self.selector.turns)
        print(f"{what}:\n    timer late {percentiles(self.late)}\n    a turn, clock {percentiles(clock)}\n"
              f"    a turn, processor {percentiles(processor)}")


async def half_read(tree, pattern, count, pool):
    for _ in range(count):
        async with Search(pattern, tree, pool=pool) as search:
            taken = 0
            async for item in search:
                taken += 1
                if taken == HALF:
                    break


async def searches(what, selector, tree, pattern, pool):
    await half_read(tree, pattern, 10, pool)  # the library is loaded once
    ticker, began = Ticker(selector), time.monotonic()
    await asyncio.gather(*(half_read(tree, pattern, SEARCHES // AT_ONCE, pool) for _ in range(AT_ONCE)))
    seconds = time.monotonic() - began
    ticker.stop(f"{what}: {SEARCHES} searches in {seconds:.2f} s")
    ticker = Ticker(selector)
    await asyncio.sleep(seconds)
    ticker.stop(f"{what}: no searches, for as long")


def blocking(what, tree, pattern, pool):
    selector = Selector()
    loop = asyncio.SelectorEventLoop(selector)
    loop.run_until_complete(searches(what, selector, tree, pattern, pool))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def held():
    gc.collect()
    with open("/proc/self/statm") as statm:
        pages = int(statm.read().split()[1])
    return (f"{len(os.listdir('/proc/self/fd'))} descriptors, {len(os.listdir('/proc/self/task'))} threads, "
            f"{pages * os.sysconf('SC_PAGESIZE') / 1e6:.1f} MB resident")


def main():
    tree = sys.argv[1] if len(sys.argv) > 1 else os.path.expanduser("~/.cache/psearch-bench/tree")
    pattern = sys.argv[2] if len(sys.argv) > 2 else "return"
    iterating(tree, pattern)
    print("before:", held())
    blocking("threads of their own", tree, pattern, None)
    print("after:", held())
    with Pool(workers=int(sys.argv[3]) if len(sys.argv) > 3 else 0) as pool:
        blocking("in a pool", tree, pattern, pool)
    print("after:", held())


main()
