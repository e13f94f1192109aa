# SPDX-License-Identifier: BSD-2-Clause
"""Two machines find what one finds, in the same order, whatever is asked for, though shards and pages are small."""
import os
import subprocess
import sys
from signal import SIGINT

import machines
from machines import DIR, TREE

import psearch
import psearch.distributed
from psearch import (ALL_LINES, COUNT, FILE_ENDS, FILE_INFO, GROUPS, IGNORE_CASE, IGNORE_FILES, INVERT, LIST, MULTILINE,
                     NO_SPANS, SKIP_HIDDEN, TEXT, UNORDERED, SearchError)

SMALL = {"page_bytes": 60000, "shard_bytes": 1 << 20}


def check(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def compare(client, what, patterns, *sources, **options):
    with psearch.Search(patterns, *sources, **options) as search:
        wanted = [*search]
    with psearch.distributed.Search(patterns, *sources, client=client, **options, **SMALL) as search:
        found = [*search]
    if found != wanted:
        at = next((n for n, (a, b) in enumerate(zip(found, wanted)) if a != b), min(len(found), len(wanted)))
        sys.exit(f"{what}: {len(found)} items, not {len(wanted)}; from {at} on {found[at:at + 2]}, not "
                 f"{wanted[at:at + 2]}")
    return len(wanted)


def refused(error, name, *arguments, **options):
    try:
        psearch.distributed.Search(*arguments, **options)
    except error as problem:
        check(name in str(problem), f"{problem} names {name}")
    else:
        sys.exit(f"{arguments} {options} is not refused")


def files_of(tree):
    with psearch.Search([], tree, flags=LIST) as search:
        return [item.path for item in search]


def search_all(client):
    total = compare(client, "lines", "needle", TREE)
    check(total > 15000, f"{total} items are enough to mean something")
    compare(client, "case and rules", ["NEEDLE", "of file 1.*"], TREE, flags=IGNORE_CASE | SKIP_HIDDEN | IGNORE_FILES)
    compare(client, "groups", r"(?<what>needle) (\d+)|(x)", TREE + "/dir03", TREE + "/dir09", flags=GROUPS)
    compare(client, "counts", "needle", TREE, flags=COUNT | FILE_INFO)
    compare(client, "ends of files", "needle 4", TREE, flags=FILE_ENDS | NO_SPANS | TEXT)
    compare(client, "a list", [], TREE, flags=LIST | FILE_INFO)
    compare(client, "a list, limited", [], TREE, flags=LIST, max_matches=77)
    compare(client, "lines that do not match", "e", TREE, flags=INVERT, max_matches_per_file=3)
    two = TREE + "/dir01", TREE + "/dir02"
    compare(client, "all lines", "needle 8", *two, flags=ALL_LINES)
    compare(client, "several lines", r"needle \d+ of\s+file \d+\nhay", *two, flags=MULTILINE)
    compare(client, "globs", "needle", TREE, globs=["file*", ("dir1*", psearch.EXCLUDE, 1)])
    for most in 1, 51, 7777, total, total + 1:
        compare(client, f"{most} matches", "needle", TREE, flags=FILE_ENDS, max_matches=most)
    for most in 1, 30, 64, 1001:
        compare(client, f"{most} matches with context", "needle", TREE, before_context=1, after_context=2,
                max_matches=most)


def search_many_sources(client):
    """More than go into one task; some are not there, and one is a line that is too long: errors keep their places."""
    sources = files_of(TREE) * 3
    for place in 0, 100, 600, 601:
        sources.insert(place, f"/none/{place}")
    compare(client, "sources", "needle 1", *sources, flags=FILE_ENDS)
    compare(client, "errors", "needle (4 |x+)", *sources[:700], max_line_bytes=100000)
    compare(client, "errors alone", "needle", "/none/1", "/none/2")
    compare(client, "nothing", "needle")


def search_refused(client):
    for name, value in {"pool": None, "workers": 1, "overlays": {}, "timeout_ms": 1, "resume": "", "priority": 2,
                        "more_sources": (), "output_fd": 1, "most": 1, "library": None}.items():
        refused(TypeError, name, "x", TREE, client=client, **{name: value})
    refused(TypeError, "nonsense", "x", TREE, client=client, nonsense=1)
    refused(TypeError, "UNORDERED", "x", TREE, client=client, flags=UNORDERED)
    refused(TypeError, "client only", "x", ("name", b"text"), client=client)
    refused(TypeError, "client only", "x", 0, client=client)
    refused(SearchError, "pattern", "(", TREE, client=client)
    os.chdir("/")  # the workers run in another directory
    with psearch.distributed.Search("needle", "tree", client=client) as search:
        try:
            next(search)
        except psearch.distributed.Failed as problem:
            check("runs in" in str(problem), f"{problem} says where")
        else:
            sys.exit("relative names are not refused")
    os.chdir(HERE)


def command(*arguments):
    words = [sys.executable, "-m", "psearch.distributed", *arguments, "--scheduler", machines.scheduler()]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def run_command():
    """The command prints what psearch -n prints, and its status is the same."""
    for arguments in (["needle", TREE, "/none", TREE + "/large"], ["-i", "-w", "NEEDLE", "-m", "2", TREE],
                      ["nothing there", TREE]):
        ours = command(*arguments)
        theirs = subprocess.run([os.environ["PSEARCH"], "-n", *arguments], capture_output=True)
        out, err = ours.communicate()
        check(out == theirs.stdout, f"{arguments}: the same lines")
        check(err == theirs.stderr, f"{arguments}: {err} is {theirs.stderr}")
        check(ours.returncode == theirs.returncode, f"{arguments}: {ours.returncode} is {theirs.returncode}")
    closed = command("needle", TREE)
    closed.stdout.readline()
    closed.stdout.close()
    check((closed.stderr.read(), closed.wait()) == (b"", 141), "a closed pipe ends it without a word")
    fifo = os.path.join(DIR, "fifo")
    os.mkfifo(fifo)
    waiting = command("needle", fifo)
    with open(fifo, "wb"):  # a worker has opened it
        waiting.send_signal(SIGINT)
        check((waiting.stderr.read(), waiting.wait()) == (b"", 130), "control-C ends it without a word")


HERE = os.getcwd()


def check_all(client):
    search_all(client)
    search_many_sources(client)
    search_refused(client)
    run_command()
