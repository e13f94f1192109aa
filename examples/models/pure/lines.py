# SPDX-License-Identifier: BSD-2-Clause
"""What the models without the library share: which files there are, in order, and the search of one file.

A line is searched as text: UTF-8, where a byte that is not valid stands for itself (surrogateescape), which is how the
library sees it, too. A file with a NUL in its first 64 KiB is binary, any other from the line on that has a NUL. In
a binary file a NUL ends a line, too, and only that one of them is selected is said.
"""
import errno
import os
import re
import stat
from functools import lru_cache
from itertools import islice

from ..grep import BINARY, ERROR, FILE_END, MATCH, Record

HEAD = 1 << 16
START = (0, 0, 0, False)
FAILURES = (OSError, MemoryError)  # of one file


def failure(path, error):
    return Record(ERROR, path, error=getattr(error, "errno", errno.ENOMEM))


def files(what, paths):
    """The paths of all files, and Records where there is none. A walk follows no link, and opens no device."""
    for path in paths:
        if path == "-":
            yield ""
        elif not os.path.isdir(path):
            yield path
        elif what.recursive:
            yield from walk(path)
        else:
            yield Record(ERROR, path, error=errno.EISDIR)


def walk(top):
    """By the bytes of the names, directory by directory."""
    entries = [(top, True)]
    while entries:
        path, directory = entries.pop()
        if not directory:
            yield path
            continue
        try:
            with os.scandir(path) as listing:
                below = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in listing
                         if entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)]
        except OSError as error:
            yield Record(ERROR, path, error=error.errno)
        else:
            entries += sorted(below, key=lambda entry: os.fsencode(entry[0]), reverse=True)


@lru_cache
def selector(what):
    """The function that says whether a line is selected."""
    around = r"(?<!\w)(?:%s)(?!\w)" if what.word else "%s"
    flags = re.IGNORECASE if what.ignore_case else 0
    searches = [re.compile(around % pattern, flags).search for pattern in what.patterns]
    if len(searches) == 1:
        search = searches[0]
        return lambda line: (search(line.decode("utf-8", "surrogateescape")) is None) == what.invert

    def selects(line):
        text = line.decode("utf-8", "surrogateescape")
        return any(search(text) for search in searches) != what.invert
    return selects


class FileSearch:
    """Of one file: an iterable of Records. Iterated over no further, place() says where another one can go on."""
    def __init__(self, what, path, place=START):
        self.what, self.path, self.file = what, path, None
        self.offset, self.line, self.selected, self.binary = place

    def open(self):
        self.file = open(self.path or 0, "rb", buffering=HEAD, closefd=self.path != "")
        if self.offset:
            self.file.seek(self.offset)
        elif stat.S_ISREG(os.fstat(self.file.fileno()).st_mode):
            self.binary = b"\0" in self.file.peek(HEAD)
        return self.file

    def place(self):
        return self.file.tell(), self.line, self.selected, self.binary

    def feed(self, lines):
        """Searches the next lines. Once self.file is closed, it needs no more of them."""
        what, selects = self.what, selector(self.what)
        for line in lines:
            self.line += 1
            if self.binary or b"\0" in line:
                self.binary = True
                selected = sum(map(selects, re.split(b"[\0\n]", line)[:None if line[-1] not in b"\0\n" else -1]))
            else:
                line = line.removesuffix(b"\n")
                selected = selects(line)
            if not selected:
                continue
            self.selected += selected
            if not what.count:
                yield Record(BINARY, self.path) if self.binary else Record(MATCH, self.path, self.line, line)
                if self.binary or what.names:
                    self.file.close()
                    return

    def end(self):
        """What there is to say of the whole."""
        if self.what.count:
            yield Record(FILE_END, self.path, matches=self.selected)

    def __iter__(self):
        try:
            with self.open():
                yield from self.feed(self.file)
            yield from self.end()
        except FAILURES as error:
            yield failure(self.path, error)


def search_file(what, file):
    return (file, ) if isinstance(file, Record) else FileSearch(what, file)


def batches(files, most):
    """Tasks for page(): several files each, since a task costs more than a file; standard input by itself."""
    files = iter(files)
    while some := [*islice(files, most)]:
        if "" in some:
            yield from (([file], START) for file in some)
        else:
            yield some, START


def page(what, files, place=START):
    """What is found until max_matches have been, and the task that goes on, or None."""
    found = []
    for done, file in enumerate(files):
        if isinstance(file, Record):
            found.append(file)
            continue
        search = FileSearch(what, file, place)
        place = START
        for item in search:
            found.append(item)
            if item.kind == MATCH and not what.names and len(found) >= what.max_matches:
                return found, (files[done:], search.place())
        if len(found) >= what.max_matches:
            return found, (files[done + 1:], START)
    return found, None


def here(what, task, wait):
    """What in_order() waits for: standard input is searched in this process, anything else is waited for elsewhere."""
    files, place = task
    return (lambda: (FileSearch(what, ""), None)) if files == [""] else wait(what, files, place)
