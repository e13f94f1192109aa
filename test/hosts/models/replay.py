# SPDX-License-Identifier: BSD-2-Clause
"""replay.py CASES ANSWERS PROGRAM [OPTION]...: runs a program with the arguments of each case, each time in a child
that has everything imported, and writes what it printed and how it ended. All run in the same directory, since
Dask's workers do."""
import os
import pickle
import signal
import subprocess
import sys
from importlib import import_module
from multiprocessing import resource_tracker

import programs  # sets sys.path

from models import grep


def child(name, model, arguments):
    """The status; what signals have done to the process is seen by its parent."""
    try:
        grep.main(name, model, arguments)
    except SystemExit as end:
        return end.code or 0
    return 70


def answer(name, model, case, options, work):
    """Standard output, standard error, in both NAME for the program's, and the status."""
    with open(work + ".in", "wb") as file:
        file.write(case.stdin)
    streams = [os.open(work + ".in", os.O_RDONLY)]
    mode = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    streams += [os.open(work + end, mode, 0o666) for end in (".out", ".err")]
    if case.pipe:
        feeder = subprocess.Popen(["cat"], stdin=streams[0], stdout=subprocess.PIPE)
        os.dup2(feeder.stdout.fileno(), streams[0])
        feeder.stdout.close()
    pid = os.fork()
    if pid == 0:
        for descriptor, stream in enumerate((*streams[:2], streams[1 if case.together else 2])):
            os.dup2(stream, descriptor)
        try:
            status = child(name, model, [*options, *case.arguments])
        finally:
            sys.stderr.flush()
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if case.pipe:
        feeder.wait()
    printed = [os.pread(stream, os.fstat(stream).st_size, 0).replace(name.encode() + b": ", b"NAME: ")
               for stream in streams[1:]]
    for stream in streams:
        os.close(stream)
    return *printed, status


if __name__ == "__main__":
    signal.alarm(250)  # children that hang end with the test: see TEST_TIMEOUT
    resource_tracker.ensure_running()  # once for all children: it is an interpreter
    with open(sys.argv[1], "rb") as file:
        cases = pickle.load(file)
    name, *options = sys.argv[3:]
    model = import_module("models." + name)
    answers = [answer(name, model, case, options, sys.argv[2]) for case in cases if programs.tries(sys.argv[3:], case)]
    with open(sys.argv[2], "wb") as file:
        pickle.dump(answers, file)
