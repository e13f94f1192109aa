# SPDX-License-Identifier: BSD-2-Clause
"""check.py PROGRAM PSEARCH DIRECTORY: what holds of each program in examples/loops.

Each job prints what the command prints; the loop is not woken for nothing, above all not while nothing is ready; no
wake-up is lost; a cancel in mid-flight ends everything; no descriptor is left; what fails is said. Wake-ups are counted, not timed. Where
something must happen it is waited for, and PATIENCE only ends a test that has failed.
"""

import os
import random
import select
import subprocess
import sys
import time

PROGRAM, PSEARCH, DIRECTORY = sys.argv[1:]
PATIENCE = 30 * int(os.environ.get("PS_PATIENCE", 1))
ROUNDS = 400 if os.environ.get("PS_LONG") else 12
PINGS = 5000 if os.environ.get("PS_LONG") else 200
TURN = 256  # items, as in jobs.c
seed = int(os.environ.get("PS_SEED", "1"))
chance = random.Random(seed)


def fail(why):
    sys.exit(f"{os.path.basename(PROGRAM)}: {why} (PS_SEED={seed})")


class Run:
    """The program at work; its standard output and error are read as they come."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, "--count", "--progress", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.texts = {self.process.stdout: b"", self.process.stderr: b""}
        self.open = set(self.texts)

    def wait(self, what, until):
        """Reads until there is what `until` looks for, or both outputs have ended."""
        end = time.monotonic() + PATIENCE
        while not until() and self.open:
            ready = select.select(list(self.open), [], [], end - time.monotonic())[0]
            if not ready:
                self.process.kill()
                fail(f"waits for ever: {what}")
            for stream in ready:
                text = os.read(stream.fileno(), 1 << 16)
                self.texts[stream] += text
                if not text:
                    self.open.discard(stream)

    @property
    def output(self):
        return self.texts[self.process.stdout]

    @property
    def messages(self):
        return self.texts[self.process.stderr]

    def finish(self, what):
        """Returns the counts, and the lines of each job, when the program has ended."""
        self.wait(what, lambda: False)
        status = self.process.wait()
        last = self.messages.decode().splitlines()[-1]
        if status > 1 or "items=" not in last:
            fail(f"{what}: exit {status}: {self.messages.decode()}")
        counts = {name: int(value) for name, value in (pair.split("=") for pair in last.split())}
        jobs = {}
        for line in self.output.splitlines():
            job, _, rest = line.partition(b":")
            jobs.setdefault(int(job), []).append(rest)
        if counts["descriptors"]:
            fail(f"{what}: {counts['descriptors']} descriptors are left")
        return counts, jobs


def make_tree(name, files, lines):
    """A tree of files with many lines, of which one in four does not match."""
    for number in range(files):
        place = os.path.join(DIRECTORY, name, f"d{number % 7}")
        os.makedirs(place, exist_ok=True)
        with open(os.path.join(place, f"f{number}"), "w", encoding="ascii") as file:
            for line in range(chance.randrange(lines)):
                file.write(("needle" if chance.random() < 0.75 else "hay") + f" {name} {number} {line}\n")
    return os.path.join(DIRECTORY, name)


def expected(path):
    return subprocess.run([PSEARCH, "-rn", "needle", path], stdout=subprocess.PIPE, check=False).stdout.splitlines()


def make_fifo(name):
    """A FIFO, and a descriptor that keeps it open for writing, so that it does not end before that is closed."""
    path = os.path.join(DIRECTORY, name)
    os.mkfifo(path)
    return path, os.open(path, os.O_RDWR)


def check_wakeups(what, counts, files, lines=0):
    """A wake-up has its reason: items of a file, which may come in some pieces; a line that comes alone; a full turn;
    the end of a job; a tick. One that finds nothing is allowed for each: it may come when its items were just taken.
    """
    most = 2 * (2 * files + lines) + counts["items"] // TURN + counts["ticks"] + 30
    if counts["wakeups"] > most:
        fail(f"{what}: {counts}: more than {most} wake-ups")


def check_trees():
    paths = [make_tree(f"tree{number}", 60, 200) for number in range(3)]
    counts, jobs = Run("needle", *paths).finish("several trees")
    for number, path in enumerate(paths):
        if jobs[number] != expected(path):
            fail(f"{path}: its lines are not the command's")
    if counts["lines"] < 9000:
        fail(f"the trees have only {counts['lines']} lines")
    check_wakeups("several trees", counts, 180)
    return paths, counts


def check_idle(tree):
    """Lines come one at a time, each when the one before was printed, and then none for a while."""
    path, fifo = make_fifo("idle")
    run = Run("needle", path, tree)
    for number in range(PINGS):
        line = b"needle %d\n" % number
        os.write(fifo, line)
        run.wait(f"line {number} of a FIFO", lambda: b":%d:%s" % (number + 1, line) in run.output)
    ticks = run.messages.count(b" files\n")
    run.wait("ticks while nothing is ready", lambda: run.messages.count(b" files\n") >= ticks + 3)
    os.close(fifo)
    counts, jobs = run.finish("the end of a FIFO")
    if len(jobs[0]) != PINGS or jobs[1] != expected(tree):
        fail(f"{len(jobs[0])} of {PINGS} lines came from the FIFO")
    check_wakeups("a FIFO", counts, 60, PINGS)
    return counts


def check_rounds():
    """Many small searches of all kinds, each to its end."""
    for number in range(ROUNDS):
        what = f"round {number}"
        path, fifo = make_fifo(f"fifo{number}")
        trees = [make_tree(f"round{number}-{i}", chance.randrange(1, 9), 30) for i in range(chance.randrange(1, 6))]
        run = Run("needle", path, *trees)
        sent = chance.randrange(1, 20)
        for line in range(sent):
            os.write(fifo, b"needle %d\n" % line)
            if chance.random() < 0.3:
                run.wait(what, lambda: b":%d:needle" % (line + 1) in run.output)
        # The FIFO must have been opened before its last writer goes.
        run.wait(what, lambda: b"0:" + path.encode() + b":1:" in run.output)
        os.close(fifo)
        jobs = run.finish(what)[1]
        if len(jobs[0]) != sent:
            fail(f"{what}: {len(jobs[0])} of {sent} lines came from the FIFO")
        for i, tree in enumerate(trees):
            if jobs.get(i + 1, []) != expected(tree):
                fail(f"{what}: the lines of {tree} are not the command's")


def check_cancel(trees):
    """In the midst of thousands of lines, and while one job waits for what never comes."""
    path, fifo = make_fifo("never")
    for lines in (1, 100, 777, 5000):
        what = f"cancel after {lines} lines"
        counts, jobs = Run("--cancel-after", str(lines), "needle", path, *trees).finish(what)
        if counts["lines"] != lines or counts["canceled"] < 1 or 0 in jobs:
            fail(f"{what}: {counts}")
        for number, got in jobs.items():
            if got != expected(trees[number - 1])[: len(got)]:
                fail(f"{what}: what job {number} has printed is not how the command begins")
    os.close(fifo)


def check_failures(tree):
    """What goes wrong is said, and is the exit status."""
    missing = os.path.join(DIRECTORY, "missing")
    with open("/dev/full", "wb") as full:
        for output, arguments, says in (
            (full, ["needle", tree], b"cannot write"),
            (subprocess.PIPE, ["needle", tree, missing], b"missing: "),
            (subprocess.PIPE, ["--cancel-after", "x1", "needle", tree], b"usage: "),
            (subprocess.PIPE, ["--cancel-after", "0", "needle", tree], b"usage: "),
        ):
            run = subprocess.run([PROGRAM, *arguments], stdout=output, stderr=subprocess.PIPE, timeout=2 * PATIENCE, check=False)
            if run.returncode != 2 or says not in run.stderr:
                fail(f"{arguments}: exit {run.returncode}: {run.stderr.decode()}, not 2 and {says.decode()}")


def main():
    trees, dense = check_trees()
    idle = check_idle(trees[0])
    check_rounds()
    check_cancel(trees)
    check_failures(trees[0])
    print(f"{os.path.basename(PROGRAM)}: trees {dense}; a FIFO {idle}")


main()
