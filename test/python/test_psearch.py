# SPDX-License-Identifier: BSD-2-Clause
"""The Python wrapper against the library as built: called by test_ctypes.sh."""
import array
import asyncio
import ctypes
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples" / "python"))
import psearch  # noqa: E402
from psearch import Search, SearchError  # noqa: E402

FILES, LINES = 40, 200


def descriptors():
    return sorted(os.listdir("/proc/self/fd"))


def threads():
    """How many there are, once those that were joined have left the kernel's list."""
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
        with Search("x", ("", b"x")) as search:  # what the first search sets up once is no leak
            list(search)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def setUp(self):
        self.before = descriptors()

    def tearDown(self):
        self.assertEqual((descriptors(), threads()), (self.before, 1))

    def test_structs_are_those_of_the_header(self):
        names = {"CPattern": "pattern", "CSource": "source", "CError": "error", "COptions": "options", "CWalk": "walk",
                 "CSpan": "span", "CItem": "item", "CStats": "stats"}
        asked, ours = [], []
        for name, c_name in names.items():
            struct = getattr(psearch, name)
            asked.append(f"sizeof(struct search_{c_name})")
            ours.append(ctypes.sizeof(struct))
            for field, _ in struct._fields_:
                descriptor = getattr(struct, field)
                asked.append(f"offsetof(struct search_{c_name}, {field})")
                asked.append(f"sizeof(((struct search_{c_name} *)0)->{field})")
                ours += [descriptor.offset, descriptor.size]
        asked += ["SEARCH_ITEM_FILE_END", "SEARCH_RESULT_SOCKET", "SEARCH_WALK_SKIP_HIDDEN", "SEARCH_NO_WORKERS", "-SEARCH_ETIMEDOUT"]
        ours += [psearch.FILE_END, psearch.SOCKET, psearch.SKIP_HIDDEN, psearch.NO_WORKERS, -psearch.ETIMEDOUT]
        program = self.tree.parent / (self.tree.name + ".layout")
        prints = "".join(f'printf("%ju\\n", (uintmax_t)({e}));' for e in asked)
        subprocess.run([os.environ.get("CC", "cc"), "-I", TOP / "include", "-xc", "-", "-o", program], check=True,
                       text=True, input="#include <psearch.h>\n#include <stdio.h>\nint main(void){" + prints + "}")
        self.addCleanup(os.unlink, program)
        theirs = subprocess.run([program], check=True, capture_output=True, text=True).stdout.split()
        self.assertEqual(list(zip(asked, ours)), list(zip(asked, map(int, theirs))))

    def test_items_come_in_order(self):
        for workers in (1, 2, 8, psearch.NO_WORKERS):
            with Search("needle", self.tree, workers=workers) as search:
                self.assertEqual([(i.path, i.line) for i in search], self.expected)
                self.assertEqual(search.stats()["matches"], len(self.expected))

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
        self.assertEqual((raised.exception.status, raised.exception.pattern), (psearch.EPATTERN, 1))

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

    def test_what_is_like_bytes_is_taken(self):
        text, words = bytearray(b"a needle\nhay\n"), array.array("H", b"needle\n ")
        for pattern in (bytearray(b"needle"), memoryview(b"needle"), [memoryview(b"xneedlex")[1:-1]]):
            with Search(pattern, ("", text), ("", memoryview(text)), ("", words)) as search:
                text[2:8] = b"NEEDLE"  # taken by then
                self.assertEqual([(item.source, item.text) for item in search],
                                 [(0, b"a needle"), (1, b"a needle"), (2, b"needle")])
            text[2:8] = b"needle"
        for arguments in (("needle", ("", "needle")), ("needle", ("", 5)), ([5], self.tree)):
            with self.assertRaisesRegex(TypeError, "bytes-like object is required, not '(str|int)'"):
                Search(*arguments)

    def test_what_could_not_be_made_goes_silently(self):
        complaints = []
        with unittest.mock.patch("sys.unraisablehook", complaints.append):
            for make in (Search, lambda: Search("(bad"), lambda: Search("x", library="/gone"), lambda: Search("x", 1.5)):
                self.assertRaises((TypeError, SearchError, OSError), make)
            Search.__new__(Search).close()
        self.assertEqual(complaints, [])

    def test_an_early_close_is_an_end(self):
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

    def test_an_event_loop_that_stops_early(self):
        async def first():
            async with Search("needle", self.tree) as search:
                async for item in search:
                    return item
        self.assertEqual(asyncio.run(first()).path, self.expected[0][0])

    def test_a_close_wakes_the_tasks_that_wait(self):
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
