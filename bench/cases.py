# SPDX-License-Identifier: BSD-2-Clause
"""What is measured: data alone. bench/run carries it out, bench/report.py shows it.

A case has a name, a title, a corpus and points. A point is one race between the commands in `tools`,
for one search; its label is the pattern, unless it has another. Keys of a case:

    kind     race (commands), editor or close (the library, and commands in the same role), calls, embed,
             program (one of bench/, which prints what it found), hosts (those of bench/hosts); warm, bound,
             indexed, changes: see warm.py
    group    main cases are run by default; heavy ones need time, or disk
    delay    seconds that the reader waits after the first output
    enough   lines after which the reader quits
    slow     opens and reads wait: see slow.c
    cold     nothing of the files is in the cache: only the superuser can empty it
    text     files that hold a NUL, or are not UTF-8, are searched as text
    limit    seconds that a command may take, if more than bench/run says
    ratios   shown as what psearch takes over what the others take, for each `file` of the points
    about    what the figures mean, if the title leaves it open

Keys of a point: pattern, label, paths (below the corpus), fixed (a corpus of strings), threads, options (see peers.py),
file.
"""

FIVE_WORDS = r'\w{5}\s+\w{5}\s+\w{5}\s+\w{5}\s+\w{5}'
ALL = ['psearch', 'floor', 'rg', 'rg --sort', 'ugrep', 'git grep', 'grep', 'ag']
ONE_FILE = ['psearch', 'floor', 'rg', 'rg --no-mmap', 'ugrep', 'git grep', 'grep', 'ag']
THREADED = ['psearch', 'floor', 'rg', 'ugrep', 'git grep']

# What is typed, letter by letter, into an editor's search box.
TYPED = ['mutex_lock', 'static int', 'return -EINVAL', 'platform_device', 'spin_unlock', 'container_of',
         'list_for_each', 'include <linux', 'suspend', '[a-z]+_register', 'TODO', 'PM_RESUME']
# What a warm tree is searched for: rare, nowhere, an expression, frequent, in half of the files.
WARM = ['PM_RESUME', 'nosuchstringatall', '[A-Z]+_SUSPEND', 'mutex', 'return']
TRUSTS = ['stamps', 'directories', 'told', 'watched']
# Searches that are closed while they run: one that finds nothing, and one whose queues are full at once.
CLOSED = ['nosuchstringatall', 'return']


def each(patterns, **point):
    return [{'pattern': pattern, **point} for pattern in patterns]


def workers(pattern, counts):
    return [{'pattern': pattern, 'threads': n, 'label': str(n)} for n in counts]


# Options, and then the pattern: of each file as many kinds of searches as there are ways to carry them out.
WIDE = {
    'code.txt': [
        '-n mutex_lock', '-c mutex_lock', '-c e', '-c -v e', '-c ^$', r'-o \w+', r'-n \d{4,}', '-n é', '-n -m1000 int',
        '-n -w lock', '-n -x }', '-n -i error', '-n -C2 spin_unlock_irqrestore', r'-n -i (mutex|spinlock|rwsem)_\w+',
        '-n (foo|bar|baz|qux)_', '-n TODO|FIXME|XXX|HACK', '-n (a|b|c|d)+ef', '-n .*foo.*bar.*', '-n x.{20,40}y.{20}z',
        r'-n ^static\s.*\(', r'-n \s+$', r'-n \bif\b.*\breturn\b', r'-n return\s-E[A-Z]+;', r'-n struct\s\w+\s\*\w+\(',
        '-n [0-9a-f]{8}-', '-n [A-Z]{3,}_[A-Z]{3,}_[A-Z]{3,}', r'-n \p{Lu}\p{Ll}+\p{Lu}', r'-n \w+@\w+\.\w+',
        '-o [a-z_]+_lock', r'-o \b[a-z]{12}\b',
    ],
    'log.txt': [
        '-c ERROR', '-c -v INFO', '-n ERROR.*timeout', '-n ^2026-0[1-3].*WARN', r'-n 10\.1\.2\.[0-9]+',
        r'-n \[(cache|disk)-6[0-9]\]', r'-n (refused|expired)\s.*(refused|expired)\s', '-n id=[0-9a-f]*dead',
        '-o id=[0-9a-f]+', r'-o \d+\.\d+\.\d+\.\d+',
    ],
    'data.jsonl': [
        '-n -i TOKEN', '-c session.*quota.*disk', r'-n [a-z]+[0-9]+@example\.com',
        '-o "[a-z]+":', r'-o "v":\s0\.9[0-9]+',
    ],
    'script.js': [
        '-c function', '-c zzzzqq', r'-c \bvar\b', '-o [A-Z]{6,}', r'-o function\s[a-z]\(', r'-o \w+\.prototype',
    ],
}


def wide(searches):
    """A point for each search of each file."""
    for file, lines in searches.items():
        for line in lines:
            *options, pattern = line.split(' ')
            yield {'pattern': pattern, 'options': options, 'label': line, 'file': file, 'paths': [file]}


CASES = [
    {
        'name': 'tree', 'title': 'A tree of sources', 'corpus': 'tree', 'tools': ALL,
        'points': each([
            'PM_RESUME', '[A-Z]+_SUSPEND', 'nosuchstringatall',
            'ERR_SYS|PME_TURN_OFF|LINK_REQ_RST|CFG_BME_EVT', r'\bmutex\b', 'static .*int', 'return',
            '(?i)pm_resume', FIVE_WORDS, r'^\s+return [a-z]+;$',
        ]),
    },
    {
        'name': 'words', 'title': 'Ten thousand words in that tree', 'corpus': 'tree',
        'tools': [tool for tool in ALL if tool != 'ag'],
        'points': [{'fixed': 'words', 'label': '-F -f words.txt'}],
    },
    {
        'name': 'russian', 'title': 'Russian manual pages, one file', 'corpus': 'ru', 'text': True,
        'tools': ONE_FILE,
        'points': each(['каталог', '(?i)ошибка', r'\w{12}\s+\w{8}']),
    },
    {
        'name': 'japanese', 'title': 'Japanese manual pages, one file', 'corpus': 'ja', 'text': True,
        'tools': ONE_FILE,
        'points': each(['ディレクトリ', '(ファイル|コマンド)[をはが]', r'\w{12}\s+\w{8}']),
    },
    {
        'name': 'wide', 'title': 'Many kinds of searches, in one file of each kind', 'corpus': 'wide', 'ratios': True,
        'tools': ['psearch', 'rg', 'rg --no-mmap', 'ugrep', 'grep -P'], 'points': list(wide(WIDE)),
        'about': 'All commands get the same options. Bold is what takes psearch more than 1.3 times as long. A command '
                 'that found something else, failed or was stopped has no ratio.',
    },
    {
        'name': 'first', 'title': 'The first match, and then no more', 'corpus': 'tree', 'enough': 1,
        'tools': [tool for tool in ALL if tool != 'floor'],
        'points': each(['PM_RESUME', 'return', FIVE_WORDS]),
        'about': 'The reader closes the pipe after the first line, and terminates the command: `first` is when '
                 'that line came, `gone` how long the command took from there to its end.',
    },
    {
        'name': 'workers', 'title': 'More workers', 'corpus': 'tree', 'x': 'workers', 'tools': THREADED,
        'points': workers('[A-Z]+_SUSPEND', (1, 2, 4, 8)),
    },
    {
        'name': 'slow', 'title': 'Slow storage: each open and each read takes 1 ms more', 'corpus': 'few',
        'x': 'workers', 'slow': True, 'tools': [*THREADED, 'grep'],
        'points': workers('PM_RESUME', (1, 2, 4, 8, 16, 32)),
        'about': 'The delay is put before the calls by a preloaded library. A command that is linked '
                 'statically, such as the rg of npm, does not load it.',
    },
    {
        'name': 'close', 'title': 'Closing in mid-search', 'kind': 'close', 'corpus': 'tree', 'rounds': 200,
        'wait': 100, 'patterns': CLOSED,
        'about': 'The library, linked: a search is opened, left alone for up to 100 ms, and closed.',
    },
    {
        'name': 'editor', 'title': "An editor's loop", 'kind': 'editor', 'corpus': 'tree', 'rounds': 1000,
        'items': 200, 'patterns': [word[:n] for word in TYPED for n in range(1, len(word) + 1)],
        'trusts': ['stamps', 'told', 'watched'],
        'tools': ['floor', 'psearch', 'rg', 'git grep'], 'tool_rounds': 134,
        'about': 'Open, take 200 items, cancel, close, go on with one letter more of what is typed. By the '
                 'library, linked; and with commands in its place, which are started, read and terminated. `floor` '
                 'is what reading takes, and no more, of the files up to the one of the last item, in order; of a '
                 'pattern that fewer lines match that is the whole tree. A warm tree has learnt all before.',
    },
    {
        'name': 'item', 'title': 'The first item', 'kind': 'editor', 'corpus': 'tree', 'rounds': 500,
        'items': 1, 'patterns': ['mutex'], 'tools': ['floor', 'psearch', 'rg'], 'tool_rounds': 31,
        'about': 'Open, take the first item for `mutex`, cancel, close: the library, and commands in its place.',
    },
    {'name': 'kernels', 'title': 'The byte kernels', 'kind': 'program', 'command': ['kernels']},
    {
        'name': 'signatures', 'title': 'Signatures: size, time, and files let through', 'kind': 'program',
        'command': ['signatures'], 'corpus': 'tree',
        'about': 'Of the files that do not hold a string, the percentage that other choices would let through: see the '
                 'top of bench/signatures.c.',
    },
    {'name': 'compile', 'title': 'Compiling patterns: time, and memory held', 'kind': 'program', 'command': ['compile']},
    {
        'name': 'calls', 'title': 'What threads cost each other: locks, wake-ups and system calls', 'kind': 'calls',
        'corpus': 'tree',
        'points': [{'pattern': pattern, 'label': label, 'threads': n} for n in (1, 2, 4, 8)
                   for pattern, label in (('nosuchstringatall', 'nothing'), ('mutex', 'mutex'), ('return', 'return'))],
        'about': 'Of one search of the tree: mutexes locked, of them those that another thread held; futex calls; '
                 'files and directories opened; reads of both.',
    },
    {
        'name': 'embed', 'title': 'Many searches in one process, with a pool and without', 'kind': 'embed',
        'corpus': 'thousand', 'few': 'hundreds', 'counts': (1, 10, 50, 200), 'running': 'include', 'paused': 'return',
        'tools': ['rg', 'grep'], 'urgent_rounds': 40, 'whole_rounds': 200,
        'about': 'By bench/embed.c: a host with one thread, which polls all searches, and a timer of 2 ms. Times are '
                 'medians and 99th percentiles; of several rounds, the median of each. `files` counts descriptors. '
                 'Without a pool the host helps to search. Whole searches are of 200 of the files, from opening to '
                 'closing.',
    },
    {
        'name': 'hosts', 'title': 'In editors, runtimes and other hosts', 'kind': 'hosts', 'corpus': 'tree',
        'group': 'heavy',
        'about': 'The programs of bench/hosts, each of which says at its top what it measures.',
    },
    {
        'name': 'warm', 'title': 'Warm trees: the second search reads only what can match', 'kind': 'warm',
        'corpus': 'tree', 'patterns': WARM, 'trusts': TRUSTS, 'searches': 100, 'rounds': 3, 'learnt_rounds': 7,
        'about': 'By bench/warm.c, the library, linked: milliseconds, and in brackets how many times those of a search '
                 'without a tree, which took turns with it. The tree was empty before the first search, and learnt by '
                 'the searches alone; at the right another, which was told to learn all. Each search delivered what '
                 'that without a tree did, to the byte.',
    },
    {
        'name': 'changes', 'title': 'Warm trees and indexes: what has just changed', 'kind': 'changes',
        'corpus': 'hundreds', 'trusts': TRUSTS,
        'about': 'A tree is indexed; a file is changed, so that a search of it must find something else; and it is '
                 'searched, with nothing indexed again. `at once`: copied, indexed, changed and searched without a '
                 'pause, not seconds later. `error`: there is a message of what is gone. The library: one process, '
                 'which has searched and learnt before; `told` gets the path.',
    },
    {
        'name': 'indexed', 'title': 'Warm trees beside greps with an index', 'kind': 'indexed', 'corpus': 'tree',
        'patterns': WARM, 'group': 'heavy',
        'about': 'Of the commands without an index everything is as above. A number of lines: of a command that found '
                 'something else than the first.',
    },
    {
        'name': 'bound', 'title': 'Warm trees: a million files, and memory at its bound', 'kind': 'bound',
        'corpus': 'tiny', 'patterns': ['needle'], 'trusts': ['stamps', 'told'], 'mib': [64],
        'group': 'heavy',
        'about': 'As above; the tree is told to learn all, and has memory for so much.',
    },
    {'name': 'ring', 'title': 'The ring beside a mutex and a condition', 'kind': 'program', 'command': ['ring']},
    {
        'name': 'every', 'title': 'Every line of that tree', 'corpus': 'tree', 'group': 'heavy', 'limit': 60,
        'tools': ALL, 'points': each(['']),
    },
    {
        'name': 'cold', 'title': 'Nothing in the cache', 'corpus': 'tree', 'group': 'heavy', 'limit': 120, 'cold': True,
        'tools': ['psearch', 'floor', 'rg', 'rg --sort', 'ugrep', 'git grep'], 'x': 'workers',
        'points': workers('PM_RESUME', (2, 8)),
        'about': 'The cache is emptied before each run (/proc/sys/vm/drop_caches, as the superuser).',
    },
    {
        'name': 'log', 'title': 'A log of ten million lines', 'corpus': 'log', 'text': True,
        'group': 'heavy', 'limit': 30, 'tools': ONE_FILE,
        'points': each(['FATAL', 'ERROR.* took [0-9]{4} ms', 'T0[0-9]:[0-9][0-9]:59', r'id=[0-9a-f]*00[0-9a-f]* ']),
    },
    {
        'name': 'bigfile', 'title': 'One big file', 'corpus': 'joined', 'group': 'heavy', 'text': True,
        'limit': 30, 'tools': ONE_FILE,
        'points': each(['PM_RESUME', 'return', FIVE_WORDS]),
    },
    {
        'name': 'million', 'title': 'A million tiny files', 'corpus': 'tiny', 'group': 'heavy', 'limit': 60,
        'tools': ALL, 'points': each(['needle']),
    },
    {
        'name': 'late', 'title': 'Two big files in which every line matches, and a late reader',
        'corpus': 'pair', 'group': 'heavy', 'delay': 4, 'limit': 60,
        'tools': ['psearch', 'rg', 'rg --sort', 'ugrep', 'ugrep --sort', 'git grep', 'grep'],
        'points': each(['needle'], threads=2),
        'about': 'The reader starts 4 s after the output has begun. What a command has found until then it '
                 'must keep, or wait. The 4 s are in its time.',
    },
    {
        'name': 'files', 'title': 'Memory for more and more files', 'corpus': 'tiny', 'group': 'heavy',
        'x': 'files', 'limit': 60, 'tools': ALL,
        'points': [{'pattern': 'needle', 'label': label, 'paths': [path]} for label, path in
                   (('1,000', '0/0/0'), ('10,000', '0/0'), ('100,000', '0'), ('1,000,000', '.'))],
    },
    {
        'name': 'sizes', 'title': 'Memory for a bigger and bigger file', 'corpus': 'sparse', 'group': 'heavy',
        'x': 'size', 'text': True, 'limit': 120,
        'tools': ['psearch', 'floor', 'rg', 'rg --no-mmap', 'ugrep', 'grep'],
        'points': [{'pattern': 'needle', 'label': label, 'paths': [label.replace(' ', '')]}
                   for label in ('1 MB', '100 MB', '1 GB', '20 GB')],
        'about': 'Sparse files, with a line at the end of each MiB. What rg maps of the file counts as its memory.',
    },
]
