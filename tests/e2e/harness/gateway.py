"""The real binary with a real configuration file."""

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request

import yaml

from harness.paths import GATEWAY
from harness.process import Process, wait_until

# Lines like "listening on 127.0.0.1:3000" and "admin listening on 127.0.0.1:15000".
LISTENING = re.compile(r"(?P<what>admin |no longer )?listening on (?:https?://)?"
                       r"(?P<address>[\[\]\w.:]+:\d+)")


# The quarantine is where freed memory stays for a while: small enough for tests that look at how
# much the gateway holds.
ASAN_OPTIONS = "detect_stack_use_after_return=1:detect_leaks=1:quarantine_size_mb=16"


class Gateway(Process):
    def __init__(self, directory, config, options=(), env=None, name="gateway"):
        self.file = directory / f"{name}.yaml"
        self.write(config)
        super().__init__([GATEWAY, "run", "-f", self.file, *options], directory / f"{name}.log",
                         env={"ASAN_OPTIONS": ASAN_OPTIONS,
                              "UBSAN_OPTIONS": "print_stacktrace=1", **(env or {})})
        self.addresses = []
        self.admin_address = None

    def write(self, config):
        """A dictionary, or the text of a file."""
        text = config if isinstance(config, str) else yaml.safe_dump(config, sort_keys=False)
        self.file.write_text(text, encoding="utf-8")

    def start(self):
        super().start()
        if not wait_until(self.find_addresses, 30) or not wait_until(self.is_ready, 30):
            raise AssertionError(f"the gateway did not become ready; it printed:\n{self.log()}")
        return self

    def find_addresses(self):
        if not self.running():
            raise AssertionError(f"the gateway ended ({self.child.returncode}):\n{self.log()}")
        self.addresses, self.admin_address = [], None
        for line in LISTENING.finditer(self.log()):
            if line["what"] == "admin ":
                self.admin_address = self.admin_address or line["address"]
            elif not line["what"]:
                self.addresses.append(line["address"])
        return bool(self.admin_address and self.addresses)

    def is_ready(self):
        return self.find_addresses() and self.admin_status("/healthz/ready") == 200

    @property
    def address(self):
        """As (host, port), for sockets."""
        host, port = self.addresses[0].rsplit(":", 1)
        return host.strip("[]"), int(port)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.address[1]}"

    @property
    def admin_url(self):
        return f"http://127.0.0.1:{self.admin_address.rsplit(':', 1)[1]}"

    def admin_status(self, path):
        try:
            with urllib.request.urlopen(self.admin_url + path, timeout=10) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def admin(self, path):
        with urllib.request.urlopen(self.admin_url + path, timeout=10) as answer:
            return answer.read().decode()

    def metrics(self):
        """{'name{label="x"}': value} of everything that /metrics shows."""
        out = {}
        for line in self.admin("/metrics").splitlines():
            if line and not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                out[series] = float(value)
        return out

    def metric(self, name, **labels):
        """The sum of the series of that name that have these labels."""
        total, found = 0.0, False
        for series, value in self.metrics().items():
            if series.split("{")[0] != name:
                continue
            if all(f'{key}="{text}"' in series for key, text in labels.items()):
                total, found = total + value, True
        return total if found else None

    def access_lines(self):
        """The access log so far, as dictionaries."""
        lines = []
        for line in self.log().splitlines():
            if line.startswith("{") and '"http.status"' in line or '"http.path"' in line:
                lines.append(json.loads(line))
        return lines

    def wait_for_access_line(self, number=1, timeout=10):
        """The number-th line of the access log, counting from 1."""
        wait_until(lambda: len(self.access_lines()) >= number, timeout)
        lines = self.access_lines()
        assert len(lines) >= number, f"{len(lines)} access lines, log:\n{self.log()}"
        return lines[number - 1]

    def reload(self, config):
        """Writes a new file and asks for it; returns when it was taken over or refused."""
        before = self.reloads()
        self.write(config)
        self.child.send_signal(signal.SIGHUP)
        assert wait_until(lambda: self.reloads() != before, 20), self.log()

    def reloads(self):
        return (self.metric("headgate_config_reloads_total", result="success") or 0,
                self.metric("headgate_config_reloads_total", result="failure") or 0)


def run_command(*arguments, env=None, without=(), timeout=60):
    """`headgate ARGUMENTS`, without some variables; returns the CompletedProcess."""
    variables = {name: value for name, value in os.environ.items() if name not in without}
    return subprocess.run([str(GATEWAY), *map(str, arguments)], capture_output=True, text=True,
                          timeout=timeout, stdin=subprocess.DEVNULL, check=False,
                          env={**variables, **(env or {})})
