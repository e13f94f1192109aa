# SPDX-License-Identifier: BSD-2-Clause
"""The tools: from arguments to a search in the pool, and from that to a page.

Opening a search compiles the pattern and looks at paths, and a disk may keep it waiting: so another thread does it.
From then on the event loop only takes items. At most MAX_RUNNING searches are open; other calls wait for their turn.

All searches share a warm tree, which learns between calls: so later ones open only files that can match. It asks the
system about each file that it leaves out, since agents change files by other means, and then search again.
"""
import asyncio
import base64
import logging
import os

import psearch
from psearch import GlobFlag, MatchFlag, ResultFlag, SearchError, Subject, Syntax, WalkFlag

from . import pagetoken, schema
from .arguments import Wrong, check, defaults
from .page import Page
from .roots import Refused

MAX_RUNNING = 16
SLICE_MS = 50  # of learning: so long it may go on beside a call that comes

DESCRIPTIONS = {
    "search": ("Search text", schema.SEARCH,
               "Searches files for lines that match a pattern: in directories recursively, except for what git "
               "ignores, hidden files, and links. Results come in one order, the same each time. If `truncated` is set "
               "there is more: call `page` with `next`, or narrow the search."),
    "list": ("List files", schema.LIST,
             "Lists the files that `search` would look into with the same paths, globs, hidden and ignored."),
    "page": ("Next page", schema.PAGE,
             "Goes on where a result of `search`, `list` or `page` was truncated, with the same arguments; only the "
             "bounds may be given anew."),
}


class ToolError(Exception):
    """The call failed, for a reason that its caller can do something about."""


def glob_of(text):
    """A glob as psearch -g takes it."""
    if text.startswith("!"):
        return text[1:], GlobFlag.BRACES | GlobFlag.EXCLUDE
    return text, GlobFlag.BRACES | GlobFlag.UNHIDE | GlobFlag.OVERRIDE


def git_files():
    """Where git's own settings are, as it finds them."""
    home = os.environ.get("HOME") or None
    config = os.environ.get("XDG_CONFIG_HOME") or (home and os.path.join(home, ".config"))
    names = ["/etc/gitconfig", config and os.path.join(config, "git/config"), home and os.path.join(home, ".gitconfig")]
    return {"home": home, "git_configs": [name for name in names if name],
            "git_excludes": config and os.path.join(config, "git/ignore")}


def in_words(failure, given):
    """A failure to open, for a person: with the pattern and the place in it, or the glob."""
    message = str(failure)
    if failure.subject == Subject.PATTERN:
        pattern = given["pattern"].encode()
        message = message.partition(": ")[2]  # without the pattern's number: there is one
        if failure.offset is not None and failure.offset <= len(pattern) and b"\n" not in pattern:
            message += f" (byte {failure.offset + 1} of the pattern)"
        return f"pattern: {message}"
    if failure.subject == Subject.GLOB:
        return f"globs[{failure.index}]: {message}"
    if failure.subject == Subject.CURSOR:
        return f"next: {message}"
    return message


class Tools:
    def __init__(self, pool, tree, roots):
        self._pool, self._tree, self._roots, self._turn = pool, tree, roots, asyncio.Semaphore(MAX_RUNNING)
        self._running, self._idle = 0, asyncio.Event()  # set when there may be something to learn

    async def learn(self):
        """Learns, in another thread, whenever no call runs; until it is cancelled."""
        while await self._idle.wait():
            self._idle.clear()
            try:
                while self._running == 0 and await self._tree.alearn(SLICE_MS):
                    pass
            except SearchError as failure:  # searches go on without
                logging.warning("nothing more is learnt for now: %s", failure)

    async def call(self, name, arguments, opened=lambda search: None):
        """The result of a tool. `opened` is told which search it is once that runs."""
        try:
            given = check(DESCRIPTIONS[name][1], arguments)
            cursor = None
            if name == "page":
                name, given, cursor = self._former(given)
            if not pagetoken.fits(given):
                raise Wrong("arguments: longer than 32 KiB together")
            return await self._run(name, given, cursor, opened)
        except (Wrong, Refused, pagetoken.Damaged) as wrong:
            raise ToolError(str(wrong)) from None

    @staticmethod
    def _former(given):
        """The call that a page goes on with: a client could have forged it, so it is checked as any."""
        name, arguments, cursor = pagetoken.decode(given.pop("next"))
        if name not in ("search", "list"):
            raise pagetoken.Damaged("next: damaged: it names no tool that has pages")
        return name, check(DESCRIPTIONS[name][1], {**arguments, **given}), cursor

    async def _run(self, name, given, cursor, opened):
        async with self._turn:
            self._running += 1
            try:
                return await self._search(name, given, cursor, opened)
            finally:
                self._running -= 1
                self._idle.set()

    async def _search(self, name, given, cursor, opened):
        full = {**defaults(schema.SEARCH), **given}
        try:
            search = await asyncio.to_thread(self._open, name == "list", full, cursor)
        except SearchError as failure:
            raise ToolError(in_words(failure, full)) from None
        with search:
            opened(search)
            page = Page(full["max_results"], full["max_output_bytes"], full["context"])
            try:
                end = await page.fill(search, cursor)
            except SearchError as failure:
                raise ToolError(str(failure)) from None
            return page.result(search.stats(), end and pagetoken.encode(name, given, end))

    def _open(self, only_list, full, cursor):
        paths = [os.fsencode(path) for path in full.get("paths", ())]
        paths += [base64.b64decode(path) for path in full.get("paths_base64", ())]
        sources = [self._roots.resolve(path) for path in paths] or self._roots.all()
        flags = ResultFlag.LIST if only_list else 0
        for name, flag in (("fixed", MatchFlag.FIXED), ("ignore_case", MatchFlag.IGNORE_CASE), ("word", MatchFlag.WORD),
                           ("multiline", MatchFlag.MULTILINE)):
            flags |= flag if full[name] else 0
        flags |= 0 if full["hidden"] else WalkFlag.SKIP_HIDDEN
        flags |= 0 if full["ignored"] else WalkFlag.IGNORE_VCS | WalkFlag.IGNORE_FILES
        try:
            return psearch.Search(
                [] if only_list else [full["pattern"]], *sources, pool=self._pool, tree=self._tree, flags=flags, most=1,
                encoding="auto", syntax=Syntax[full["syntax"].upper()],
                globs=[glob_of(glob) for glob in full.get("globs", ())],
                before_context=full["context"], after_context=full["context"], max_item_bytes=full["line_window"],
                max_matches_per_file=full["max_per_file"], max_matches=full["max_results"] + 1,
                timeout_ms=full["deadline_ms"], resume=cursor, **git_files())
        except ValueError as wrong:  # it names the argument: a glob with a NUL
            raise Wrong(str(wrong)) from None
