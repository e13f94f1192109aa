# SPDX-License-Identifier: BSD-2-Clause
"""The commands that are measured: where they are, and how each is asked for the same search.

A search is a dictionary: `pattern` (an expression, or with `fixed` the name of a file of strings),
`paths`, and perhaps `text` (binary files too), `threads`, or `options`: those that all greps write alike, for one file,
in place of what is asked for otherwise. A command that cannot do it is left out.
"""
import glob
import os
import shutil
import subprocess

from race import BUILD, TOOLS


def psearch(search):
    if 'options' in search:
        return [*search['options'], *what(search)]
    return ['-rnHa' if search.get('text') else '-rnHI', '--hidden', '--no-ignore',
            *threads(search, '-j'), *what(search)]


def floor(search):
    return [*threads(search, '-j'), *search['paths']]


def rg(search):
    if 'options' in search:
        return ['--no-config', '--include-zero', *search['options'], *what(search)]
    return ['--no-config', '-nHa' if search.get('text') else '-nH', '--no-heading', '--no-ignore',
            '--hidden', *threads(search, '-j'), *what(search)]


def rg_sorted(search):
    return ['--sort', 'path', *rg(search)]


def rg_read(search):
    return ['--no-mmap', *rg(search)]


def ugrep(search):
    if 'options' in search:
        return ['--no-mmap', *search['options'], *what(search)]
    return ['-rpnHa' if search.get('text') else '-rpnHI', '--hidden', '--no-mmap',
            *threads(search, '-J'), *what(search)]


def ugrep_sorted(search):
    return ['--sort', *ugrep(search)]


def git_grep(search):
    return ['grep', '--no-index', '-na' if search.get('text') else '-nI', *threads(search, '--threads='),
            *what(search, posix=True)]


def grep(search):
    if search.get('threads', 1) > 1:
        return None
    return ['-rnHa' if search.get('text') else '-rnHI', *what(search, posix=True)]


def grep_perl(search):
    return ['-P', *search['options'], *what(search)]


def ag(search):
    if search.get('fixed') or search.get('threads') or not search['pattern']:
        return None
    return ['-s', '-u', '--nocolor', '--noheading', '--nobreak', '--numbers', '--',
            search['pattern'], *search['paths']]


def threads(search, option):
    n = search.get('threads')
    return [] if n is None else [f'{option}{n}'] if option.endswith('=') else [option, str(n)]


def what(search, posix=False):
    """The pattern and the paths. In POSIX's extended syntax there is no (?i)."""
    paths, pattern = ['--', *search['paths']], search['pattern']
    if search.get('fixed'):
        return ['-F', '-f', pattern, *paths]
    if posix and pattern.startswith('(?i)'):
        return ['-E', '-i', '-e', pattern[4:], *paths]
    return [*(['-E'] if posix else []), '-e', pattern, *paths]


# Name: the program, its arguments, and whether its output has an order.
PEERS = {
    'psearch': ('psearch', psearch, True),
    'floor': ('floor', floor, None),
    'rg': ('rg', rg, False),
    'rg --no-mmap': ('rg', rg_read, False),
    'rg --sort': ('rg', rg_sorted, True),
    'ugrep': ('ugrep', ugrep, False),
    'ugrep --sort': ('ugrep', ugrep_sorted, True),
    'git grep': ('git', git_grep, True),
    'grep': ('grep', grep, False),
    'grep -P': ('grep', grep_perl, False),
    'ag': ('ag', ag, False),
}


def find(cache):
    """Where the programs are, by name. rg may be npm's package, in the cache."""
    found = {'psearch': os.path.join(BUILD, 'psearch'), 'floor': os.path.join(TOOLS, 'floor')}
    packaged = glob.glob(os.path.join(cache, 'node_modules', '@vscode', 'ripgrep*', 'bin', 'rg'))
    found['rg'] = os.environ.get('RG') or next(iter(packaged), None) or shutil.which('rg')
    for program in ('ugrep', 'git', 'grep', 'ag'):
        found[program] = shutil.which(program)
    return {name: os.path.abspath(path) for name, path in found.items() if path and shutil.which(path)}


def version(path):
    """What it says about itself, in its first line."""
    done = subprocess.run([path, '--version'], capture_output=True, text=True, check=False)
    return (done.stdout.splitlines() or ['?'])[0]


def is_static(path):
    """Whether LD_PRELOAD has no effect on it: no dynamic loader is named in it."""
    with open(path, 'rb') as f:
        head = f.read(4096)
    return b'/ld-linux' not in head and b'/ld-musl' not in head and b'/ld.so' not in head
