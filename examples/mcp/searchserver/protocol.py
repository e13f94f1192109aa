# SPDX-License-Identifier: BSD-2-Clause
"""The Model Context Protocol, as far as a server of tools needs it: three of its versions.

2025-03-26 has batches and annotations of tools; 2025-06-18 has no batches, and structured results with their schema. A
client that asks for another version is offered the latest of these.

What a model can correct, such as a wrong pattern, path or argument, is the result of the call, with isError, since only
that reaches the model. What only the client's program can correct is an error of JSON-RPC.
"""
import asyncio
import contextlib

import psearch

from .rpc import INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, RpcError, to_json
from .schema import RESULT
from .tools import DESCRIPTIONS, ToolError

VERSIONS = "2024-11-05", "2025-03-26", "2025-06-18"
PROGRESS_INTERVAL = 0.25  # seconds
INSTRUCTIONS = ("Searches the text of files in fixed directories. Use `search` for lines, `list` for names of files, "
                "and `page` with the `next` of a truncated result for what follows.")


def describe_tool(name, version):
    title, takes, description = DESCRIPTIONS[name]
    tool = {"name": name, "description": description, "inputSchema": takes}
    if version >= "2025-03-26":
        tool["annotations"] = {"title": title, "readOnlyHint": True, "openWorldHint": False}
    if version >= "2025-06-18":
        tool.update(title=title, outputSchema=RESULT)
    return tool


class Session:
    """`notify` and `cancel` are set by the connection."""
    notify = cancel = None

    def __init__(self, tools):
        self._tools, self._version = tools, None

    def allows_batches(self):
        return self._version == "2025-03-26"

    def notified(self, method, params):
        if method == "notifications/cancelled":
            self.cancel(params.get("requestId"))

    def requested(self, method, params):
        """The result, or a coroutine that has it."""
        if method == "ping":
            return {}
        if method == "initialize":
            return self._initialize(params)
        if method not in ("tools/list", "tools/call"):
            raise RpcError(METHOD_NOT_FOUND, f"there is no method {method!r}")
        if self._version is None:
            raise RpcError(INVALID_REQUEST, f"{method} before initialize")
        return self._list(params) if method == "tools/list" else self._call(params)

    def _initialize(self, params):
        if self._version is not None:
            raise RpcError(INVALID_REQUEST, "initialize comes once, and it has")
        if not isinstance(asked := params.get("protocolVersion"), str):
            raise RpcError(INVALID_PARAMS, "protocolVersion is missing, or is not a string")
        self._version = asked if asked in VERSIONS else VERSIONS[-1]
        return {"protocolVersion": self._version, "capabilities": {"tools": {}}, "instructions": INSTRUCTIONS,
                "serverInfo": {"name": "psearch", "version": psearch.build()["version"]}}

    def _list(self, params):
        if params.get("cursor") is not None:
            raise RpcError(INVALID_PARAMS, "cursor: all tools are on the first page")
        return {"tools": [describe_tool(name, self._version) for name in DESCRIPTIONS]}

    def _call(self, params):
        name, arguments = params.get("name"), params.get("arguments", {})
        if not isinstance(name, str) or name not in DESCRIPTIONS:
            shown = repr(name) if isinstance(name, str) else "whose name is not a string"
            raise RpcError(INVALID_PARAMS, f"there is no tool {shown}")
        if not isinstance(arguments, dict):
            raise RpcError(INVALID_PARAMS, "arguments: not an object")
        meta = params.get("_meta")
        token = meta.get("progressToken") if isinstance(meta, dict) else None
        return self._answer(name, arguments, token if type(token) in (str, int) else None)

    async def _answer(self, name, arguments, progress_token):
        try:
            result = await self._watch(name, arguments, progress_token)
        except ToolError as wrong:
            return {"content": [{"type": "text", "text": str(wrong)}], "isError": True}
        answer = {"content": [{"type": "text", "text": to_json(result).decode()}], "isError": False}
        if self._version >= "2025-06-18":
            answer["structuredContent"] = result
        return answer

    async def _watch(self, name, arguments, progress_token):
        """Calls the tool, and tells meanwhile how far its search has come."""
        if progress_token is None:
            return await self._tools.call(name, arguments)
        tickers = []

        def opened(search):
            tickers.append(asyncio.create_task(self._tick(search, progress_token)))
        try:
            return await self._tools.call(name, arguments, opened)
        finally:
            for ticker in tickers:  # before the answer: no progress comes after it
                ticker.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await ticker

    async def _tick(self, search, progress_token):
        told = 0
        while True:
            await asyncio.sleep(PROGRESS_INTERVAL)
            try:
                stats = search.stats()
            except ValueError:
                return  # closed
            if (done := stats["files_found"] + stats["bytes"]) > told:  # it has to grow
                told = done
                await self.notify("notifications/progress", {
                    "progressToken": progress_token, "progress": done,
                    "message": f"{stats['files_found']} files, {stats['bytes']} bytes, {stats['matches']} lines found"})
