# SPDX-License-Identifier: BSD-2-Clause
"""A client of the server in examples/mcp: holds each message that comes against the protocol's shapes."""
import itertools
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path

import shapes

SERVER = Path(__file__).resolve().parents[3] / "examples" / "mcp" / "server.py"
PATIENCE = 60 * int(os.environ.get("PS_PATIENCE", 1))  # seconds: for a machine with other work
LATEST = "2025-06-18"


class Client:
    """A server of its own. The thread that reads what it writes can be held back."""
    def __init__(self, *roots, version=LATEST, options=(), reads=True, handshake=True):
        arguments = [part for root in roots for part in ("--root", os.fsdecode(root))]
        self.log = open(os.devnull, "w")
        self.process = subprocess.Popen([sys.executable, "-B", SERVER, *arguments, *options], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log)
        self.version, self.ids, self.asked = version, itertools.count(1), {}
        self.incoming, self.reader, self.kept, self.progress = queue.Queue(), None, {}, []
        if reads:
            self.read()
        if handshake:
            self.handshake()

    def read(self):
        def run():
            for line in self.process.stdout:
                self.incoming.put(line)
            self.incoming.put(b"")

        self.reader = threading.Thread(target=run, daemon=True)
        self.reader.start()

    def handshake(self):
        result = self.request("initialize", protocolVersion=self.version, capabilities={},
                              clientInfo={"name": "test", "version": "1"})
        self.notify("notifications/initialized")
        self.tools = {tool["name"]: tool for tool in self.request("tools/list")["tools"]}
        return result

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def say(self, value):
        self.send(json.dumps(value).encode() + b"\n")

    def start(self, method, **params):
        """Sends a request; returns its id."""
        request_id = next(self.ids)
        self.asked[request_id] = method, params.get("name")
        self.say({"jsonrpc": "2.0", "id": request_id, "method": method, "params": params})
        return request_id

    def notify(self, method, **params):
        self.say({"jsonrpc": "2.0", "method": method, "params": params})

    def check(self, message):
        """Every message must have the shape of what it answers."""
        if "error" in message:
            shapes.check(shapes.ERROR, message)
        elif "method" in message:
            shapes.check(shapes.PROGRESS, message)
        else:
            shapes.check(shapes.RESPONSE, message)
            method, tool = self.asked[message["id"]]
            result = message["result"]
            shapes.check(shapes.results(self.version)[method], result)
            if method == "tools/call" and not result.get("isError"):
                assert len(result["content"]) == 1
                if self.version >= "2025-06-18":
                    shapes.check(self.tools[tool]["outputSchema"], result["structuredContent"])
                    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]

    def receive(self):
        """The next message, checked, or the list of them in a batch; None at the end."""
        line = self.incoming.get(timeout=PATIENCE)
        if not line:
            return None
        assert line.endswith(b"\n"), line
        message = json.loads(line.decode())
        for part in message if isinstance(message, list) else [message]:
            self.check(part)
        return message

    def answer(self, request_id):
        """The whole answer to a request; others that come before it are kept."""
        while request_id not in self.kept:
            message = self.receive()
            if message is None:
                raise EOFError("the server has ended")
            if "method" in message:
                self.progress.append(message["params"])
            else:
                self.kept[message["id"]] = message
        return self.kept.pop(request_id)

    def request(self, method, **params):
        answer = self.answer(self.start(method, **params))
        if "error" in answer:
            raise RuntimeError(answer["error"]["code"], answer["error"]["message"])
        return answer["result"]

    def result_of(self, answer):
        """What a tool returned; or, if it failed, why."""
        result = answer["result"]
        text = result["content"][0]["text"]
        return text if result.get("isError") else json.loads(text)

    def call(self, tool, **arguments):
        return self.result_of(self.answer(self.start("tools/call", name=tool, arguments=arguments)))

    def of_kernel(self, name):
        return len(os.listdir(f"/proc/{self.process.pid}/{name}"))

    def memory_peak(self):
        """In MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    def close(self):
        """Ends the input; returns the server's exit status."""
        try:
            self.process.stdin.close()
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            self.process.wait()
            if self.reader:
                self.reader.join()
            self.process.stdout.close()
            self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.stdin.closed:
            return
        assert self.close() == 0


def flat(result):
    """Each thing in a result by itself: pages, joined, are then the whole."""
    things = []
    for file in result["files"]:
        place = {name: file[name] for name in ("path", "path_base64") if name in file}
        things += [{**place, **line} for line in file["lines"]] if "lines" in file else [place]
    return things
