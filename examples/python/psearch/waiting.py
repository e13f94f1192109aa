# SPDX-License-Identifier: BSD-2-Clause
"""How tasks of an event loop wait for a search, and how much of the loop's time they take.

A task that finds nothing ready waits for the search's descriptor. It is watched only while a task waits. All that wait are
woken together, since each may be the one that finds something; closing the search wakes them, too.
"""
import asyncio
from time import monotonic
from typing import List

TURN = 0.001  # seconds that the consumer of a search may take before other callbacks of the loop have their turn


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
        """The same, and the descriptor may be closed: it is not watched any more. Call it on the loop's thread."""
        if self._futures:
            self._unwatch(self._futures[0].get_loop())
        self.wake()


class Turn:
    """Gives the loop a turn if this consumer has had TURN seconds since the last one."""
    def __init__(self) -> None:
        self._end = monotonic() + TURN

    def over(self) -> bool:
        return monotonic() >= self._end

    async def give(self) -> None:
        await asyncio.sleep(0)
        self.begin()

    def begin(self) -> None:
        self._end = monotonic() + TURN
