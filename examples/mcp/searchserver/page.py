# SPDX-License-Identifier: BSD-2-Clause
"""Turns the items of a search into one bounded result.

A page ends before an item, never amid one, and its cursor is that of the last item in it: so pages that follow each
other, joined, are the whole. A page is full when it has all its results, or as many bytes as it may have, which the
last item may exceed. It is truncated if another item comes then: so the search must be asked for one result more than
fits. After the last result its context still belongs to the page, as many lines as were asked for, and so do errors.
Any other item means that there is more: it is a match, or the context before one.
"""
import base64
import os
from contextlib import aclosing

from psearch import ItemFlag, ItemKind, SearchError, Status

from .rpc import to_json

RESULTS = (ItemKind.MATCH, ItemKind.BINARY, ItemKind.FILE)


def readable(name, data):
    """Bytes as JSON can have them; if they are not UTF-8, also as they are."""
    text = data.decode(errors="surrogateescape")
    shown = "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in text) if not text.isascii() else text
    return {name: text} if shown == text else {name: shown, name + "_base64": base64.b64encode(data).decode()}


def line_of(item):
    """What the result says of an item, below its path; None if the path says all."""
    if item.kind == ItemKind.BINARY:
        return {"binary": True}
    if item.kind == ItemKind.ERROR:
        return {**({"line": item.line} if item.line else {}), "error": item.message,
                "reason": getattr(item.reason, "name", str(item.reason)),
                **({"note": True} if item.flags & ItemFlag.NOTE else {})}
    if item.kind not in (ItemKind.MATCH, ItemKind.CONTEXT):
        return None
    return {"line": item.line, **({"column": item.spans[0][0] + 1} if item.spans else {}),
            **readable("text", item.text),
            **({"window": {"offset": item.text_offset, "line_bytes": item.line_bytes}}
               if item.flags & ItemFlag.WINDOW else {}),
            **({"context": True} if item.kind == ItemKind.CONTEXT else {})}


class Page:
    def __init__(self, max_results, max_output_bytes, context):
        self.max_results, self.max_bytes, self.context = max_results, max_output_bytes, context
        self.files, self.results, self.errors, self.bytes = [], 0, 0, 0
        self.truncated_by, self.changed = None, False
        self._place, self._context_left = None, 0  # of the last item: its source and path

    def full(self):
        return self.results >= self.max_results or self.bytes >= self.max_bytes

    def _ends_before(self, item):
        """The bound for which the page ends before this item, or None."""
        if self.bytes >= self.max_bytes:
            return "max_output_bytes"
        if self.results < self.max_results or item.kind == ItemKind.ERROR:
            return None
        if item.kind == ItemKind.CONTEXT and self._context_left > 0 and self._place == (item.source, item.path):
            return None
        return "max_results"

    def add(self, item):
        """Adds an item; False if the page ends before it."""
        self.truncated_by = self._ends_before(item)
        if self.truncated_by is not None:
            return False
        place = item.source, item.path
        if place != self._place or item.kind == ItemKind.FILE:
            self.files.append(readable("path", os.fsencode(item.path.removeprefix("./"))))
            self.bytes += len(to_json(self.files[-1]))
            self._place = place
        if (line := line_of(item)) is not None:
            self.files[-1].setdefault("lines", []).append(line)
            self.bytes += len(to_json(line))
        self.changed = self.changed or bool(item.flags & ItemFlag.CHANGED)
        self._count(item)
        return True

    def _count(self, item):
        if item.kind in RESULTS:
            self.results += 1
            self._context_left = self.context
        elif item.kind == ItemKind.CONTEXT:
            self._context_left -= 1
        elif not item.flags & ItemFlag.NOTE:
            self.errors += 1

    async def fill(self, search, cursor):
        """Takes items until the page or the search ends. Returns where a page that is truncated ends: a cursor, or, if
        it has nothing, what `cursor` is."""
        try:
            async with aclosing(aiter(search)) as items:
                async for item in items:
                    if not self.add(item):
                        break
                    if self.full():
                        cursor = search.cursor()  # the next item may be the one that it ends before
        except SearchError as failure:
            if failure.status != Status.ETIMEDOUT:
                raise
            self.truncated_by = "deadline_ms"
            if self.files:
                cursor = search.cursor()
        return cursor

    def result(self, stats, token):
        """The whole, as schema.RESULT describes it. `token` is for the next page."""
        result = {"files": self.files, "results": self.results, "errors": self.errors,
                  "truncated": self.truncated_by is not None}
        if self.truncated_by is not None:
            result["truncated_by"] = self.truncated_by
            if token is not None:
                result["next"] = token
        if self.changed:
            result["changed"] = True
        return {**result, "files_searched": stats["files_searched"], "files_skipped": stats["files_skipped"]}
