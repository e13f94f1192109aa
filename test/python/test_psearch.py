# SPDX-License-Identifier: BSD-2-Clause
"""The Python wrapper, with the library that was built: called by test_ctypes.sh."""
import array
import asyncio
import ctypes
import inspect
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples" / "python"))
import psearch  # noqa: E402
from psearch import Search, SearchError, library, options  # noqa: E402
from psearch.structs import NO_GROUP, STRUCTS  # noqa: E402

FILES, LINES = 40, 200
HEADER = re.sub(r"/\*.*?\*/", "", (TOP / "include" / "psearch.h").read_text(), flags=re.S)


def descriptors():
    return sorted(os.listdir("/proc/self/fd"))


def threads():
    """The number of threads, once those that were joined have left the kernel's list."""
    until = time.monotonic() + 5
    while (count := len(os.listdir("/proc/self/task"))) > 1 and time.monotonic() < until:
        time.sleep(0.001)
    return count


class TestSearch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.tree = Path(cls.folder.name)
        for n in range(FILES):
            file = cls.tree / f"d{n % 4}" / f"f{n:02}"
            file.parent.mkdir(exist_ok=True)
            file.write_text("".join(f"needle {n} {line}\nhay\n" for line in range(LINES)))
        cls.expected = [(str(f), line) for d in sorted(cls.tree.iterdir()) for f in sorted(d.iterdir())
                        for line in range(1, 2 * LINES, 2)]
        with Search("x", ("", b"x")) as search:  # what the first search sets up once is not a leak
            list(search)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.before = descriptors()

    def tearDown(self):
        self.assertEqual((descriptors(), threads()), (self.before, 1))

    def ask_c(self, expressions):
        """The values of integer expressions in a C program with psearch.h."""
        program = self.tree.parent / (self.tree.name + ".ask")
        prints = "".join(f'printf("%jd\\n", (intmax_t)({e}));' for e in expressions)
        subprocess.run([*os.environ.get("CC", "cc").split(), "-I", TOP / "include", "-xc", "-", "-o", program], check=True,
                       text=True, input="#include <psearch.h>\n#include <stdio.h>\nint main(void){" + prints + "}")
        try:
            return [int(line) for line in subprocess.run([program], check=True, capture_output=True).stdout.split()]
        finally:
            program.unlink()

    def test_groups(self):
        with Search([r"(\w)=(\d)?", "x()", "y"], ("", b"a= y b=1 x"), flags=psearch.ResultFlag.GROUPS) as search:
            item = next(search)
        self.assertEqual(item.spans, ((0, 2), (3, 4), (5, 8), (9, 10)))
        self.assertEqual(item.patterns, (0, 2, 0, 1))
        self.assertEqual(item.groups, (((0, 1), None), (), ((5, 6), (7, 8)), ((10, 10), )))
        with Search("(x)", ("", b"x")) as search:
            self.assertEqual(next(search).groups, ((), ))

    def test_overlays(self):
        new, old, gone = self.tree / "d0" / "f00.new", self.tree / "d1" / ".." / "d0" / "f04", self.tree / "d0" / "f08"
        overlays = {new: b"a needle", str(old): bytearray(b"no\nneedle\n"), gone: None}
        with Search("needle", self.tree / "d0", overlays=overlays) as search:
            overlays.clear()  # the search keeps the texts
            found = [(Path(item.path).name, item.line) for item in search if item.path[-2:] in ("04", "08", "ew")]
        self.assertEqual(found, [("f00.new", 1), ("f04", 2)])
        with self.assertRaisesRegex(SearchError, "directory") as caught:
            Search("needle", overlays={new: b"", self.tree: b""})
        self.assertEqual((caught.exception.subject, caught.exception.index), (psearch.Subject.OVERLAY, 1))

    def test_structs_are_those_of_the_header(self):
        asked, ours, c_names = [], [], []
        for c_name, body in re.findall(r"^struct (\w+) \{(.*?)^\};", HEADER, re.M | re.S):
            struct = STRUCTS[c_name]
            fields = [re.search(r"\(\*(\w+)\)\(|(\w+)(?:\[\d+\])?$", field.strip()) for field in body.split(";")[:-1]]
            self.assertEqual([name for name, _ in struct._fields_], [f[1] or f[2] for f in fields])
            c_names.append(c_name)
            asked.append(f"sizeof(struct {c_name})")
            ours.append(ctypes.sizeof(struct))
            for field, _ in struct._fields_:
                asked += [f"offsetof(struct {c_name}, {field})", f"sizeof(((struct {c_name} *)0)->{field})"]
                ours += [getattr(struct, field).offset, getattr(struct, field).size]
        self.assertEqual(sorted(c_names), sorted(STRUCTS))
        self.assertGreater(len(ours), 200)
        self.assertEqual(list(zip(asked, ours)), list(zip(asked, self.ask_c(asked))))

    def test_constants_are_those_of_the_header(self):
        enums = {c_name: re.findall(r"^\s*(SEARCH_\w+) =", body, re.M)
                 for c_name, body in re.findall(r"^enum (\w+) \{(.*?)^\};", HEADER, re.M | re.S)}
        self.assertGreater(len(enums), 15)
        asked = [name for names in enums.values() for name in names]
        values = dict(zip(asked, self.ask_c(asked)))
        for c_name, names in enums.items():
            ours = getattr(psearch, "".join(word.title() for word in c_name.split("_")[1:])).__members__
            prefix = os.path.commonprefix(names).rsplit("_", 1)[0] + "_"
            if len(names) == 1:
                prefix = f"SEARCH_{c_name.split('_')[1].upper()}_"
            self.assertEqual({name: int(value) for name, value in ours.items()},
                             {name.removeprefix(prefix): values[name] for name in names})
        known = {"NO_WORKERS": psearch.NO_WORKERS, "NO_WALK": psearch.NO_WALK, "GLOB_GROUPS": psearch.GLOB_GROUPS,
                 "NO_GROUP": NO_GROUP}
        macros = set(re.findall(r"^#define SEARCH_(\w+) ", HEADER, re.M))
        macros -= {name for name in macros if name.startswith("VERSION_") or name.endswith("_INIT")} | {"API"}
        self.assertEqual(macros, known.keys())
        self.assertEqual(self.ask_c(f"(size_t)SEARCH_{name}" for name in known), [ctypes.c_int64(v).value for v in known.values()])
        self.assertIn(f'#define SEARCH_VERSION_STRING "{psearch.__version__}"', HEADER)

    def test_names_of_the_module_are_the_constants(self):
        for of in (psearch.Status, psearch.MatchFlag, psearch.WalkFlag, psearch.ResultFlag, psearch.GlobFlag, psearch.ItemKind,
                   psearch.CallerFlag):
            for name, value in of.__members__.items():
                self.assertIs(getattr(psearch, name), value)
                self.assertIn(name, psearch.__all__)
        self.assertEqual(len(set(psearch.__all__)), len(psearch.__all__))
        for name in psearch.__all__:
            getattr(psearch, name)

    def test_functions_are_those_of_the_header(self):
        theirs = re.findall(r"^SEARCH_API [^;]*?\bsearch_(\w+)\(", HEADER, re.M)
        self.assertGreater(len(theirs), 25)
        self.assertEqual(sorted(theirs), sorted([*library.FUNCTIONS, *library.NOT_CALLED]))
        calls = "".join(file.read_text() for file in Path(psearch.__file__).parent.glob("*.py"))
        for name in library.FUNCTIONS:
            self.assertIn(f".search_{name}", calls, "is declared, but never called")

    def test_items_have_the_fields_of_the_header(self):
        c_names = {name for name, _ in STRUCTS["search_item"]._fields_}
        self.assertEqual(set(psearch.Item._fields) - {"patterns"},  # which are in the spans
                         c_names - {"path_length", "length", "span_count", "group_count", "reserved"})
        for name in psearch.Item._fields:
            self.assertIsInstance(getattr(psearch.Item, name), property)

    def test_counters_are_those_of_the_header(self):
        for keys, c_name in ((psearch.Stats, "search_stats"), (psearch.PoolStats, "search_pool_stats"),
                             (psearch.Build, "search_build")):
            self.assertEqual(["size", *keys.__annotations__], [name for name, _ in STRUCTS[c_name]._fields_])

    def test_each_option_is_a_keyword(self):
        fields = {name for c in ("search_options", "search_walk") for name, _ in STRUCTS[c]._fields_}
        made_of_others = {"size", "pattern_count", "source_count", "next_source", "walk", "next_source_context",
                          "match_flags", "result_flags", "glob_count", "ignore_file_count", "git_config_count",
                          "overlay_count", "reserved", "reserved2"}
        keywords = inspect.signature(Search).parameters
        self.assertEqual(keywords.keys() - {"most", "library", "more_sources"}, fields - made_of_others)
        self.assertEqual([name for name, p in keywords.items() if p.annotation in (p.empty, Any)], [])
        self.assertEqual(inspect.signature(psearch.Pool).parameters.keys() - {"library"},
                         {name for name, _ in STRUCTS["search_pool_options"]._fields_} - {"size"})
        values = {name: p.default for name, p in keywords.items() if p.default is not p.empty}
        values.update(encoding="none", git_excludes="/none", home="/", globs=["*"], git_configs=["/none"])
        with Search("needle", self.tree, **values) as search:
            self.assertEqual([(i.path, i.line) for i in search], self.expected)
            self.assertEqual(search.outcome(), psearch.Outcome.COMPLETE)

    def test_each_option_reaches_its_field(self):
        """Each keyword with a value of its own: the struct has it in the field of that name."""
        given = {name: p.default for name, p in inspect.signature(Search).parameters.items()}
        given.update(patterns=["x"], sources=(), caller_flags=1, flags=0)
        numbers = [*options.NUMBERS, *options.WALK_NUMBERS]
        given.update({name: 1000 + n for n, name in enumerate(numbers)})
        given.update({name: f"word {name}" for name in (*options.WORDS, *options.WALK_WORDS)})
        given.update({name: [f"list {name}"] for name in options.LISTS})
        lent, borrowed = [], []
        c_options = options.c_options(given, None, lent, borrowed)
        walk = STRUCTS["search_walk"].from_address(c_options.walk)
        for name in given.keys() & {*numbers, *options.WORDS, *options.WALK_WORDS}:
            value = getattr(walk if name in options.WALK_NUMBERS or name in options.WALK_WORDS else c_options, name)
            self.assertEqual((name, value), (name, given[name].encode() if isinstance(given[name], str) else given[name]))
        for name, count in options.LISTS.items():
            self.assertEqual((getattr(walk, count), ctypes.c_char_p.from_address(getattr(walk, name)).value),
                             (1, f"list {name}".encode()))

    def test_pages_are_the_whole(self):
        pages, cursor = [], None
        while not pages or pages[-1]:
            with Search("needle", self.tree, resume=cursor, max_matches=777) as search:
                pages.append([(i.path, i.line) for i in search])
                cursor = search.cursor()
        self.assertEqual(sum(pages, []), self.expected)
        with Search("needle", self.tree, most=1) as search:
            first = [next(search) for _ in range(333)]
            middle = search.cursor()
        with Search("needle", self.tree, resume=middle) as search:
            self.assertEqual([(i.path, i.line) for i in [*first, *search]], self.expected)
        with Search("needle", self.tree) as search:
            while len(search._taken) == 0:
                next(search)
            with self.assertRaisesRegex(ValueError, "most=1"):
                search.cursor()
        with Search("needle", self.tree, until=cursor) as search:
            with self.assertRaises(SearchError):
                search.cursor()
            self.assertEqual(len(list(search)), len(self.expected))
        with self.assertRaises(SearchError) as caught:
            Search("hay", self.tree, resume=cursor)
        self.assertEqual((caught.exception.subject, caught.exception.index), (psearch.Subject.CURSOR, 0))
        self.assertIn("other patterns", str(caught.exception))

    def test_what_the_system_says_of_a_file(self):
        with Search([], self.tree, flags=psearch.LIST | psearch.FILE_INFO) as search:
            for n, item in enumerate(search):
                st = os.stat(item.path)
                self.assertEqual((item.file_number, item.file_size, item.inode, item.device),
                                 (n, st.st_size, st.st_ino, st.st_dev))
                self.assertEqual(item.modified * 10**9 + item.modified_ns, st.st_mtime_ns)

    def test_which_files_a_walk_searches(self):
        names = {f.name for f in self.tree.glob("*/*")}
        rules = self.tree / "rules"
        rules.write_text("f0[0-4]\n")
        self.addCleanup(rules.unlink)
        for options, taken in (
                ({"globs": ["f00", "f3?"]}, {n for n in names if n == "f00" or n[1] == "3"}),
                ({"globs": [("F0*", psearch.NO_CASE), ("f00", psearch.EXCLUDE, 1)]}, {n for n in names if n[1] == "0"} - {"f00"}),
                ({"globs": ["f*"], "ignore_files": [rules]}, names - {f"f0{n}" for n in range(5)}),
                ({"max_depth": 1}, set()), ({"max_depth": psearch.NO_WALK}, set()),
                ({"max_file_size": 1}, set())):
            with Search([], self.tree, flags=psearch.LIST, **options) as search:
                found = {Path(item.path).name for item in search if item.kind == psearch.FILE}
                self.assertEqual((options, found - {"rules"}), (options, taken))

    def test_more_sources_come_from_an_iterator(self):
        def some():
            for n in range(200):
                yield (f"memory {n}", b"needle %d\n" % n) if n % 2 else self.tree / "d0" / "f00"
        with Search("needle [0-9]+$", ("first", b"needle 0"), more_sources=some()) as search:
            self.assertEqual([(i.source, i.path, i.text) for i in search],
                             [(0, "first", b"needle 0")] + [(n + 1, f"memory {n}", b"needle %d" % n) for n in range(1, 200, 2)])

        def broken():
            yield "first", b"a needle"
            raise KeyError("lost")
        with Search("needle", more_sources=broken()) as search:
            self.assertEqual(next(search).path, "first")
            with self.assertRaises(SearchError) as raised:
                next(search)
        self.assertEqual((raised.exception.status, type(raised.exception.__cause__)), (psearch.ESOURCE, KeyError))

    def test_text_of_another_encoding(self):
        with Search("caf\u00e9", ("", "un caf\u00e9\n".encode("utf-16")), encoding="auto") as search:
            self.assertEqual([item.text.decode() for item in search], ["un caf\u00e9"])

    def test_the_module_is_a_program(self):
        file = str(self.tree / "d0" / "f00")
        done = subprocess.run([sys.executable, "-m", "psearch", "needle 0 [01]$", file], capture_output=True, text=True,
                              env={**os.environ, "PYTHONPATH": str(TOP / "examples" / "python")})
        self.assertEqual((done.stdout, done.stderr), (f"{file}:1:needle 0 0\n{file}:3:needle 0 1\n", ""))

    def test_build_says_what_the_library_can_do(self):
        self.assertRegex(psearch.build()["version"], r"^\d+\.\d+\.\d+$")
        self.assertTrue(psearch.build()["oniguruma"])

    def test_ctypes_in_another_interpreter(self):
        """When another interpreter imports ctypes, that empties a cache which all interpreters share."""
        with Search("needle", self.tree) as search:
            next(search)
            with unittest.mock.patch.dict(getattr(ctypes, "_pointer_type_cache", {}), clear=True):
                next(search)
            with Search("needle", self.tree) as other:
                next(other)

    def test_items_come_in_order(self):
        for workers in (1, 2, 8, psearch.NO_WORKERS):
            with Search("needle", self.tree, workers=workers) as search:
                self.assertEqual([(i.path, i.line) for i in search], self.expected)
                self.assertEqual(search.stats()["matches"], len(self.expected))

    def test_many_items_come_with_one_call(self):
        for most in 1, 2, 7, 1000:
            with Search("needle", self.tree, most=most) as search:
                self.assertEqual([(i.path, i.line) for i in search], self.expected)
        with Search("needle", *[self.tree] * 50) as search:  # what waits in the wrapper ends with the search
            next(search)
            search.cancel()
            with self.assertRaises(SearchError) as raised:
                next(search)
            self.assertEqual(raised.exception.status, psearch.ECANCELED)
        with self.assertRaises(SearchError):
            next(Search("needle", self.tree, most=0))

    def test_the_caller_need_not_help(self):
        with Search("needle", self.tree, caller_flags=psearch.CallerFlag.NO_HELP, workers=1) as search:
            self.assertEqual([(i.path, i.line) for i in search], self.expected)
        with self.assertRaisesRegex(SearchError, "NO_HELP"):
            Search("needle", caller_flags=psearch.CallerFlag.NO_HELP, workers=psearch.NO_WORKERS)

    def test_a_library_of_another_version_is_refused(self):
        class Other:
            _name = "other"

            def __init__(self, what):
                def ask(name):
                    return real.search_layout(name) + (name == what)
                self.search_layout = ask
        real = psearch.load()
        psearch.check_layout(Other(b"search_options"))  # it is longer
        for what in b"search_options.syntax", b"search_item.group_count", b"search_span", b"search_walk.home":
            with self.assertRaisesRegex(OSError, what.decode()):
                psearch.check_layout(Other(what))

    def test_an_item_says_where_and_what(self):
        with Search(["ll", "café"], ("name", b"\xffhello ball\nx\ncaf\xc3\xa9\n")) as search:
            first, second = search
        self.assertEqual((first.kind, first.path, first.line, first.text, first.spans),
                         (psearch.MATCH, "name", 1, b"\xffhello ball", ((3, 5), (9, 11))))
        self.assertEqual((second.line, second.offset, second.spans), (3, 14, ((0, 5),)))

    def test_a_descriptor_is_read_and_stays_open(self):
        with open(self.tree / "d1" / "f01", "rb") as file:
            with Search("needle 1 7$", file.fileno()) as search:
                self.assertEqual([item.line for item in search], [15])
            os.fstat(file.fileno())

    def test_a_missing_file_is_an_item_in_its_place(self):
        with Search("needle", self.tree / "d0" / "f00", self.tree / "gone", self.tree / "d1" / "f01") as search:
            items = list(search)
        self.assertEqual(len(items), 2 * LINES + 1)
        error = items[LINES]
        self.assertEqual((error.kind, error.source, error.path), (psearch.ERROR, 1, str(self.tree / "gone")))
        self.assertEqual(error.error, 2)  # ENOENT
        self.assertTrue(error.message)

    def test_a_bad_pattern_is_an_exception(self):
        with self.assertRaises(SearchError) as raised:
            Search(["fine", "(bad"], self.tree)
        self.assertEqual((raised.exception.status, raised.exception.subject, raised.exception.index),
                         (psearch.EPATTERN, psearch.Subject.PATTERN, 1))

    def test_an_unknown_option_is_named(self):
        for name in ("max_match", "reserved1", "size", "sources", "next_source"):
            with self.assertRaisesRegex(TypeError, name):
                Search("needle", self.tree, **{name: 1})

    def test_a_number_that_does_not_fit_is_named(self):
        for name, value in (("workers", -1), ("workers", 2**32), ("before_context", 2**32 + 1), ("timeout_ms", -1),
                            ("max_matches", 2**64), ("flags", 2**32 + 1), ("max_item_bytes", 2**64)):
            with self.assertRaisesRegex(OverflowError, f"{name}.*{value}"):
                Search("needle", self.tree, **{name: value})
        for descriptor in (2**32, -2**31 - 1):
            with self.assertRaisesRegex(OverflowError, f"descriptor.*{descriptor}"):
                Search("needle", descriptor)

    def test_a_path_does_not_end_at_a_nul(self):
        path = str(self.tree / "d0" / "f00")
        for source in (path + "\0", path.encode() + b"\0.c", Path(path + "\0"), ("na\0me", b"needle")):
            with self.assertRaisesRegex(ValueError, "NUL"):
                Search("needle", source)
        with Search("l\0l", ("", b"he\0lo\nhel\0lo\n"), flags=psearch.TEXT) as search:
            self.assertEqual([item.line for item in search], [2])

    def test_bytes_like_objects_are_taken(self):
        text, words = bytearray(b"a needle\nhay\n"), array.array("H", b"needle\n ")
        for pattern in (bytearray(b"needle"), memoryview(b"needle"), [memoryview(b"xneedlex")[1:-1]]):
            with Search(pattern, ("", text), ("", memoryview(text)), ("", words)) as search:
                text[2:8] = b"NEEDLE"  # no effect: it was copied
                self.assertEqual([(item.source, item.text) for item in search],
                                 [(0, b"a needle"), (1, b"a needle"), (2, b"needle")])
            text[2:8] = b"needle"
        for arguments in (("needle", ("", "needle")), ("needle", ("", 5)), ([5], self.tree)):
            with self.assertRaisesRegex(TypeError, "bytes-like object is required, not '(str|int)'"):
                Search(*arguments)

    def test_a_failed_constructor_leaves_no_message(self):
        complaints = []
        with unittest.mock.patch("sys.unraisablehook", complaints.append):
            for make in (Search, lambda: Search("(bad"), lambda: Search("x", library="/gone"), lambda: Search("x", 1.5)):
                self.assertRaises((TypeError, SearchError, OSError), make)
            Search.__new__(Search).close()
        self.assertEqual(complaints, [])

    def test_an_early_close_ends_the_iteration(self):
        for taken in (0, 1, 1000):
            search = Search("needle", self.tree, max_queued_matches=1)
            for _ in range(taken):
                next(search)
            search.close()
            search.close()
            with self.assertRaises(ValueError):
                next(search)

    def test_cancel_from_another_thread(self):
        with Search("needle", *[self.tree] * 50) as search:
            next(search)
            thread = threading.Thread(target=search.cancel)
            thread.start()
            with self.assertRaises(SearchError) as raised:
                for _ in search:
                    thread.join()
            self.assertEqual(raised.exception.status, psearch.ECANCELED)

    def test_eight_searches_in_one_event_loop(self):
        async def collect(workers, flags):
            async with Search("needle", self.tree, workers=workers, flags=flags, max_queued_matches=16) as search:
                return [(item.path, item.line) async for item in search]

        async def all_of_them():
            return await asyncio.gather(*(collect(1 + n % 3 if n else psearch.NO_WORKERS, psearch.SOCKET * (n % 2))
                                          for n in range(8)))
        for found in asyncio.run(asyncio.wait_for(all_of_them(), 60)):
            self.assertEqual(found, self.expected)

    def test_searches_share_a_pool(self):
        with psearch.Pool(workers=2, max_open_files=8) as pool:
            searches = [Search("needle", self.tree, pool=pool, priority=n % 3) for n in range(8)]
            self.assertEqual({name: pool.stats()[name] for name in ("workers", "searches")}, {"workers": 2, "searches": 8})
            self.assertEqual(len(os.listdir("/proc/self/task")), 3)
            for search in reversed(searches):
                self.assertEqual([(i.path, i.line) for i in search], self.expected)
                search.close()
            self.assertEqual(pool.stats()["searches"], 0)
            until = time.monotonic() + 10
            while (stats := pool.stats())["memory"] > 0 and time.monotonic() < until:
                time.sleep(0.001)  # a search is freed by a thread that has had to do with it
            self.assertEqual((stats["memory"], stats["queued_bytes"], stats["open_files"]), (0, 0, 0))
            self.assertLessEqual(stats["peak_open_files"], 8)
            self.assertGreater(min(stats["peak_open_files"], stats["peak_queued_bytes"], stats["peak_memory"]), 0)

    def test_a_pool_and_its_searches_are_closed_in_any_order(self):
        pool = psearch.Pool(workers=1)
        first, last = (Search("needle", self.tree, pool=pool) for _ in range(2))
        next(first)
        pool.close()
        pool.close()
        for call in pool.stats, lambda: Search("needle", pool=pool):
            with self.assertRaisesRegex(ValueError, "the pool is closed"):
                call()
        first.close()
        self.assertEqual([(i.path, i.line) for i in last], self.expected)
        last.close()
        self.assertEqual(threads(), 1)

    def test_pooled_searches_in_one_event_loop(self):
        async def collect(pool, n):
            async with Search("needle", self.tree, pool=pool, flags=psearch.SOCKET * (n % 2)) as search:
                return [(item.path, item.line) async for item in search]

        async def all_of_them():
            with psearch.Pool(workers=2) as pool:
                return await asyncio.gather(*(collect(pool, n) for n in range(8)))
        for found in asyncio.run(asyncio.wait_for(all_of_them(), 60)):
            self.assertEqual(found, self.expected)

    def test_what_a_pool_refuses(self):
        for options, what in (({"workers": 257}, "workers"), ({"max_open_files": 3}, "max_open_files")):
            with self.assertRaisesRegex(SearchError, what) as raised:
                psearch.Pool(**options)
            self.assertEqual(raised.exception.status, psearch.EINVAL)
        for options, error in (({"threads": 1}, TypeError), ({"workers": 2**32}, OverflowError)):
            with self.assertRaises(error):
                psearch.Pool(**options)
        with psearch.Pool(workers=1) as pool:
            for options in ({"workers": psearch.NO_WORKERS, "pool": pool}, {"priority": 1}, {"priority": 3, "pool": pool}):
                with self.assertRaises(SearchError) as raised:
                    Search("needle", **options)
                self.assertEqual(raised.exception.status, psearch.EINVAL)

    def test_an_event_loop_that_stops_early(self):
        async def first():
            async with Search("needle", self.tree) as search:
                async for item in search:
                    return item
        self.assertEqual(asyncio.run(first()).path, self.expected[0][0])

    def test_close_wakes_waiting_tasks(self):
        async def collect(search):
            return [item.line async for item in search]

        async def close_one():
            read_end, write_end = os.pipe()
            search = Search("needle", read_end)
            tasks = [asyncio.create_task(collect(search)) for _ in range(3)]
            await asyncio.sleep(0.02)
            tasks.pop().cancel()  # the others wait on
            await asyncio.sleep(0.02)
            search.close()
            for task in tasks:
                with self.assertRaisesRegex(ValueError, "closed"):
                    await asyncio.wait_for(task, 10)
            os.close(read_end)
            os.close(write_end)

        async def close_some():
            for _ in range(3):  # each has the descriptors of the last
                await close_one()
        asyncio.run(close_some())

    def test_tasks_share_a_search(self):
        async def collect(search, found):
            async for item in search:
                found.append(item.line)
                await asyncio.sleep(0)

        async def share():
            read_end, write_end = os.pipe()
            found = []
            async with Search("needle", read_end) as search:
                tasks = [asyncio.create_task(collect(search, found)) for _ in range(3)]
                for _ in range(50):
                    os.write(write_end, b"needle\n")
                    await asyncio.sleep(0.001)
                os.close(write_end)
                await asyncio.wait_for(asyncio.gather(*tasks), 10)
            os.close(read_end)
            return found
        self.assertEqual(asyncio.run(share()), list(range(1, 51)))


if __name__ == "__main__":
    unittest.main()
