# SPDX-License-Identifier: BSD-2-Clause
"""What goes wrong, as exceptions that name the keyword at fault."""
import re
from contextlib import contextmanager
from typing import Any, Iterator, Optional, Tuple

from .constants import Status, Subject

# The keyword of Search for each subject whose `index` counts something.
SUBJECTS = {Subject.PATTERN: "patterns", Subject.SOURCE: "sources", Subject.GLOB: "globs",
            Subject.IGNORE_FILE: "ignore_files", Subject.GIT_CONFIG: "git_configs", Subject.OVERLAY: "overlays"}


class SearchError(Exception):
    """A search or a pool did not open, or a search ended early. The message is a sentence.

    status: why, a Status (an int where a newer library has one that is not known here)
    keyword: the argument at fault, such as "patterns[1]" or "max_open_files"; None if it is none, or not known
    subject, index: the same as the library says it; offset: in bytes in the pattern, where the fault is, or None
    system_error: errno if a system call failed, or 0
    """
    def __init__(self, status: int, message: str, subject: int = Subject.NONE, index: int = 0,
                 offset: Optional[int] = None, system_error: int = 0) -> None:
        super().__init__(status, message, subject, index, offset, system_error)  # what pickle makes it of again
        self.status: Status = known(Status, status)
        self.subject: Subject = known(Subject, subject)
        self.index, self.offset, self.system_error, self.message = index, offset, system_error, message
        self.keyword = keyword_of(self.subject, index, message)

    def __str__(self) -> str:
        return self.message


def known(of: Any, value: int) -> Any:
    """The constant, or the number where a newer library has one of its own."""
    return of._value2member_map_.get(value, value)


def keyword_of(subject: int, index: int, message: str) -> Optional[str]:
    """The keyword at fault. Of a field that is no array the library says only the name, in its message."""
    if subject == Subject.ENCODING:
        return "encoding"
    if subject == Subject.CURSOR:
        return ("resume", "until")[index]
    if subject in SUBJECTS:
        return f"{SUBJECTS[Subject(subject)]}[{index}]"
    field = re.search(r"(?:options|walk)\.(\w+)", message)
    return re.sub("^(match|result)_flags$", "flags", field[1]) if field else None


@contextmanager
def naming(keyword: str) -> Iterator[None]:
    """What cannot become the struct is said of this keyword."""
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        kind = next(of for of in (TypeError, ValueError, OverflowError) if isinstance(error, of))
        raise kind(f"{keyword}: {error}") from None


def error_of(status: int, error: Any) -> SearchError:
    """The exception for a failed call that has filled a CError."""
    unknown: Tuple[int, ...] = (2**32 - 1, 2**64 - 1)
    offset = error.offset if error.subject == Subject.PATTERN and error.offset not in unknown else None
    return SearchError(status, error.message.decode(errors="replace"), error.subject, error.index, offset,
                       error.system_error)
