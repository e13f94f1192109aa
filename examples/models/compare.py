# SPDX-License-Identifier: BSD-2-Clause
"""compare.py [TREE [PATH]...]: measures all models, and writes the table into README.md between its markers.

TREE is a directory, by default the checkout of this file; PATH is what of it is searched, by default kernel, mm and fs
if it has them, as Linux's source, else all. Runs are interleaved, and medians counted. Memory, threads and descriptors
are sampled every 20 ms, and summed over the processes of a run: memory as PSS, which divides what processes share.
ROUNDS=N sets how many runs (3), MODELS=NAME,... which models. Measure on a machine that does nothing else.
"""
import ast
import os
import platform
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAMES = ("sequential", "threads", "interpreters", "coroutines", "multiprocessing", "concurrent_futures", "distributed")
OPTIONS = {"concurrent_futures": (("--executor", "thread"), ("--executor", "process"))}
PATTERN = "mutex_lock"
HEADS = ("model", "lines of code", "starts", "first result", "all", "CPU", "cores used", "memory", "processes",
         "threads", "descriptors", "a match")
BEGIN, END = "<!-- made by compare.py -->\n", "<!-- end -->\n"


def lines_of_code(path):
    """Without comments, blank lines and docstrings."""
    source = path.read_text()
    lines = {n for n, line in enumerate(source.splitlines(), 1) if line.strip() and not line.strip().startswith("#")}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef)) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return len(lines)


def read(path):
    try:
        return path.read_text()
    except OSError:
        return ""


class Sampler(threading.Thread):
    """The most memory, processes, threads and descriptors that a session had."""
    def __init__(self, session):
        super().__init__()
        self.session, self.over, self.most = session, threading.Event(), [0, 0, 0, 0]

    def run(self):
        while not self.over.wait(0.02):
            now = [0, 0, 0, 0]
            for process in Path("/proc").glob("[0-9]*"):
                fields = read(process / "stat").rpartition(")")[2].split()
                if len(fields) > 17 and int(fields[3]) == self.session and fields[0] != "Z":
                    pss = re.search(r"^Pss: *(\d+)", read(process / "smaps_rollup"), re.M)
                    try:
                        descriptors = len(os.listdir(process / "fd"))
                    except OSError:
                        continue
                    now = [a + b for a, b in zip(now, (int(pss[1]) if pss else 0, 1, int(fields[17]), descriptors))]
            self.most = [*map(max, self.most, now)]


def run(program, arguments, tree, sampled=False):
    """Seconds, seconds of CPU, seconds until the first result, and what a Sampler saw; and the number of bytes."""
    began = time.monotonic()
    child = subprocess.Popen([sys.executable, HERE, *program, *arguments], cwd=tree, stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, start_new_session=True)
    sampler = Sampler(child.pid)
    if sampled:
        sampler.start()
    output = os.read(child.stdout.fileno(), 1 << 16)
    first, size = time.monotonic() - began, len(output)
    while output:
        output = os.read(child.stdout.fileno(), 1 << 16)
        size += len(output)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    took = time.monotonic() - began
    if sampled:
        sampler.over.set()
        sampler.join()
    if child.returncode not in (0, 1):
        sys.exit(f"{' '.join(program)} {' '.join(arguments)} ended with {child.returncode}")
    return (took, used.ru_utime + used.ru_stime, first, *sampler.most), size


def measured(programs, arguments, tree, rounds, sampled=False):
    """The medians for each program. All must have printed as much."""
    results, sizes = {program: [] for program in programs}, set()
    for _ in range(rounds):
        for program in programs:
            result, size = run(program, arguments, tree, sampled)
            results[program].append(result)
            sizes.add(size)
    if len(sizes) > 1:
        sys.exit(f"the models differ: they print {sizes} bytes")
    return {program: [*map(statistics.median, zip(*result))] for program, result in results.items()}


def table(programs, tree, paths, rounds):
    start = measured(programs, ["x", "/dev/null"], tree, rounds)
    whole = measured(programs, ["-rn", PATTERN, *paths], tree, rounds, sampled=True)
    some = "mm" if "mm" in paths else paths[0]  # where the cost of one match is measured
    counted, printed = (measured(programs, [*flags, "", some], tree, rounds) for flags in (["-rc"], ["-r"]))
    counting = subprocess.run([sys.executable, HERE, "sequential", "-rc", "", some], cwd=tree, stdout=subprocess.PIPE)
    lines = sum(int(line.rpartition(b":")[2]) for line in counting.stdout.splitlines())
    yield f"| {' | '.join(HEADS)} |"
    yield "|---" * len(HEADS) + "|"
    for program in programs:
        took, cpu, first, memory, processes, threads, descriptors = whole[program]
        base = ("pure.sequential", ) if program[0].startswith("pure.") else ("sequential", )
        costs = [(printed[p][1] - counted[p][1]) / lines * 1e6 for p in (program, base)]
        moved = "" if program == base else f"{max(0, costs[0] - costs[1]):.1f} µs"
        code = lines_of_code(HERE / (program[0].replace(".", "/") + ".py"))
        yield (f"| {' '.join(word for word in program if word != '--executor')} | {code} | {start[program][0]:.2f} s | "
               f"{first:.2f} s | {took:.2f} s | {cpu:.2f} s | {cpu / took:.1f} | {memory / 1024:.0f} MiB | "
               f"{processes:.0f} | {threads:.0f} | {descriptors:.0f} | {moved} |")


def main():
    tree = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parents[1]).resolve()
    linux = ["kernel", "mm", "fs"]
    paths = sys.argv[2:] or (linux if all((tree / path).is_dir() for path in linux) else ["."])
    if lacking := [path for path in paths if not (tree / path).exists()]:
        sys.exit(f"{tree} has no {', '.join(lacking)}\n{__doc__}")
    wanted = os.environ.get("MODELS", ",".join(NAMES)).split(",")
    programs = []
    for name in wanted:
        for program in (name, f"pure.{name}"):
            programs += [(program, *options) for options in OPTIONS.get(name, ((), ))]
    rounds = int(os.environ.get("ROUNDS", "3"))
    files = sum(len(names) for path in paths for _, _, names in os.walk(tree / path))
    commit = subprocess.run(["git", "-C", HERE, "describe", "--always", "--dirty"], stdout=subprocess.PIPE, text=True)
    head = (f"`-rn {PATTERN} {' '.join(paths)}` in {tree.name}: {files} files, in the cache.\n"
            f"{time.strftime('%Y-%m-%d')}, commit {commit.stdout.strip() or 'unknown'}, Python "
            f"{platform.python_version()}, {os.cpu_count()} cores, load average "
            f"{os.getloadavg()[0]:.1f} at the start; medians of {rounds}.\n")
    text = "\n".join([head, *table(programs, tree, paths, rounds)]) + "\n"
    readme = HERE / "README.md"
    before, _, rest = readme.read_text().partition(BEGIN)
    readme.write_text(before + BEGIN + text + END + rest.partition(END)[2])
    print(text)


if __name__ == "__main__":
    main()
