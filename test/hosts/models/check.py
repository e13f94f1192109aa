# SPDX-License-Identifier: BSD-2-Clause
"""check.py BUILD DIRECTORY: called by test_models.sh. $PS_SEED chooses the random trees."""
import contextlib
import os
import pickle
import random
import re
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
ENDS = 90  # seconds in which what was told to end has ended, on a machine with other work
bad = []


def complain(*words):
    print(*words)
    bad.append(words)


def may_read_all():
    """Whether the programs can run as a user to whom files can be unreadable."""
    return not NOBODY or subprocess.run([sys.executable, "-c", "import programs; import psearch; psearch.load()"],
                                        cwd=HERE, stderr=subprocess.DEVNULL, **NOBODY).returncode == 0


@contextlib.contextmanager
def dask(user):
    """The address of a scheduler with two workers, which the programs share: starting one takes seconds."""
    code = ("import logging, sys; from distributed import LocalCluster\n"
            "if __name__ == '__main__':\n"
            "    cluster = LocalCluster(n_workers=2, threads_per_worker=1, host='127.0.0.1', dashboard_address='127.0.0.1:0',\n"
            "                           silence_logs=logging.CRITICAL)\n"
            "    print(cluster.scheduler_address, flush=True)\n"
            "    sys.stdin.read(); cluster.close()")
    environment = {**os.environ, "DASK_TEMPORARY_DIRECTORY": os.fspath(TOP / "dask"),
                   "PYTHONPATH": os.pathsep.join(sys.path[:2])}
    script = TOP / "dask" / "cluster.py"
    script.write_text(code)
    with subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                          cwd=TOP, env=environment, **user) as cluster:
        yield cluster.stdout.readline().strip()
        cluster.stdin.close()
        cluster.wait()


def replay(program, cases, address, user):
    """What the program says to each case."""
    answers = TOP / "answers" / "-".join(program).replace("--", "")
    options = ["--scheduler", address] if program[0].endswith("distributed") else []
    run = subprocess.run([sys.executable, HERE / "replay.py", cases, answers, *program, *options], cwd=TOP,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **user)
    if run.returncode != 0:
        complain(" ".join(program), "does not come to its end:", run.stdout.decode(errors="replace"))
        return []
    return pickle.loads(answers.read_bytes())


def psearch(case, user):
    """What psearch says to a case, without the reasons of errors."""
    work = TOP / "psearch.in"
    work.write_bytes(case.stdin)
    with open(work, "rb") as stdin:
        run = subprocess.run([BUILD / "psearch", "--syntax=python", *without_limits(case.arguments)], cwd=TOP,
                             **(dict(input=case.stdin) if case.pipe else dict(stdin=stdin)), capture_output=True, **user)
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


def same_answers(found, cases, user):
    (TOP / "cases").write_bytes(pickle.dumps(cases))
    cluster = dask(user) if ("distributed", ) in found else contextlib.nullcontext()
    with cluster as address, ThreadPoolExecutor(os.cpu_count()) as several:
        answers = dict(zip(found, several.map(lambda program: replay(program, TOP / "cases", address, user), found)))
    reference = answers[(REFERENCE, )]
    for program, said in answers.items():
        tried = [(case, expected) for case, expected in zip(cases, reference) if tries(program, case)]
        for (case, expected), ours in zip(tried, said):
            compare(program, case, ours, expected)
    for case, (out, err, status) in zip(cases, reference):
        if case.as_psearch and psearch(case, user) != (out, len(err.splitlines()), status):
            complain("psearch", case.arguments, "says", str(psearch(case, user))[:500], "but", REFERENCE, str((out, err, status))[:500])
    statuses = {status for _, _, status in reference}
    if statuses != {0, 1, 2}:
        complain("the cases are poor: all statuses are", statuses)


def in_session(session):
    """The processes of a session, except those that have ended."""
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                left.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return left


def wait_until_gone(session):
    until = time.monotonic() + ENDS
    while (left := in_session(session)) and time.monotonic() < until:
        time.sleep(0.01)
    return left


def shared_memory():
    return {name for name in os.listdir("/dev/shm") if name.startswith(("sem.mp", "psm_"))}


def stop(program, how):
    """Stops a program after its first line."""
    arguments = ["foo", "hand/a", "-"] if how == "waiting" else ["-r", "", "big"]
    with subprocess.Popen([*command(program), *arguments], cwd=TOP, start_new_session=True, bufsize=0,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        first = run.stdout.readline()
        if how == "closed":
            run.stdout.close()
        else:
            os.killpg(run.pid, signal.SIGINT)
            os.killpg(run.pid, signal.SIGINT)  # the user is impatient
        try:
            status = run.wait(ENDS)
        except subprocess.TimeoutExpired:
            complain(f"{' '.join(program)}, {how}, has not ended after {ENDS} s: {in_session(run.pid)}")
            os.killpg(run.pid, signal.SIGKILL)
            return
        left = wait_until_gone(run.pid)
        said = "" if left else run.stderr.read().decode(errors="replace")
        expected = -signal.SIGPIPE if how == "closed" else -signal.SIGINT
        if (bool(first), status, said, left) != (True, expected, "", []):
            complain(f"{' '.join(program)}, {how}: began with {first}, status {status}, not {expected}; left {left}; said\n{said}")


def main():
    found, left_out = programs()
    for line in left_out:
        print("left out:", line)
    os.chmod(TOP, 0o755)
    for name in "hand", "big", "answers", "dask", "compiled":
        (TOP / name).mkdir()
    for name in "answers", "dask", "compiled":
        os.chmod(TOP / name, 0o777)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of interpreters would compile the same
    os.environ["PYTHONPYCACHEPREFIX"] = os.fspath(TOP / "compiled")
    user = NOBODY
    if not may_read_all():
        print("left out: files that cannot be read, since", "root can, and nobody cannot read this checkout")
        user = {}
    trees.hand_made(TOP / "hand")
    if user:
        subprocess.run(["chown", "-hR", "65534:65534", TOP / "hand"], check=True)
    trees.big(TOP / "big")
    seed = os.environ.get("PS_SEED", "1")
    cases = [*trees.hand_cases(), *trees.random_cases(TOP / "random", random.Random(seed), 2, 2), *trees.big_cases()]
    before = shared_memory()
    began = time.monotonic()
    same_answers(found, cases, user)
    print(f"{len(found)} programs, {len(cases)} cases, {sum(case.everywhere for case in cases)} for each: {time.monotonic() - began:.1f} s")
    began = time.monotonic()
    with ThreadPoolExecutor(2 * os.cpu_count()) as several:
        for _ in several.map(lambda job: stop(*job), [(p, how) for how in ("closed", "interrupted", "waiting") for p in found]):
            pass
    print(f"stopped in three ways: {time.monotonic() - began:.1f} s")
    if left := shared_memory() - before:
        complain("shared memory is left:", left)
    if bad:
        print(f"PS_SEED={seed} repeats the random trees")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
