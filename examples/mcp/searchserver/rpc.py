# SPDX-License-Identifier: BSD-2-Clause
"""JSON-RPC 2.0, a message a line: parses, dispatches, answers, cancels.

A session has a method for each request that the client may make. What returns at once is answered before the next line
is read; a coroutine becomes a task, and many run at once. A call in flight is known by its id, and can be cancelled:
then it is not answered. At most MAX_CALLS are in flight: with as many, nothing more is read until one has been
answered, and it counts until the client has taken the answer. That bounds memory, whatever the client does.
"""
import asyncio
import json
import logging

MAX_LINE = 1 << 20  # bytes of a message from the client
MAX_CALLS = 128
MAX_BATCH = 64  # messages

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603


class RpcError(Exception):
    """The answer to a request is an error."""
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def to_json(value):
    """Compact JSON, as bytes of UTF-8. Half of a surrogate pair, which only the client can have sent, stays escaped."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode(errors="backslashreplace")


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def parse(line):
    try:
        return json.loads(line.decode(), parse_constant=refuse_constant)
    except UnicodeDecodeError as wrong:
        raise RpcError(PARSE_ERROR, f"not UTF-8: byte {wrong.start + 1} of the line") from None
    except (ValueError, RecursionError) as wrong:
        raise RpcError(PARSE_ERROR, f"not JSON: {wrong}") from None


def failure(request_id, error):
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": error.code, "message": str(error)}}


def mistake(request_id):
    """The error for an exception that nobody expected; called where it is handled."""
    logging.exception("the request %r failed", request_id)
    return RpcError(INTERNAL_ERROR, "the server made a mistake: its log has more")


def id_of(message):
    """Its id, if it has one that may be used in an answer; what MCP allows: a string or an integer."""
    request_id = message.get("id") if isinstance(message, dict) else None
    return request_id if type(request_id) in (str, int) else None


def check_message(message):
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'a message is an object with "jsonrpc": "2.0"')
    if not isinstance(message.get("method"), str):
        raise RpcError(INVALID_REQUEST, '"method" is missing, or is not a string')
    if "id" in message and id_of(message) is None:
        raise RpcError(INVALID_REQUEST, '"id" is neither a string nor an integer')
    if not isinstance(message.get("params", {}), dict):
        raise RpcError(INVALID_REQUEST, '"params" is not an object')


class Connection:
    def __init__(self, lines, writer, session, linger):
        self._lines, self._writer, self._session, self._linger = lines, writer, session, linger
        self._free = asyncio.Semaphore(MAX_CALLS)
        self._calls = {}  # id: the task that will have its answer
        self._deliveries = set()  # tasks that wait for answers, and send them
        session.notify = lambda method, params: self._send({"jsonrpc": "2.0", "method": method, "params": params})
        session.cancel = self._cancel

    async def serve(self):
        """Until the input ends; then calls in flight get some time."""
        async for line in self._lines:
            await self._receive(line)
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=self._linger)
        for task in [*self._calls.values(), *self._deliveries]:
            task.cancel()
        await asyncio.gather(*self._deliveries, return_exceptions=True)

    async def _send(self, message):
        await self._writer.send(to_json(message) + b"\n")

    async def _receive(self, line):
        if isinstance(line, bytes) and not line.strip():
            return
        message = None
        try:
            if not isinstance(line, bytes):
                raise RpcError(INVALID_REQUEST, f"the line is longer than {MAX_LINE} bytes")
            message = parse(line)
            if isinstance(message, list):
                await self._receive_batch(message)
            elif (answer := self._start(message)) is not None:
                await self._deliver([answer], lambda answers: self._send(answers[0]))
        except RpcError as error:
            await self._send(failure(id_of(message), error))

    async def _receive_batch(self, messages):
        if not self._session.allows_batches():
            raise RpcError(INVALID_REQUEST, "a batch: only version 2025-03-26 of the protocol has these")
        if not 1 <= len(messages) <= MAX_BATCH:
            raise RpcError(INVALID_REQUEST, f"a batch of {len(messages)} messages: from 1 to {MAX_BATCH} are allowed")
        answers = []
        for message in messages:
            try:
                if isinstance(message, dict) and message.get("method") == "initialize":
                    raise RpcError(INVALID_REQUEST, "initialize may not be part of a batch")
                answers.append(self._start(message))
            except RpcError as error:
                answers.append(failure(id_of(message), error))
        await self._deliver([answer for answer in answers if answer is not None], self._send)

    def _start(self, message):
        """The answer, a task that will have it, or None for what has none."""
        if isinstance(message, dict) and "method" not in message and ("result" in message or "error" in message):
            return None  # a response, and we have asked nothing
        check_message(message)
        request_id, method, params = message.get("id"), message["method"], message.get("params", {})
        if request_id is None:
            self._session.notified(method, params)
            return None
        if request_id in self._calls:
            raise RpcError(INVALID_REQUEST, f"a request with the id {request_id!r} is in flight")
        try:
            result = self._session.requested(method, params)
        except RpcError:
            raise
        except Exception:
            raise mistake(request_id) from None
        if not asyncio.iscoroutine(result):
            return {"jsonrpc": "2.0", "id": request_id, "result": result}
        task = self._calls[request_id] = asyncio.create_task(self._run(request_id, result))
        return task

    async def _run(self, request_id, work):
        """The answer, or None if the call was cancelled."""
        try:
            return {"jsonrpc": "2.0", "id": request_id, "result": await work}
        except asyncio.CancelledError:
            return None
        except RpcError as error:
            return failure(request_id, error)
        except Exception:
            return failure(request_id, mistake(request_id))
        finally:
            del self._calls[request_id]

    def _cancel(self, request_id):
        if type(request_id) in (str, int) and request_id in self._calls:
            # Later: a task that is cancelled before its first step never runs, not even what it does at its end.
            asyncio.get_running_loop().call_soon(self._calls[request_id].cancel)

    async def _deliver(self, answers, send):
        """Has a task send the answers, once all are there. Waits until that many more may be in flight."""
        for _ in answers:
            await self._free.acquire()

        async def deliver():
            try:
                come = [await answer if isinstance(answer, asyncio.Task) else answer for answer in answers]
                if come := [answer for answer in come if answer is not None]:
                    await send(come)
            finally:
                for _ in answers:
                    self._free.release()

        task = asyncio.create_task(deliver())
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)
