# SPDX-License-Identifier: BSD-2-Clause
"""What searches and pools count. Counters only grow while a search is open."""
from typing import TypedDict


class Stats(TypedDict):
    """How far a search has come: Search.stats()."""
    workers: int  # threads running; in a pool: how many of its threads may work at the search
    files_found: int  # files found in walks or named as sources, and everything that is skipped
    files_searched: int  # of these: read to the end, or as far as needed
    files_skipped: int  # of these: hidden, ignored, skipped by globs, too large, links, special files, ...
    directories: int  # directories listed
    bytes: int  # bytes of text read and searched
    matches: int  # matching lines found, delivered or not
    errors: int  # ERROR items, except those with ItemFlag.NOTE
    peak_open_files: int  # most files and directories open at once, so far
    peak_queued_matches: int  # most items queued for one file or part of one, so far
    peak_queued_bytes: int  # most bytes queued for all files together, so far
    replaced: int  # sequences that are invalid in a file's encoding


class PoolStats(TypedDict):
    """How a pool is used: Pool.stats()."""
    workers: int  # threads
    searches: int  # open
    open_files: int  # files and directories open now, and
    peak_open_files: int  # most at once, so far
    queued_bytes: int  # of items that wait for callers, now, and
    peak_queued_bytes: int  # most at once, so far
    memory: int  # what max_memory bounds: now, and
    peak_memory: int  # most at once, so far
