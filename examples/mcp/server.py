# SPDX-License-Identifier: BSD-2-Clause
"""An MCP server over standard input and output that searches directories with libpsearch.

    python3 server.py [--root DIR]... [--workers N] [--linger SECONDS]

README.md says what it offers. Here the command line is read and the parts are put together; each part is a module of
searchserver: stdio (bytes to lines and back), rpc (JSON-RPC 2.0), protocol (MCP), tools (what can be called), schema
(what they take and give), arguments (are they that), roots (confinement), page (items to a bounded result), pagetoken
(where the next page begins).
"""
import argparse
import asyncio
import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))  # in a checkout; else psearch is installed

import psearch  # noqa: E402

from searchserver import protocol, roots, rpc, stdio, tools  # noqa: E402


def seconds(text):
    if not (value := float(text)) >= 0:  # nan is not, either
        raise ValueError(text)
    return value


def read_arguments():
    parser = argparse.ArgumentParser(description="An MCP server, on standard input and output, of searches.")
    parser.add_argument("--root", action="append", metavar="DIR",
                        help="search in DIR and nowhere else; may be given several times, relative names are below the "
                        "first; default: the current directory")
    parser.add_argument("--workers", type=int, default=0, metavar="N",
                        help="threads, of all searches together; default: one per processor")
    parser.add_argument("--linger", type=seconds, default=1, metavar="SECONDS",
                        help="after the end of the input, cancel calls that take longer than this; default: 1")
    return parser.parse_args()


async def serve(given, confined):
    with psearch.Pool(workers=given.workers) as pool, psearch.Tree() as tree:
        lines = stdio.Lines(0, rpc.MAX_LINE)
        writer = stdio.Writer(1, broken=asyncio.current_task().cancel)
        callable_tools = tools.Tools(pool, tree, confined)
        learner = asyncio.create_task(callable_tools.learn())
        try:
            await rpc.Connection(lines, writer, protocol.Session(callable_tools), given.linger).serve()
        finally:
            learner.cancel()


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="psearch-mcp: %(message)s")
    given = read_arguments()
    try:
        confined = roots.Roots(given.root or ["."])
        asyncio.run(serve(given, confined))
    except (OSError, OverflowError, psearch.SearchError) as failure:
        sys.exit(f"psearch-mcp: {failure}")
    except (asyncio.CancelledError, KeyboardInterrupt):
        sys.exit(1)  # nobody reads the output, or control-C


if __name__ == "__main__":
    main()
