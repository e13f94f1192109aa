# SPDX-License-Identifier: BSD-2-Clause
"""The package while the library lacks memory, files, threads and descriptors: faults.py DIRECTORY, an empty one.

In each trial another call of libpsearch's fails, the first, the second, and so on until a trial has no more of them
(see ../faults.c); in some trials all from there on. A trial finds everything; or an ERROR item accounts for what is
missing; or it raises SearchError, with a reason. Nothing is left of it, and the next search finds everything.
"""
import asyncio
import gc
import mmap
import os
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from psearch import (ERROR, GROUPS, NO_WORKERS, Pool, Search, SearchError, Status, Tree, TreeTrust, WalkFlag, explain,
                     version)

TREE, KEPT = sys.argv[1] + "/tree", sys.argv[1] + "/kept"
ALL = 0xFFFFFFFF
EACH = 1 if os.environ.get("PS_LONG") else 7  # of so many trials there is one in which all calls fail from there on


class Faults:
    """What faults.c shares with its host: see struct control there."""
    layout = struct.Struct("=IIIIiI24s")

    def __init__(self):
        with open(os.environ["FAULTS_CONTROL"], "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), self.layout.size)

    def arm(self, first, count=1):
        """Call number `first` of those that follow fails, and so do the ones after it, `count` in all; ALL: none."""
        self.shared[:16] = struct.pack("=IIII", first, count, 0, 0)

    def read(self):
        _, _, self.calls, self.failed, self.live, _, name = self.layout.unpack(self.shared)
        self.name = name.split(b"\0")[0].decode()
        return self


def make_tree():
    """Files that are old enough for a warm tree to learn them."""
    for directory in "d0", "d1":
        os.makedirs(f"{TREE}/{directory}")
        for name in "f0", "f1":
            with open(f"{TREE}/{directory}/{name}", "w", encoding="ascii") as file:
                file.writelines(f"needle {n}\nhay\n" for n in range(5))
            os.utime(file.name, (1e9, 1e9))


def kept(items, told):
    """The items as they are compared. Errors go to `told`."""
    for item in items:
        if item.kind == ERROR:
            assert item.message and item.reason, item
            told.append(item)
        else:
            yield item.path, item.line, item.text, item.spans


# Ways to use the package. Each returns what it found.

def everything(told):
    """All that a search is given, and all that may be asked of it."""
    with Search(["needle (?<n>[0-9])$", "hay"], TREE, ("memory", b"needle 1\nhay\n"),
                flags=GROUPS | WalkFlag.IGNORE_VCS, more_sources=[("later", b"needle 2\n"), TREE + "/d0/f0"],
                globs=["f*", ("*3", 1)], overlays={TREE + "/d1/f0": b"needle 5\n", TREE + "/d1/f1": None},
                ignore_files=[TREE + "/d0/f1"], home=TREE, workers=2, encoding="auto") as search:
        found = [*kept(search, told), search.group_names(), search.outcome(), search.never()]
        search.stats()
        return found


def without_threads(told):
    with Search("needle", TREE, workers=NO_WORKERS) as search:
        return [*kept(search.take(7) + search.take(1000), told)]


def forgotten(told):
    """It is neither closed nor read to its end."""
    for number, _ in enumerate(kept(Search("needle", TREE, workers=2), told)):
        if number == 10:
            break
    return ["half read"]


def in_another_thread(told):
    """There it is the library that waits."""
    found, failed = [], []

    def take():
        try:
            with Search("needle", TREE) as search:
                for batch in search.batches():
                    found.extend(kept(batch, told))
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found


def pages(told):
    found, cursor = [], None
    while not told:  # after an error in a directory its items would come again
        with Search("needle", TREE, resume=cursor, max_matches=9, workers=1) as search:
            page = search.take(1000)
            found += kept(page, told)
            if not page:
                break
            cursor = search.cursor()
    return found


async def in_pool(told):
    async with Pool(workers=2) as pool:
        async with Search("needle", TREE, pool=pool) as one, Search("hay", TREE, pool=pool) as other:
            found, more = [*kept(await one.atake(3), told)], []
            async for batch in other.batches():
                more += kept(batch, told)
            async for item in one:
                found += kept([item], told)
        assert pool.stats()["workers"] > 0
    return found + more


async def in_loop(told):
    async with Search("needle", TREE, ("memory", b"needle")) as search:
        return [*kept([item async for item in search], told)]


def in_tree(told):
    """What a tree has not learnt, for lack of memory, changes nothing."""
    with Tree(trust=TreeTrust.TOLD) as tree, Tree() as other:
        with Search("needle", TREE, tree=tree, workers=1) as search:
            found = [*kept(search, told)]
        tree.learn(20)
        tree.changed(TREE + "/d0/f0")
        if os.path.exists(KEPT):
            os.remove(KEPT)
        tree.save(KEPT)
        assert os.path.exists(KEPT)
        other.load(KEPT)
        with Search("needle 1$", TREE, tree=other, workers=1) as search:
            found += kept(search, told)
        other.stats()
    return found


def explained(_):
    return [explain([r"(\w+) \1", "needle"], flags=GROUPS)]


# What holds after each.

def held():
    """Blocks of the library, descriptors and threads."""
    return faults.read().live, len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task"))


def wait_until(holds, complaint):
    """Waits until holds() is true; otherwise ends the test with complaint()."""
    until = time.monotonic() + 10 * int(os.environ.get("PS_PATIENCE", 1))
    while not holds():
        if time.monotonic() > until:
            sys.exit(complaint())
        gc.collect()
        time.sleep(0.0005)


def check_held(what, before):
    """A pool's threads free what is left of its searches, and a thread that was joined is listed for a moment."""
    wait_until(lambda: held() == before,
               lambda: f"{what}: blocks, descriptors and threads are {held()}, and were {before}")


def is_part(some, of):
    """Whether all of some are in the other, in this order."""
    rest = iter(of)
    return all(each in rest for each in some)


def attempt(what, use, wanted):
    """Whether it tells that something failed."""
    told = []
    try:
        found = use(told)
    except SearchError as error:
        if not str(error) or error.status not in (Status.ENOMEM, Status.ESYSTEM) and not error.system_error:
            sys.exit(f"{what}: {error!r} tells nothing")
        return True
    if found != wanted and not (told and is_part(found, wanted)):
        sys.exit(f"{what}: it finds {len(found)} things, not {len(wanted)}, and says {told}\n{found}")
    return bool(told)


def try_each(name, use):
    """The number of trials, of those that told of a failure, and of Python's blocks that are left."""
    trials = telling = first = 0
    faults.arm(ALL)
    wanted = use(said := [])
    assert wanted and not said and faults.read().calls > 0, f"{name} finds {wanted} and {said}"
    gc.collect()
    wait_until(lambda: held()[2] == threading.active_count(),
               lambda: f"{name}: there are {held()[2]} threads, of which {threading.active_count()} are Python's")
    before, blocks, failed = held(), sys.getallocatedblocks(), True
    while failed:
        first += 1
        for count in (1, ALL) if first % EACH == 0 else (1, ):
            faults.arm(first, count)
            what = f"{name}, call {first}" + (" and all after it" if count == ALL else "")
            tells = attempt(what, use, wanted)
            what += f", {faults.read().name}"
            failed = faults.failed > 0
            faults.arm(ALL)
            check_held(what, before)
            if tells and not failed:
                sys.exit(f"{what}: nothing has failed, and it says so")
            trials += failed
            telling += tells
        attempt(f"{what}: a search after that", without_threads, ALONE)
    gc.collect()
    assert trials > 20, f"{name}: only {trials} trials"
    return trials, telling, sys.getallocatedblocks() - blocks


def try_all(name, use):
    """The first two of these. Python may keep blocks after the first round; a leak leaves some in each."""
    for _ in range(3):
        trials, telling, blocks = try_each(name, use)
        if blocks < trials / 4:
            return trials, telling
    sys.exit(f"{name}: {trials} trials leave {blocks} of Python's blocks in each of three rounds")


version()  # the library has to be loaded before the first fault is armed
faults = Faults()
make_tree()
ALONE = without_threads([])
loop = asyncio.new_event_loop()
loop.set_default_executor(ThreadPoolExecutor(1))  # so that the number of its threads is always the same
USES = {each.__name__: each for each in (everything, without_threads, forgotten, in_another_thread, pages, in_tree,
                                         explained)}
USES["in_pool"] = lambda told: loop.run_until_complete(in_pool(told))
USES["in_loop"] = lambda told: loop.run_until_complete(in_loop(told))
results = [try_all(name, use) for name, use in USES.items()]
print(f"{sum(trials for trials, _ in results)} trials, of which {sum(told for _, told in results)} told of a failure")
loop.close()
