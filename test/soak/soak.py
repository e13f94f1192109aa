#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""soak.py: searches in an event loop, many at once in one pool, for SECONDS; `make soak-python` runs it.

Tasks open searches with options at random, take all items or some, leave the loop, cancel the search, or are ended by
a timeout while they wait. A search that is read to its end must have found what Python's own `re` finds. Every EVERY
seconds all tasks pause: then descriptors and threads must be what they were, and memory must not grow: what malloc()
has handed out, Python's blocks, and what is resident, by the slope over the second half.
"""
import asyncio
import ctypes
import gc
import os
import random
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BUILD = (TOP / os.environ.get("BUILD", "build")).resolve()
os.environ["PSEARCH_LIBRARY"] = str(BUILD / "libpsearch.so.1")
sys.path.insert(0, str(TOP / "examples" / "python"))
from psearch import (COUNT, ERROR, FILE_ENDS, IGNORE_CASE, MATCH, SKIP_HIDDEN, UNORDERED, Pool, Priority,  # noqa: E402
                     Search, SearchError, Tree)

SECONDS = float(os.environ.get("SECONDS", 3600))
EVERY = float(os.environ.get("EVERY", 5 if SECONDS < 600 else SECONDS / 100))
TASKS = int(os.environ.get("TASKS", 60))
FILES = 400
WORDS = "return struct mutex static needle noodle kettle socket irq 0x1234 skinks".split()
PATTERNS = ["needle", "n(ee|oo)dle", "kett", "sk[a-z]+s", "mutex.*return", r"\bsocket$", "0x[0-9]+", "zzyzzx", "k(?=e)"]
GROWTH = {"malloc": 64 << 10, "blocks": 2000, "resident": 4 << 20}  # from the middle to the end
faults = 0


def fault(what):
    global faults
    faults += 1
    print("FAULT:", what, flush=True)
    if faults > 20:
        sys.exit(1)


def plant(root, dice):
    """Writes the tree, and returns what each pattern finds in it."""
    found = {pattern: [] for pattern in PATTERNS}
    for n in range(FILES):
        path = root / f"d{n % 7}" / f"f{n:03}"
        path.parent.mkdir(exist_ok=True)
        lines = [" ".join(dice.choices(WORDS, k=dice.randrange(8))) for _ in range(dice.choice([1, 5, 20, 60]))]
        path.write_text("".join(line + "\n" for line in lines))
        for pattern in PATTERNS:
            found[pattern] += [(str(path), number + 1, line) for number, line in enumerate(lines)
                               if re.search(pattern, line)]
    return {pattern: sorted(lines, key=lambda line: (Path(line[0]).parts, line[1])) for pattern, lines in found.items()}


class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]


def allocated():
    try:
        mallinfo2 = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return 0
    mallinfo2.restype = Mallinfo2
    info = mallinfo2()
    return info.uordblks + info.hblkhd


def sample():
    gc.collect()
    return {"at": time.monotonic(), "threads": len(os.listdir("/proc/self/task")),
            "descriptors": len(os.listdir("/proc/self/fd")), "malloc": allocated(), "blocks": sys.getallocatedblocks(),
            "resident": int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")}


def growth(samples, name):
    """From the first to the last, along the line of least squares."""
    x, y = [s["at"] for s in samples], [s[name] for s in samples]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    xx = sum((a - mx) ** 2 for a in x)
    return sum((a - mx) * (b - my) for a, b in zip(x, y)) / xx * (x[-1] - x[0]) if xx else 0


class Soak:
    def __init__(self, root, dice):
        self.root, self.dice = root, dice
        self.found = plant(root, dice)
        self.counts = dict.fromkeys(("opened", "ended", "left", "canceled", "interrupted", "items"), 0)
        self.until = 0.0

    def options(self, pool, tree):
        dice = self.dice
        options = {"pool": pool if dice.random() < 0.9 else None, "tree": tree if dice.random() < 0.5 else None,
                   "priority": Priority.NORMAL, "most": dice.choice([1, 7, 256]), "flags": SKIP_HIDDEN}
        if options["pool"]:
            options["priority"] = dice.choice(list(Priority))
        if dice.random() < 0.3:
            options["flags"] |= dice.choice([UNORDERED, COUNT, FILE_ENDS, IGNORE_CASE])
        if dice.random() < 0.2:
            options["before_context"] = options["after_context"] = 2
        return options

    def check(self, pattern, options, got):
        if options["flags"] & (COUNT | IGNORE_CASE):
            return
        wanted = self.found[pattern]
        if options["flags"] & UNORDERED:
            wanted, got = sorted(wanted), sorted(got)
        if got != wanted:
            fault(f"{pattern}, {options}: {len(got)} lines, not {len(wanted)}, or others")

    async def take(self, search, pattern, options, most):
        """Takes up to so many items; None: all."""
        got, taken = [], 0
        async for item in search:
            taken += 1
            if item.kind == ERROR:
                fault(f"{item.path}: {item.message}")
            if item.kind == MATCH:
                got.append((item.path, item.line, item.text.decode()))
            if taken == most:
                self.counts["left"] += 1
                break
        else:
            self.counts["ended"] += 1
            self.check(pattern, options, got)
        self.counts["items"] += taken

    async def play(self, pool, tree):
        dice = self.dice
        pattern, options = dice.choice(PATTERNS), self.options(pool, tree)
        what = dice.random()
        async with Search(pattern, self.root, **options) as search:
            self.counts["opened"] += 1
            if what < 0.1:
                search.cancel()
            taking = self.take(search, pattern, options, dice.randrange(1, 300) if what > 0.5 else None)
            try:
                if what > 0.9:
                    await asyncio.wait_for(taking, dice.random() / 50)
                else:
                    await taking
            except asyncio.TimeoutError:
                self.counts["interrupted"] += 1
            except SearchError as error:
                self.counts["canceled"] += 1
                if what >= 0.1 or error.status.name != "ECANCELED":
                    fault(f"{pattern}, {options}: {error}")

    async def work(self, pool, tree):
        while time.monotonic() < self.until:
            await self.play(pool, tree)

    async def flood(self, pool, tree):
        self.until = time.monotonic() + EVERY
        await asyncio.gather(*(self.work(pool, tree) for _ in range(TASKS)))


def settled(base):
    """Threads that were joined are listed for a moment, and a pool's threads free what was closed."""
    until = time.monotonic() + 5
    while True:
        now = sample()
        same = not base or all(now[name] == base[name] for name in ("threads", "descriptors"))
        if same or time.monotonic() > until:
            return now
        time.sleep(0.01)


def show(when, s):
    print(f"{when:6} RSS {s['resident'] / 1e6:.1f} MB, malloc {s['malloc'] / 1e6:.2f} MB, {s['blocks']} blocks of "
          f"Python, threads {s['threads']}, descriptors {s['descriptors']}", flush=True)


def judge(samples):
    half = samples[len(samples) // 2:]
    for name, most in GROWTH.items():
        grown = growth(half, name)
        print(f"second half: {name} grew by {grown:.0f}")
        if grown > most:
            fault(f"{name} grows by {grown:.0f}, more than {most}")


async def one_flood(soak, samples, base):
    with Pool(workers=2) as pool, Tree() as tree:
        await soak.flood(pool, tree)
    now = settled(base)
    samples.append(now)
    show(f"{now['at'] - samples[0]['at']:5.0f}s", now)
    for name in ("threads", "descriptors"):
        if base and now[name] != base[name]:
            fault(f"{now[name]} {name}, not {base[name]}")


async def run(soak):
    """The first flood makes what stays: the threads of the loop's executor."""
    samples, base = [], {}
    began = time.monotonic()
    while time.monotonic() < began + SECONDS:
        await one_flood(soak, samples, base)
        base = base or samples[0]
    return samples


def main():
    seed = int(os.environ.get("PS_SEED", "1"))
    print(f"{SECONDS:.0f} s, {TASKS} tasks, seed {seed}")
    root = Path(tempfile.mkdtemp(prefix="psearch-soak."))
    try:
        soak = Soak(root, random.Random(seed))
        samples = asyncio.run(run(soak))
    finally:
        shutil.rmtree(root)
    print(", ".join(f"{name} {count}" for name, count in soak.counts.items()))
    for at in range(5):
        show(f"{at}/4", samples[at * (len(samples) - 1) // 4])
    judge(samples)
    print(f"{faults} faults")
    sys.exit(faults > 0)


main()
