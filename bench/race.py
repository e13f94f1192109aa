#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs commands in turn (A B C A B C ...), drains their output through a pipe, and compares.

usage: race.py [-n RUNS] [-d SECONDS] [-s] NAME=COMMAND...

Reports the median wall time, processor time, peak memory and time to the first byte of each. A
first turn warms the cache and checks that the output is the same: to the byte, or with -s as a set
of lines, for commands that have no order. It alone counts with -n 0. With -d the reader goes on so
late after the first byte. The first command is what the others are measured by. The exit status is
1 when outputs differ.
"""
import argparse
import hashlib
import os
import shlex
import statistics
import subprocess
import sys
import time

LAUNCH = os.path.join(os.environ.get('BUILD', 'build'), 'bench', 'launch')


class Digest:
    """A hash of the output, taken as it comes: of its bytes, or of its lines in any order."""

    def __init__(self, as_set):
        self.as_set, self.lines, self.total, self.rest = as_set, 0, 0, b''
        self.hash = hashlib.blake2b(digest_size=8)

    def add(self, chunk):
        self.lines += chunk.count(b'\n')
        if not self.as_set:
            self.hash.update(chunk)
            return
        *lines, self.rest = (self.rest + chunk).split(b'\n')
        self.total += sum(hash(line) for line in lines)

    def value(self):
        return f'{self.total % 2**64:016x}' if self.as_set else self.hash.hexdigest()


def measure(command, delay, output):
    """One run. See launch.c for why the command is not started from here."""
    read_end, write_end = os.pipe()
    used_end, report_end = os.pipe()
    start = time.perf_counter()
    process = subprocess.Popen([LAUNCH, str(report_end)] + shlex.split(command), stdout=write_end,
                               pass_fds=[report_end], stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    os.close(write_end)
    os.close(report_end)
    first = None
    while True:
        chunk = os.read(read_end, 1 << 16)
        if first is None:
            first = time.perf_counter() - start
            time.sleep(delay)
        if not chunk:
            break
        if output:
            output.add(chunk)
    os.close(read_end)
    process.wait()
    wall = time.perf_counter() - start
    peak, processor = os.read(used_end, 64).split()
    os.close(used_end)
    return {'wall': wall, 'cpu': int(processor) / 1e6, 'mib': int(peak) / 1024,
            'first': first}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('-n', type=int, default=5, help='runs of each command')
    parser.add_argument('-d', type=float, default=0, help='seconds before the reader goes on')
    parser.add_argument('-s', action='store_true', help='compare outputs as sets of lines')
    parser.add_argument('commands', nargs='+')
    options = parser.parse_args()
    commands = [c.split('=', 1) for c in options.commands]
    runs = {name: [] for name, _ in commands}
    outputs = {name: Digest(options.s) for name, _ in commands}
    for turn in range(options.n + 1):
        for name, command in commands:
            result = measure(command, options.d, outputs[name] if turn == 0 else None)
            if turn > 0 or options.n == 0:
                runs[name].append(result)
    base = statistics.median(r['wall'] for r in runs[commands[0][0]])
    for name, _ in commands:
        median = {key: statistics.median(r[key] for r in runs[name]) for key in ('wall', 'cpu', 'first')}
        peak = max(r['mib'] for r in runs[name])
        print(f"  {name:12} {median['wall']:7.3f} s  ratio {median['wall'] / base:5.2f}"
              f"  cpu {median['cpu']:6.2f} s  peak {peak:7.1f} MiB"
              f"  first {median['first'] * 1000:7.1f} ms  {outputs[name].lines} lines")
    differ = len({output.value() for output in outputs.values()}) > 1
    if differ:
        print('  outputs differ')
    return differ


if __name__ == '__main__':
    sys.exit(main())
