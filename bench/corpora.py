# SPDX-License-Identifier: BSD-2-Clause
"""The texts that are searched: found, fetched or generated once, and kept in a cache.

Each is a file or a directory of the cache. Beside it is NAME.stamp, which says where it came from, and how many files
and bytes it had: if that has changed, it is not searched. While it is being made it has another name. Whatever is
generated is the same on every machine.
"""
import glob
import gzip
import json
import os
import random
import shutil
import subprocess

import generate

MIB = 1 << 20
# Files of this many bytes, with a line at each MiB and nothing in between.
SPARSE = {'1 MB': MIB, '100 MB': 100 * MIB, '1 GB': 1024 * MIB, '20 GB': 20480 * MIB}
PAIR = 672137216
REPEATED = 20
WIDE = 100 * MIB


class Missing(Exception):
    """A corpus that cannot be made here, and why."""


def measure(path):
    """How many files, and bytes, a file or directory has."""
    if not os.path.isdir(path):
        return 1, os.path.getsize(path)
    files = size = 0
    stack = [path]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    files += 1
                    size += entry.stat(follow_symlinks=False).st_size
    return files, size


class Cache:
    """The corpora in one directory. With `small`, a hundredth of each, all generated."""

    def __init__(self, directory, fetch=True, small=False):
        self.directory = os.path.join(directory, 'small') if small else directory
        self.fetch, self.part = fetch and not small, 100 if small else 1
        self.seen = {}
        os.makedirs(self.directory, exist_ok=True)

    def path(self, name):
        """Where the corpus is; it is made if need be, and checked once."""
        if name not in self.seen:
            self.seen[name] = self._ensure(name)
        return self.seen[name][0]

    def about(self, name):
        """Where it came from, its files and bytes."""
        self.path(name)
        return self.seen[name][1]

    def _ensure(self, name):
        if name == 'tree' and os.environ.get('TREE'):
            path = os.path.abspath(os.environ['TREE'])
            return path, self._count(path, os.environ['TREE'])
        names, maker = CORPORA[name]
        for candidate in names:
            path = os.path.join(self.directory, candidate)
            if os.path.exists(path):
                return path, self._check(path)
        print(f'corpora: making {name}', flush=True)
        return self._make(name, maker)

    def _make(self, name, maker):
        part = os.path.join(self.directory, f'{name}.part')
        remove(part)
        try:
            final, origin = maker(self, part)
        except OSError as error:
            remove(part)
            raise Missing(f'{name}: {error}') from error
        path = os.path.join(self.directory, final)
        stamp = self._count(part, origin)
        with open(f'{path}.stamp', 'w', encoding='utf-8') as f:
            json.dump(stamp, f)
        os.rename(part, path)
        return path, stamp

    @staticmethod
    def _count(path, origin):
        files, size = measure(path)
        return {'from': origin, 'files': files, 'bytes': size}

    def _check(self, path):
        """One that was put there by hand has no stamp, and gets one."""
        stamp = f'{path}.stamp'
        if not os.path.exists(stamp):
            with open(stamp, 'w', encoding='utf-8') as f:
                json.dump(self._count(path, os.path.basename(path)), f)
        with open(stamp, encoding='utf-8') as f:
            made = json.load(f)
        now = self._count(path, made['from'])
        if now != made:
            raise Missing(f'{path} has {now["files"]} files and {now["bytes"]} bytes, it had '
                          f'{made["files"]} and {made["bytes"]}: remove it, to have it made again')
        return made

    def room(self, size):
        """Raises unless the disk has room for `size` bytes, and some to spare."""
        free = shutil.disk_usage(self.directory).free
        if free < size + 512 * MIB:
            raise OSError(f'{size // MIB} MiB are needed in {self.directory}, {free // MIB} are free')

    def unpack(self, package, directory):
        """The files of a Debian package, from a .deb in the cache or from the archive."""
        if not shutil.which('dpkg-deb'):
            return False
        if not glob.glob(os.path.join(self.directory, f'{package}_*.deb')) and self.fetch:
            run('apt-get', '-q', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=1',
                'download', package, cwd=self.directory)
        found = sorted(glob.glob(os.path.join(self.directory, f'{package}_*.deb')))
        return bool(found) and run('dpkg-deb', '-x', found[-1], directory)


def run(*command, cwd=None):
    try:
        done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, check=False)
    except FileNotFoundError:
        return False
    if done.returncode != 0:
        lines = done.stderr.decode(errors='replace').strip().splitlines()
        print(f'corpora: {" ".join(command)}: {lines[-1] if lines else "failed"}')
    return done.returncode == 0


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.remove(path)


def make_tree(cache, path):
    name = 'linux-source-6.1'
    cache.room(2200 * MIB // cache.part)
    archive, unpacked = f'/usr/src/{name}.tar.xz', f'{path}.deb'
    if cache.part == 1 and not os.path.exists(archive) and cache.unpack(name, unpacked):
        archive = unpacked + archive
    if cache.part == 1 and os.path.exists(archive):
        os.mkdir(path)
        done = run('tar', '-xf', archive, '-C', path, '--strip-components=1')
        remove(unpacked)
        if done:
            return name, "Debian's linux-source-6.1"
        remove(path)
    print(f'corpora: no {name}: a generated tree stands in for it')
    generate.tree(path, 78000 // cache.part)
    return 'tree', 'a generated tree of sources'


def texts(tree, endings=('',)):
    """The text files of the tree whose names end so, in order."""
    for directory, below, names in os.walk(tree):
        below.sort()
        for name in sorted(names):
            file = os.path.join(directory, name)
            if not name.endswith(endings) or os.path.islink(file) or not os.path.isfile(file):
                continue
            with open(file, 'rb') as f:
                text = f.read()
            if b'\0' not in text:
                yield text if text.endswith(b'\n') or not text else text + b'\n'


def make_joined(cache, path):
    """All text files of the tree, one after the other."""
    tree = cache.path('tree')
    cache.room(cache.about('tree')['bytes'])
    with open(path, 'wb') as out:
        out.writelines(texts(tree))
    return 'joined.txt', f'the text files of {cache.about("tree")["from"]}, joined'


def make_manual(language):
    def make(cache, path):
        cache.room(400 * MIB)
        package, unpacked = f'manpages-{language}', f'{path}.deb'
        if cache.part == 1 and cache.unpack(package, unpacked):
            pages = sorted(glob.glob(f'{unpacked}/usr/share/man/{language}/*/*.gz'))
            texts = []
            for page in pages:
                with gzip.open(page) as f:
                    texts.append(f.read())
            remove(unpacked)
            text, origin = b''.join(texts), f"Debian's {package}, unpacked and joined"
        else:
            print(f'corpora: no {package}: a generated text stands in for it')
            text = generate.prose(language, 12 * MIB // cache.part).encode()
            origin = 'generated sentences'
        with open(path, 'wb') as out:
            for _ in range(REPEATED):
                out.write(text)
        return f'manual-{language}.txt', f'{origin}, {REPEATED} times'
    return make


def make_words(_cache, path):
    """Ten thousand words of a dictionary, in no order."""
    dictionary = '/usr/share/dict/american-english'
    if os.path.exists(dictionary):
        with open(dictionary, encoding='utf-8') as f:
            words, origin = f.read().split(), 'a dictionary of American English'
    else:
        words, origin = generate.vocabulary(50000), 'generated words'
    words = [w for w in words if len(w) >= 4]
    with open(path, 'w', encoding='utf-8') as out:
        out.write('\n'.join(random.Random(1).sample(words, 10000)) + '\n')
    return 'words.txt', f'10,000 words of {origin}'


def make_log(cache, path):
    cache.room(1000 * MIB // cache.part)
    generate.log(path, 10_000_000 // cache.part)
    return 'log.txt', 'a generated log'


def make_wide(cache, path):
    """A file of each kind, all of one size."""
    size, tree = WIDE // cache.part, cache.path('tree')
    cache.room(4 * size)
    os.mkdir(path)
    with open(os.path.join(path, 'code.txt'), 'wb') as out:
        for text in texts(tree, ('.c', '.h')):
            out.write(text)
            if out.tell() >= size:
                break
    generate.service_log(os.path.join(path, 'log.txt'), size)
    generate.records(os.path.join(path, 'data.jsonl'), size)
    generate.bundle(os.path.join(path, 'script.js'), size)
    return 'wide', f'sources of {cache.about("tree")["from"]}, a generated log, records and a script'


def make_tiny(cache, path):
    """Thousands in each of a thousand directories, three levels deep: 1,000 files below 0/0/0."""
    cache.room(5000 * MIB // cache.part)
    if os.statvfs(cache.directory).f_favail < 1_100_000 // cache.part:
        raise OSError('a million files are more than this file system has room for')
    generate.tiny(path, 1000 // cache.part)
    return 'tiny', 'generated'


def make_pair(cache, path):
    size = PAIR // cache.part
    cache.room(2 * size)
    os.mkdir(path)
    generate.pair([os.path.join(path, 'a.log'), os.path.join(path, 'b.log')], size)
    return 'pair', 'two generated logs'


def make_sparse(cache, path):
    cache.room(200 * MIB)
    os.mkdir(path)
    for name, size in SPARSE.items():
        generate.sparse(os.path.join(path, name.replace(' ', '')), max(MIB, size // cache.part))
    return 'sparse', 'generated'


def make_some(name, count):
    """The first files of the tree that are sources, at most 20 in a directory."""
    def make(cache, path):
        tree = cache.path('tree')
        os.mkdir(path)
        taken = 0
        for directory, below, names in os.walk(tree):
            below.sort()
            names = sorted(n for n in names if n.endswith('.c'))[:20]
            if len(names) < 10:
                continue
            to = os.path.join(path, f'{taken:03}')
            os.mkdir(to)
            for n in names[:count - taken]:
                shutil.copyfile(os.path.join(directory, n), os.path.join(to, n))
            taken += len(names)
            if taken >= count:
                break
        return name, f'{count} files of {cache.about("tree")["from"]}'
    return make


# The names that a corpus may have in the cache, and the function that makes it.
CORPORA = {
    'tree': (('linux-source-6.1', 'tree'), make_tree),
    'joined': (('joined.txt',), make_joined),
    'ru': (('manual-ru.txt',), make_manual('ru')),
    'ja': (('manual-ja.txt',), make_manual('ja')),
    'words': (('words.txt',), make_words),
    'log': (('log.txt',), make_log),
    'wide': (('wide',), make_wide),
    'tiny': (('tiny',), make_tiny),
    'pair': (('pair',), make_pair),
    'sparse': (('sparse',), make_sparse),
    'few': (('few',), make_some('few', 250)),
    'hundreds': (('hundreds',), make_some('hundreds', 200)),
    'thousand': (('thousand',), make_some('thousand', 1000)),
}
