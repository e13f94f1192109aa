# SPDX-License-Identifier: BSD-2-Clause
"""check.py INDEXER PSEARCH DIRECTORY: what holds of the index that examples/indexer makes.

Its content is what the command prints of the tree; a later run reads what has changed and nothing else; what cannot be
read is said, and read later; a database that is not this tree's is refused; and killed at random moments, in the fill
and in the update, the index never has half a file, or one twice, and ends as it would have without; also if the end
of the log is lost.
"""

import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

INDEXER, PSEARCH, DIRECTORY = sys.argv[1:]
KILLS = int(os.environ.get("KILLS") or (200 if os.environ.get("PS_LONG") else 60))
CUTS = 60 if os.environ.get("PS_LONG") else 8
seed = int(os.environ.get("PS_SEED", "1"))
chance = random.Random(seed)
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.getuid() == 0 else []
LONG_AGO = 1_600_000_000_000_000_000
stamps = 0


def fail(why):
    sys.exit(f"indexer: {why} (PS_SEED={seed})")


def expect(what, got, want):
    if got == want:
        return
    if isinstance(got, list):
        place = next((i for i, pair in enumerate(zip(got, want)) if pair[0] != pair[1]), min(len(got), len(want)))
        what += f" ({len(got)}, not {len(want)}), number {place}"
        got, want = got[place : place + 1], want[place : place + 1]
    fail(f"{what}: {got!r:.300}, not {want!r:.300}")


def split(output):
    return output.split(b"\n")[:-1]


def command(*arguments, tree):
    return subprocess.run([PSEARCH, *arguments], cwd=tree, capture_output=True, check=False).stdout


class Index:
    """A tree and its database."""

    def __init__(self, name):
        self.tree = os.path.join(DIRECTORY, name).encode()
        self.name = os.path.join(DIRECTORY, name + ".db")
        os.makedirs(self.tree)

    def run(self, *options, by=(), status=0, batch=5):
        """Brings it up to date. Returns the counts of this run, and what was said."""
        done = subprocess.run(
            [*by, INDEXER, "--batch", str(batch), *options, self.name, self.tree], capture_output=True, check=False
        )
        said = done.stderr.decode(errors="replace")
        expect(f"exit status of {options}: {said}", done.returncode, status)
        counts = re.findall(rb"(\d+) (\w+)", done.stdout.partition(b"this run: ")[2])
        return {name.decode(): int(number) for number, name in counts}, said

    def remove(self):
        for end in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(self.name + end):
                os.remove(self.name + end)

    def query(self, text):
        return split(subprocess.run([INDEXER, "-q", text, self.name], capture_output=True, check=False).stdout)

    def open(self):
        db = sqlite3.connect(self.name)
        db.text_factory = bytes
        return db

    def content(self):
        """Its lines in the order in which they are in the database, file by file."""
        db = self.open()
        files = dict(db.execute("SELECT id, path FROM files"))
        lines = {}
        for line, text in db.execute("SELECT id, text FROM lines ORDER BY id"):
            lines.setdefault(files[line >> 32], []).append((line & 0xFFFFFFFF, text))
        db.close()
        return lines

    def check(self, pattern=b""):
        """It is whole, and says what the command says, in whose order a query gives it."""
        done = subprocess.run([INDEXER, "--check", self.name], capture_output=True, check=False)
        expect(f"--check: {done.stderr.decode()}", done.returncode, 0)
        want = split(command("-n", "-e", pattern, tree=self.tree))
        expect("the lines of the index", self.query(""), want)
        expect("number of lines", sum(map(len, self.content().values())), len(want))

    def write(self, name, text, modified=None):
        """Writes a file in place; with a stamp of its own, long ago, unless one is given."""
        global stamps
        path = os.path.join(self.tree, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text)
        stamps += 1
        modified = LONG_AGO + stamps * 1000003 if modified is None else modified
        os.utime(path, ns=(modified, modified))


def some_lines(most=12):
    words = [b"alpha", b"beta", b"gamma", b"needle", b"delta \xff\xfe", "größe".encode(), b"it's", b'"quoted"', b""]
    return b"".join(
        b" ".join(chance.choice(words) for _ in range(chance.randrange(5))) + b" %d\n" % chance.randrange(1000)
        for _ in range(chance.randrange(most))
    )


def check_content():
    """All kinds of files and names."""
    index = Index("content")
    for name in (b"a.c", b"a/b", b"a/b.c", b"a b/c'd", b'q"uote', b"\xff\xfename", "größe/ä".encode(), b"a-b/x", b"%s"):
        index.write(name, some_lines(40))
    index.write(b"empty", b"")
    index.write(b"no end", b"one\ntwo")
    index.write(b"crlf", b"one\r\n\r\ntwo\r\n")
    index.write(b"binary", b"one\0two\n")
    index.write(b"trigrams", b"abcd bcde\nabcde\n")
    index.write(b"late", b"text\n" * 20000 + b"\0\nmore\n")
    index.write(b"long", b"x" * 3_000_000 + b"needle\nshort\n")
    index.write(b"too long", b"before\n" + b"y" * 17_000_000 + b"\nafter\n")
    index.write(b".hidden", b"needle\n")
    index.write(b".ignore", b"ignored\n")
    index.write(b"ignored", b"needle\n")
    os.symlink(b"a.c", os.path.join(index.tree, b"link"))
    os.mkfifo(os.path.join(index.tree, b"fifo"))
    counts, said = index.run(status=1)
    if "too long: " not in said or counts["failed"] != 1:
        fail(f"a line that is too long: {counts}, {said}")
    index.check()
    texts = ["", "needle", "größe", '"quoted"', "it's", "le", "e", "needle\n", "alpha beta", "%", "no such", " ", "'\""]
    for text in texts + ["abcde"]:  # of which another line has all trigrams
        want = [] if "\n" in text else split(command("-nF", "-e", text, tree=index.tree))
        expect(f"the lines with {text!r}", index.query(text), want)
    matches = Index("matches")
    shutil.rmtree(matches.tree)
    matches.tree = index.tree
    matches.run("-p", r"needle|^al", status=1)
    matches.check(rb"needle|^al")
    expect("refusal", "another pattern" in matches.run(status=2)[1], True)


def check_update():
    """What is read again, by the counts, and by what is not noticed."""
    index = Index("update")
    for number in range(100):
        index.write(b"d%d/f%d" % (number % 7, number), some_lines() + b"%d\n" % number)
    counts = index.run()[0]
    expect("a new index", (counts["new"], counts["read"]), (100, 100))
    counts = index.run()[0]
    expect("nothing changed", (counts["unchanged"], counts["read"]), (100, 0))
    index.check()

    path = {number: os.path.join(index.tree, b"d%d/f%d" % (number % 7, number)) for number in range(100)}
    with open(path[1], "rb") as file:
        text = file.read()
    index.write(b"d1/f1", text + b"more\n")
    index.write(b"d2/f2", bytes(reversed(open(path[2], "rb").read())))
    os.remove(path[3])
    os.rename(path[4], os.path.join(index.tree, b"d4/renamed"))
    os.rename(os.path.join(index.tree, b"d5"), os.path.join(index.tree, b"d5-renamed"))
    index.write(b"d0/new", b"new\n")
    moved = len(range(5, 100, 7))
    # The same size and time: another inode is noticed, the same is not, since nobody reads the file.
    info = os.stat(path[6])
    index.write(b"other", b"z" * (info.st_size - 1) + b"\n", info.st_mtime_ns)
    os.rename(os.path.join(index.tree, b"other"), path[6])
    info = os.stat(path[7])
    with open(path[7], "rb") as file:
        unnoticed = file.read()
    index.write(b"d0/f7", b"z" * (info.st_size - 1) + b"\n", info.st_mtime_ns)
    counts = index.run()[0]
    want = {"new": 2 + moved, "changed": 3, "removed": 2 + moved, "unchanged": 95 - moved}
    want.update({"failed": 0, "read": 5 + moved})
    expect("counts of an update", counts, want)
    lines = index.content()[b"d0/f7"]
    expect("what cannot be noticed", b"".join(line + b"\n" for _, line in lines), unnoticed)
    index.write(b"d0/f7", unnoticed)
    expect("it is noticed now", index.run()[0]["changed"], 1)
    index.check()

    # A file of the future might be written to after it was read, with the same stamp: it is read again each time.
    index.write(b"d0/new", b"newer\n", time.time_ns() + 3600 * 10**9)
    for _ in range(2):
        expect("a file that has not settled", index.run()[0]["read"], 1)
    index.write(b"d0/new", b"newest\n")
    index.run()
    expect("settled", index.run()[0]["read"], 0)

    # A run goes on where a cursor of another library's stands.
    db = index.open()
    db.execute("DELETE FROM meta WHERE key = 'filled'")
    db.execute("INSERT INTO meta VALUES('cursor', 'from-elsewhere')")
    lines = "lines WHERE id >> 32 = (SELECT id FROM files WHERE path = 'd0/f14')"
    db.execute(f"INSERT INTO words(words, rowid, text) SELECT 'delete', id, text FROM {lines}")
    db.execute(f"DELETE FROM {lines}")
    db.execute("DELETE FROM files WHERE path = 'd0/f14'")
    db.commit()
    db.close()
    counts, said = index.run()
    expect(f"a strange cursor: {said}", (counts["new"], "cannot be continued" in said), (1, True))
    index.check()


def check_errors():
    """What cannot be read is said, kept in the index, and read when it can be."""
    index = Index("errors")
    os.chmod(DIRECTORY, 0o777)
    for number in range(20):
        index.write(b"d%d/f%d" % (number % 2, number), b"line %d\n" % number)
    os.chmod(os.path.join(index.tree, b"d0/f2"), 0)
    os.chmod(os.path.join(index.tree, b"d1"), 0)
    counts, said = index.run(by=NOBODY, status=1)
    expect(f"unreadable: {said}", (counts["new"], counts["failed"], said.count("Permission denied")), (9, 2, 2))
    counts, said = index.run(by=NOBODY, status=1)
    expect("again", (counts["unchanged"], counts["failed"], counts["read"]), (9, 2, 0))
    os.chmod(os.path.join(index.tree, b"d0/f2"), 0o644)
    os.chmod(os.path.join(index.tree, b"d1"), 0o755)
    # Not the files that are in the index already: that nobody reads them is what this shows.
    os.chmod(os.path.join(index.tree, b"d0/f4"), 0)
    counts, said = index.run(by=NOBODY)
    expect(f"readable: {said}", (counts["new"] + counts["changed"], counts["failed"], counts["read"]), (11, 0, 11))
    os.chmod(os.path.join(index.tree, b"d0/f4"), 0o644)
    index.check()
    # A directory that cannot be listed for a while keeps its lines; one that is gone does not.
    before = index.content()
    os.chmod(os.path.join(index.tree, b"d1"), 0)
    counts, said = index.run(by=NOBODY, status=1)
    expect(f"a directory cannot be listed: {said}", (counts["removed"], counts["failed"]), (0, 1))
    expect("its lines", index.content(), before)
    os.chmod(os.path.join(index.tree, b"d1"), 0o755)
    shutil.rmtree(os.path.join(index.tree, b"d1"))
    expect("a directory is gone", index.run(by=NOBODY)[0]["removed"], 10)
    index.check()


def check_refusals():
    """Databases of others stay as they are."""
    index = Index("refused")
    index.write(b"f", b"line\n")
    expect("no pattern", ("pattern" in index.run("-p", "(", status=2)[1], os.path.exists(index.name)), (True, False))
    for content in (b"garbage", b"SQLite format 3\0" + b"garbage" * 1000):
        with open(index.name, "wb") as file:
            file.write(content)
        expect("no database", "not a database" in index.run(status=2)[1], True)
        with open(index.name, "rb") as file:
            expect("what was there", file.read(), content)
        os.remove(index.name)
    db = sqlite3.connect(index.name)
    db.execute("CREATE TABLE files(id)")
    db.close()
    with open(index.name, "rb") as file:
        before = file.read()
    expect("a foreign database", "not an index" in index.run(status=2)[1], True)
    with open(index.name, "rb") as file:
        expect("the foreign database", file.read(), before)
    os.remove(index.name)
    index.run()
    other = Index("other")
    other.name = index.name
    expect("another tree", "another tree" in other.run(status=2)[1], True)
    db = sqlite3.connect(index.name)
    db.execute("PRAGMA user_version = 99")
    db.close()
    expect("another format", "of format 99" in index.run(status=2)[1], True)
    os.remove(index.name)
    for number in range(50):
        index.write(b"g%d" % number, some_lines(200))
    index.run()
    index.check()
    with open(index.name, "r+b") as file:
        for page in range(2, os.path.getsize(index.name) // 4096):
            file.seek(page * 4096)
            file.write(b"damaged!" * 64)
    said = index.run(status=2)[1]
    expect(f"a damaged index: {said}", "damaged" in said, True)


def check_limits():
    """What does not fit is refused, and what cannot be written is said."""
    index = Index("limits")
    index.write(b"f", b"needle\n")
    index.run()
    db = index.open()
    db.execute("INSERT INTO files(id, path) VALUES(2147483647, 'g')")
    db.commit()
    db.close()
    index.write(b"g", b"needle\n")
    expect("the last number of a file", index.run()[0]["changed"], 1)
    index.write(b"h", b"needle\n")
    said = index.run(status=2)[1]
    expect(f"no more numbers: {said}", "used up" in said, True)
    expect("what was there", index.query("needle"), [b"f:1:needle", b"g:1:needle"])
    os.remove(os.path.join(index.tree, b"h"))
    with open("/dev/full", "wb") as full:
        for arguments in (["-q", "needle", index.name], [index.name, index.tree]):
            done = subprocess.run([INDEXER, *arguments], stdout=full, stderr=subprocess.PIPE, check=False)
            expect(f"a full disk: {done.stderr}", (done.returncode, b"cannot write" in done.stderr), (2, True))
    index.run("--batch", "5x", status=2)


def check_together():
    """Several indexers of one database: one goes on, or all stop, and a query may ask at any time."""
    index = Index("together")
    for number in range(300):
        index.write(b"f%d" % number, some_lines())
    gave_way = rounds = 0
    while rounds < 3 or gave_way == 0:
        rounds += 1
        if rounds > 50:
            fail("of three indexers at once none ever gave way")
        running = [
            subprocess.Popen(
                [INDEXER, "--batch", "3", index.name, index.tree], stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            for _ in range(3)
        ]
        while any(each.poll() is None for each in running):
            done = subprocess.run([INDEXER, "-q", "needle", index.name], capture_output=True, check=False)
            if done.returncode == 2 and b"open" not in done.stderr and b"not an index" not in done.stderr:
                fail(f"a query meanwhile: {done.stderr.decode()}")
        for each in running:
            said = each.communicate()[1]
            gave_way += each.returncode != 0
            if each.returncode != 0 and b"another program" not in said:
                fail(f"one of three indexers: exit {each.returncode}, {said.decode()}")
        index.run()
        index.check()
        os.remove(index.name)


class Victim(Index):
    """An index whose indexer is killed; it knows what each file held since the last run that ended."""

    def __init__(self, name):
        super().__init__(name)
        self.versions = {}
        for number in range(300):
            self.put(b"d%d/f%d" % (number % 9, number))
        self.length = {"start": 0.1, "fill": 0.1, "update": 0.1}
        self.hits = {"start": 0, "fill": 0, "update": 0, "ended": 0}

    def put(self, name):
        text = some_lines()
        self.write(name, text)
        self.versions.setdefault(name, []).append(text)

    def files(self):
        for place, _, names in os.walk(self.tree):
            for name in names:
                yield os.path.relpath(os.path.join(place, name), self.tree)

    def mutate(self):
        """Something happens to a third of the files."""
        for name in sorted(self.files()):
            deed = chance.random()
            if deed < 0.15:
                self.put(name)
            elif deed < 0.2:
                os.remove(os.path.join(self.tree, name))
            elif deed < 0.25:
                other = name + b"r"
                os.rename(os.path.join(self.tree, name), os.path.join(self.tree, other))
                self.versions.setdefault(other, []).append(self.versions[name][-1])
            elif deed < 0.35:
                self.put(name + b"n")
        while sum(1 for _ in self.files()) > 400:
            os.remove(os.path.join(self.tree, chance.choice(sorted(self.files()))))

    def settle(self):
        """A run has ended: older versions must be gone."""
        self.check()
        self.versions = {name: self.versions[name][-1:] for name in self.files()}

    def kill(self, phase):
        """Starts the indexer and kills it some time later. Returns whether it had ended before.

        How long a run takes is learnt from run to run: the machine may be busy now, and not then.
        """
        begun = time.monotonic()
        process = subprocess.Popen(
            [INDEXER, "--batch", "3", self.name, self.tree], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            process.wait(chance.uniform(0, self.length[phase] * 1.1))
            self.length[phase] += 0.3 * (time.monotonic() - begun - self.length[phase])
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            self.length[phase] *= 1.02
        said = process.communicate()[1]
        if process.returncode not in (0, -signal.SIGKILL):
            fail(f"exit {process.returncode}: {said.decode()}")
        return process.returncode == 0

    def phase(self):
        """What the index is in the midst of."""
        if not os.path.exists(self.name):
            return "start"
        db = self.open()
        if not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            return "start"
        meta = dict(db.execute("SELECT key, value FROM meta"))
        db.close()
        return "update" if b"filled" in meta else "fill" if b"cursor" in meta else "start"

    def check_whole(self):
        """Each file of the index is as it was at some time: not half, not twice."""
        db = self.open()
        expect("integrity_check", db.execute("PRAGMA integrity_check").fetchall(), [(b"ok",)])
        db.execute("INSERT INTO words(words, rank) VALUES('integrity-check', 1)")
        db.commit()
        files = db.execute("SELECT path, lines FROM files").fetchall()
        db.close()
        content = self.content()
        for path, lines in files:
            had = content.pop(path, [])
            expect(f"lines of {path!r}", len(had), lines)
            expect(f"numbers of {path!r}", [number for number, _ in had], list(range(1, lines + 1)))
            if b"".join(text + b"\n" for _, text in had) not in self.versions[path]:
                fail(f"{path!r} is in the index as it never was")
        expect("lines of no file", content, {})


def check_kills():
    victim = Victim("killed")
    least = max(KILLS // 6, 1)
    killed = 0
    while killed < KILLS or min(victim.hits["fill"], victim.hits["update"]) < least:
        if victim.hits["ended"] > KILLS * 10 or killed > KILLS * 10:
            fail(f"the kills came only at {victim.hits}, of {victim.length}")
        if chance.random() < 0.5:
            victim.remove()
        else:
            victim.mutate()
        phase = victim.phase()
        while not victim.kill(phase):
            killed += 1
            # Every other time the next indexer has to recover the log, not this.
            if chance.random() < 0.5:
                phase = victim.phase()
                if phase != "start":
                    victim.check_whole()
            victim.hits[phase] += 1
            # A fill goes on in a tree that has changed meanwhile, before its cursor and after it.
            if phase == "fill" and chance.random() < 0.2:
                victim.mutate()
        victim.hits["ended"] += 1
        victim.settle()
    print(f"killed {killed} times, in the midst of {victim.hits}")


def check_power():
    """A machine that fails loses the end of the log: what is left is how the index was some transactions before.

    Only a database that has not taken anything from its log yet: SQLite waits for the disk before it does that.
    """
    index = Index("power")
    index.run()
    empty = os.path.getsize(index.name)
    for number in range(200):
        index.write(b"f%03d" % number, b"needle %d\n" % number * 5)
    want = split(command("-n", "needle", tree=index.tree))
    cuts = tries = 0
    pause = 0.02
    while cuts < CUTS:
        tries += 1
        if tries > 50 * CUTS:
            fail(f"only {cuts} of {tries} kills came before the end of the fill")
        index.remove()
        process = subprocess.Popen(
            [INDEXER, "--batch", "3", index.name, index.tree], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(chance.uniform(0, pause))
            pause *= 0.8
        except subprocess.TimeoutExpired:
            pause *= 1.1
        process.kill()
        process.wait()
        log = index.name + "-wal"
        if not os.path.exists(log) or os.path.getsize(log) == 0 or os.path.getsize(index.name) > empty:
            continue
        os.truncate(log, chance.randrange(os.path.getsize(log)))
        if os.path.exists(index.name + "-shm"):
            os.remove(index.name + "-shm")
        got = index.query("needle")
        expect("what is left of the log", got, want[: len(got)])
        expect("whole files of it", len(got) % 5, 0)
        index.run()
        index.check()
        cuts += 1


def main():
    check_content()
    check_update()
    check_errors()
    check_refusals()
    check_limits()
    check_together()
    check_power()
    check_kills()


main()
