# SPDX-License-Identifier: BSD-2-Clause
"""Lines from one descriptor, bytes to another, for an event loop that must wait for neither.

A thread reads and a thread writes, so the descriptors may be pipes, terminals or files, and stay as blocking as they
are: they may be shared with other programs. Both threads are daemons: one that is stuck, since the other side neither
writes nor reads, does not keep the process.

Memory is bounded on both sides. The reader is at most one line ahead of the loop, and keeps no line longer than a
limit. Sending waits until the bytes are written: so what the client has not read yet is held once, by the call that
sent it.
"""
import asyncio
import os
import queue
import select
import threading

TOO_LONG = object()  # in the place of a line that is longer than the limit


def split_lines(read, limit):
    """The lines of what read() returns, until that is empty; without their ends."""
    kept, skipping = bytearray(), False
    while data := read():
        *ends, rest = data.split(b"\n")
        for part in ends:
            kept += part
            yield TOO_LONG if skipping or len(kept) > limit else bytes(kept)
            kept.clear()
            skipping = False
        if not skipping:
            kept += rest
        if len(kept) > limit:
            kept.clear()
            skipping = True
    if kept or skipping:
        yield TOO_LONG if skipping else bytes(kept)


def patiently(fd, event, action):
    """What action() returns. If another program has made the descriptor non-blocking, it waits all the same."""
    while True:
        try:
            return action()
        except BlockingIOError:
            poll = select.poll()
            poll.register(fd, event)
            poll.poll()


class Lines:
    """An asynchronous iterator of lines of bytes, or TOO_LONG."""
    def __init__(self, fd, limit):
        self._fd, self._limit = fd, limit
        self._loop, self._queue = asyncio.get_running_loop(), asyncio.Queue(1)
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    def _put(self, line):
        asyncio.run_coroutine_threadsafe(self._queue.put(line), self._loop).result()

    def _read(self):
        try:
            for line in split_lines(lambda: patiently(self._fd, select.POLLIN, lambda: os.read(self._fd, 1 << 16)),
                                    self._limit):
                self._put(line)
            self._put(None)
        except OSError:
            self._put(None)  # a terminal that is gone is the end, too
        except RuntimeError:
            pass  # the loop has ended before

    def __aiter__(self):
        return self

    async def __anext__(self):
        line = await self._queue.get()
        if line is None:
            raise StopAsyncIteration
        return line


class Writer:
    """Writes what is sent, in that order. `broken` is called, in the loop, once nothing can be written any more."""
    def __init__(self, fd, broken):
        self._fd, self._broken = fd, broken
        self._loop, self._queue = asyncio.get_running_loop(), queue.SimpleQueue()
        threading.Thread(target=self._write, name="stdout", daemon=True).start()

    async def send(self, data):
        written = self._loop.create_future()
        self._queue.put((data, written))
        await written

    def _write(self):
        try:
            while True:
                data, written = self._queue.get()
                rest = memoryview(data)
                while rest:
                    rest = rest[patiently(self._fd, select.POLLOUT, lambda data=rest: os.write(self._fd, data)):]
                self._loop.call_soon_threadsafe(lambda done=written: done.done() or done.set_result(None))
        except OSError:
            self._loop.call_soon_threadsafe(self._broken)
        except RuntimeError:
            pass  # the loop has ended before
