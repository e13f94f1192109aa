# SPDX-License-Identifier: BSD-2-Clause
"""python -m psearch PATTERN [PATH...]"""
import os
import signal
import sys

from psearch import SKIP_BINARY, SKIP_HIDDEN, Search, SearchError

if len(sys.argv) < 2:
    sys.exit("usage: python -m psearch PATTERN [PATH...]")
signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no failure
try:
    with Search(os.fsencode(sys.argv[1]), *sys.argv[2:] or ["."], flags=SKIP_HIDDEN | SKIP_BINARY) as found:
        for item in found:  # names and lines come out as the bytes that they are
            sys.stdout.buffer.write(b"%s:%d:%s\n" % (os.fsencode(item.path), item.line,
                                                     item.message.encode() or item.text))
except SearchError as error:
    sys.exit(f"psearch: {error}")
