# SPDX-License-Identifier: BSD-2-Clause
"""Items go from process to process, by each way that multiprocessing starts one; so do errors."""
import multiprocessing
import sys

from psearch import Search, SearchError


def shard(task):
    pattern, directory = task
    with Search(pattern, directory) as search:
        return list(search)


def main(tree):
    with Search("needle", tree) as search:
        expected = list(search)
    directories = [f"{tree}/d{n}" for n in range(4)]
    for method in "fork", "spawn", "forkserver":
        with multiprocessing.get_context(method).Pool(2) as processes:
            found = [item for items in processes.map(shard, [("needle", d) for d in directories]) for item in items]
            assert [item._replace(source=0) for item in found] == expected, method
            try:
                processes.map(shard, [("(", tree)])
            except SearchError as error:
                assert error.keyword == "patterns[0]", error
            else:
                raise AssertionError(f"{method}: no error")


if __name__ == "__main__":
    main(sys.argv[1])
