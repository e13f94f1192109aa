# SPDX-License-Identifier: BSD-2-Clause
"""The Python wrapper, with the library that was built: called by test_ctypes.sh."""
import array
import asyncio
import ctypes
import errno
import inspect
import os
import pickle
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock
import warnings
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples" / "python"))
import psearch  # noqa: E402
from psearch import Search, SearchError, library, options, waiting  # noqa: E402
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
        text = "#include <psearch.h>\n#include <stdio.h>\nint main(void){" + prints + "}"
        compiler = os.environ.get("CC", "cc").split()
        subprocess.run([*compiler, "-I", TOP / "include", "-xc", "-", "-o", program], check=True, text=True, input=text)
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
                 "NO_GROUP": NO_GROUP, "TREE_NO_LEARNING": psearch.NO_LEARNING}
        macros = set(re.findall(r"^#define SEARCH_(\w+) ", HEADER, re.M))
        macros -= {name for name in macros if name.startswith("VERSION_") or name.endswith("_INIT")} | {"API"}
        self.assertEqual(macros, known.keys())
        self.assertEqual(self.ask_c(f"(size_t)SEARCH_{name}" for name in known),
                         [ctypes.c_int64(value).value for value in known.values()])
        self.assertIn(f'#define SEARCH_VERSION_STRING "{psearch.__version__}"', HEADER)

    def test_names_of_the_module_are_the_constants(self):
        for of in (psearch.Status, psearch.MatchFlag, psearch.WalkFlag, psearch.ResultFlag, psearch.GlobFlag,
                   psearch.ItemKind, psearch.CallerFlag):
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
                             (psearch.TreeStats, "search_tree_stats"),
                             (psearch.Build, "search_build")):
            self.assertEqual(["size", *keys.__annotations__], [name for name, _ in STRUCTS[c_name]._fields_])

    def test_each_option_is_a_keyword(self):
        fields = {name for c in ("search_options", "search_walk") for name, _ in STRUCTS[c]._fields_}
        made_of_others = {"size", "pattern_count", "source_count", "next_source", "walk", "next_source_context",
                          "match_flags", "result_flags", "glob_count", "ignore_file_count", "git_config_count",
                          "overlay_count", "reserved"}
        keywords = inspect.signature(Search).parameters
        self.assertEqual(keywords.keys() - {"most", "library", "more_sources"}, fields - made_of_others)
        self.assertEqual([name for name, p in keywords.items() if p.annotation in (p.empty, Any)], [])
        for of, c_name in (psearch.Pool, "search_pool_options"), (psearch.Tree, "search_tree_options"):
            self.assertEqual(inspect.signature(of).parameters.keys() - {"library"},
                             {name for name, _ in STRUCTS[c_name]._fields_} - {"size", "reserved"})
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
        c_options = options.c_options(given, {}, lent, borrowed)
        walk = STRUCTS["search_walk"].from_address(c_options.walk)
        for name in given.keys() & {*numbers, *options.WORDS, *options.WALK_WORDS}:
            value = getattr(walk if name in options.WALK_NUMBERS or name in options.WALK_WORDS else c_options, name)
            expected = given[name].encode() if isinstance(given[name], str) else given[name]
            self.assertEqual((name, value), (name, expected))
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
            with self.assertRaisesRegex(ValueError, r"take\(\).*most=1"):
                search.cursor()
        with Search("needle", self.tree, until=cursor) as search:
            with self.assertRaises(SearchError):
                search.cursor()
            self.assertEqual(len(list(search)), len(self.expected))
        with self.assertRaises(SearchError) as caught:
            Search("hay", self.tree, resume=cursor)
        self.assertEqual((caught.exception.subject, caught.exception.index), (psearch.Subject.CURSOR, 0))
        self.assertIn("other patterns", str(caught.exception))

    def test_a_cursor_is_after_what_was_taken(self):
        for cut in (lambda search: search.take(333), lambda search: next(iter(search.batches(7))),
                    lambda search: search.batches().__iter__().__next__(),
                    lambda search: [next(search), *search.take(9), *search.take(1000)]):
            with Search("needle", self.tree) as search:
                first = cut(search)
                cursor = search.cursor()
                with Search("needle", self.tree, resume=cursor) as other:
                    self.assertEqual([(i.path, i.line) for i in [*first, *other]], self.expected)
                self.assertEqual([(i.path, i.line) for i in [*first, *search]], self.expected)
                self.assertEqual((search.take(5), search.try_take(), list(search.batches())), ([], None, []))

    def test_batches_are_the_whole(self):
        async def collect(most):
            async with Search("needle", self.tree) as search:
                taken = await search.atake(3)
                self.assertEqual(len(taken), 3)
                async for batch in search.batches(most):
                    self.assertLessEqual(len(batch), most)
                    taken += batch
                    with Search("needle", self.tree, resume=search.cursor(), max_matches=1) as other:
                        self.assertEqual([(i.path, i.line) for i in other], self.expected[len(taken):][:1])
                self.assertEqual(await search.atake(1), [])
                return taken
        for most in 50, 1000:
            self.assertEqual([(i.path, i.line) for i in asyncio.run(collect(most))], self.expected)
        with Search("needle", self.tree) as search:
            batches = [*search.batches(50)]
            self.assertEqual([(i.path, i.line) for batch in batches for i in batch], self.expected)
            self.assertEqual({len(batch) for batch in batches} & {0, 51}, set())

    def test_a_loop_of_its_own(self):
        with Search("needle", self.tree, caller_flags=psearch.NO_HELP) as search:
            found, poll = [], select.poll()
            poll.register(search, select.POLLIN)
            while (items := search.try_take(100)) is not None:
                found += items
                if not items:
                    poll.poll(10000)
            self.assertEqual([(i.path, i.line) for i in found], self.expected)

    def test_what_was_taken_is_not_lost_with_a_failure(self):
        def broken():
            yield "first", b"needle\nneedle\nneedle\n"
            raise KeyError("lost")
        with Search("needle", more_sources=broken(), most=2) as search:
            with self.assertRaises(SearchError):
                search.take(100)
            self.assertEqual([i.line for i in search.take(3)], [1, 2, 3])
            with self.assertRaises(SearchError):
                search.take(1)

    def test_an_event_loop_is_not_helped(self):
        def opened(**keywords):
            with unittest.mock.patch("psearch.search.c_options", wraps=options.c_options) as made:
                Search("x", ("", b""), **keywords).close()
            return made.call_args[0][0]["caller_flags"]

        async def in_loop():
            return opened(), opened(caller_flags=0), opened(workers=psearch.NO_WORKERS)
        self.assertEqual((opened(), opened(caller_flags=1)), (0, 1))
        self.assertEqual(asyncio.run(in_loop()), (psearch.NO_HELP, 0, 0))

    def test_a_search_that_is_ahead_lets_the_loop_run(self):
        """Each item takes the tenth of a turn, or more on a slow machine: there are a dozen in a turn at most."""
        ticks, seen = 0, []

        async def tick():
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0)

        def use(item):
            until = time.monotonic() + waiting.TURN / 10
            while time.monotonic() < until:
                pass
            seen.append(ticks)

        async def one_by_one(search):
            async for item in search:
                use(item)

        async def in_batches(search):
            async for batch in search.batches(4):
                for item in batch:
                    use(item)

        async def all_at_once(search):
            seen.extend(ticks for _ in await search.atake(10**6))

        async def race(consume):
            ticker = asyncio.create_task(tick())
            async with Search("needle", ("", b"needle\n" * 2000)) as search:
                await consume(search)
            ticker.cancel()
        for consume, most in (one_by_one, 12), (in_batches, 16), (all_at_once, 2000):
            seen.clear()
            asyncio.run(race(consume))
            self.assertEqual(len(seen), 2000)
            self.assertLessEqual(max(map(seen.count, set(seen))), most)
            self.assertEqual(waiting.here.consumers.active, 0)

    def test_a_signal_interrupts_the_wait(self):
        class Alarm(Exception):
            pass

        def ring(*_):
            raise Alarm
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, ring))
        read_end, write_end = os.pipe()
        with Search("needle", read_end) as search:
            for wait in search.__next__, lambda: search.take(5), lambda: next(iter(search.batches())):
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                self.assertRaises(Alarm, wait)
            os.write(write_end, b"a needle\n")
            self.assertEqual(next(search).line, 1)
            with self.assertRaisesRegex(ValueError, "closed"):  # what a handler may do as well
                signal.signal(signal.SIGALRM, lambda *_: search.cancel())
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                try:
                    next(search)
                except SearchError as error:
                    self.assertEqual(error.status, psearch.ECANCELED)
                search.close()
                next(search)
        os.close(read_end)
        os.close(write_end)

    def test_a_signal_when_a_call_returns(self):
        """Its handler may raise before the items are copied: they come with the next call, once."""
        class Alarm(Exception):
            pass

        def interrupt_at(event, names):
            def trace(frame, what, _):
                if frame.f_code.co_name in names and frame.f_code.co_filename.endswith(("search.py", "items.py")):
                    frame.f_trace_lines = True
                    if what == event:
                        sys.settrace(None)
                        raise Alarm
                return trace
            return trace
        for event, names in ("call", ["copy_items"]), ("return", ["copy_items"]), ("return", ["_call"]):
            with Search("needle", self.tree, most=50) as search:
                found, interrupted = [], 0
                while True:
                    sys.settrace(interrupt_at(event, names) if len(found) % 1000 == 100 and interrupted < 9 else None)
                    try:
                        batch = search.take(50)
                    except Alarm:
                        interrupted += 1
                        if names == ["copy_items"]:
                            self.assertRaises(ValueError, search.cursor)  # nobody has these items yet
                        continue
                    finally:
                        sys.settrace(None)
                    found += [(item.path, item.line) for item in batch]
                    if not batch:
                        break
                self.assertTrue(found == self.expected and interrupted >= 8)

    def test_more_sources_are_interrupted(self):
        def sources(what):
            yield "first", b"needle"
            raise what
        for what in KeyboardInterrupt, SystemExit, asyncio.CancelledError:
            with Search("needle", more_sources=sources(what)) as search:
                self.assertEqual(next(search).path, "first")
                self.assertRaises(what, next, search)
                with self.assertRaises(SearchError) as raised:
                    next(search)
                self.assertEqual(raised.exception.status, psearch.ESOURCE)

        class Interrupted(options.MoreSources):  # before it could catch it, which the library takes for the end
            def take(self, _, source):
                return 0
        with unittest.mock.patch("psearch.search.MoreSources", Interrupted):
            with Search("needle", more_sources=[("first", b"needle")]) as search:
                self.assertRaisesRegex(SearchError, "left early", next, search)

    def test_close_from_another_thread(self):
        for waiter_is_main in True, False:
            read_end, write_end = os.pipe()
            search, failures = Search("needle", read_end), []

            def wait():
                try:
                    next(search)
                except (SearchError, ValueError) as failure:
                    failures.append(getattr(failure, "status", psearch.ECANCELED))

            def end():
                while not search._turn.locked():
                    time.sleep(0.001)
                search.close()
            thread = threading.Thread(target=end if waiter_is_main else wait)
            thread.start()
            (wait if waiter_is_main else end)()
            thread.join()
            self.assertEqual(failures, [psearch.ECANCELED])
            os.close(read_end)
            os.close(write_end)

    def test_a_close_that_is_interrupted_can_be_repeated(self):
        begun, go_on, failures = threading.Event(), threading.Event(), []

        def slow():
            begun.set()
            go_on.wait()
            yield "first", b"needle"

        def take():
            try:
                next(search)
            except SearchError as failure:
                failures.append(failure.status)

        def ring(*_):
            raise KeyboardInterrupt
        self.addCleanup(signal.signal, signal.SIGALRM, signal.signal(signal.SIGALRM, ring))
        search = Search("needle", more_sources=slow())
        thread = threading.Thread(target=take)
        thread.start()
        begun.wait()
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        self.assertRaises(KeyboardInterrupt, search.close)
        go_on.set()
        thread.join()
        self.assertIsNotNone(search._handle)
        search.close()
        self.assertEqual(failures, [psearch.ECANCELED])

    def test_a_search_is_not_used_within_its_own_sources(self):
        def bad(use):
            yield "first", b"needle"
            use(search)
        for use in next, Search.close, Search.cursor:
            search = Search("needle", more_sources=bad(use))
            with self.assertRaises(SearchError) as raised:
                [*search]
            self.assertRegex(str(raised.exception.__cause__), "within its own more_sources")
            search.close()

    def test_a_child_of_fork_is_told(self):
        with Search("needle", *[self.tree] * 9) as search:
            next(search)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: there are threads
                child = os.fork()
            if child == 0:
                try:
                    search._taken.clear()
                    [*search]
                except SearchError as error:
                    os._exit("fork" in str(error) and error.status == psearch.EINVAL)
                finally:
                    os._exit(2)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 1)
            self.assertEqual(1 + len(list(search)), 9 * FILES * LINES)

    def test_a_child_of_fork_closes_a_pool_that_another_thread_uses(self):
        held, end = threading.Event(), threading.Event()

        def use():
            with pool._use:  # as while a search is opened
                held.set()
                end.wait()
        with psearch.Pool(workers=1) as pool:
            thread = threading.Thread(target=use)
            thread.start()
            held.wait()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                signal.alarm(20)  # ends the child if it hangs
                pool.close()
                os._exit(7)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
            end.set()
            thread.join()

    def test_a_child_of_fork_closes_what_another_thread_waits_for(self):
        read_end, write_end = os.pipe()
        search = Search("needle", read_end)
        thread = threading.Thread(target=lambda: [*search])
        thread.start()
        while not search._turn.locked():
            time.sleep(0.001)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            signal.alarm(20)  # ends the child if it hangs
            search.close()
            os._exit(7)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
        os.close(write_end)
        thread.join()
        search.close()
        os.close(read_end)

    def test_several_interpreters_search_at_once(self):
        if sys.version_info[:2] == (3, 12):
            self.skipTest("the ctypes of this Python does not work in several interpreters")
        program = '''
import sys, threading
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
code = """
import sys
sys.path.insert(0, {0!r})
from psearch import Search
for _ in range(10):
    with Search("needle", {1!r}) as search:
        assert len(list(search)) == {2}
"""
def run():
    interpreter = interpreters.create()
    try:
        if not interpreters.run_string(interpreter, code):  # None, or from Python 3.13 on what went wrong
            done.append(1)
    finally:
        interpreters.destroy(interpreter)
done = []
threads = [threading.Thread(target=run) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(done))
'''
        program = program.replace("{0!r}", repr(sys.path[0])).replace("{1!r}", repr(str(self.tree / "d0")))
        ran = subprocess.run([sys.executable, "-c", program.replace("{2}", str(FILES // 4 * LINES))], text=True,
                             capture_output=True, timeout=60)
        self.assertEqual((ran.stdout, ran.returncode), ("4\n", 0), ran.stderr)

    def test_items_are_values(self):
        file, flags = self.tree / "d0" / "f00", psearch.GROUPS | psearch.FILE_ENDS
        with Search("(?<what>n)ee|(d)", file, flags=flags) as search:
            items = list(search)
        with Search("(?<what>n)ee|(d)", file, flags=flags, most=1) as search:
            self.assertEqual(list(search), items)
        self.assertEqual(len(set(items)), len(items))
        for item in items[0], items[7], items[-1]:
            others = (pickle.loads(pickle.dumps(item)), item.alone(), psearch.Item._make(item._asdict().values()),
                      item._replace())
            self.assertEqual({*others}, {item})
            self.assertEqual([repr(other) for other in others], [repr(item)] * 4)
            if item.kind == psearch.MATCH:
                self.assertEqual([other.group(0, "what") for other in others[:2]], [b"n", b"n"])
            self.assertNotEqual(item._replace(line=9999), item)
            self.assertLess(len(pickle.dumps(item)), 1000)
            with self.assertRaises(AttributeError):
                item.line = 5
        self.assertEqual((items[7].alone()._batch.texts.data, items[7]._replace(text=b"x").text), (items[7].text, b"x"))
        self.assertEqual(psearch.Item(psearch.MATCH, text=b"abc", spans=[(1, 2)]).group(), b"b")
        with Search("needle", self.tree) as search, self.assertRaisesRegex(TypeError, "cannot be pickled"):
            pickle.dumps(search)
        for of in psearch.Pool, psearch.Tree:
            with of() as shared, self.assertRaisesRegex(TypeError, f"a {of.__name__} cannot be pickled"):
                pickle.dumps(shared)
        with self.assertRaises(SearchError) as raised:
            Search(["a", "(b"])
        again = pickle.loads(pickle.dumps(raised.exception))
        self.assertEqual((vars(again), str(again)), (vars(raised.exception), str(raised.exception)))

    def comes_back(self, items):
        """Checks that these items, packed and unpacked, are the same in all that can be asked of them."""
        found = psearch.unpack_items(psearch.pack_items(items))
        self.assertEqual(found, items)
        self.assertEqual([*map(hash, found)], [*map(hash, items)])
        for ours, theirs in zip(found, items):
            self.assertEqual([*map(type, ours._values())], [*map(type, theirs._values())])
            self.assertEqual((ours._names(), ours.columns()), (theirs._names(), theirs.columns()))
            self.assertLessEqual(len(ours._batch.kinds), max(256, len(theirs._batch.kinds)))  # whose text it keeps
        return found

    def test_packed_items_come_back(self):
        """Those of searches of all kinds: whole batches, parts of them, mixed with others and with items made here."""
        odd = os.fsencode(self.tree) + b"/odd \xff\xe9"
        for name, text in {b"lone \xff": b"needle\n" * 3, b"nul": b"needle\n" + b"hay\n" * 20 + b"\0needle\n",
                           b"long": b"needle " * 3000, "\u00e9".encode(): b"\xff needle 12 \xe9\n" * 300,
                           b"list/large": b""}.items():
            os.makedirs(os.path.dirname(odd + b"/" + name), exist_ok=True)
            with open(odd + b"/" + name, "wb") as file:
                file.write(text)
        self.addCleanup(shutil.rmtree, odd)
        os.truncate(odd + b"/list/large", 5 << 30)
        os.utime(odd + b"/list/large", ns=(0, -5 * 10**9 + 7))
        names, limit = r"(?<what>n)ee(?<then>dle)( \d+)?|(?<what>h)ay", {"max_file_size": 1 << 20}
        found = []
        for patterns, options in (
                ("needle", limit), (names, {"flags": psearch.GROUPS, **limit}),
                (["12", "needle (1)", names], {"flags": psearch.GROUPS | psearch.FILE_ENDS | psearch.FILE_INFO,
                                               **limit}),
                ("needle", {"flags": psearch.COUNT, **limit}), ("needle", {"max_item_bytes": 16, "most": 1, **limit}),
                ("12", {"flags": psearch.INVERT | psearch.NO_LINE_NUMBERS, "max_item_bytes": 64, **limit}),
                ("needle 0 3", {"before_context": 2, "after_context": 3, **limit}),
                ("needle", {"max_line_bytes": 4096, "flags": psearch.NO_SPANS, **limit}),
                (r"needle .*\shay", {"flags": psearch.MULTILINE, **limit}),
                ([], {"flags": psearch.LIST | psearch.FILE_INFO})):
            sources = self.tree / "d0" / "f00", self.tree / "d0" / "f12", odd, "/none", ("memory", b"a needle")
            with Search(patterns, *sources, **options) as search:
                found.append([*search])
            self.comes_back(found[-1])
        everything = [item for items in found for item in items]
        self.assertEqual({item.kind for item in everything}, {*psearch.ItemKind})
        self.assertGreater(max(item.file_size for item in everything), 1 << 32)
        self.assertEqual(min(item.modified for item in everything), -5)
        self.assertTrue(any(item.flags & psearch.ItemFlag.WINDOW for item in everything))
        self.assertIn(["what", "then"], [[*names] for item in everything for names in item._names().values()])
        self.assertIn(os.fsdecode(odd + b"/lone \xff"), {item.path for item in everything})

        made = [psearch.Item(psearch.MATCH, text=b"abc", spans=[(1, 2)], groups=[[None, (0, 1)]], patterns=[7], line=2),
                psearch.Item(99, 1 << 40, -1, "a\0b", 1 << 70, modified=-1 << 63, inode=2**64 - 1),
                everything[5].alone(), everything[5]._replace(path="other", source=7)]
        choice = random.Random(5)
        for size in 0, 1, 1, 2, 3, 10, 100, 400:
            begin = choice.randrange(len(everything))
            part = everything[begin:begin + size]
            mixed = [choice.choice(choice.choice([*found, made])) for _ in range(size)]
            for items in part, part[::2], part[::-1], mixed:
                again = self.comes_back(items)
                self.comes_back(again)
                self.assertEqual(pickle.loads(pickle.dumps(items)), items)
        items = found[1]
        self.assertLess(len(psearch.pack_items(items)), len(pickle.dumps(items)) / 2)

    def test_what_is_packed_otherwise_is_refused(self):
        with unittest.mock.patch("psearch.packing.FORMAT", ("psearch items", 0)):
            packed = psearch.pack_items([])
        with self.assertRaisesRegex(ValueError, "another version of psearch"):
            psearch.unpack_items(packed)

    def test_copies_of_items_wherever_they_are(self):
        """The library has items and texts in one piece; nothing promises that. A newer library has longer items."""
        def kept(data):
            memory.append(ctypes.create_string_buffer(data, len(data)))
            return ctypes.addressof(memory[-1])
        struct, memory, real = STRUCTS["search_item"], [], psearch.load()
        span = STRUCTS["search_span"]
        for longer in 0, 16:
            for gap in 0, 8:
                size = ctypes.sizeof(struct) + longer
                block = ctypes.create_string_buffer((size + gap) * 3)
                texts, spans = [b"ab\0c", b"", b"def"], [[(0, 2), (3, 4)], [], [(1, 3)]]
                for n in range(3):
                    item = struct.from_buffer(block, n * (size + gap))
                    item.kind, item.line, item.modified = 1, n + 1, -5
                    item.path, item.path_length = kept(b"path%d" % n), 5
                    item.text, item.length = kept(texts[n]), len(texts[n])
                    item.spans = kept(b"".join(bytes(span(*of, n, 0)) for of in spans[n])) if spans[n] else None
                    item.span_count = len(spans[n])
                pointers = (ctypes.c_void_p * 3)(*(ctypes.addressof(block) + n * (size + gap) for n in range(3)))
                with unittest.mock.patch("psearch.items.item_size", lambda _: size):
                    copied = psearch.items.copy_items(real, ctypes.cast(pointers, psearch.structs.ItemPointers), 3, {})
                ctypes.memset(block, 255, len(block))
                while memory:
                    ctypes.memset(memory[-1], 255, len(memory.pop()))
                self.comes_back(copied)
                self.assertEqual([(i.path, i.line, i.text, i.spans, i.patterns, i.modified) for i in copied],
                                 [(f"path{n}", n + 1, texts[n], tuple(spans[n]), (n, ) * len(spans[n]), -5)
                                  for n in range(3)])

    def test_groups_by_name(self):
        pattern = r"(?<key>\w)=(?<value>\d)?|(?<key>!)"
        with Search(["x(y)", pattern], ("", "\u00e9 a=1 b= ! xy".encode()), flags=psearch.GROUPS) as search:
            self.assertEqual((search.group_count(0), search.group_count(1), search.group_count(2)), (1, 3, 0))
            self.assertEqual([search.group_name(*of) for of in ((1, 2), (0, 1), (9, 9))], ["value", None, None])
            self.assertEqual(search.group_names(1), {"key": (1, 3), "value": (2, )})
            item = next(search)
        self.assertEqual([item.group(n) for n in range(4)], [b"a=1", b"b=", b"!", b"xy"])
        self.assertEqual([item.group(n, "key") for n in range(3)], [b"a", b"b", b"!"])
        self.assertEqual([item.group(n, "value") for n in range(3)], [b"1", None, None])
        self.assertEqual((item.group(0, 2), item.group(1, 2), item.group(3, 1)), (b"1", None, b"y"))
        for span, group in ((3, "key"), (0, "other"), (0, 4), (0, -1), (4, 0)):
            with self.assertRaises(IndexError):
                item.group(span, group)
        self.assertEqual([item.spans[0], *(item.columns(unit)[0] for unit in psearch.Unit)],
                         [(3, 6), (3, 6), (2, 5), (2, 5)])

    def test_columns_and_windows(self):
        line = "\U0001f600\u00e9x ".encode() + b"\xff needle"
        with Search("needle", ("", line)) as search:
            item = next(search)
        begin = item.spans[0][0]
        self.assertEqual([item.column(begin, unit) for unit in psearch.Unit], [begin, 6, 7])
        self.assertEqual(item.columns(psearch.Unit.UTF16), ((7, 13), ))
        with Search("needle", ("", b"-" * 500 + b"needle" + b"-" * 500 + b"\n"), max_item_bytes=16) as search:
            item = next(search)
        self.assertEqual((item.flags, item.line_bytes, item.group()), (psearch.ItemFlag.WINDOW, 1006, b"needle"))
        with Search("-{500}needle", ("", b"-" * 500 + b"needle" + b"-" * 500 + b"\n"), max_item_bytes=16) as search:
            with self.assertRaisesRegex(ValueError, "not within"):
                next(search).group()

    def test_errors_name_the_keyword(self):
        for keywords, keyword in (
                ({"patterns": ["x", "(y"]}, "patterns[1]"), ({"globs": ["*", "[a"]}, "globs[1]"),
                ({"resume": "x"}, "resume"), ({"until": "x"}, "until"), ({"encoding": "klingon"}, "encoding"),
                ({"ignore_files": ["/gone"]}, "ignore_files[0]"),
                ({"overlays": {self.tree / "new": b"", self.tree: b""}}, "overlays[1]"), ({"workers": 257}, "workers"),
                ({"max_item_bytes": 1}, "max_item_bytes"), ({"priority": 1}, "priority"), ({"syntax": 99}, "syntax"),
                ({"flags": psearch.TEXT | psearch.SKIP_BINARY}, "flags")):
            with self.assertRaises(SearchError) as raised:
                Search(**{"patterns": "x", **keywords})
            self.assertEqual((raised.exception.keyword, raised.exception.message), (keyword, str(raised.exception)))
        for error, keywords, keyword in (
                (TypeError, {"patterns": ["x", 5]}, r"patterns\[1\]"), (TypeError, {"globs": [5]}, r"globs\[0\]"),
                (ValueError, {"globs": ["a", "b\0"]}, r"globs\[1\]"), (ValueError, {"home": "a\0"}, "home"),
                (OverflowError, {"globs": [("a", 1 << 40)]}, r"globs\[0\]"), (TypeError, {"encoding": 5}, "encoding"),
                (TypeError, {"workers": "2"}, "workers"), (TypeError, {"flags": "2"}, "flags"),
                (TypeError, {"overlays": {"x": "text"}}, r"overlays\[0\]"),
                (TypeError, {"globs": "*.c"}, r"globs='\*.c' is no list"),
                (TypeError, {"ignore_files": b"x"}, "ignore_files"), (TypeError, {"more_sources": "x"}, "more_sources"),
                (TypeError, {"globs": [("a", 1, 2, 3)]}, r"globs\[0\]: a string, .* is needed"),
                (TypeError, {"globs": [("a", )]}, r"globs\[0\]: a string"),
                (ValueError, {"patterns": "\ud800"}, r"patterns\[0\]"),
                (OverflowError, {"caller_flags": -1}, "caller_flags"),
                *((TypeError, {keyword: 5}, keyword) for keyword in
                  ("patterns", "globs", "ignore_files", "git_configs", "more_sources", "overlays", "pool", "tree",
                   "library")),
                (TypeError, {"overlays": [1]}, "overlays"), (TypeError, {"most": 2.5}, "most"),
                (OverflowError, {"timeout_ms": 1 << 64}, "timeout_ms")):
            with self.assertRaisesRegex(error, keyword):
                Search(**{"patterns": "x", **keywords})
        with self.assertRaisesRegex(TypeError, r"sources\[1\]"):
            Search("x", self.tree, 1.5)
        with self.assertRaises(SearchError) as raised:
            psearch.Pool(max_open_files=1)
        self.assertEqual(raised.exception.keyword, "max_open_files")

    def test_what_can_be_asked_of_patterns(self):
        self.assertIn("strategy: ", psearch.explain("a+", flags=psearch.IGNORE_CASE))
        with self.assertRaises(SearchError) as raised:
            psearch.explain(["a", "\\(b"], syntax=psearch.Syntax.BASIC)
        self.assertEqual((raised.exception.keyword, raised.exception.status), ("patterns[1]", psearch.EPATTERN))
        with Search(["x", "a^b"], ("", b"")) as search:
            self.assertEqual(search.never(), (psearch.Never.PLACE, 1))
        with Search("x", ("", b"")) as search:
            self.assertIsNone(search.never())
        self.assertEqual(psearch.version(), psearch.build()["version"])
        self.assertRegex(psearch.strerror(psearch.ECANCELED), "cancel")

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
                ({"globs": [("F0*", psearch.NO_CASE), ("f00", psearch.EXCLUDE, 1)]},
                 {n for n in names if n[1] == "0"} - {"f00"}),
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
                             [(0, "first", b"needle 0")] +
                             [(n + 1, f"memory {n}", b"needle %d" % n) for n in range(1, 200, 2)])

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

    def test_the_program_prints_bytes_and_no_tracebacks(self):
        def run(*arguments):
            run = subprocess.run([sys.executable, "-B", "-m", "psearch", *arguments], stdin=subprocess.DEVNULL,
                                 capture_output=True, env={**os.environ, "PYTHONPATH": str(TOP / "examples/python")})
            return run.returncode, run.stdout, run.stderr
        with tempfile.TemporaryDirectory() as folder:
            with open(os.fsencode(folder) + b"/n\xe4me", "wb") as file:
                file.write(b"n\xe9edle\n")
            found = os.fsencode(folder) + b"/n\xe4me:1:n\xe9edle\n"
            self.assertEqual(run("edle", folder), (0, found, b""))
        self.assertEqual(run("(", "/dev/null")[2].split(b":")[0], b"psearch")
        self.assertEqual(run(b"\xff", "/dev/null")[2].split(b":")[0], b"psearch")
        self.assertRegex(run()[2], b"^usage: ")

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
        for most in 0, -1, sys.maxsize + 1:
            with self.assertRaisesRegex(ValueError, "^most: "):
                Search("needle", self.tree, most=most)
            with Search("needle", self.tree) as search:
                self.assertRaises(ValueError, search.batches, most)

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
            for make in (Search, lambda: Search("(bad"), lambda: Search("x", library="/gone"),
                         lambda: Search("x", 1.5)):
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
            stats = pool.stats()
            self.assertEqual((stats["workers"], stats["searches"]), (2, 8))
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
            for options in ({"workers": psearch.NO_WORKERS, "pool": pool}, {"priority": 1},
                            {"priority": 3, "pool": pool}):
                with self.assertRaises(SearchError) as raised:
                    Search("needle", **options)
                self.assertEqual(raised.exception.status, psearch.EINVAL)

    def warm(self, tree):
        """Lets the tree learn all files. They may be too young at first."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            [*Search("needle", self.tree, tree=tree)]
            while tree.learn(100):
                pass
            if tree.stats()["signatures"] >= tree.stats()["files"] > 0:
                return
            time.sleep(0.05)
        self.fail(f"the tree does not learn: {tree.stats()}")

    def test_a_warm_tree_finds_the_same_and_opens_what_can_match(self):
        with psearch.Tree(max_bytes=1 << 22) as tree:
            self.warm(tree)
            with Search("needle", self.tree, tree=tree) as search:
                self.assertEqual([(i.path, i.line) for i in search], self.expected)
                self.assertEqual(search.stats()["files_ruled_out"], 0)
            with Search("no such text", self.tree, tree=tree) as search:
                self.assertEqual([*search], [])
                self.assertEqual(search.stats()["files_ruled_out"], search.stats()["files_searched"])
            self.assertGreater(tree.stats()["ruled_out"], 0)
            self.assertLessEqual(tree.stats()["peak_bytes"], 1 << 22)

    def test_a_warm_tree_that_is_told_of_changes(self):
        with tempfile.TemporaryDirectory() as place, psearch.Tree(trust=psearch.TreeTrust.TOLD) as tree:
            file = Path(place, "file")
            file.write_text("one")
            found = lambda: [(i.path, i.text) for i in Search("two", place, tree=tree)]  # noqa: E731
            for _ in range(20):
                self.assertEqual(found(), [])
                tree.learn(100)
                time.sleep(0.01)
            file.write_text("two")
            for path in file, os.fsencode(file), None:
                tree.changed(path)
                self.assertEqual(found(), [(str(file), b"two")])

    def test_a_warm_tree_is_kept_in_a_file(self):
        with tempfile.TemporaryDirectory() as place, psearch.Tree() as tree, psearch.Tree() as other:
            self.warm(tree)
            kept = Path(place, "kept")
            tree.save(kept)
            self.assertEqual(os.listdir(place), ["kept"])
            other.load(os.fsencode(kept))
            self.assertEqual(other.stats()["signatures"], tree.stats()["signatures"])
            with Search("no such text", self.tree, tree=other) as search:
                self.assertEqual([*search], [])
                self.assertGreater(search.stats()["files_ruled_out"], 0)
            kept.write_bytes(kept.read_bytes()[:-1])
            with self.assertRaises(SearchError) as raised:
                other.load(kept)
            self.assertEqual(raised.exception.status, psearch.EINVAL)
            with self.assertRaises(SearchError) as raised:
                other.save(Path(place, "no", "directory"))
            self.assertEqual((raised.exception.status, raised.exception.system_error), (psearch.ESYSTEM, errno.ENOENT))

    def test_a_tree_and_its_searches_are_closed_in_any_order(self):
        tree = psearch.Tree()
        first, last = (Search("needle", self.tree, tree=tree) for _ in range(2))
        next(first)
        tree.close()
        tree.close()
        for call in (tree.stats, tree.changed, lambda: tree.learn(1), lambda: Search("needle", tree=tree),
                     lambda: tree.save("x")):
            with self.assertRaisesRegex(ValueError, "the tree is closed"):
                call()
        tree.cancel()  # as of a search, that is allowed
        first.close()
        self.assertEqual([(i.path, i.line) for i in last], self.expected)
        last.close()

    def test_closing_a_tree_waits_for_calls_that_are_at_work(self):
        tree = psearch.Tree()
        begun, end, order = threading.Event(), threading.Event(), []

        def slow(*_):  # in the place of a call that takes long
            begun.set()
            end.wait()
            order.append("left")
            return 0

        def close():
            tree.close()
            order.append("closed")
        threads = [threading.Thread(target=tree._call, args=(slow, )), threading.Thread(target=close)]
        threads[0].start()
        begun.wait()
        threads[1].start()
        while tree._handle is not None:
            time.sleep(0.001)
        with self.assertRaisesRegex(ValueError, "the tree is closed"):
            tree.learn(1)
        self.assertEqual(order, [])
        end.set()
        for thread in threads:
            thread.join()
        self.assertEqual(order, ["left", "closed"])

    def test_a_tree_learns_beside_an_event_loop(self):
        async def search(tree, pool):
            async with Search("needle", self.tree, tree=tree, pool=pool) as search:
                return [(item.path, item.line) async for item in search]

        async def all_of_them():
            async with psearch.Tree() as tree, psearch.Pool(workers=2) as pool:
                found = await asyncio.gather(*(search(tree, pool) for _ in range(4)))
                while await tree.alearn(20):
                    pass
                return found + await asyncio.gather(*(search(tree, pool) for _ in range(4)))
        for found in asyncio.run(asyncio.wait_for(all_of_them(), 60)):
            self.assertEqual(found, self.expected)

    def test_what_a_tree_refuses(self):
        for keywords, what in (({"max_bytes": 1}, "max_bytes"), ({"trust": 4}, "trust"),
                               ({"max_watches": 1}, "max_watches"), ({"learn_percent": 1001}, "learn_percent")):
            with self.assertRaises(SearchError) as raised:
                psearch.Tree(**keywords)
            self.assertEqual((raised.exception.status, raised.exception.keyword), (psearch.EINVAL, what))
        for keywords, error in (({"trusts": 1}, TypeError), ({"learn_percent": 2**32}, OverflowError)):
            with self.assertRaises(error):
                psearch.Tree(**keywords)
        with psearch.Tree(learn_percent=psearch.NO_LEARNING) as tree:
            for milliseconds in -1, 1 << 32:
                with self.assertRaisesRegex(OverflowError, "milliseconds"):
                    tree.learn(milliseconds)
            with self.assertRaisesRegex(ValueError, "NUL"):
                tree.changed("a\0")
            with psearch.Pool(workers=1) as pool:
                pool._lib = object()
                with self.assertRaisesRegex(ValueError, "different libraries"):
                    Search("x", tree=tree, pool=pool)
                pool._lib = tree._lib

    def test_a_child_of_fork_closes_a_tree(self):
        with psearch.Tree() as tree:
            tree._calls.add(object())  # as while another thread learns
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                signal.alarm(20)  # ends the child if it hangs
                try:
                    Search("needle", self.tree, tree=tree)
                except SearchError as error:
                    tree.close()
                    os._exit(7 if error.status == psearch.EINVAL else 1)
                os._exit(2)
            tree._calls.clear()
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)

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
            with self.assertRaisesRegex(RuntimeError, "in their event loop"):
                await asyncio.get_running_loop().run_in_executor(None, search.close)
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

    def test_a_wait_that_is_cancelled_ends_nothing(self):
        async def patient(search, things, write_end):
            found = []
            while True:
                try:
                    found.append(await asyncio.wait_for(things.__anext__(), 0.01 if len(found) % 2 else 10))
                except asyncio.TimeoutError:
                    found.append(None)
                    if len(found) < 9:
                        os.write(write_end, b"needle\n")
                    else:
                        os.close(write_end)
                except StopAsyncIteration:
                    return found

        async def both():
            for kind in Search.__aiter__, lambda search: search.batches().__aiter__():
                read_end, write_end = os.pipe()
                os.write(write_end, b"needle\n")
                async with Search("needle", read_end) as search:
                    found = await patient(search, kind(search), write_end)
                self.assertEqual([item is None for item in found], [False, True] * 5)
                os.close(read_end)
            self.assertEqual(waiting.here.consumers.active, 0)
        asyncio.run(both())

    def test_a_task_that_is_cancelled_while_it_opens_a_search(self):
        async def opens(searches):
            search = Search("needle", self.tree)
            searches.append(search)
            async with search:
                self.fail("it was cancelled before")

        async def cancels(searches):
            task = asyncio.create_task(opens(searches))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            self.assertTrue(task.cancelled())
        searches = []
        asyncio.run(cancels(searches))
        self.assertRaisesRegex(ValueError, "closed", next, searches[0])

    def test_an_event_loop_that_was_closed_is_forgotten(self):
        async def collect(search):
            return [item.line async for item in search]
        read_end, write_end = os.pipe()
        with Search("needle", read_end, caller_flags=psearch.NO_HELP) as search:
            loop, other = asyncio.new_event_loop(), asyncio.new_event_loop()
            waiter = loop.create_task(collect(search))
            loop.run_until_complete(asyncio.sleep(0.01))
            with self.assertRaisesRegex(RuntimeError, "another event loop"):
                other.run_until_complete(collect(search))
            loop.close()
            os.write(write_end, b"needle\n")
            os.close(write_end)
            self.assertEqual(other.run_until_complete(asyncio.wait_for(collect(search), 10)), [1])
            waiter._log_destroy_pending = False
            other.close()
        os.close(read_end)

    def test_a_child_of_fork_leaves_the_event_loop_alone(self):
        """It has the same epoll."""
        async def collect(search):
            return [item.line async for item in search]
        read_end, write_end = os.pipe()
        loop = asyncio.new_event_loop()
        with Search("needle", read_end, caller_flags=psearch.NO_HELP) as search:
            task = loop.create_task(collect(search))
            loop.run_until_complete(asyncio.sleep(0.01))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                search.close()
                os._exit(7)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 7)
            os.write(write_end, b"needle\n")
            os.close(write_end)
            self.assertEqual(loop.run_until_complete(asyncio.wait_for(task, 10)), [1])
        loop.close()
        os.close(read_end)

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
