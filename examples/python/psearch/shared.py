# SPDX-License-Identifier: BSD-2-Clause
"""What searches share and the host closes: the part that a Pool and a Tree have in common.

Searches hold `_use` while they are opened, so that no other thread closes the handle meanwhile. If a search has both,
it takes the pool's first.
"""
import asyncio
import os
import threading
from ctypes import c_void_p
from typing import Any, NoReturn, Optional, TypeVar

Self = TypeVar("Self", bound="Shared")


class Shared:
    """A handle that any thread may use at any time, until it is closed. After fork() the child can only close it."""
    _handle: Optional[c_void_p] = None  # what close() looks at, also where __init__ did not come to its end
    _lib: Any
    _what = ""  # what a message calls it

    def _prepare(self) -> None:
        """Makes the locks: in a child of fork() anew, since the thread that held them may not be here."""
        self._lock, self._process = threading.RLock(), os.getpid()

    @property
    def _use(self) -> "threading.RLock":
        """Held while the handle is used: so no other thread closes it meanwhile."""
        if os.getpid() != self._process:
            self._prepare()
        return self._lock

    def _opened(self) -> c_void_p:
        if self._handle is None:
            raise ValueError(f"the {self._what} is closed")
        return self._handle

    def _release(self, handle: c_void_p) -> None:
        """Gives the handle back, which no other call has any more."""
        raise NotImplementedError

    def close(self) -> None:
        """Gives it back. Searches of it that are open go on."""
        if self._handle is None:
            return
        with self._use:
            handle, self._handle = self._handle, None
        if handle is not None:
            self._release(handle)

    async def aclose(self) -> None:
        """The same without blocking the event loop."""
        await asyncio.get_running_loop().run_in_executor(None, self.close)

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be pickled: each process opens its own")

    def __del__(self) -> None:
        self.close()
