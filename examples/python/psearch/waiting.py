# SPDX-License-Identifier: BSD-2-Clause
"""How tasks of an event loop wait for a search, and how much of the loop's time they take.

A task that finds nothing ready waits for the search's descriptor. It is watched only while a task waits. All that wait
are woken together, since each may be the one that finds something; closing the search wakes them, too.

A search may be ahead of its consumer all the time. So what consumers do, the bodies of their loops included, is bounded
by time: all that are not waiting share TURN, and each gives the loop a turn when its share of it has passed.
"""
import asyncio
import threading
from time import monotonic
from typing import List, Optional

TURN = 0.001  # seconds


def running_loop() -> Optional[asyncio.AbstractEventLoop]:
    """The event loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Waiters:
    """The tasks that wait for one search."""
    def __init__(self) -> None:
        self._futures: "List[asyncio.Future[None]]" = []
        self._watched = -1

    async def wait(self, fd: int) -> None:
        """Returns once the descriptor is readable, or wake() was called."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._futures.append(future)
        if self._watched < 0:
            loop.add_reader(fd, self.wake)
            self._watched = fd
        try:
            await future
        finally:
            self._futures.remove(future)
            if not self._futures:
                self._unwatch(loop)

    def _unwatch(self, loop: asyncio.AbstractEventLoop) -> None:
        fd, self._watched = self._watched, -1
        if fd >= 0:
            loop.remove_reader(fd)

    def wake(self) -> None:
        """Lets all go on."""
        for future in self._futures:
            if not future.done():
                future.set_result(None)

    def stop(self) -> None:
        """Lets all go on, and watches the descriptor no more, which may then be closed."""
        if not self._futures:
            return
        loop = self._futures[0].get_loop()
        if loop.is_running() and loop is not running_loop():
            raise RuntimeError("tasks wait for the search: close it in their event loop, or cancel() it")
        if not loop.is_closed():
            self._unwatch(loop)
            self.wake()


class Consumers(threading.local):
    """How many consumers of the thread's event loop are not waiting."""
    active = 0


consumers = Consumers()


class Turn:
    """A consumer's share of TURN: a context manager, around all that it does."""
    def __enter__(self) -> "Turn":
        consumers.active += 1
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        consumers.active -= 1

    def begin(self) -> None:
        self._end = monotonic() + TURN / max(consumers.active, 1)

    def over(self) -> bool:
        return monotonic() >= self._end

    async def give(self) -> None:
        """Lets the loop run what else is due."""
        await asyncio.sleep(0)
        self.begin()

    async def wait(self, waiters: Waiters, fd: int) -> None:
        """Waits until the descriptor is readable."""
        consumers.active -= 1
        try:
            await waiters.wait(fd)
        finally:
            consumers.active += 1
        self.begin()
