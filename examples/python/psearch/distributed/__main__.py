# SPDX-License-Identifier: BSD-2-Clause
"""Prints what matches, as psearch -n does: python -m psearch.distributed PATTERN PATH... --scheduler ADDRESS"""
import argparse
import os
import sys
from signal import SIGINT, SIGPIPE

from distributed import Client

from psearch import (BINARY, ERROR, FIXED, IGNORE_CASE, IGNORE_FILES, IGNORE_VCS, INVERT, MATCH, NO_SPANS, SKIP_HIDDEN,
                     WORD, ItemFlag, SearchError)
from psearch.distributed import Failed, On, Search

LINE_BYTES = 16 << 20  # lines are printed whole: longer ones are errors


def parse(arguments):
    parser = argparse.ArgumentParser(prog="psearch.distributed", description="Search files on many machines, by Dask.")
    parser.add_argument("pattern")
    parser.add_argument("paths", nargs="+", metavar="path",
                        help="a file or directory that all workers share, or HOST:PATH: one that this worker has")
    parser.add_argument("--scheduler", required=True, metavar="ADDRESS", help="of Dask's scheduler: tcp://host:8786")
    parser.add_argument("-F", "--fixed-strings", dest="flags", action="append_const", const=FIXED, default=[])
    parser.add_argument("-i", "--ignore-case", dest="flags", action="append_const", const=IGNORE_CASE)
    parser.add_argument("-v", "--invert-match", dest="flags", action="append_const", const=INVERT)
    parser.add_argument("-w", "--word-regexp", dest="flags", action="append_const", const=WORD)
    parser.add_argument("-m", "--max-count", type=int, default=0, help="of matching lines, per file")
    parser.add_argument("--no-ignore", action="store_true", help="do not obey ignore files")
    parser.add_argument("-.", "--hidden", action="store_true", help="search hidden files, too")
    parser.add_argument("--wait", type=float, default=60, help="seconds for a worker that is away; default 60")
    return parser.parse_args(arguments)


def source_of(path):
    """HOST:PATH is on that worker, unless there is a slash in HOST."""
    worker, colon, there = path.rpartition(":")
    return On(worker, there) if colon and "/" not in worker.removeprefix("tcp://") else path


def complain(message, out):
    out.flush()  # what was found before comes before
    print(f"psearch: {message}", file=sys.stderr, flush=True)


def print_items(search, names, out):
    """Prints them, and returns whether there were any, and whether there were errors."""
    found = failed = False
    path = name = binary = None  # the last path, what stands before its lines, and the file that turned out to be binary
    for item in search:
        if binary is not None and item.path != binary:
            complain(f"{binary}: binary file matches", out)
            binary = None
        if item.kind == MATCH:
            if item.path != path:
                path, name = item.path, os.fsencode(item.path) + b":" if names else b""
            out.write(b"%s%d:%s\n" % (name, item.line, item.text))
            found = True
        elif item.kind == BINARY:
            binary, found = item.path, True
        elif item.kind == ERROR:
            complain(f"{item.path}: {item.message}" + (f" (line {item.line})" if item.line else ""), out)
            failed = failed or not item.flags & ItemFlag.NOTE
    if binary is not None:
        complain(f"{binary}: binary file matches", out)
    out.flush()
    return found, failed


def main(arguments=None):
    options = parse(arguments)
    flags = sum({*options.flags}) | NO_SPANS
    if not options.no_ignore:
        flags |= IGNORE_FILES | IGNORE_VCS
    if not options.hidden:
        flags |= SKIP_HIDDEN
    sources = [source_of(path) for path in options.paths]
    names = len(sources) > 1 or isinstance(sources[0], On) or os.path.isdir(sources[0])
    out = open(sys.stdout.fileno(), "wb", buffering=1 << 16, closefd=False)
    try:
        with Client(options.scheduler) as client, \
             Search(options.pattern, *sources, client=client, flags=flags, max_matches_per_file=options.max_count,
                    max_item_bytes=LINE_BYTES, max_line_bytes=LINE_BYTES, wait=options.wait) as search:
            found, failed = print_items(search, names, out)
    except (OSError, SearchError, Failed) as error:
        if isinstance(error, BrokenPipeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what is flushed at exit
            return 128 + SIGPIPE
        complain(error, out)
        return 2
    except KeyboardInterrupt:
        return 128 + SIGINT
    return 2 if failed else 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
