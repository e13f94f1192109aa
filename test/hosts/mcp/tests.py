# SPDX-License-Identifier: BSD-2-Clause
"""The MCP server in examples/mcp, by a client that believes nothing: called by test_mcp.sh."""
import base64
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import shapes
from client import LATEST, PATIENCE, SERVER, Client, flat

sys.path.insert(0, str(SERVER.parent))
from searchserver.pagetoken import encode  # noqa: E402

COMMAND = Path(os.environ["BUILD_DIR"]) / "psearch"
WORDS = ["alpha", "beta", "gamma", "Alpha", "delta_1", "é-word", "日本", "x", "(", "a.b"]
SLOW = r"^(x+)+\1(?=q)"  # some seconds of backtracking for a line of many x: a search that is in flight until it is ended
random.seed(int(os.environ.get("PS_SEED", "1")))


def make_tree(top):
    for n in range(50):
        file = top / f"d{n % 7}" / f"s{n % 3}" / f"f{n:02}.{random.choice(['c', 'h', 'txt'])}"
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = [" ".join(random.choices(WORDS, k=random.randrange(9))) for _ in range(random.randrange(30))]
        file.write_text("\n".join(lines) + random.choice(["", "\n"]))
    (top / ".hidden").write_text("alpha hidden\n")
    (top / "ignored.txt").write_text("alpha ignored\n")
    (top / ".ignore").write_text("ignored.txt\n")
    (top / "d1" / "latin").write_bytes(b"caf\xe9 alpha \xff\n")
    (top / "d1" / "new\nline: 7:x").write_text("alpha\n")
    with open(os.fsencode(top) + b"/d2/n\xe4me", "wb") as file:
        file.write(b"alpha\n")
    (top / "d3" / "binary").write_bytes(b"\0\nalpha\n")
    (top / "d4" / "long").write_text("y" * 5000 + "é" * 3000 + "alpha" + "z" * 5000 + "\n")


def by_command(top, *arguments):
    """What the command finds: path, line, whether it matches, column, text."""
    run = subprocess.run([COMMAND, "--no-config", "-H", "-n", "--column", "--null", "--no-heading", "--no-group-separator",
                          *arguments], cwd=top, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
    found = []
    for path, line, mark, rest in re.findall(rb"([^\0]+)\0(\d+)([:-])(.*)\n", run.stdout):
        column, text = rest.split(b":", 1) if mark == b":" else (b"0", rest)
        path = path[2:] if path.startswith(b"./") else path
        found.append((path.lstrip(b"\n"), int(line), mark == b":", int(column), text))
    return found


def by_server(result):
    def exact(of, name):
        return base64.b64decode(of[name + "_base64"]) if name + "_base64" in of else of[name].encode()
    return [(exact(thing, "path"), thing["line"], "context" not in thing, thing.get("column", 0), exact(thing, "text"))
            for thing in flat(result) if "text" in thing]


class InTree(unittest.TestCase):
    """With a tree, and one server for all tests of the class."""
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_DIR"])
        cls.top = Path(cls.folder.name) / "root"
        cls.top.mkdir()
        make_tree(cls.top)
        cls.client = Client(cls.top)

    @classmethod
    def tearDownClass(cls):
        cls.client.__exit__()
        cls.folder.cleanup()


class TestProtocol(unittest.TestCase):
    def error(self, client, data, code, request_id=None):
        client.send(data)
        answer = client.receive()
        self.assertEqual((answer["error"]["code"], answer["id"]), (code, request_id), answer)

    def test_versions(self):
        for version, gets in [("2024-11-05",) * 2, ("2025-03-26",) * 2, (LATEST, LATEST), ("1999-01-01", LATEST)]:
            with self.subTest(version), Client(version=gets, handshake=False) as client:
                params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
                self.assertEqual(client.request("ping"), {})
                with self.assertRaisesRegex(RuntimeError, "before initialize"):
                    client.request("tools/list")
                self.assertEqual(client.request("initialize", **params)["protocolVersion"], gets)
                client.notify("notifications/initialized")
                tools = client.request("tools/list")["tools"]
                self.assertEqual([tool["name"] for tool in tools], ["search", "list", "page"])
                for tool in tools:
                    shapes.jsonschema.Draft202012Validator.check_schema(tool["inputSchema"])
                    self.assertEqual("outputSchema" in tool, gets == LATEST)
                client.tools = {tool["name"]: tool for tool in tools}
                self.assertEqual(client.call("list", globs=["nothing-is-called-so"])["files"], [])
                with self.assertRaisesRegex(RuntimeError, "-32600"):
                    client.request("initialize", **params)

    def test_wrong_messages(self):
        with Client() as client:
            for data, code, request_id in [
                    (b"{nonsense}\n", -32700, None), (b'{"jsonrpc":"2.0"\n', -32700, None), (b"\xff\xfe\n", -32700, None),
                    (b"[" * 100000 + b"\n", -32700, None), (b'{"a":NaN}\n', -32700, None), (b"17\n", -32600, None),
                    (b'{"jsonrpc":"1.0","id":1,"method":"ping"}\n', -32600, 1), (b'{"jsonrpc":"2.0","id":2}\n', -32600, 2),
                    (b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}\n', -32600, None),
                    (b'{"jsonrpc":"2.0","id":true,"method":"ping"}\n', -32600, None),
                    (b'{"jsonrpc":"2.0","id":null,"method":"ping"}\n', -32600, None),
                    (b'{"jsonrpc":"2.0","id":3,"method":"ping","params":[]}\n', -32600, 3),
                    (b'{"jsonrpc":"2.0","id":"\\u00e9","method":"resources/list"}\n', -32601, "é"),
                    (b'{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"rm"}}\n', -32602, 4),
                    (b'{"jsonrpc":"2.0","id":5,"method":"tools/call","params":{"name":["search"]}}\n', -32602, 5),
                    (b'{"jsonrpc":"2.0","id":6,"method":"tools/call","params":{"name":"search","arguments":7}}\n', -32602, 6),
                    (b'{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{"cursor":"x"}}\n', -32602, 7),
                    (b'{"jsonrpc":"2.0","id":8,"method":"ping","params":{"x":"' + b"y" * (3 << 20) + b'"}}\n', -32600, None),
                    (b"[]\n", -32600, None)]:
                with self.subTest(data[:60]):
                    self.error(client, data, code, request_id)
                    self.assertEqual(client.request("ping"), {})
            # So deep that it is parsed, and that repr() fails: which depth that is depends on Python.
            for depth in range(900, 1000):
                deep = b"[" * depth + b"]" * depth
                client.send(b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s,"reason":%s}}\n'
                            b'{"jsonrpc":"2.0","id":"deep","method":"tools/call","params":{"name":%s}}\n' % (deep, deep, deep))
                ping = client.start("ping")
                while (answer := client.receive())["id"] != ping:
                    self.assertIn(answer["error"]["code"], (-32700, -32602))
            # What is no request has no answer, however odd: the next one is that to the ping.
            for quiet in (b"\n", b'{"jsonrpc":"2.0","method":"notifications/unknown"}\n',
                          b'{"jsonrpc":"2.0","id":9,"result":{}}\n', b'{"jsonrpc":"2.0","method":"ping"}\n',
                          b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":[1]}}\n',
                          b'{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"unknown"}}\n'):
                client.send(quiet)
            ping = client.start("ping")
            self.assertEqual(client.receive()["id"], ping)

    def test_batches(self):
        with Client(version="2025-03-26") as client:
            client.asked.update({101: ("ping", None), 102: ("tools/call", "list")})
            client.say([{"jsonrpc": "2.0", "id": 101, "method": "ping"},
                        {"jsonrpc": "2.0", "method": "notifications/initialized"},
                        {"jsonrpc": "2.0", "id": 102, "method": "tools/call", "params": {"name": "list", "arguments": {}}},
                        {"jsonrpc": "2.0", "id": 103, "method": "initialize", "params": {}}, 5])
            batch = client.receive()
            self.assertEqual([answer["id"] for answer in batch], [101, 102, 103, None])
            self.assertEqual([answer["error"]["code"] for answer in batch[2:]], [-32600, -32600])
            client.say([{"jsonrpc": "2.0", "method": "notifications/initialized"}])  # has no answer, not even []
            self.assertEqual(client.request("ping"), {})
        for version in "2024-11-05", LATEST:
            with self.subTest(version), Client(version=version) as client:
                self.error(client, b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]\n', -32600)


class TestResults(InTree):
    def test_like_the_command(self):
        top = self.top
        for arguments, flags in [
                ({"pattern": "alpha"}, ["alpha"]), ({"pattern": "alpha", "ignore_case": True}, ["-i", "alpha"]),
                ({"pattern": "delta", "word": True}, ["-w", "delta"]), ({"pattern": "a.b", "fixed": True}, ["-F", "a.b"]),
                ({"pattern": "a.b"}, ["a.b"]), ({"pattern": "日本|é", "context": 2}, ["-C2", "日本|é"]),
                ({"pattern": "alpha", "paths": ["d3", "d1"], "context": 1}, ["-C1", "alpha", "d3", "d1"]),
                ({"pattern": "beta", "globs": ["*.{c,h}", "!d2/"]}, ["-g*.{c,h}", "-g!d2/", "beta"]),
                ({"pattern": "alpha", "hidden": True, "ignored": True}, ["-.", "--no-ignore", "alpha"]),
                ({"pattern": "gamma", "max_per_file": 1}, ["-m1", "gamma"]),
                (dict(pattern=r"\(beta\|gamma\) x", syntax="basic"), ["-G", r"\(beta\|gamma\) x"]),
                (dict(pattern="nothing has this"), ["nothing has this"])]:
            with self.subTest(arguments):
                result = self.client.call("search", max_results=1000, max_output_bytes=1 << 18, line_window=16384, **arguments)
                self.assertFalse(result["truncated"])
                self.assertEqual(by_server(result), by_command(top, *flags, *([] if "d1" in flags else ["."])))
        self.assertIn({"path": "d3/binary", "binary": True}, flat(self.client.call("search", pattern="alpha", max_results=1000)))
        listed = subprocess.run([COMMAND, "--no-config", "--files", "--null", "-g*.c", "."], cwd=top, capture_output=True).stdout
        files = self.client.call("list", globs=["*.c"], max_results=1000)
        self.assertEqual([file["path"].encode() for file in files["files"]],
                         [path[2:] for path in listed.split(b"\0")[:-1]])

    def test_wrong_arguments(self):
        for arguments, says in [
                ({"pattern": "a(b"}, r"pattern: .*byte 2"), ({"pattern": "é("}, "byte 3"), ({"pattern": "x", "globs": ["["]}, r"globs\[0\]"),
                ({}, "pattern: missing"), ({"pattern": "x", "max": 3}, "max: there is no such argument"),
                ({"pattern": "x", "max_results": 0}, "max_results: 0 is not from 1"), ({"pattern": 7}, "pattern: not a string"),
                ({"pattern": "\ud800"}, "surrogate"),
                ({"pattern": "x", "globs": ["*.c", "a\0b"]}, r"globs\[1\]: there is a NUL"),
                *[({"pattern": "x", "paths_base64": [word]}, r"paths_base64\[0\]: does not match")
                  for word in ("Y", "YWx", "YQ=", "YQ==\n", "YQ==YQ==", "Y===", "Y Q=")], ({"pattern": "x", "paths": ["no such"]}, "paths: 'no such': No such file")]:
            with self.subTest(arguments):
                self.assertRegex(self.client.call("search", **arguments), says)

    def test_arguments_are_what_the_schema_says(self):
        """The server refuses exactly what a validator refuses."""
        values = [0, 1, 2, -1, 1.0, 1.5, 1001, True, False, None, "", "perl", "alpha", "YWxwaGE=", "x" * 10001, [], {}, ["d1"],
                  ["d1", ""], [1], ["d1"] * 101, "日本"]
        schema = self.client.tools["search"]["inputSchema"]
        names = [*schema["properties"], "unknown"]
        refused = 0
        for _ in range(200):
            arguments = {name: random.choice(values) for name in random.sample(names, random.choice([0, 1, 1, 2]))}
            if random.random() < 0.8:
                arguments["pattern"] = "nowhere"
            if isinstance(arguments.get("pattern"), str) and len(arguments["pattern"]) > 99:
                continue  # slow
            valid = shapes.is_valid(schema, arguments)
            got = self.client.call("search", **arguments)
            self.assertEqual(isinstance(got, str), not valid, (arguments, got))
            refused += not valid
        self.assertGreater(refused, 60)

    def test_bytes(self):
        result = self.client.call("search", pattern="alpha", paths=["d1/latin"])
        line = result["files"][0]["lines"][0]
        self.assertEqual((line["text"], base64.b64decode(line["text_base64"])), ("caf\ufffd alpha \ufffd", b"caf\xe9 alpha \xff"))
        named = [file for file in self.client.call("list", paths=["d2"])["files"] if "path_base64" in file]
        self.assertEqual([(file["path"], base64.b64decode(file["path_base64"])) for file in named], [("d2/n\ufffdme", b"d2/n\xe4me")])
        again = self.client.call("search", pattern="alpha", paths_base64=[named[0]["path_base64"]])
        self.assertEqual((again["results"], again["files"][0]["path_base64"]), (1, named[0]["path_base64"]))

    def test_long_lines(self):
        line = flat(self.client.call("search", pattern="alpha", paths=["d4/long"], line_window=100))[0]
        whole = (self.top / "d4" / "long").read_bytes()
        offset, text = line["window"]["offset"], line["text"].encode()
        self.assertLessEqual(len(text), 100)
        self.assertEqual((line["window"]["line_bytes"], whole[offset:offset + len(text)]), (len(whole) - 1, text))
        self.assertEqual((line["column"], "alpha" in line["text"]), (whole.index(b"alpha") + 1, True))

    def test_what_changes_between_calls_is_noticed(self):
        with tempfile.TemporaryDirectory(dir=os.environ["TEST_DIR"]) as folder, Client(folder) as client:
            for name in "abcdefgh":
                Path(folder, name).write_text("text 00\n")
            for n in range(40):
                time.sleep(random.choice([0, 0.01, 0.05, 0.1]))  # the server learns meanwhile
                Path(folder, "abcdefgh"[n % 8]).write_text(f"text {n + 10}\n")
                found = flat(client.call("search", pattern=f"text {n + 10}"))
                self.assertEqual([line["path"] for line in found], ["abcdefgh"[n % 8]])
                self.assertEqual(flat(client.call("search", pattern="no such text")), [])

    def test_errors_in_their_place(self):
        with tempfile.TemporaryDirectory(dir=os.environ["TEST_DIR"]) as folder:
            for name, text in ("a", "x\n"), ("b", "y" * (17 << 20)), ("c", "x\n"):
                Path(folder, name).write_text(text)
            with Client(folder) as client:
                result = client.call("search", pattern="x", max_results=2)
                self.assertEqual([(thing["path"], thing.get("reason")) for thing in flat(result)],
                                 [("a", None), ("b", "LINE_TOO_LONG"), ("c", None)])
                self.assertEqual((result["errors"], result["truncated"]), (1, False))
                first = client.call("search", pattern="x", max_results=1)
                self.assertEqual(([thing["path"] for thing in flat(first)], first["truncated_by"]), (["a", "b"], "max_results"))
                self.assertEqual([thing["path"] for thing in flat(client.call("page", next=first["next"]))], ["c"])
                # After the last result an error is no reason to be truncated.
                os.unlink(os.path.join(folder, "c"))
                self.assertEqual([client.call("search", pattern="x", max_results=1)[name] for name in ("truncated", "errors")],
                                 [False, 1])


class TestPages(InTree):
    def test_joined_they_are_the_whole(self):
        for turn in range(12):
            tool = random.choice(["search", "search", "search", "list"])
            arguments = {"search": {"pattern": random.choice(["alpha", "[a-z]+", "x|日", "beta"]), "context": random.choice([0, 0, 1, 3]),
                                    "word": random.random() < 0.3, "max_per_file": random.choice([0, 0, 2])}, "list": {}}[tool]
            if random.random() < 0.3:
                arguments["paths"] = ["d2", "d1", "d2"]
            whole = self.client.call(tool, **arguments, max_results=1000, max_output_bytes=1 << 18)
            self.assertFalse(whole["truncated"])
            bounds = {"max_results": random.randrange(1, 40), "max_output_bytes": random.choice([1024, 3000, 1 << 18])}
            page = self.client.call(tool, **arguments, **bounds)
            joined, results = flat(page), page["results"]
            while page["truncated"]:
                self.assertLessEqual(page["results"], bounds["max_results"])
                if random.random() < 0.3:
                    bounds["max_results"] = random.randrange(1, 40)
                page = self.client.call("page", next=page["next"], **bounds)
                joined, results = joined + flat(page), results + page["results"]
            self.assertEqual((joined, results), (flat(whole), whole["results"]), (turn, tool, arguments))

    def test_truncated_is_true(self):
        whole = self.client.call("search", pattern="gamma", max_results=1000, max_output_bytes=1 << 18)["results"]
        self.assertGreater(whole, 10)
        for context in 0, 2:
            for limit in whole - 1, whole, whole + 1:
                result = self.client.call("search", pattern="gamma", max_results=limit, max_output_bytes=1 << 18, context=context)
                self.assertEqual((result["results"], result["truncated"], result.get("truncated_by")),
                                 (min(limit, whole), limit < whole, "max_results" if limit < whole else None))
                self.assertEqual("next" in result, limit < whole)
        small = self.client.call("search", pattern="gamma", max_results=1000, max_output_bytes=1024)
        self.assertEqual(small["truncated_by"], "max_output_bytes")
        self.assertLess(len(json.dumps(small["files"], ensure_ascii=False).encode()), 1500)
        # A result that is larger than the bound comes, and is the last.
        large = self.client.call("search", pattern="alpha", paths=["d4/long"], max_output_bytes=1024, line_window=4000)
        self.assertEqual((large["results"], large["truncated"]), (1, False))

    def test_damaged(self):
        token = self.client.call("search", pattern="alpha", max_results=1)["next"]
        for _ in range(60):
            at = random.randrange(len(token))
            damaged = random.choice([token[:at], token[:at] + random.choice("Aa0_-=.é ") + token[at + 1:], token[:at] + "x" + token[at:]])
            if damaged != token:
                self.assertRegex(self.client.call("page", next=damaged), "^next: ")

    def test_forged(self):
        cursor = "ps1.0"
        for tool, arguments in [("page", {"next": "x"}), ("search", {"pattern": 7}), ("search", {"pattern": "x", "paths": ["/etc"]}),
                                ("search", [1]), ("search", {"pattern": "x"}), ("search", {"pattern": "x" * 9999})]:
            self.assertIsInstance(self.client.call("page", next=encode(tool, arguments, cursor)), str)
        self.assertRegex(self.client.call("page", next=encode("list", {"paths": ["/etc"]}, cursor)), "outside of the roots")
        for cursor in "", "\0", "ps1.0\0", "é", "ps1.\n", "x" * 9999:
            self.assertRegex(self.client.call("page", next=encode("list", {}, cursor)), "^next: ")

    def test_a_file_changes(self):
        file = self.top / "d0" / "aaa"
        file.write_text("change 1\nchange 2\nchange 3\n")
        page = self.client.call("search", pattern="change", max_results=1)
        file.write_text("other\n" * 9 + "change 2\n")
        page = self.client.call("page", next=page["next"])
        file.unlink()
        if page["files"]:  # there is an item to say it with
            self.assertTrue(page.get("changed"))
        page = self.client.call("search", pattern="alpha", max_results=5)
        self.assertNotIn("changed", self.client.call("page", next=page["next"]))


class TestConfinement(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=os.environ["TEST_DIR"])
        self.addCleanup(self.folder.cleanup)
        self.at = Path(self.folder.name)
        for name in "root/in/x", "root2/y", "root-not/z", "outside/secret":
            (self.at / name).parent.mkdir(parents=True, exist_ok=True)
            (self.at / name).write_text("word\n")
        (self.at / "root/out").symlink_to("../outside")
        (self.at / "root/file").symlink_to("../outside/secret")
        (self.at / "root/chain").symlink_to("out/secret")
        (self.at / "root/abs").symlink_to(self.at / "outside")
        (self.at / "root/back").symlink_to("in")
        (self.at / "root/round").symlink_to("round")
        (self.at / "root/in/up").symlink_to("../..")
        os.mkfifo(self.at / "root/fifo")

    def test_paths(self):
        with Client(self.at / "root") as client:
            self.assertEqual([thing["path"] for thing in flat(client.call("search", pattern="word"))], ["in/x"])
            for path in ("..", "../outside", "../outside/secret", "in/../../outside", str(self.at / "outside"), "/", "/etc/passwd",
                         "out", "out/secret", "file", "chain", "abs", "in/up", "in/up/outside/secret", "../root-not", "../root2",
                         "../nothing-there", "/nothing-there", "out/nothing"):
                for tool, more in ("search", {"pattern": "word"}), ("list", {}):
                    with self.subTest(path=path, tool=tool):
                        said = client.call(tool, paths=["in", path], **more)
                        self.assertIsInstance(said, str)
                        # The same, whether or not there is something.
                        self.assertTrue(said.startswith(f"paths: {path!r} is outside of the roots, or a link"), said)
            for n in range(3000):  # each leads to the one before
                (self.at / f"root/link{n}").symlink_to(f"link{n - 1}" if n else "in")
            for path, says in [("link2999", "(links that cannot be followed|Too many)"), ("fifo", "neither"), ("round", "Too many"), ("nothing", "No such file"), ("a\0b", "not the name")]:
                self.assertRegex(client.call("search", pattern="word", paths=[path]), says)
            for path in "in", "back", "back/x", "in/up/root/in", "../root/in", str(self.at / "root"), ".", "in/..":
                found = flat(client.call("search", pattern="word", paths=[path]))
                self.assertEqual([thing["path"] for thing in found], ["in/x"], path)

    def test_roots(self):
        with Client(self.at / "root", self.at / "root2") as client:
            found = [thing["path"] for thing in flat(client.call("search", pattern="word"))]
            self.assertEqual(found, ["in/x", str(self.at / "root2/y")])
            for path in found:
                self.assertEqual([thing["path"] for thing in flat(client.call("search", pattern="word", paths=[path]))], [path])
            self.assertIsInstance(client.call("list", paths=["../outside"]), str)
        with Client(self.at / "root", self.at / "root2/..", self.at / "root") as client:  # one is not searched twice
            found = [thing["path"] for thing in flat(client.call("list", globs=["x"]))]
            self.assertEqual(found, ["in/x", str(self.at / "root/in/x")])
        for options in ["--root", ""], ["--workers", "-1"], ["--linger", "nan"], ["--linger", "-1"]:
            run = subprocess.run([os.environ["python"], SERVER, *options], stdin=subprocess.DEVNULL, capture_output=True)
            self.assertIn((run.returncode, run.stdout), [(1, b""), (2, b"")])
            self.assertNotIn(b"Traceback", run.stderr)
        for root in "nothing", "root/in/x":
            run = subprocess.run([os.environ["python"], SERVER, "--root", self.at / root], stdin=subprocess.DEVNULL, capture_output=True)
            self.assertEqual((run.returncode, run.stdout), (1, b""))
            self.assertIn(root.encode(), run.stderr)


class TestManyAtOnce(InTree):
    """Calls in flight: many, cancelled, slow, unread."""
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        (cls.top / "slow").mkdir()
        (cls.top / "slow" / "a").write_text("quick q\n" + ("x" * 3000 + "\n") * 2000)
        cls.slow = {"pattern": SLOW + "|quick", "paths": ["slow"], "deadline_ms": 60000}

    def start_slow(self, client, **meta):
        return client.start("tools/call", name="search", arguments=self.slow, **({"_meta": meta} if meta else {}))

    def test_a_hundred_calls(self):
        client = self.client
        kinds = [{"pattern": pattern, "context": context, "max_results": most} for pattern in ("alpha", "x", "日本", "[ab]")
                 for context in (0, 1) for most in (3, 20)]
        alone = [client.call("search", **kind) for kind in kinds]
        started = [(client.start("tools/call", name="search", arguments=kinds[n % len(kinds)]), n % len(kinds)) for n in range(100)]
        random.shuffle(started)
        for request_id, kind in started:
            result = client.result_of(client.answer(request_id))
            for counter in "files_searched", "files_skipped":  # how far it was ahead, if truncated
                result[counter] = alone[kind][counter]
            self.assertEqual(result, alone[kind])

    def test_deadline(self):
        result = self.client.call("search", **{**self.slow, "deadline_ms": 200})
        self.assertEqual((result["truncated"], result["truncated_by"]), (True, "deadline_ms"))
        self.assertLess(len(flat(result)), 1000)  # "quick", and lines that were given up on: far from all
        self.assertEqual("next" in result, len(flat(result)) > 0)

    def test_cancel(self):
        client = self.client
        # Python keeps the threads in which searches are opened: so many, by default.
        most = client.of_kernel("fd"), client.of_kernel("task") + min(32, os.cpu_count() + 4)
        for _ in range(20):  # more than may run at once
            started = [self.start_slow(client) for _ in range(2)]
            self.assertEqual(client.request("ping"), {})  # it listens meanwhile
            for request_id in started:
                client.notify("notifications/cancelled", requestId=request_id, reason="test")
        at_once = client.start("tools/call", name="search", arguments={"pattern": "alpha"})
        client.notify("notifications/cancelled", requestId=at_once)
        self.assertEqual(client.call("search", pattern="alpha", max_results=1)["results"], 1)
        self.assertLessEqual({*client.kept}, {at_once})  # that one may have been finished before
        client.kept.clear()
        until = time.monotonic() + PATIENCE
        while client.of_kernel("fd") > most[0] or client.of_kernel("task") > most[1]:
            self.assertLess(time.monotonic(), until, "descriptors or threads are left")
            time.sleep(0.01)

    def test_progress(self):
        client = self.client
        for n in range(3):
            (self.top / "slow" / f"b{n}").write_text("x\n")
        request_id = client.start("tools/call", name="search", arguments=self.slow, _meta={"progressToken": "p"})
        client.progress.clear()
        while not client.progress:  # it tells of itself, and so it is in flight
            client.answer(client.start("ping"))
            time.sleep(0.01)
        client.notify("notifications/cancelled", requestId=request_id)
        client.request("ping")
        told = [progress["progress"] for progress in client.progress]
        self.assertEqual({progress["progressToken"] for progress in client.progress}, {"p"})
        self.assertTrue(all(a < b for a, b in zip(told, told[1:])), told)
        self.assertNotIn(request_id, client.kept)

    def test_same_id(self):
        with Client(self.top) as client:
            request_id = self.start_slow(client)
            client.say({"jsonrpc": "2.0", "id": request_id, "method": "tools/call", "params": {"name": "list", "arguments": {}}})
            self.assertEqual(client.receive()["error"]["code"], -32600)
            client.notify("notifications/cancelled", requestId=request_id)

    def test_end_of_input(self):
        client = Client(self.top, options=["--linger", "0.2"])
        quick = client.start("tools/call", name="list", arguments={"max_results": 1})
        self.start_slow(client)
        self.assertEqual(client.close(), 0)
        self.assertEqual(client.receive()["id"], quick)
        self.assertIsNone(client.receive())
        # From a file to a file, as a person would try it; the last line has no end.
        lines = [{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": LATEST, "capabilities": {}}},
                 {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list", "arguments": {}}}]
        at = Path(os.environ["TEST_DIR"])
        (at / "in").write_text("\n".join(map(json.dumps, lines)))
        with open(at / "in") as source, open(at / "out", "w") as target:
            subprocess.run([os.environ["python"], SERVER, "--root", self.top, "--linger", str(PATIENCE)], stdin=source, stdout=target,
                           check=True, timeout=PATIENCE)
        self.assertEqual([json.loads(line)["id"] for line in (at / "out").read_text().splitlines()], [1, 2])

    def test_descriptors_that_do_not_block(self):
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.setblocking(False)
            server = subprocess.Popen([os.environ["python"], SERVER, "--root", self.top], stdin=theirs, stdout=theirs)
            theirs.close()
            ours.settimeout(PATIENCE)
            answers = ours.makefile("rb")
            ask = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"protocolVersion": LATEST}}
            ours.sendall(json.dumps(ask).encode() + b"\n")
            self.assertEqual(json.loads(answers.readline())["id"], 1)
            call = {"name": "search", "arguments": {"pattern": "^", "max_results": 1000, "max_output_bytes": 1 << 18}}
            for n in range(2, 40):  # more than the socket holds
                ours.sendall(json.dumps({"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": call}).encode() + b"\n")
            self.assertEqual({json.loads(answers.readline())["id"] for _ in range(2, 40)}, {*range(2, 40)})
            answers.close()
            ours.shutdown(socket.SHUT_WR)
            self.assertEqual(server.wait(PATIENCE), 0)

    def test_nobody_reads(self):
        """The server stops reading when its answers are not taken, and its memory stays small; then all of them come."""
        count = 220  # 128 in flight, 32 in the pipe, and more
        asks = [{"jsonrpc": "2.0", "id": f"n{n}", "method": "tools/call", "params": {"name": "search", "arguments": {
            "pattern": "^"}, "_meta": {"padding": "." * 2000}}} for n in range(count)]
        with Client(self.top, reads=False, handshake=False) as client:
            client.say({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {"protocolVersion": "2024-11-05"}})
            os.set_blocking(client.process.stdin.fileno(), False)
            rest, since = b"".join(json.dumps(ask).encode() + b"\n" for ask in asks), time.monotonic()
            while rest and time.monotonic() < since + 1:
                try:
                    rest, since = rest[os.write(client.process.stdin.fileno(), rest[:4096]):], time.monotonic()
                except BlockingIOError:
                    time.sleep(0.01)
            self.assertGreater(len(rest), 0, "the server read on")
            self.assertLess(client.memory_peak(), 150)
            os.set_blocking(client.process.stdin.fileno(), True)
            client.version, client.asked = "2024-11-05", {ask["id"]: ("tools/call", "search") for ask in asks}
            client.asked[0] = "initialize", None
            client.read()
            client.send(rest)
            ids = [client.receive()["id"] for _ in range(count + 1)]
            self.assertEqual({*ids}, {0, *(ask["id"] for ask in asks)})

    def test_output_is_closed(self):
        client = Client(self.top, reads=False, handshake=False)
        client.process.stdout.close()
        client.say({"jsonrpc": "2.0", "id": 1, "method": "ping"})
        self.assertEqual(client.process.wait(PATIENCE), 1)
        client.close()


if __name__ == "__main__":
    unittest.main()
