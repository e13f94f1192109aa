# SPDX-License-Identifier: BSD-2-Clause
"""One file after the other: no queue, no limit, and the order comes by itself."""
from .lines import files, search_file


def search(what, paths):
    for file in files(what, paths):
        yield from search_file(what, file)
