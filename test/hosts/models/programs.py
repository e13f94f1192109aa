# SPDX-License-Identifier: BSD-2-Clause
"""The programs, and what of them this Python can run."""
import concurrent.futures
import importlib.util
import os
import sys
from pathlib import Path
from typing import NamedTuple

TOP = Path(__file__).resolve().parents[3]
MODELS = TOP / "examples" / "models"
sys.path[:0] = [str(TOP / "examples"), str(TOP / "examples" / "python")]
REFERENCE = "pure.sequential"
EXECUTORS = {"thread": True, "process": True, "interpreter": hasattr(concurrent.futures, "InterpreterPoolExecutor")}


class Case(NamedTuple):
    """Arguments, and what else a program meets."""
    arguments: tuple
    stdin: bytes = b""
    pipe: bool = False  # standard input is a pipe, not a file
    together: bool = False  # standard error goes where standard output goes: shows that errors are in their place
    as_psearch: bool = True  # psearch says the same, but for the reasons of errors
    same_errors: bool = True  # the reasons of errors do not depend on the model
    everywhere: bool = True  # else it is about what matches, which is the same in all models: the first few try it


def has(*modules):
    return any(importlib.util.find_spec(module) for module in modules)


def programs():
    """Each as the words of its command after examples/models; and what is left out, and why."""
    found, left_out = [], []
    for name in ("sequential", "threads", "interpreters", "coroutines", "multiprocessing", "concurrent_futures",
                 "distributed"):
        for program in (name, "pure." + name):
            if name == "interpreters" and not has("_xxsubinterpreters", "_interpreters"):
                left_out.append(f"{program}: this Python has no module for it")
            elif name == "distributed" and not has("distributed"):
                left_out.append(f"{program}: Dask's distributed is not installed")
            elif name != "concurrent_futures":
                found.append((program, ))
            else:
                for kind, there in EXECUTORS.items():
                    if there:
                        found.append((program, "--executor", kind))
                    else:
                        version = sys.version.split()[0]
                        left_out.append(f"{program} --executor {kind}: Python {version} has no such executor")
    return found, left_out


def tries(program, case):
    return case.everywhere or program[0] in ("sequential", "pure.sequential", "threads")


def command(program):
    return [sys.executable, os.fspath(MODELS), *program]
