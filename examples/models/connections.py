# SPDX-License-Identifier: BSD-2-Clause
"""Questions and answers through connections, to processes or interpreters that answer them.

An exception is an answer, too. Each end reads the end of the connection once the other one has gone, however it went:
so neither waits for ever, if nobody else has the other end open.
"""
import contextlib


def serve(connection, answer):
    """Answers what comes, until the other end is closed."""
    with connection, contextlib.suppress(EOFError, ConnectionError):
        while True:
            question = connection.recv()
            try:
                result = answer(question)
            except Exception as error:
                result = error
            connection.send(result)


@contextlib.contextmanager
def answering():
    """What is done meanwhile with a connection fails, with these words, if the other end has gone."""
    try:
        yield
    except (EOFError, ConnectionError):
        raise RuntimeError("one of those that search has ended before its work: was it killed?") from None


def asker(idle, connect=None):
    """A function that asks one of the idle, or else a new one, and returns a function that waits for the answer."""
    def ask(question):
        connection = idle.pop() if idle else connect()
        with answering():
            connection.send(question)

        def wait():
            with answering():
                result = connection.recv()
            if isinstance(result, Exception):
                raise result
            idle.append(connection)
            return result
        return wait
    return ask
