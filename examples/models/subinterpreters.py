# SPDX-License-Identifier: BSD-2-Clause
"""Interpreters of one process, by whatever this Python has: concurrent.interpreters (3.14), _interpreters (3.13), or
_xxsubinterpreters (before), whose interpreters shared one lock up to 3.11.

No object can be in two interpreters. So what one sends to another goes through a connection, pickled; of that, they
share the numbers of its descriptors.
"""
import os
import pickle
import signal
import sys
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from threading import Thread

__all__ = ["Pipe", "run"]


def new():
    """Makes an interpreter; returns the functions that run code in it, and that end it."""
    try:
        from concurrent import interpreters
    except ImportError:
        pass
    else:
        made = interpreters.create()
        return made.exec, made.close
    try:
        import _interpreters as module
        execute = module.exec
    except ImportError:
        import _xxsubinterpreters as module
        execute = module.run_string
    number = module.create()
    return lambda code: execute(number, code), lambda: module.destroy(number)


def run(function, connection, *arguments):
    """Runs function(connection, *arguments) in a new interpreter; returns the thread that does it.

    The interpreter duplicates the connection, and imports the function. When it has ended, even by an exception,
    nobody has this end of the connection any more: so the other one learns of it.
    """
    call = pickle.dumps((function.__module__, function.__name__, connection.fileno(), arguments))
    code = f"import sys; sys.path[:] = {sys.path!r}; from models.subinterpreters import called; called({call!r})"
    execute, end = new()

    def live():
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})  # to write to a closed connection is an error
        try:
            with connection:
                execute(code)
        finally:
            end()

    thread = Thread(target=live, daemon=True)
    thread.start()
    return thread


def called(call):
    module, name, descriptor, arguments = pickle.loads(call)
    with Connection(os.dup(descriptor)) as connection:
        getattr(import_module(module), name)(connection, *arguments)
