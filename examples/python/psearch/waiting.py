# SPDX-License-Identifier: BSD-2-Clause
"""How tasks of an event loop wait for a search, and how much of the loop's time they take.

A task that finds nothing ready waits for the search's descriptor. It is watched only while a task waits. All that wait
are woken together, since each may be the one that finds something; closing the search wakes them, too.

A search may be ahead of its consumer all the time. So what consumers do, the bodies of their loops included, is bounded
by time: all that are not waiting share TURN, and each gives the loop a turn when its share of it has passed.
"""
import asyncio
import os
import threading
from time import monotonic
from typing import List, Optional

TURN = 0.0005  # seconds


def running_loop() -> Optional[asyncio.AbstractEventLoop]:
    """The event loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


class Waiters:
    """The tasks that wait for one search. They are of one event loop; another may follow once that is closed."""
    def __init__(self) -> None:
        self._futures: "List[asyncio.Future[None]]" = []
        self._watched = -1
        self._process = os.getpid()

    def add(self, fd: int) -> "asyncio.Future[None]":
        """Watches the descriptor. What it returns is for wait()."""
        loop = asyncio.get_running_loop()
        if self._futures and (theirs := self._futures[0].get_loop()) is not loop:
            if not theirs.is_closed():
                raise RuntimeError("tasks of another event loop wait for the search")
            self._futures, self._watched = [], -1  # they will never go on
        future = loop.create_future()
        if self._watched < 0:
            loop.add_reader(fd, self.wake)
            self._watched = fd
        self._futures.append(future)
        return future

    async def wait(self, future: "asyncio.Future[None]") -> None:
        """Returns once the descriptor is readable, or wake() was called."""
        try:
            await future
        finally:
            if future in self._futures:
                self._futures.remove(future)
                if not self._futures:
                    self._unwatch(future.get_loop())

    def _unwatch(self, loop: asyncio.AbstractEventLoop) -> None:
        fd, self._watched = self._watched, -1
        if fd >= 0 and not loop.is_closed() and os.getpid() == self._process:  # a child of fork() shares the epoll
            loop.remove_reader(fd)

    def wake(self) -> None:
        """Lets all go on."""
        for future in self._futures:
            if not future.done():
                future.set_result(None)

    def stop(self) -> None:
        """Lets all go on, and watches the descriptor no more, which may then be closed."""
        futures = [*self._futures]
        if not futures or os.getpid() != self._process:
            return
        loop = futures[0].get_loop()
        if loop.is_running() and loop is not running_loop():
            raise RuntimeError("tasks wait for the search: close it in their event loop, or cancel() it")
        if not loop.is_closed():
            self._unwatch(loop)
            self.wake()


class Consumers:
    """How many consumers of one thread's event loop are not waiting."""
    active = 0


class Here(threading.local):
    """What each thread has of its own."""
    def __init__(self) -> None:
        self.consumers = Consumers()


here = Here()


class Turn:
    """A consumer's share of TURN: it has one until leave(). Also a context manager, around all that it does."""
    def __init__(self) -> None:
        self._consumers, self._left = here.consumers, False
        self._consumers.active += 1
        self.begin()

    def leave(self) -> None:
        """It consumes no more. From any thread: the garbage collector's, too."""
        if not self._left:
            self._left = True
            self._consumers.active -= 1

    __del__ = leave

    def __enter__(self) -> "Turn":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()

    def begin(self) -> None:
        self._end = monotonic() + TURN / max(self._consumers.active, 1)

    def over(self) -> bool:
        return monotonic() >= self._end

    async def give(self) -> None:
        """Lets the loop run what else is due."""
        await asyncio.sleep(0)
        self.begin()

    async def wait(self, waiters: Waiters, future: "asyncio.Future[None]") -> None:
        """Waits for what waiters.add() has returned."""
        self._consumers.active -= 1
        try:
            await waiters.wait(future)
        finally:
            self._consumers.active += 1
        self.begin()
