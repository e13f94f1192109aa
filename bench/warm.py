# SPDX-License-Identifier: BSD-2-Clause
"""Warm trees: what bench/warm.c says, and greps that keep an index beside psearch --warm.

Every function takes the run (bench/run's Bench) and the case, and returns what the report shows: tables, of a title, a
head and rows of text.
"""
import json
import os
import shutil
import subprocess
import time

import peers
import race

TARGET = {'stamps': 0.25}  # of a cold search's processor time, for the first pattern of the case; else:
TRUSTED = 0.04
SETTLED = 3  # seconds after which every grep can tell an old time of modification from a new one


def said(case, options, pattern, path):
    """What warm.c says. It fails if a search found anything else than the first, cold one."""
    command = [os.path.join(race.TOOLS, 'warm'), *map(str, options), pattern, path]
    print(f' {" ".join(command[1:-1])}', flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result = json.loads(done.stdout)
    print(' ', *(f'{kind} {row["processor_ms"]:.1f}/{row["time_ms"]:.1f}' for kind, row in result.items()
                 if isinstance(row, dict) and 'time_ms' in row), flush=True)
    return result


def milliseconds(value):
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}'


def figure(row, base, key):
    """Milliseconds, and how many times the cold search's they are."""
    return f'{milliseconds(row[key])} ({row[key] / base[key]:.3f})' if row is not base else milliseconds(row[key])


KINDS = [('cold', 'no tree'), ('first', 'first'), ('second', 'second'), ('tenth', 'tenth'), ('last', 'hundredth'),
         ('learnt', 'all is learnt')]


def kinds_table(trust, results, key, title):
    rows = [[f'`{pattern}`', *(figure(result[kind], result['cold'], key) for kind, _ in KINDS)]
            for pattern, result in results.items()]
    return {'title': f'{trust}: {title}', 'head': ['pattern', *(name for _, name in KINDS)], 'rows': rows}


def trees_table(results):
    """What is in the tree once all is learnt, and what that saved."""
    head = ['trust', 'pattern', 'items', 'files ruled out', 'learning, processor s', 'learning, s', 'tree, MiB',
            'of it signatures', 'signatures', 'peak, MiB', 'without a tree']
    rows = []
    for (trust, pattern), result in results.items():
        tree, learn = result['tree'], result['learn']
        rows.append([trust, f'`{pattern}`', f'{result["items"]:,}', f'{result["learnt"]["ruled_out"]:,}',
                     f'{learn["processor_ms"] / 1e3:.2f}', f'{learn["time_ms"] / 1e3:.2f}',
                     f'{tree["bytes"] / 2**20:.1f}', f'{tree["signature_bytes"] / 2**20:.1f}',
                     f'{tree["signatures"]:,}',
                     f'{result["peak_kib"]["warm"] / 1024:.1f}', f'{result["peak_kib"]["cold"] / 1024:.1f}'])
    return {'title': 'When all is learnt', 'head': head, 'rows': rows}


def targets(results, first):
    """What was wanted, and what it is."""
    for (trust, pattern), result in results.items():
        cold = result['cold']['processor_ms']
        start = result['first']['processor_ms'] / cold
        yield [trust, f'`{pattern}`', 'the first search', '1.10', f'{start:.3f}', 'yes' if start <= 1.1 else '**no**']
        if pattern != first:
            continue
        most = TARGET.get(trust, TRUSTED)
        for kind in ('last', 'learnt'):
            share = result[kind]['processor_ms'] / cold
            yield [trust, f'`{pattern}`', dict(KINDS)[kind], f'{most:.2f}', f'{share:.3f}',
                   'yes' if share <= most else '**no**']


def searches(bench, case):
    path, results = bench.cache.path(case['corpus']), {}
    for trust in case['trusts']:
        for pattern in case['patterns']:
            options = ['-t', trust, '-n', case['searches'], '-r', case['rounds'], '-a', case['learnt_rounds'],
                       *case.get('options', ())]
            results[trust, pattern] = said(case, options, pattern, path)
    tables = []
    for key, title in (('processor_ms', 'processor time, ms'), ('time_ms', 'time, ms')):
        for trust in case['trusts']:
            of_trust = {pattern: result for (name, pattern), result in results.items() if name == trust}
            tables.append(kinds_table(trust, of_trust, key, title))
    tables.append(trees_table(results))
    tables.append({'title': 'Processor time over that of a search without a tree', 'head':
                   ['trust', 'pattern', 'search', 'wanted, at most', 'is', 'reached'],
                   'rows': list(targets(results, case['patterns'][0]))})
    return {'tables': tables}


def bound(bench, case):
    """More files than the memory has room for."""
    path, rows = bench.cache.path(case['corpus']), []
    for trust in case['trusts']:
        for mib in case['mib']:
            result = said(case, ['-t', trust, '-b', mib << 20, '-n', 3, '-r', 1, '-a', 3], case['patterns'][0], path)
            tree = result['tree']
            rows.append([trust, str(mib), f'{tree["peak_bytes"] / 2**20:.1f}', f'{tree["files"]:,}',
                         f'{tree["signatures"]:,}', f'{tree["dropped"]:,}', f'{result["learnt"]["ruled_out"]:,}',
                         *(f'{milliseconds(result[kind]["processor_ms"])} / {milliseconds(result[kind]["time_ms"])}'
                           for kind in ('cold', 'first', 'last', 'learn', 'learnt')),
                         f'{result["peak_kib"]["warm"] / 1024:.1f}', f'{result["peak_kib"]["cold"] / 1024:.1f}'])
    return {'tables': [{'title': 'Processor time / time, ms', 'rows': rows, 'head':
                        ['trust', 'bound, MiB', 'most in use, MiB', 'files kept', 'signatures', 'dropped',
                         'files ruled out', 'no tree', 'first', 'third', 'learning', 'all is learnt', 'peak, MiB',
                         'without a tree']}]}


# --- greps with an index ---


class Indexed:
    """A grep on its own copy of a tree, with what it keeps of it in `state`."""

    name, programs = '', ()

    def __init__(self, found, tree, state):
        self.found, self.tree, self.state = found, tree, state
        os.makedirs(state, exist_ok=True)

    def index(self):
        """The command that makes the index, or None."""
        return None

    def query(self, pattern):
        """The command that prints `path:line:text`, paths relative to the tree."""
        raise NotImplementedError

    def size(self):
        """Bytes of the index."""
        return sum(os.path.getsize(os.path.join(directory, name))
                   for directory, _, names in os.walk(self.state) for name in names)

    def inside(self, *command, **environment):
        return ['env', '-C', self.tree, *(f'{key}={value}' for key, value in environment.items()), *command]


class Plain(Indexed):
    """One of peers.py, without an index."""

    peer = ''

    def query(self, pattern):
        program, arguments, _ = peers.PEERS[self.peer]
        return self.inside(self.found[program], *arguments({'pattern': pattern, 'paths': ['.']}))


class Psearch(Plain):
    name, peer, programs = 'psearch', 'psearch', ('psearch',)


class Warm(Plain):
    name, peer, programs = 'psearch --warm', 'psearch', ('psearch --warm',)

    def query(self, pattern):
        program, *rest = super().query(pattern)[3:]
        return self.inside(program, f'--warm={self.state}/tree', *rest)

    def index(self):
        return self.inside(self.found['psearch'], f'--warm={self.state}/tree', '--warm-learn', '-r', '--hidden',
                           '--no-ignore', '.')


class Rg(Plain):
    name, peer, programs = 'rg', 'rg', ('rg',)


class Grep(Plain):
    name, peer, programs = 'grep', 'grep', ('grep',)


class GitGrep(Plain):
    name, peer, programs = 'git grep --no-index', 'git grep', ('git',)


class Repository(Indexed):
    """git grep in a repository: it goes through the files that git tracks, and lists no directory."""

    name, programs = 'git grep', ('git',)

    def index(self):
        git = f'git --git-dir={self.state}/git --work-tree=.'
        return self.inside('sh', '-c', f'{git} init -q && {git} add -Af . 2>/dev/null')

    def query(self, pattern):
        return self.inside(self.found['git'], f'--git-dir={self.state}/git', '--work-tree=.', 'grep', '-nI', '-E',
                           '-e', pattern)


class Ugrep(Plain):
    name, peer, programs = 'ugrep', 'ugrep', ('ugrep',)


class UgrepIndex(Plain):
    """It keeps its index in a file in each directory."""

    name, peer, programs = 'ugrep --index', 'ugrep', ('ugrep', 'ugrep-indexer')
    FILE = '._UG#_Store'

    def index(self):
        return self.inside(self.found['ugrep-indexer'], '-f', '-.', '-I', '-q')

    def query(self, pattern):
        command = super().query(pattern)
        at = command.index(self.found['ugrep']) + 1
        return [*command[:at], '--index', f'--exclude={self.FILE}', *command[at:]]

    def size(self):
        return sum(os.path.getsize(os.path.join(directory, self.FILE))
                   for directory, _, names in os.walk(self.tree) if self.FILE in names)


class Codesearch(Indexed):
    """It indexes absolute paths, and prints them."""

    name, programs = 'csearch', ('csearch', 'cindex')

    def index(self):
        return self.inside(self.found['cindex'], self.tree, CSEARCHINDEX=f'{self.state}/index')

    def query(self, pattern):
        return self.inside(self.found['csearch'], '-n', pattern, CSEARCHINDEX=f'{self.state}/index')


GREPS = [Warm, Psearch, Rg, Grep, GitGrep, Repository, Ugrep, UgrepIndex, Codesearch]


def programs(bench):
    found = dict(bench.found)
    for name in ('ugrep-indexer', 'csearch', 'cindex'):
        if shutil.which(name):
            found[name] = shutil.which(name)
    said_help = subprocess.run([found['psearch'], '--help=all'], capture_output=True, text=True, check=False).stdout
    if '--warm' in said_help:
        found['psearch --warm'] = found['psearch']
    return found


def greps(bench, tree, scratch, copy):
    """Those that are installed. Who writes into the tree, and with `copy` everybody, has a copy of it."""
    found = programs(bench)
    for kind in GREPS:
        if not all(program in found for program in kind.programs):
            print(f'({kind.name} is not installed: left out)')
            continue
        if bench.options.tools and kind.name not in bench.wanted([kind.name for kind in GREPS]):
            continue
        own = os.path.join(scratch, kind.__name__)
        if copy or kind is UgrepIndex:
            subprocess.run(['cp', '-a', tree, f'{own}.tree'], check=True)
        yield kind(found, f'{own}.tree' if os.path.exists(f'{own}.tree') else tree, own)


def build_index(grep):
    """Row of the table of indexes, or None if it needs none. The second time everything is in the cache."""
    if grep.index() is None:
        return None
    run = race.launch(grep.index(), [], None, False)
    return [grep.name, f'{run["cpu"]:.2f}', f'{run["wall"]:.2f}', f'{grep.size() / 2**20:.1f}', f'{run["mib"]:.0f}']


def indexed(bench, case):
    """Index times and sizes, and then the race."""
    tree = os.path.realpath(bench.cache.path(case['corpus']))
    scratch = os.path.join(bench.options.cache, 'indexed')
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        some = list(greps(bench, tree, scratch, False))
        for grep in some:  # all copies go into the cache
            race.launch(grep.query('nosuchstringatall'), [], None, False)
        indexes = [row for row in map(build_index, some) if row]
        for row in indexes:
            print(' ', *row, flush=True)
        walls, processors = [], []
        for pattern in case['patterns']:
            print(f' {pattern!r}', flush=True)
            rows = race.race({grep.name: grep.query(pattern) for grep in some}, bench.options.rounds, None,
                             limit=bench.options.limit)
            race.show(rows)
            for key, table in (('wall', walls), ('cpu', processors)):
                table.append([f'`{pattern}`', *(raced(rows[grep.name], key, rows[some[0].name]) for grep in some)])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    head = ['pattern', *(grep.name for grep in some)]
    return {'tables': [
        {'title': 'Indexes', 'head': ['', 'processor time, s', 'time, s', 'size, MiB', 'peak, MiB'], 'rows': indexes},
        {'title': 'Time, s', 'head': head, 'rows': walls},
        {'title': 'Processor time, s', 'head': head, 'rows': processors}]}


def raced(row, key, base):
    if 'over' in row:
        return f'> {row["over"]:g}'
    same = row.get('lines') == base.get('lines')
    return f'{row[key]:.3f}' + ('' if same else f' ({row["lines"]:,} lines)')


# --- what has just changed ---


def write(path, text, mode='r+b'):
    with open(path, mode) as f:
        f.write(text)


def overwrite(tree, word):
    path = os.path.join(tree, '000', 'a.c')
    write(path, word + b'\n')
    return [path]


def overwrite_and_date(tree, word):
    path = os.path.join(tree, '001', 'a.c')
    before = os.stat(path)
    write(path, word + b'\n')
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return [path]


def append(tree, word):
    path = os.path.join(tree, '002', 'a.c')
    write(path, word + b'\n', 'ab')
    return [path]


def create(tree, word):
    path = os.path.join(tree, '003', 'new.c')
    write(path, word + b'\n', 'xb')
    return [path]


def save(tree, word):
    path = os.path.join(tree, '004', 'a.c')
    write(f'{path}~', word + b'\n', 'xb')
    os.rename(f'{path}~', path)
    return [path, f'{path}~']


def rename(tree, _):
    path = os.path.join(tree, '005', 'a.c')
    os.rename(path, path[:-3] + 'b.c')
    return [path, path[:-3] + 'b.c']


def delete(tree, _):
    path = os.path.join(tree, '006', 'a.c')
    os.unlink(path)
    return [path]


def new_directory(tree, word):
    path = os.path.join(tree, 'new')
    os.mkdir(path)
    write(os.path.join(path, 'new.c'), word + b'\n', 'xb')
    return [path]


def rename_directory(tree, _):
    path = os.path.join(tree, '007')
    os.rename(path, f'{path}b')
    return [path, f'{path}b']


# What is done to a tree: told, done, and the directory of a file that has the word already.
CHANGES = [
    ('written in place, as long as before', overwrite, None),
    ('the same, and the time of modification put back', overwrite_and_date, None),
    ('appended to', append, None),
    ('created', create, None),
    ('saved as editors do: a new one renamed over it', save, None),
    ('renamed', rename, '005'),
    ('removed', delete, '006'),
    ('in a new directory', new_directory, None),
    ('in a directory that is renamed', rename_directory, '007'),
]


def word_of(number):
    return f'zq{number:02}wordthatisnowhere'


def make_files(tree, fill):
    """Some files of sources, and in each of ten directories a file whose text is known."""
    shutil.copytree(fill, tree)
    for number in range(10):
        directory = os.path.join(tree, f'{number:03}')
        os.makedirs(directory, exist_ok=True)
        text = b'int an_ordinary_line_of_text_that_is_long_enough;\n' * 40
        for at, (_, _, where) in enumerate(CHANGES):
            if where == f'{number:03}':
                text += word_of(at).encode() + b'\n'
        write(os.path.join(directory, 'a.c'), text, 'wb')


class Library:
    """The library in a process that stays, as bench/warm.c -i."""

    def __init__(self, trust, tree):
        self.name, self.tree, self.trust = f'library, {trust}', tree, trust
        self.running = {}

    def start(self, pattern):
        command = [os.path.join(race.TOOLS, 'warm'), '-i', '-t', self.trust, pattern, '.']
        self.running[pattern] = subprocess.Popen(command, cwd=self.tree, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask(pattern, [''])

    def ask(self, pattern, changed):
        """A search for each path that changed; the last one counts."""
        process = self.running[pattern]
        for path in changed:
            process.stdin.write(path.encode() + b'\n')
            process.stdin.flush()
            lines = []
            while (line := process.stdout.readline()) not in (b'\n', b''):
                lines.append(line)
        return lines

    def stop(self):
        for process in self.running.values():
            process.stdin.close()
            process.wait()
            process.stdout.close()


def normal(lines, tree):
    """Lines as a set: of paths relative to the tree."""
    return {line.rstrip(b'\n').removeprefix(os.fsencode(tree) + b'/').removeprefix(b'./') for line in lines}


def expected(found, tree, pattern):
    done = subprocess.run([found['grep'], '-rnHI', '-e', pattern, '.'], cwd=tree, stdout=subprocess.PIPE, check=False)
    return normal(done.stdout.splitlines(), tree)


def verdict(lines, errors, truth, tree):
    is_there = normal(lines, tree)
    wrong = []
    if truth - is_there:
        wrong.append('misses it')
    if is_there - truth:
        wrong.append('shows what is gone')
    if errors:
        wrong.append('error')
    return ', '.join(wrong) or 'right'


def changes(bench, case):
    """A table: what each finds right after a change, with an index, or a tree, of before."""
    fill = bench.cache.path(case['corpus'])
    columns, found = {}, programs(bench)
    with bench.scratch_directory() as scratch:
        tree = os.path.join(scratch, 'tree')
        make_files(tree, fill)
        for grep in greps(bench, tree, scratch, True):
            if grep.index() is not None:
                columns[grep.name] = list(map(both, change_later(grep, found), change_at_once(grep, found, tree)))
        for trust in case['trusts']:
            columns[f'library, {trust}'] = change_watched(trust, found, tree, os.path.join(scratch, trust))
    rows = [[what, *(column[at] for column in columns.values())] for at, (what, _, _) in enumerate(CHANGES)]
    return {'tables': [{'title': 'What a search tells right after', 'head': ['a file is', *columns], 'rows': rows}]}


def both(later, at_once):
    return later if later == at_once else f'{later}; at once: {at_once}'


def renew(path, tree):
    shutil.rmtree(path, ignore_errors=True)
    subprocess.run(['cp', '-a', tree, path], check=True)


def index_anew(grep):
    shutil.rmtree(grep.state)
    os.makedirs(grep.state)
    subprocess.run(grep.index(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)


def change_and_ask(grep, found, at):
    CHANGES[at][1](grep.tree, word_of(at).encode())
    done = subprocess.run(grep.query(word_of(at)), capture_output=True, check=False)
    return verdict(done.stdout.splitlines(), done.stderr, expected(found, grep.tree, word_of(at)), grep.tree)


def change_later(grep, found):
    """Old files, an old index, and then one change after the other."""
    time.sleep(SETTLED)
    index_anew(grep)
    time.sleep(SETTLED)
    return [change_and_ask(grep, found, at) for at in range(len(CHANGES))]


def change_at_once(grep, found, tree):
    """Each change to new files, as soon as the index has been made."""
    column = []
    for at in range(len(CHANGES)):
        renew(grep.tree, tree)
        index_anew(grep)
        column.append(change_and_ask(grep, found, at))
    return column


def change_watched(trust, found, tree, own):
    renew(own, tree)
    time.sleep(SETTLED)
    library, column = Library(trust, own), []
    try:
        for at, (_, change, _) in enumerate(CHANGES):
            library.start(word_of(at))
            changed = change(own, word_of(at).encode())
            lines = library.ask(word_of(at), changed)
            column.append(verdict(lines, b'', expected(found, own, word_of(at)), own))
    finally:
        library.stop()
    return column
