#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""How long the server in examples/mcp takes to answer, and what it needs.

    python3 bench/hosts/mcp.py [TREE]
"""
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TREE = sys.argv[1] if len(sys.argv) > 1 else str(TOP)


class Server:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, TOP / "examples/mcp/server.py", "--root", TREE],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.last, self.answers = 0, {}
        self.answer(self.ask("initialize", protocolVersion="2025-06-18", capabilities={}))

    def ask(self, method, **params):
        self.last += 1
        message = {"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        return self.last

    def answer(self, request_id):
        while request_id not in self.answers:
            message = json.loads(self.process.stdout.readline())
            self.answers[message["id"]] = message.get("result")
        return self.answers.pop(request_id)

    def call(self, tool, **arguments):
        return self.ask("tools/call", name=tool, arguments=arguments)

    def peak(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def show(what, seconds):
    ordered = sorted(1000 * second for second in seconds)
    print(f"{what:<48} p50 {statistics.median(ordered):8.1f} ms   max {ordered[-1]:8.1f} ms   n {len(ordered)}",
          flush=True)


def timed(server, count, start):
    seconds = []
    for _ in range(count):
        since = time.perf_counter()
        result = server.answer(start())
        seconds.append(time.perf_counter() - since)
    return seconds, result


def main():
    since = time.perf_counter()
    server = Server()
    show("start, until initialize is answered", [time.perf_counter() - since])
    show("ping", timed(server, 200, lambda: server.ask("ping"))[0])
    for pattern, most in ("PM_RESUME", 20), ("return", 20), ("return", 1000), ("nosuchstringatall", 20):
        seconds, result = timed(server, 10, lambda: server.call("search", pattern=pattern, max_results=most,
                                                                deadline_ms=60000))
        found = result["structuredContent"]
        show(f"search {pattern}, {found['results']} results{', truncated' if found['truncated'] else ''}", seconds)
    show("list, 1000 files", timed(server, 10, lambda: server.call("list", max_results=1000))[0])
    since, pages = time.perf_counter(), 1
    result = server.answer(server.call("search", pattern="mutex_lock", max_results=500))
    while result["structuredContent"]["truncated"] and pages < 20:
        result = server.answer(server.call("page", next=result["structuredContent"]["next"]))
        pages += 1
    show(f"each of {pages} pages of mutex_lock", [(time.perf_counter() - since) / pages])
    since = time.perf_counter()
    calls = [server.call("search", pattern=f"{word}_{n}", deadline_ms=60000)
             for word in ("irq", "dev", "clk", "reg") for n in range(5)]
    pings, done = [], 0
    for _ in range(20):
        pings += timed(server, 1, lambda: server.ask("ping"))[0]
        time.sleep(0.02)
    show(f"ping, amid {len(calls)} searches", pings)
    for call in calls:
        server.answer(call)
    print(f"{f'{len(calls)} searches at once, all answered after':<48} {time.perf_counter() - since:12.2f} s")
    print(f"{'peak memory of the server':<48} {server.peak():12.1f} MiB")
    server.process.stdin.close()
    server.process.wait(10)


main()
