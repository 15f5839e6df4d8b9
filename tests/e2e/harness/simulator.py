"""A simulated provider: tests/tools/upstream-sim. Its README describes the knobs."""

import json
import urllib.request

from harness.paths import SIMULATOR
from harness.process import Process, wait_until


class Simulator(Process):
    def __init__(self, directory, name, options=(), listen=("127.0.0.1:0",), listen_tls=()):
        self.name = name
        command = [SIMULATOR, "--name", name]
        for address in listen:
            command += ["--listen", address]
        for address in listen_tls:
            command += ["--listen-tls", address]
        super().__init__([*command, *options], directory / f"{name}.log")
        self.addresses = []
        self.expected = len(listen) + len(listen_tls)

    def start(self):
        super().start()
        self.addresses = self.wait_for_log(r"^listening on (?:https://)?(\S+)$", self.expected)
        return self

    @property
    def address(self):
        return self.addresses[0]

    def control(self, path, body=None):
        """Over the first listener, which is a plain one."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address}/sim/{path}", data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def set(self, **knobs):
        """Knobs by their camelCase names, from now on; `rules=[...]` for some requests."""
        self.control("config", knobs)

    def reset(self):
        self.control("config", {"reset": True})
        self.control("forget", {})

    def stats(self):
        return self.control("stats")

    def records(self):
        """The requests that arrived, oldest first."""
        return [Record(record) for record in self.stats()["records"]]

    def count(self):
        return self.stats()["requests"]

    def last(self):
        return self.records()[-1]

    def wait_for_outcome(self, outcome, timeout=10):
        """Waits until the last request has ended, and asserts how."""
        def ended():
            records = self.records()
            return records and records[-1].outcome != "open"
        wait_until(ended, timeout)
        assert self.last().outcome == outcome
        return self.last()


class Record:
    """One request as it arrived."""

    def __init__(self, fields):
        self.method = fields["method"]
        self.target = fields["target"]
        self.header_list = [(name.lower(), value) for name, value in fields["headers"]]
        self.headers = dict(self.header_list)
        self.body = fields["body"]
        self.body_bytes = fields["bodyBytes"]
        self.at_ms = fields["atMs"]
        self.ended_at_ms = fields["endedAtMs"]
        self.status = fields["status"]
        self.outcome = fields["outcome"]
        self.tokens_sent = fields["tokensSent"]
        self.bytes_sent = fields["bytesSent"]
        self.connection = fields["connection"]
        self.server_name = fields["serverName"]
        self.listener = fields["listener"]

    def json(self):
        return json.loads(self.body)
