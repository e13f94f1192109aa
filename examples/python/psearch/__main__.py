# SPDX-License-Identifier: BSD-2-Clause
"""python -m psearch PATTERN [PATH...]"""
import sys

from psearch import SKIP_BINARY, SKIP_HIDDEN, Search

with Search(sys.argv[1], *sys.argv[2:] or ["."], flags=SKIP_HIDDEN | SKIP_BINARY) as found:
    for item in found:
        print(item.path, item.line, item.message or item.text.decode(errors="replace"), sep=":")
