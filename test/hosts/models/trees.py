# SPDX-License-Identifier: BSD-2-Clause
"""What is searched, and the arguments."""
import os
import random
from pathlib import Path

from programs import Case

HAND = {
    b"a": b"foo\nbar\nFoo bar\n\nfoobar\n",
    b"nonl": b"bar\nfoo",
    b"empty": b"",
    b"crlf": b"foo\r\nbar\r\n",
    b"words": b"foo_bar\nfoo-bar\nfoo\nxfoo foo\nfoo1 foo2\nfoooo\n\xc3\xa4foo foo\xc3\xb6\n",
    b"utf8": "größe\nGRÖSSE Ö\nnaïve ö\n".encode(),
    b"invalid": b"f\xffo\n\xe4\xf6\nfoo\xff\nf\xc3\xb6o\nf\xc3\nfoo\xed\xa0\x80bar\n",
    b"d.c/x": b"foo d.c/x\n", b"d/x": b"foo d/x\n", b"d-e": b"foo d-e\n", b"d/-": b"foo d/-\n",
    b".hidden/.f": b"foo hidden\n",
    b"d/binary": b"foo\nbar\0foo\nbar\0\0bar\n\0",
    b"d/late": b"foo and more\n" * 7000 + b"bar\0foo\nfoo\n",
    b"d/late-only": b"more\n" * 20000 + b"bar\0foo",
    b"d/long": b"x" * (3 << 20) + b"foo\n" + b"foo\n",
    b"d/many": b"foo\nno\n" * 3000,
    b"name\xff\n": b"foo in a strange name\n",
    b"z/y/x/w/v/u": b"foo deep\n",
    b"secret": b"foo secret\n",
    b"locked/f": b"foo locked\n",
}


def write(top, contents):
    for name, data in contents.items():
        path = os.path.join(os.fsencode(top), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def hand_made(top):
    write(top, HAND)
    for link, target in ("link", "a"), ("linkdir", "d"), ("dangling", "nothing"), ("d/up", ".."):
        os.symlink(target, top / link)
    os.mkfifo(top / "fifo")
    os.chmod(top / "secret", 0)
    os.chmod(top / "locked", 0)


def hand_cases():
    """Arguments that name something in the tree get its name before theirs."""
    tops = {name.split(b"/")[0].decode(errors="ignore") for name in HAND} | {"link", "linkdir", "dangling", "none", "."}

    def case(*arguments, **what):
        return Case(tuple(f"hand/{a}" if a.split("/")[0] in tops else a for a in arguments), **what)

    matching = [
        case("-rwv", "foo", "words", "d"), case("-rcv", "foo", "d"), case("-lv", "foo", "a", "d/binary", "empty"),
        case("-nw", "-e", "foo", "-e", "bar", "a", "words"), case("-lc", "foo", "a", "nonl", as_psearch=False),
        case("zzz", "a"), case("foo", "a"), case("-rl", "bar", "."), case("-rc", "foo", "."),
        case("-ri", "FOO", "d", "z", "a"), case("foo", "--files-from", "none", as_psearch=False),
        case("-l", "foo", "-", stdin=b"foo\nfoo\n"),
        case("", "a", "empty"), case("-n", "^$", "a"), case("-v", "", "a"),
        case("-n", "f.o", "invalid", "utf8", "words"), case("-i", "GR\u00d6\u00dfE|\u00d6", "utf8"),
        case("-w", r"\w+[12]", "words"), case(r"(o)\1+(?=bar)", "a", "words"),
        case("-v", r"[^a-z]", "a", "crlf", "utf8"),
        case("-n", "foo", stdin=b"foo\nbar\0foo\n"), case("--none", "foo", same_errors=False, as_psearch=False),
        case("--max-files", "1", "foo", same_errors=False, as_psearch=False),
    ]
    return [matched._replace(everywhere=False) for matched in matching] + [
        case("-rn", "foo", "."), case("-rw", "foo", ".", together=True, as_psearch=False),
        case("-n", "foo", "a", "none", "nonl", "none/x", "a/x", "words", together=True, as_psearch=False),
        case("-c", "foo", "a", "d", "nonl", "z", together=True, as_psearch=False),
        case("foo", "link", "linkdir/x", "secret", "dangling"),
        case("-r", "foo", "locked", "a", "./d/", together=True, as_psearch=False),
        case("foo", stdin=b"bar\nfoo\nfoo", pipe=True),
        case("-c", "foo", "a", "-", "nonl", stdin=b"foo\nfoo\n", pipe=True),
        case("foo", "-", "a", stdin=b"foo\n" * 5000 + b"bar\0foo\nfoo\n", pipe=True),
        case("-n", "foo", "--files-from", "-", stdin=b"hand/a\nnone\nhand/words\nhand/d/late\nhand/nonl"),
        case("-rc", "foo", "z", "--files-from", "-", stdin=b"hand/a\nhand/d\nhand/nonl\n", pipe=True),
        case("-r", "--max-files", "2", "--max-matches", "1", "foo", "z", "a", "words", "utf8"),
        case("-r", "--max-matches", "30", "foo", "d", "z"),
        case("(", "a", same_errors=False, as_psearch=False),
    ]


def random_tree(top, chance):
    """Some directories, of random depth, with random files."""
    pieces = [b"foo", b"Foo", b"bar", b"_", b" ", b"-", b"1", "ä".encode(), b"\xe4", b"\n", b"\n", b"x" * 300]
    contents = {}
    for _ in range(chance.randrange(5, 60)):
        name = b"/".join(chance.choice((b"a", b"b", b"a.c", b"a-", b"Z")) + b"d" for _ in range(chance.randrange(4)))
        text = b"".join(chance.choices(pieces, k=chance.randrange(200)))
        if chance.randrange(12) == 0:
            text += b"\0" + text
        contents[name + (name and b"/") + b"f%d" % chance.randrange(30)] = text
    write(top, contents)


def random_cases(top, chance, trees, each):
    for number in range(trees):
        tree = top / str(number)
        tree.mkdir(parents=True)
        random_tree(tree, chance)
        names = sorted(os.listdir(tree))
        for _ in range(each):
            flags = [flag for flag in ("-i", "-v", "-w", "-n") if chance.randrange(3) == 0]
            flags += chance.choice(([], [], ["-l"], ["-c"]))
            flags += ["--max-files", str(chance.choice((2, 3, 16)))]
            flags += ["--max-matches", str(chance.choice((1, 2, 10, 256)))]
            patterns = chance.sample(["foo", "bar|Foo", "o b", "^.{3}$", "[^a-zA-Z]1", r"\bx", "ä", "(.)\\1", "a?"],
                                     chance.choice((1, 1, 2)))
            for pattern in patterns:
                flags += ["-e", pattern]
            some = chance.choices([*names, "none", "."], k=chance.randrange(1, 4))
            paths = [f"random/{number}/{name}" for name in some]
            yield Case(("-r", *flags, *paths), as_psearch="none" not in "".join(paths))


def big(top, directories=100, files=200):
    """Many files. Those of the same name are one, since a link takes less time."""
    first = os.path.join(top, "0", "000")
    for d in range(directories):
        directory = os.path.join(top, str(d % 10), f"{d:03}")
        os.makedirs(directory)
        for f in range(files):
            if d > 0:
                os.link(f"{first}/{f}.txt", f"{directory}/{f}.txt")
                continue
            with open(f"{directory}/{f}.txt", "wb") as file:
                file.write(b"some text\nand a needle %d\n" % f if f % 7 == 0 else b"hay\n")


def big_cases():
    return [Case(("-rn", "needle", "big"))]
