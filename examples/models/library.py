# SPDX-License-Identifier: BSD-2-Clause
"""What the models that use the library share: its options, and a search in pieces, for those that have processes.

A piece is a task for any process that sees the files: some paths, and two cursors, between which it searches. The
cursors come from a search that only lists (LIST), so pieces have about the same number of files. A piece delivers a
page of its matches, at most so many; the cursor of the last one tells where the next page begins.
"""
import errno
import os
from collections import deque
from itertools import groupby, islice
from typing import NamedTuple

from psearch import (COUNT, FILE, IGNORE_CASE, INVERT, LIST, NO_LINE_NUMBERS, NO_SPANS, NO_WALK, NO_WORKERS, WORD,
                     Outcome, Search, Syntax, pack_items)
from psearch.packing import unpack_numbered

from .grep import ERROR, Record

FILES = 256  # of a piece


def options(what):
    """The keywords of Search."""
    flags = NO_SPANS
    for flag, wanted in ((IGNORE_CASE, what.ignore_case), (INVERT, what.invert), (WORD, what.word), (COUNT, what.count),
                         (NO_LINE_NUMBERS, not what.number)):
        flags |= flag if wanted else 0
    return dict(flags=flags, syntax=Syntax.PYTHON, max_matches_per_file=int(what.names), max_item_bytes=16 << 20,
                max_open_files=what.max_files, max_queued_matches=what.max_matches, **walk(what))


def walk(what):
    return dict(max_depth=0 if what.recursive else NO_WALK)


def sources(paths):
    return [0 if path == "-" else path for path in paths]


class Refused:
    """The directories without -r, which the library passes over in silence. Each is an error in its place."""
    def __init__(self, what, paths):
        self.left = deque() if what.recursive else deque(n for n, path in enumerate(paths) if os.path.isdir(path))
        self.paths = paths

    def before(self, source):
        """Those that come before this source."""
        while self.left and self.left[0] < source:
            yield Record(ERROR, self.paths[self.left.popleft()], error=errno.EISDIR)


def refusing(what, paths, items):
    """The items, and among them an error for each directory without -r."""
    refused = Refused(what, paths)
    for item in items:
        yield from refused.before(item.source)
        yield item
    yield from refused.before(len(paths))


class Piece(NamedTuple):
    first: int  # index of the first path among all
    paths: list
    resume: str | None = None
    until: str | None = None


def runs(paths, most):
    """Cuts paths into lists of at most `most`, standard input by itself, since only this process has it; with the index
    of each one's first path."""
    first = 0
    for _, run in groupby(paths, lambda path: path == "-"):
        while some := [*islice(run, most)]:
            yield first, some
            first += len(some)


def standard_input(what, first):
    """What is in it, as source number `first`."""
    with Search(what.patterns, 0, **options(what)) as search:
        yield from (item._replace(source=first) for item in search)


def pieces(what, paths):
    """Cuts a search."""
    Search(what.patterns, **options(what)).close()  # a pattern that does not compile fails here
    for first, paths in runs(paths, FILES):
        if paths[0] == "-":
            yield Piece(first, paths)
            continue
        resume, files = None, 0
        with Search((), *paths, flags=LIST, **walk(what)) as names:
            for item in names:
                files += item.kind == FILE
                if files < FILES or item.kind != FILE:
                    continue
                try:
                    cursor = names.cursor()
                except ValueError:  # others of its directory were taken with it
                    continue
                yield Piece(first, paths, resume, cursor)
                resume, files = cursor, 0
        yield Piece(first, paths, resume)


def page(what, piece):
    """Some of the items, packed, and the piece that goes on or None."""
    with Search(what.patterns, *piece.paths, resume=piece.resume, until=piece.until, workers=NO_WORKERS,
                max_matches=what.max_matches, **options(what)) as search:
        items = pack_items(search)
        limited = search.outcome() == Outcome.LIMITED
        return items, piece._replace(resume=search.cursor()) if limited else None


def here(what, piece, ask):
    """What in_order() waits for: standard input is searched in this process, anything else is asked for elsewhere."""
    if piece.paths[0] != "-":
        wait = ask(piece)

        def page_of():
            items, rest = wait()
            return unpack_numbered(items, piece.first)[0], rest
        return page_of
    return lambda: (standard_input(what, piece.first), None)
