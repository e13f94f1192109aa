# SPDX-License-Identifier: BSD-2-Clause
"""Items go from process to process, pickled and packed, by each way that multiprocessing starts one; so do errors."""
import multiprocessing
import sys

from psearch import Search, SearchError, pack_items, unpack_items


def shard(task):
    pattern, directory = task
    with Search(pattern, directory) as search:
        return list(search)


def packed_shard(task):
    return pack_items(shard(task))


def main(tree):
    with Search("needle", tree) as search:
        expected = list(search)
    directories = [f"{tree}/d{n}" for n in range(4)]
    for method in "fork", "spawn", "forkserver":
        with multiprocessing.get_context(method).Pool(2) as processes:
            found = [item for items in processes.map(shard, [("needle", d) for d in directories]) for item in items]
            assert [item._replace(source=0) for item in found] == expected, method
            packed = processes.map(packed_shard, [("needle", d) for d in directories])
            assert [item for items in packed for item in unpack_items(items)] == found, method
            try:
                processes.map(shard, [("(", tree)])
            except SearchError as error:
                assert error.keyword == "patterns[0]", error
            else:
                raise AssertionError(f"{method}: no error")


if __name__ == "__main__":
    main(sys.argv[1])
