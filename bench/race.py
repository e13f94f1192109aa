#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs commands in turn (A B C A B C ...), drains their output through a pipe, and compares.

A first turn warms the cache and says whether the outputs are the same: to the byte, or as a set of
lines. Of a command that is still running after the time limit only that is known: it takes no
further part. What the figures mean is said in launch.c.
"""
import argparse
import os
import shlex
import statistics
import subprocess
import sys

REPOSITORY = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.abspath(os.environ.get('BUILD', os.path.join(REPOSITORY, 'build')))
TOOLS = os.path.join(BUILD, 'bench')
ENVIRONMENT = {**os.environ, 'LC_ALL': 'C.UTF-8'}


def launch(command, options, cwd, check):
    """One run, as a dictionary; with `check` also what the output was."""
    report, write_end = os.pipe()
    digest = None
    arguments = [os.path.join(TOOLS, 'launch'), *options, *(['-p'] if check else []), str(write_end), *command]
    with subprocess.Popen(arguments, cwd=cwd, pass_fds=[write_end], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE if check else subprocess.DEVNULL) as process:
        os.close(write_end)
        if check:
            digest = subprocess.run([os.path.join(TOOLS, 'digest')], stdin=process.stdout,
                                    stdout=subprocess.PIPE, check=True).stdout.split()
    line = os.read(report, 256).split()
    os.close(report)
    if len(line) != 7:
        raise RuntimeError(f'{command[0]} could not be run')
    wall, first, gone, cpu, peak, size, status = map(int, line)
    result = {'wall': wall / 1e6, 'first': first / 1e6, 'gone': gone / 1e6, 'cpu': cpu / 1e6,
              'mib': peak / 1024, 'bytes': size, 'status': status}
    if digest:
        result['lines'], result['order'], result['set'] = int(digest[0]), digest[1], digest[2]
    return result


def summary(runs):
    """Medians; of memory the most."""
    row = {key: statistics.median(run[key] for run in runs) for key in ('wall', 'first', 'gone', 'cpu')}
    row['mib'] = max(run['mib'] for run in runs)
    row['walls'] = [run['wall'] for run in runs]
    return row


def same(checked, base):
    if checked['order'] == base['order']:
        return 'bytes'
    return 'lines' if checked['set'] == base['set'] else 'no'


def forget():
    """Empties the system's cache of files: for the superuser."""
    os.sync()
    with open('/proc/sys/vm/drop_caches', 'w', encoding='ascii') as f:
        f.write('3\n')


def race(commands, rounds=5, cwd=None, delay=0, enough=0, limit=60, uncompared=(), cold=False):
    """Returns a row of figures for each of the named commands; the others are compared with the first.

    With `enough`, the reader quits after this many lines, and outputs are not compared. With
    `cold` the cache is emptied before each of the runs that count.
    """
    options = ['-t', str(limit + delay)]
    options += ['-d', str(delay)] if delay else []
    options += ['-l', str(enough)] if enough else []
    rows, runs = {}, {name: [] for name in commands}
    base = None
    for name, command in commands.items():
        compared = not enough and name not in uncompared
        checked = launch(command, options, cwd, compared)
        rows[name] = {'status': checked['status']}
        if checked['status'] < 0:
            rows[name]['over'] = limit
        elif compared:
            base = base or checked
            rows[name].update(lines=checked['lines'], bytes=checked['bytes'], same=same(checked, base))
    for _ in range(rounds):
        for name, command in commands.items():
            if 'over' in rows[name]:
                continue
            if cold:
                forget()
            run = launch(command, options, cwd, False)
            if run['status'] < 0:
                rows[name]['over'] = limit
            runs[name].append(run)
    for name, row in rows.items():
        if 'over' not in row:
            row.update(summary(runs[name]))
    return rows


def output(row):
    """What is to be said about a command's output, as text."""
    if 'lines' not in row:
        return f'  gone {row["gone"] * 1e3:8.1f} ms' if row['gone'] else ''
    text = f'  {row["lines"]} lines'
    if row['same'] == 'no':
        text += ' (other output)'
    return text + (f' (status {row["status"]})' if row['status'] > 1 else '')


def show(rows):
    """The rows as text. The ratio is to the first."""
    base = next(iter(rows.values())).get('wall')
    for name, row in rows.items():
        if 'over' in row:
            print(f'  {name:14} more than {row["over"]} s')
            continue
        ratio = f'  ratio {row["wall"] / base:6.2f}' if base else ''
        print(f'  {name:14} {row["wall"]:8.3f} s{ratio}  cpu {row["cpu"] * 1e3:8.1f} ms  peak {row["mib"]:7.1f} MiB'
              f'  first {row["first"] * 1e3:8.1f} ms{output(row)}', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('-n', type=int, default=5, help='rounds')
    parser.add_argument('-d', type=float, default=0, help='seconds that the reader is late')
    parser.add_argument('-t', type=float, default=60, help='seconds that a command may take')
    parser.add_argument('commands', nargs='+', metavar='NAME=COMMAND')
    options = parser.parse_args()
    commands = {name: shlex.split(command) for name, command in (c.split('=', 1) for c in options.commands)}
    show(race(commands, options.n, delay=options.d, limit=options.t))


if __name__ == '__main__':
    sys.exit(main())
