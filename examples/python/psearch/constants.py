# SPDX-License-Identifier: BSD-2-Clause
"""The enums of psearch.h, without their prefixes, which say more than the lines here.

The flags of a search (MatchFlag, WalkFlag, ResultFlag) share no bit: one number has those of all three topics, as in
`flags=IGNORE_CASE | SKIP_HIDDEN | NO_SPANS`. These, the flags of globs, the kinds of items, and the statuses are names
of the module, too.
"""
from enum import IntEnum, IntFlag
from typing import Type


class Status(IntEnum):
    """What a call of the library returns; SearchError.status is one of the negative ones."""
    ITEM = 1
    OK = 0
    EINVAL = -1  # an argument or option is not valid
    EVERSION = -2  # fields are set that this version of the library does not know
    ENOMEM = -3  # out of memory
    EPATTERN = -4  # a pattern does not compile
    EAGAIN = -5  # nothing is ready yet
    ECANCELED = -6  # cancel() was called
    ETIMEDOUT = -7  # timeout_ms has passed
    ESYSTEM = -8  # a system call failed
    ESOURCE = -9  # more_sources raised an exception, or gave what is no source


class Subject(IntEnum):
    """What the `index` of a SearchError counts."""
    NONE = 0
    PATTERN = 1
    SOURCE = 2
    GLOB = 3
    IGNORE_FILE = 4
    GIT_CONFIG = 5
    ENCODING = 6  # one string: the index is 0
    CURSOR = 7  # 0: resume, 1: until
    OVERLAY = 8


class Syntax(IntEnum):
    """How patterns are written."""
    ONIGURUMA = 0  # Oniguruma's own: Ruby's, and more
    PERL = 1  # Perl's, as far as Oniguruma supports it
    PYTHON = 2  # Python's, likewise
    BASIC = 3  # POSIX basic regular expressions, as in GNU grep
    EXTENDED = 4  # POSIX extended ones, likewise


class SourceKind(IntEnum):
    """What a source is; Search tells by the type of the argument."""
    PATH = 0
    DESCRIPTOR = 1
    MEMORY = 2


class OverlayFlag(IntFlag):
    """Search sets it where an overlay is None."""
    REMOVED = 1 << 0  # there is no such file, even if there is one on disk


class MatchFlag(IntFlag):
    """What a line is, and when it matches."""
    IGNORE_CASE = 1 << 0  # letters match in either case
    INVERT = 1 << 1  # select the lines that do not match
    WORD = 1 << 2  # a match must not border on a word character outside it
    LINE = 1 << 3  # a match must be the whole line
    FIXED = 1 << 4  # patterns are strings, not expressions
    CRLF = 1 << 5  # a \r before a line's \n is not part of the line
    NUL_LINES = 1 << 6  # lines end in NUL, and may contain newlines; no file is binary. Not with CRLF
    TEXT = 1 << 7  # search a binary file as if it were text
    SKIP_BINARY = 1 << 8  # a binary file has no matches. Not with TEXT
    DECOMPRESS = 1 << 9  # search the contents of compressed files
    MULTILINE = 1 << 10  # a match may reach over line ends. Not with NUL_LINES
    DOT_NEWLINE = 1 << 11  # MULTILINE: . takes newlines, too


class WalkFlag(IntFlag):
    """What a walk searches and what it skips."""
    SKIP_HIDDEN = 1 << 12  # skip names that start with a dot
    FOLLOW = 1 << 13  # follow symbolic links
    ONE_FILE_SYSTEM = 1 << 14  # skip directories on a file system other than the source's
    IGNORE_VCS = 1 << 15  # obey git's rules, and skip each .git
    IGNORE_FILES = 1 << 16  # obey .psearchignore and .ignore; they take precedence over git's rules
    IGNORE_BELOW = 1 << 17  # do not read ignore files from directories above a source
    IGNORE_ANYWHERE = 1 << 18  # obey git's rules outside a repository, too
    NO_NESTED_REPOSITORIES = 1 << 19  # skip directories below a source that contain a .git
    TRACKED = 1 << 20  # IGNORE_VCS: git's rules do not apply to files that git tracks


class ResultFlag(IntFlag):
    """What is delivered, and how."""
    FILE_INFO = 1 << 21  # FILE and FILE_END items tell size, inode, device and time of modification
    UNORDERED = 1 << 22  # deliver each file as soon as it has something
    COUNT = 1 << 23  # no MATCH, CONTEXT or BINARY items; implies FILE_ENDS
    FILE_ENDS = 1 << 24  # a FILE_END item after every file that was read
    NO_SPANS = 1 << 25  # leave out spans: faster
    NO_LINE_NUMBERS = 1 << 26  # leave out line numbers (they are 0): faster
    LIST = 1 << 27  # search nothing: a FILE item for every file that would be searched; needs no patterns
    SOCKET = 1 << 28  # fileno() is a socket, not an eventfd
    GROUPS = 1 << 29  # with each match, what its groups matched: much slower. Not with NO_SPANS
    ALL_LINES = 1 << 30  # a CONTEXT item for each line that is not selected, too. Not with COUNT


class GlobFlag(IntFlag):
    """What a glob does: the second element of (glob, flags) or (glob, flags, group)."""
    EXCLUDE = 1 << 0  # skips what matches; without it a glob selects what matches
    NO_CASE = 1 << 1  # ASCII letters match in either case
    BRACES = 1 << 2  # {a,b} matches either a or b
    BASENAME = 1 << 3  # matches the last name of a path, even if the glob has a slash
    DISPLAY_PATH = 1 << 4  # a glob with a slash matches the path as items show it
    FILES_ONLY = 1 << 5
    DIRS_ONLY = 1 << 6
    UNHIDE = 1 << 7  # selects hidden entries despite SKIP_HIDDEN
    OVERRIDE = 1 << 8  # overrides ignore rules and all later groups


class Priority(IntEnum):
    """Which searches of a pool go first."""
    NORMAL = 0
    INTERACTIVE = 1  # somebody waits for it: before all others
    BACKGROUND = 2  # nobody does: after all others


class CallerFlag(IntFlag):
    """What the thread that takes the items does."""
    NO_HELP = 1 << 0  # it never opens, lists, reads or searches anything: workers do all that


class ItemKind(IntEnum):
    """What an Item is."""
    MATCH = 1  # a matching line
    CONTEXT = 2  # a line near a matching one
    BINARY = 3  # the file is binary and matches; only FILE_END may follow for it
    ERROR = 4  # about a file, directory or line; the search goes on
    FILE_END = 5  # the file is finished: its totals
    FILE = 6  # with LIST: a file that would be searched


class ItemFlag(IntFlag):
    """What else there is to say of an Item."""
    WINDOW = 1 << 0  # `text` is only part of the line: see text_offset
    NO_EOL = 1 << 1  # the file ends here, without a line terminator
    CRLF = 1 << 2  # the line ends in \r\n; only with MatchFlag.CRLF
    NOTE = 1 << 3  # ERROR: nothing failed; the message says what is intended but may surprise
    MATCHES_EOL = 1 << 4  # MULTILINE: the last match takes the terminator after the line, too
    CHANGED = 1 << 5  # the first item after `resume`: the cursor's file has changed, so something may be missing


class Reason(IntEnum):
    """Why there is an ERROR item; its message says it in a sentence."""
    NONE = 0  # not an ERROR item
    OPEN = 1  # a file or directory cannot be opened, or is gone
    READ = 2  # reading a file failed: what was read until then has been searched
    LIST = 3  # reading a directory failed: the entries read until then are searched
    OUTPUT_FILE = 4  # it is the file of output_fd
    LINE_TOO_LONG = 5  # a line exceeds max_line_bytes: it is not searched, the others are
    GAVE_UP = 6  # a line is too hard for a pattern: whether it matches, or where, is unknown
    DAMAGED = 7  # compressed data is damaged, ends early, or is followed by other data
    UNSUPPORTED = 8  # compressed data that this build cannot read; with NOTE: an archive, searched as it is
    MEMORY = 9  # compressed data that needs too much memory
    ENCODING = 10  # the text cannot be decoded
    RULES = 11  # ignore rules cannot be read or used: the walk goes on without them
    TEXT_TOO_LONG = 12  # a file exceeds max_multiline_bytes: it is not searched


class Outcome(IntEnum):
    """How a search ended."""
    RUNNING = 0  # the iteration has not come to the end yet
    COMPLETE = 1  # everything, or everything up to `until`, was searched and delivered
    LIMITED = 2  # max_matches was reached
    TIMED_OUT = 3  # timeout_ms passed
    CANCELED = 4  # cancel() was called
    FAILED = 5  # out of memory, or more_sources failed


class TreeTrust(IntEnum):
    """How a search with a tree finds out whether what was learnt still holds."""
    STAMPS = 0  # it asks about each directory, and each file that it would leave out: exact
    DIRECTORIES = 1  # about each directory: it does not notice a file that is written in place
    TOLD = 2  # it does not ask again: the program watches, and calls Tree.changed()
    WATCHED = 3  # the same, and the library watches, by inotify


class Never(IntEnum):
    """Why a pattern can never match, whatever is searched."""
    NONE = 0  # it may match, as far as is known
    LINE_END = 1  # it needs the character that ends a line: \n in a search of lines
    PLACE = 2  # it needs a start or end where there is none: a^b, $a
    CHARACTER = 3  # it needs what there is not: (?!)


class Unit(IntEnum):
    """What Item.column() counts."""
    BYTES = 0
    CODE_POINTS = 1
    UTF16 = 2  # UTF-16 code units: what editors count in


# The names of the module.
ITEM = Status.ITEM
OK = Status.OK
EINVAL = Status.EINVAL
EVERSION = Status.EVERSION
ENOMEM = Status.ENOMEM
EPATTERN = Status.EPATTERN
EAGAIN = Status.EAGAIN
ECANCELED = Status.ECANCELED
ETIMEDOUT = Status.ETIMEDOUT
ESYSTEM = Status.ESYSTEM
ESOURCE = Status.ESOURCE
IGNORE_CASE = MatchFlag.IGNORE_CASE
INVERT = MatchFlag.INVERT
WORD = MatchFlag.WORD
LINE = MatchFlag.LINE
FIXED = MatchFlag.FIXED
CRLF = MatchFlag.CRLF
NUL_LINES = MatchFlag.NUL_LINES
TEXT = MatchFlag.TEXT
SKIP_BINARY = MatchFlag.SKIP_BINARY
DECOMPRESS = MatchFlag.DECOMPRESS
MULTILINE = MatchFlag.MULTILINE
DOT_NEWLINE = MatchFlag.DOT_NEWLINE
SKIP_HIDDEN = WalkFlag.SKIP_HIDDEN
FOLLOW = WalkFlag.FOLLOW
ONE_FILE_SYSTEM = WalkFlag.ONE_FILE_SYSTEM
IGNORE_VCS = WalkFlag.IGNORE_VCS
IGNORE_FILES = WalkFlag.IGNORE_FILES
IGNORE_BELOW = WalkFlag.IGNORE_BELOW
IGNORE_ANYWHERE = WalkFlag.IGNORE_ANYWHERE
NO_NESTED_REPOSITORIES = WalkFlag.NO_NESTED_REPOSITORIES
TRACKED = WalkFlag.TRACKED
FILE_INFO = ResultFlag.FILE_INFO
UNORDERED = ResultFlag.UNORDERED
COUNT = ResultFlag.COUNT
FILE_ENDS = ResultFlag.FILE_ENDS
NO_SPANS = ResultFlag.NO_SPANS
NO_LINE_NUMBERS = ResultFlag.NO_LINE_NUMBERS
LIST = ResultFlag.LIST
SOCKET = ResultFlag.SOCKET
GROUPS = ResultFlag.GROUPS
ALL_LINES = ResultFlag.ALL_LINES
EXCLUDE = GlobFlag.EXCLUDE
NO_CASE = GlobFlag.NO_CASE
BRACES = GlobFlag.BRACES
BASENAME = GlobFlag.BASENAME
DISPLAY_PATH = GlobFlag.DISPLAY_PATH
FILES_ONLY = GlobFlag.FILES_ONLY
DIRS_ONLY = GlobFlag.DIRS_ONLY
UNHIDE = GlobFlag.UNHIDE
OVERRIDE = GlobFlag.OVERRIDE
MATCH = ItemKind.MATCH
CONTEXT = ItemKind.CONTEXT
BINARY = ItemKind.BINARY
ERROR = ItemKind.ERROR
FILE_END = ItemKind.FILE_END
FILE = ItemKind.FILE
NO_HELP = CallerFlag.NO_HELP
NO_WORKERS = 2**32 - 1  # for `workers`: no threads, the caller does all the work
NO_WALK = 2**32 - 1  # for `max_depth`: skip sources that are directories
NO_LEARNING = 2**32 - 1  # for `learn_percent` of a Tree: searches learn nothing, Tree.learn() does
GLOB_GROUPS = 8  # the group of a glob is less than this


def all_of(flags: Type[IntFlag]) -> int:
    """All bits that have a name."""
    return sum(flags.__members__.values())


__all__ = [
    "ALL_LINES", "BASENAME", "BINARY", "BRACES", "CONTEXT", "COUNT", "CRLF", "CallerFlag", "DECOMPRESS", "DIRS_ONLY",
    "DISPLAY_PATH", "DOT_NEWLINE", "EAGAIN", "ECANCELED", "EINVAL", "ENOMEM", "EPATTERN", "ERROR", "ESOURCE", "ESYSTEM",
    "ETIMEDOUT", "EVERSION", "EXCLUDE", "FILE", "FILES_ONLY", "FILE_END", "FILE_ENDS", "FILE_INFO", "FIXED", "FOLLOW",
    "GLOB_GROUPS", "GROUPS", "GlobFlag", "IGNORE_ANYWHERE", "IGNORE_BELOW", "IGNORE_CASE", "IGNORE_FILES", "IGNORE_VCS",
    "INVERT", "ITEM", "ItemFlag", "ItemKind", "LINE", "LIST", "MATCH", "MULTILINE", "MatchFlag", "NO_CASE", "NO_HELP",
    "NO_LEARNING", "NO_LINE_NUMBERS", "NO_NESTED_REPOSITORIES", "NO_SPANS", "NO_WALK", "NO_WORKERS", "NUL_LINES",
    "Never", "OK", "ONE_FILE_SYSTEM", "OVERRIDE", "Outcome", "OverlayFlag", "Priority", "Reason", "ResultFlag",
    "SKIP_BINARY", "SKIP_HIDDEN", "SOCKET", "SourceKind", "Status", "Subject", "Syntax", "TEXT", "TRACKED", "TreeTrust",
    "UNHIDE", "UNORDERED", "Unit", "WORD", "WalkFlag",
]
