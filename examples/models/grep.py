# SPDX-License-Identifier: BSD-2-Clause
"""What the greps share: the command line, printing, the exit status, and how they end.

A model is a module with a function search(what, paths), which yields in order what is found: psearch.Items, or
Records, which have those of their fields that are printed. If it starts processes, it says CHILDREN = True.

A grep ends as grep(1) does: with 0 if a line was selected, 1 if none, 2 after an error; and by the signal itself if
its reader is gone (SIGPIPE) or the user presses control-C (SIGINT). A model that has no children leaves this to the
kernel, which ends all its threads, wherever they are. One that has them gets an exception, and ends them first.
"""
import atexit
import contextlib
import os
import signal
import sys
from collections import deque
from itertools import islice
from typing import NamedTuple

MATCH, BINARY, ERROR, FILE_END = 1, 3, 4, 5  # psearch.ItemKind


class Record(NamedTuple):
    """An item, as far as it is printed."""
    kind: int
    path: str  # "": standard input
    line: int = 0
    text: bytes = b""
    error: int = 0
    message: str = ""
    matches: int = 0
    source: int = 0  # which of the paths it comes from


class What(NamedTuple):
    """What is searched for, and within which limits. It is small, since it goes to processes and machines."""
    patterns: tuple
    recursive: bool
    ignore_case: bool
    invert: bool
    word: bool
    number: bool
    names: bool
    count: bool
    max_files: int  # searched at once
    max_matches: int  # that wait to be printed, of each of these
    executor: str
    scheduler: str


def number(least):
    def parse(text):
        if int(text) < least:
            raise ValueError
        return int(text)
    parse.__name__ = f"number of at least {least}"
    return parse


def parse(name, arguments):
    """What, the paths, and whether their names are printed."""
    import argparse  # here, since processes and interpreters that only search import this module, too
    parser = argparse.ArgumentParser(name, usage=f"{name} [OPTION]... PATTERN [PATH]...")
    add = parser.add_argument
    add("operands", nargs="*", metavar="PATH", help="what to search; '-' and none: standard input")
    add("-e", dest="patterns", action="append", metavar="PATTERN", help="search for PATTERN; may be repeated")
    add("-i", dest="ignore_case", action="store_true", help="letters match in either case")
    add("-v", dest="invert", action="store_true", help="select the lines that do not match")
    add("-w", dest="word", action="store_true", help="match whole words only")
    add("-r", dest="recursive", action="store_true", help="search directories")
    add("-n", dest="number", action="store_true", help="print line numbers")
    add("-l", dest="names", action="store_true", help="print only the names of files that match")
    add("-c", dest="count", action="store_true", help="print only the number of selected lines per file")
    add("--files-from", metavar="FILE", help="search the paths in FILE, too, one a line; '-': standard input")
    add("--max-files", type=number(2), default=16, metavar="N", help="search at most N files at once (default 16)")
    add("--max-matches", type=number(1), default=256, metavar="N",
        help="at most N matches of each wait to be printed (default 256)")
    add("--executor", choices=("thread", "process", "interpreter"), default="thread",
        help="concurrent_futures only: which one (default thread)")
    add("--scheduler", default="", metavar="ADDRESS", help="distributed only: Dask's; by default it starts its own")
    options = vars(parser.parse_intermixed_args(arguments))
    paths, listed = options.pop("operands"), options.pop("files_from")
    if options["patterns"] is None:
        if not paths:
            parser.error("there is no PATTERN")
        options["patterns"] = [paths.pop(0)]
    several = len(paths) > 1 or listed is not None or options["recursive"] and any(map(os.path.isdir, paths))
    if listed is not None:
        with open(0 if listed == "-" else listed, "rb") as names:
            paths += [os.fsdecode(line.removesuffix(b"\n")) for line in names]
    elif not paths:
        paths = ["-"]
    options["count"] = options["count"] and not options["names"]
    return What(**{**options, "patterns": tuple(options["patterns"])}), paths, several


class Printer:
    """Prints items; knows afterwards how the grep has to end."""
    def __init__(self, name, what, several):
        self.name, self.what, self.several = name, what, several
        self.found = self.failed = False
        self.out = open(1, "wb", buffering=1 << 16, closefd=False)
        self.path, self.prefix = None, b""

    def show(self, item):
        if interrupted:  # the exception was dropped
            raise KeyboardInterrupt
        if item.kind == ERROR:
            self.failed = True
            self.complain(item.path, os.strerror(item.error) if item.error else item.message)
            return
        first, self.found = not self.found, self.found or item.kind != FILE_END or item.matches > 0
        if item.path is not self.path:
            self.path, self.prefix = item.path, os.fsencode(item.path or "(standard input)")
        if self.what.names:
            self.out.write(self.prefix + b"\n")
        elif item.kind == BINARY:
            self.complain(item.path, "binary file matches")
        else:
            value = b"%d" % item.matches if item.kind == FILE_END else item.text
            number = b"%d:" % item.line if self.what.number and item.kind == MATCH else b""
            self.out.write(b"%b:%b%b\n" % (self.prefix, number, value) if self.several else b"%b%b\n" % (number, value))
        if first:
            self.out.flush()  # who reads sees at once that there is something

    def complain(self, path, reason):
        """A line on standard error, in its place among those of standard output."""
        self.out.flush()
        sys.stderr.buffer.write(b"%b: %b: %b\n" % (self.name.encode(), os.fsencode(path or "(standard input)"),
                                                   reason.encode()))
        sys.stderr.buffer.flush()

    def status(self):
        self.out.flush()
        return 2 if self.failed else 0 if self.found else 1


async def show_all(printer, items):
    async for item in items:
        printer.show(item)


interrupted = False


def interrupt(*_):
    global interrupted
    interrupted = True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # once is enough: what is being closed is closed
    raise KeyboardInterrupt  # which Python drops within a finalizer or a callback of the garbage collector


def die_of(signal_number):
    """Ends the process as this signal does, after what has to be done before: multiprocessing removes semaphores."""
    atexit._run_exitfuncs()
    signal.signal(signal_number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal_number})
    os.kill(os.getpid(), signal_number)


def main(name, model, arguments):
    if getattr(model, "CHILDREN", False):
        signal.signal(signal.SIGINT, interrupt)
    else:
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    printer = None
    try:
        what, paths, several = parse(name, arguments)
        printer, items = Printer(name, what, several), model.search(what, paths)
        if hasattr(items, "__aiter__"):
            import asyncio
            asyncio.run(show_all(printer, items))
        else:
            with contextlib.closing(items):
                for item in items:
                    printer.show(item)
        sys.exit(printer.status())
    except BrokenPipeError:
        die_of(signal.SIGPIPE)
    except KeyboardInterrupt:
        die_of(signal.SIGINT)
    except Exception as error:  # a pattern that does not compile, a disk that is full
        with contextlib.suppress(OSError):
            if printer:
                printer.out.flush()
        print(f"{name}: {error}", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where Python tries once more to write what is left
        sys.exit(2)


@contextlib.contextmanager
def interrupts_held():
    """Processes and threads that are made meanwhile never get SIGINT: their parent does, and ends them."""
    from multiprocessing import resource_tracker
    resource_tracker.ensure_running()  # if it started by itself later, it would let the signal through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def in_order(submit, tasks, ahead):
    """What all tasks find, in their order; at most `ahead` of them are at work.

    submit(task) starts one, and returns a function that waits for it and returns (items, rest). A task finds a bounded
    number of items; if there may be more, `rest` is the task that goes on. It takes the first place at once.
    """
    tasks, waits = iter(tasks), deque()
    while waits.extend(map(submit, islice(tasks, ahead - len(waits)))) or waits:
        items, rest = waits.popleft()()
        if rest:
            waits.appendleft(submit(rest))
        yield from items
