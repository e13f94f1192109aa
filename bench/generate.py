# SPDX-License-Identifier: BSD-2-Clause
"""Makes texts: the logs, the many files, and stand-ins for what cannot be fetched.

Seeded: the same on every machine.
"""
import json
import os
import random

WORDS = """access adapter after allocate already always attach backend before begin between block
border bounce buffer cache caller change channel check clear client clock close commit common config
context control copy core count counter create current data debug default delay delete depth descriptor
detach device direct disable discard driver early empty enable entry error event every extra fetch field
first flags flush force frame free from given guard handle handler header hence index inner input
interrupt inode kernel large later latency layer level limit list local lock lookup lower mapping mask
memory message method minor module mount mutex name never next nodes notify number object offset older
order other outer owner packet page parent parse path pending point policy pool port prepare prior
probe process queue range raise reader ready record reference register release remove request reserve
reset resource restore result retry return right root route sample scale sched section sector select
sender setup shared short signal since single size sleep small socket source space split stack start
state status still store string struct submit suspend switch symbol system table target task their
there these thread timer token total trace track transfer tree under unlock until update upper usage
valid value vector version wait where which while whole width window worker write wrong zone""".split()

# What services speak of.
SERVICE = """accepted backend cache checksum connection disk expired hit invalid latency miss payload quota refused
request retry session timeout token upstream user""".split()

SENTENCES = {
    'ru': """и в не на что с как для это по из файл команда строка каталог вывод параметр значение имя
        если будет может быть только также ошибка система процесс память устройство пользователь
        указывает возвращает содержит использовать выполняет следующий каждый новый текущий стандартный
        вызов функция библиотека описание ключ список число время размер символ шаблон поиск между""",
    'ja': """ファイル を の は に が と する します コマンド 行 ディレクトリ 出力 オプション 値 名前 もし
        場合 指定 された 表示 エラー システム プロセス メモリ デバイス ユーザー 返す 含む 使用 実行 次の
        各 新しい 現在 標準 呼び出し 関数 ライブラリ 説明 一覧 数 時間 大きさ 文字 パターン 検索 。 、""",
}

# How often a line of a source file is of a kind, and its form.
FORMS = [
    (160, ''), (90, '}}'), (40, '{{'), (30, '\t}}'), (60, '\treturn {a};'), (20, '\t\treturn -EINVAL;'),
    (60, '\tif ({a} < {b}->{c}) {{'), (110, '\t{a}->{b} = {c}_{a}({b});'), (70, '\tstruct {a}_{b} *{c};'),
    (40, 'static int {a}_{b}(struct {c} *{a}, int {b})'), (30, 'static void {a}_{b}(struct {c} *{a})'),
    (25, 'EXPORT_SYMBOL_GPL({a}_{b});'), (40, '#define {A}_{B}\t\t{n:#x}'), (30, '#include <linux/{a}.h>'),
    (60, ' * {a} {b} {c} {a} the {b} of {c}'), (40, '\t/* {c} {a} {b} {a} {c} */'),
    (20, '\tmutex_lock(&{a}->mutex);'), (10, '\tgoto {a};'), (4, '\t.{a} = SET_{B}_SUSPEND({c}_suspend),'),
    (1, ' * {a} {b} häufig „{c}“'),
]
RARE = ['\tstate = PM_RESUME;', '\tpm_resume({a});', '\twrite({a}, PME_TURN_OFF);', '\tif (ERR_SYS & {a})',
        '#define LINK_REQ_RST {n}', '\t{a} |= CFG_BME_EVT;']


def source_lines(rng, count):
    """Lines to draw from, with their cumulative weights."""
    lines, weights, total = [], [], 0
    for weight, form in FORMS:
        for _ in range(count * weight // 1000 + 1):
            a, b, c = rng.choices(WORDS, k=3)
            lines.append(form.format(a=a, b=b, c=c, A=a.upper(), B=b.upper(), n=rng.randrange(1 << 16)))
            total += 1000
            weights.append(total)
    for form in RARE:
        lines.append(form.format(a=rng.choice(WORDS), n=rng.randrange(100)))
        total += count // 30
        weights.append(total)
    return lines, weights


def tree(path, files):
    """A tree like that of a kernel's sources: as many files in a directory, as long, as many of a kind."""
    rng = random.Random(6)
    lines, weights = source_lines(rng, 20000)
    for first in range(0, files, 16):
        a, b, c = rng.choices(WORDS, k=3)
        directory = os.path.join(path, a, b, f'{c}{first}')
        os.makedirs(directory)
        for i in range(first, min(first + 16, files)):
            count = max(3, int(rng.lognormvariate(5.3, 1.2)))
            text = '\n'.join(rng.choices(lines, cum_weights=weights, k=count)) + '\n'
            name = os.path.join(directory, f'{rng.choice(WORDS)}{i}.{"cccccch"[i % 7]}')
            with open(name, 'w', encoding='utf-8') as f:
                f.write(text)


def prose(language, size):
    """Sentences of common words; Japanese has no spaces between them."""
    rng = random.Random(7)
    words, between = SENTENCES[language].split(), ' ' if language == 'ru' else ''
    lines, length = [], 0
    while length < size:
        line = between.join(rng.choices(words, k=rng.randrange(4, 15)))
        lines.append(line)
        length += len(line.encode()) + 1
    return '\n'.join(lines) + '\n'


def vocabulary(count):
    """Different words that look like some language's."""
    rng, words = random.Random(8), set()
    while len(words) < count:
        words.add(''.join(rng.choice('bcdfglmnprst') + rng.choice(('a', 'e', 'i', 'o', 'u', 'ai', 'ou'))
                          for _ in range(rng.randrange(2, 5))) + rng.choice(('', 's', 'r', 'n')))
    return sorted(words)


def log(path, lines):
    """What a server writes: one line in 500 is an error, one in 100,000 fatal."""
    rng = random.Random(9)
    messages = []
    for _ in range(4096):
        a, b, c = rng.choices(WORDS, k=3)
        messages.append(f'{a}-{b}: {c} {rng.choice(WORDS)} id={rng.randrange(1 << 32):08x} '
                        f'from 192.0.2.{rng.randrange(256)} took {rng.randrange(1, 3000)} ms')
    with open(path, 'w', encoding='utf-8') as f:
        for i in range(lines):
            level = 'FATAL' if i % 99991 == 99990 else 'ERROR' if i % 499 == 498 else \
                'WARN' if i % 37 == 36 else 'INFO'
            seconds = i // 200
            f.write(f'2026-01-{1 + seconds // 86400:02}T{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}:'
                    f'{seconds % 60:02}.{i % 200 * 5:03}Z {level} [{i % 16}] {messages[i * 2654435761 % 4093]}\n')


def drawn(path, size, lines):
    """A file of at least `size` characters, of lines in no order."""
    rng, written = random.Random(10), 0
    with open(path, 'w', encoding='utf-8') as f:
        while written < size:
            line = rng.choice(lines)
            f.write(line)
            written += len(line)


def service_log(path, size):
    """What many services write into one log."""
    rng = random.Random(11)

    def line():
        day = f'2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}'
        time = f'{rng.randrange(24):02}:{rng.randrange(60):02}:{rng.randrange(60):02}.{rng.randrange(1000):03}'
        service = f'{rng.choice(("DEBUG", "INFO", "WARN", "ERROR"))} [{rng.choice(SERVICE)}-{rng.randint(1, 64)}]'
        address = '.'.join(str(rng.randrange(256)) for _ in range(3))
        words = ' '.join(rng.choices(SERVICE, k=rng.randint(4, 12)))
        return f'{day}T{time}Z {service} 10.{address} {words} id={rng.getrandbits(64):016x}\n'

    drawn(path, size, [line() for _ in range(1 << 16)])


def records(path, size):
    """JSON, a record a line."""
    rng = random.Random(12)

    def line():
        mail = f'{rng.choice(SERVICE)}{rng.randint(1, 999)}@example.{rng.choice(("com", "net", "org"))}'
        return json.dumps({'id': rng.getrandbits(40), 'name': ' '.join(rng.choices(SERVICE, k=3)),
                           'tags': rng.choices(SERVICE, k=5), 'v': rng.random(), 'e': mail}) + '\n'

    drawn(path, size, [line() for _ in range(1 << 16)])


# Statements as a bundler leaves them: {a} to {d} are short names, {A} is a constant, {w} is a word.
STATEMENTS = ['function {a}({b},{c}){{return {a}.{d}({b})+{n}}}', 'var {a}={b}||{{}};',
              'if({a}==={b}.{A}){c}("{w} {w}");', '{a}.prototype.{b}=function(){{this.{c}=!0}};',
              'for(let {a}=0;{a}<{b}.length;{a}++){b}[{a}]=/{c}+/g.test({d});']


def bundle(path, size):
    """A script without line ends, but for one after each 100,000 characters or so."""
    rng = random.Random(13)
    letters = 'abcdefghijklmnopqrstuvwxyz$_'
    names = [''.join(rng.choices(letters, k=rng.randint(1, 3))) for _ in range(400)]
    constants = ['_'.join(word.upper() for word in rng.sample(WORDS, 2)) for _ in range(60)]

    def line():
        count = 0
        while count < 100_000:
            a, b, c, d = rng.choices(names, k=4)
            yield rng.choice(STATEMENTS).format(a=a, b=b, c=c, d=d, A=rng.choice(constants), w=rng.choice(SERVICE),
                                                n=rng.randrange(10000))
            count += 40
        yield '\n'

    drawn(path, size, [''.join(line()) for _ in range(200)])


def tiny(path, each):
    """A thousand directories, three levels deep, of `each` files; one in 10,000 has a needle."""
    number = 0
    for leaf in range(1000):
        directory = os.path.join(path, str(leaf // 100), str(leaf // 10 % 10), str(leaf % 10))
        os.makedirs(directory)
        at = os.open(directory, os.O_RDONLY)
        for i in range(each):
            text = f'number = {number}\nname = {WORDS[number % len(WORDS)]}\n'
            text += 'a needle\n' if number % 10000 == 7777 else 'some hay\n'
            fd = os.open(f'{i:04}.conf', os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=at)
            os.write(fd, text.encode())
            os.close(fd)
            number += 1
        os.close(at)


def pair(paths, size):
    """The same lines in each; every one has the needle in it."""
    files = [open(path, 'wb') for path in paths]
    written = 0
    while written < size:
        block = ''.join(f'line {written // 64 + i:09} of a log in which every line has the needle in it\n'
                        for i in range(1024)).encode()
        for f in files:
            f.write(block)
        written += len(block)
    for f in files:
        f.close()


def sparse(path, size):
    """A hole, except for a line at the end of each MiB; the last has the needle."""
    with open(path, 'wb') as f:
        for end in range(1 << 20, size + 1, 1 << 20):
            line = b'\nline of a needle\n' if end + (1 << 20) > size else b'\nline of some hay\n'
            f.seek(end - len(line))
            f.write(line)
