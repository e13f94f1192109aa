# SPDX-License-Identifier: BSD-2-Clause
"""check.py BUILD DIRECTORY: called by test_models.sh. $PS_SEED chooses the random trees."""
import contextlib
import os
import pickle
import random
import re
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import trees
from programs import REFERENCE, command, programs, tries

HERE = Path(__file__).resolve().parent
BUILD, TOP = Path(sys.argv[1]), Path(sys.argv[2])
NOBODY = dict(user=65534, group=65534, extra_groups=()) if os.getuid() == 0 else {}
ENDS = 90 * int(os.environ.get("PS_PATIENCE", 1))  # seconds in which what was told to end has ended, on a machine with other work
bad = []


def complain(*words):
    print(*words)
    bad.append(words)


@contextlib.contextmanager
def dask():
    """The address of a scheduler with two workers, which the programs share: starting one takes seconds."""
    environment = {**os.environ, "DASK_TEMPORARY_DIRECTORY": os.fspath(TOP / "dask"),
                   "PYTHONPATH": os.pathsep.join(sys.path[:2])}
    with subprocess.Popen([sys.executable, HERE / "cluster.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True, cwd=TOP, env=environment, **NOBODY) as cluster:
        yield cluster.stdout.readline().strip()
        cluster.stdin.close()
        if left := cluster.stdout.read():
            complain("Dask's scheduler has tasks left:", left)


def with_cluster(program, address):
    """The program, on the cluster that is there."""
    return (*program, "--scheduler", address) if program[0].endswith("distributed") else program


def replay(program, cases):
    """What the program says to each case."""
    answers = TOP / "answers" / "-".join(program[:3]).replace("/", "")
    run = subprocess.run([sys.executable, HERE / "replay.py", cases, answers, *program], cwd=TOP,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **NOBODY)
    if run.returncode != 0:
        complain(" ".join(program), "does not come to its end:", run.stdout.decode(errors="replace"))
        return []
    return pickle.loads(answers.read_bytes())


def psearch(case):
    """What psearch says to a case, without the reasons of errors."""
    work = TOP / "psearch.in"
    work.write_bytes(case.stdin)
    with open(work, "rb") as stdin:
        run = subprocess.run([BUILD / "psearch", "--syntax=python", *without_limits(case.arguments)], cwd=TOP,
                             **(dict(input=case.stdin) if case.pipe else dict(stdin=stdin)), capture_output=True,
                             **NOBODY)
    return run.stdout, len(run.stderr.splitlines()), run.returncode


def without_limits(arguments):
    """Without the options that psearch has not."""
    return re.sub(r"--max-(files|matches)\0\d+\0?", "", "\0".join(arguments)).split("\0")


def quiet(said):
    """An answer without the reasons of errors."""
    return said[0], said[1] != b"", said[2]


def compare(program, case, said, expected):
    if not case.same_errors:
        said, expected = quiet(said), quiet(expected)
    if said == expected:
        return
    complain(f"{' '.join(program)} {' '.join(case.arguments)!r}")
    for what, ours, theirs in zip(("standard output", "standard error", "status"), said, expected):
        if ours != theirs:
            shown = [repr(x if isinstance(x, int) else x[:500]) for x in (ours, theirs)]
            print(f"  {what}:\n    {shown[0]}\n    {REFERENCE}: {shown[1]}")


def same_answers(found, cases, address):
    (TOP / "cases").write_bytes(pickle.dumps(cases))
    with ThreadPoolExecutor(os.cpu_count()) as several:
        said = several.map(lambda program: replay(with_cluster(program, address), TOP / "cases"), found)
        answers = dict(zip(found, said))
    reference = answers[(REFERENCE, )]
    for program, said in answers.items():
        tried = [(case, expected) for case, expected in zip(cases, reference) if tries(program, case)]
        for (case, expected), ours in zip(tried, said):
            compare(program, case, ours, expected)
    for case, (out, err, status) in zip(cases, reference):
        expected = out, len(err.splitlines()), status
        if case.as_psearch and (said := psearch(case)) != expected:
            complain("psearch", case.arguments, "says", str(said)[:500], "but", REFERENCE, str(expected)[:500])
    statuses = {status for _, _, status in reference}
    if statuses != {0, 1, 2}:
        complain("the cases are poor: all statuses are", statuses)


def in_session(session):
    """The command lines of a session's processes, except of those that have ended."""
    left = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                left[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
    return left


def children(session):
    """The processes that a program has started, except the one that removes its semaphores."""
    return [process for process, line in in_session(session).items() if process != session and "tracker" not in line]


def wait_until_gone(session):
    until = time.monotonic() + ENDS
    while (left := in_session(session)) and time.monotonic() < until:
        time.sleep(0.01)
    return left


def shared_memory():
    return {name for name in os.listdir("/dev/shm") if name.startswith(("sem.mp", "psm_"))}


def ends(program, how):
    """Lets a program be ended: `how` says by what. It has printed its first line, unless it cannot print."""
    arguments = ["foo", "hand/a", "-"] if how == "waiting" else ["-r", "", "big"]
    with open("/dev/full", "w") as full, subprocess.Popen(
            [*command(program), *arguments], cwd=TOP, start_new_session=True, bufsize=0, stdin=subprocess.PIPE,
            stdout=full if how == "full" else subprocess.PIPE, stderr=subprocess.PIPE) as run:
        first = how == "full" or select.select([run.stdout], [], [], ENDS)[0] and run.stdout.readline()
        signals, words = {}, 0
        if how == "closed":
            run.stdout.close()
            status = -signal.SIGPIPE
        elif how in ("interrupted", "waiting"):
            signals, status = {run.pid: signal.SIGINT}, -signal.SIGINT
        elif how == "full":
            status, words = 2, 1
        elif how == "a child killed":
            signals, status, words = {child: signal.SIGKILL for child in children(run.pid)}, 2, 1
        elif how == "killed":
            signals, status = {run.pid: signal.SIGKILL}, -signal.SIGKILL
        for process, number in signals.items():
            (os.killpg if number == signal.SIGINT else os.kill)(process, number)
            if number == signal.SIGINT:
                os.killpg(process, number)  # the user is impatient
        try:
            said = run.communicate(timeout=ENDS)[1].decode(errors="replace")
            left = wait_until_gone(run.pid)
        except subprocess.TimeoutExpired:
            said, left = "", in_session(run.pid)
        if left:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
        if (bool(first), run.wait(), len(said.splitlines()), left) != (True, status, words, {}):
            complain(f"{' '.join(program)}, {how}: began with {first}, status {run.returncode}, not {status}; "
                     f"after {ENDS} s there was {left}; it said\n{said}")


def all_end(found, address):
    """Most Dask programs use the cluster that is there, since one of their own takes seconds; each starts one once."""
    jobs = [(program if (program[0], how) in (("distributed", "interrupted"), ("pure.distributed", "closed"))
             else with_cluster(program, address), how)
            for how in ("closed", "interrupted", "waiting", "full") for program in found]
    with_children = {"multiprocessing", "pure.multiprocessing", "process"}
    jobs += [(program, "a child killed") for program in found if with_children & {*program}]
    jobs += [(("multiprocessing", ), "killed")]
    with ThreadPoolExecutor(os.cpu_count() + 1) as several:
        for _ in several.map(lambda job: ends(*job), jobs):
            pass


def main():
    found, left_out = programs()
    for line in left_out:
        print("left out:", line)
    os.chmod(TOP, 0o755)
    for name in "hand", "big", "answers", "dask":
        (TOP / name).mkdir()
    for name in "answers", "dask":
        os.chmod(TOP / name, 0o777)
    trees.hand_made(TOP / "hand")
    if NOBODY:
        subprocess.run(["chown", "-hR", "65534:65534", TOP / "hand"], check=True)
    trees.big(TOP / "big")
    seed = os.environ.get("PS_SEED", "1")
    cases = [*trees.hand_cases(), *trees.random_cases(TOP / "random", random.Random(seed), 3, 1), *trees.big_cases()]
    before = shared_memory()
    with dask() if ("distributed", ) in found else contextlib.nullcontext() as address:
        for what, test in (f"{len(cases)} cases, {sum(case.everywhere for case in cases)} for each",
                           lambda: same_answers(found, cases, address)), ("ends", lambda: all_end(found, address)):
            if bad:
                break  # a program that prints the wrong lines may wait for others, too
            began = time.monotonic()
            test()
            print(f"{len(found)} programs, {what}: {time.monotonic() - began:.1f} s")
    if left := shared_memory() - before:
        complain("shared memory is left:", left)
    if bad:
        print(f"PS_SEED={seed} repeats the random trees")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
