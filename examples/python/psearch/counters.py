# SPDX-License-Identifier: BSD-2-Clause
"""What searches, pools and trees count. Counters only grow while a search is open."""
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
    files_ruled_out: int  # of files_searched: not opened, as the tree tells that they cannot match


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


class TreeStats(TypedDict):
    """What a tree has: Tree.stats()."""
    bytes: int  # of memory in use, and
    peak_bytes: int  # most at once, so far
    directories: int  # whose listings are kept,
    files: int  # files in them,
    signatures: int  # and those of which there is a signature,
    signature_bytes: int  # which take so much memory,
    text_bytes: int  # for so much text
    dropped: int  # signatures and listings that went for lack of memory, so far
    refused: int  # directories that were not kept, so far
    ruled_out: int  # files that searches did not open, so far
    learnt: int  # signatures made, so far
    watches: int  # WATCHED: directories watched now,
    unwatched: int  # those that are not, for lack of watches,
    overflows: int  # and how often events were lost, so far
    changes: int  # another number whenever there is something to save
