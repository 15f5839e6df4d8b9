"""One child process with its output in a file."""

import os
import re
import signal
import socket
import subprocess
import time


# How much slower than an ordinary build this one may be: what a test waits for at most is
# stretched by it, not what it measures. Set for builds with sanitizers, in CMakeLists.txt.
TIME_FACTOR = float(os.environ.get("HEADGATE_TIME_FACTOR", "1"))


class Process:
    """Starts a program, waits for what it prints, stops it."""

    def __init__(self, command, log_path, env=None, cwd=None):
        self.command = [str(part) for part in command]
        self.log_path = log_path
        self.env = {**os.environ, **(env or {})}
        self.cwd = cwd
        self.child = None

    def start(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=self.env, cwd=self.cwd)
        return self

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def running(self):
        return self.child is not None and self.child.poll() is None

    def wait_for_log(self, pattern, count=1, timeout=20):
        """Returns the matches of `pattern` once there are `count` of them."""
        found = wait_until(lambda: matches_or_none(pattern, self.log(), count)
                           or (None if self.running() else "ended"), timeout)
        if found is None or found == "ended":
            found = matches_or_none(pattern, self.log(), count)
        if found is None:
            raise AssertionError(
                f"{self.command[0]} did not print {pattern!r} ({count}x); it printed:\n{self.log()}")
        return found

    def stop(self, number=signal.SIGTERM, timeout=20):
        """Returns the exit code; kills what does not end in time, and says so."""
        if self.child is None:
            return None
        if self.running():
            self.child.send_signal(number)
        try:
            return self.child.wait(timeout * TIME_FACTOR)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"did not end within {timeout} s; it printed:\n{self.log()}")

    def rss_kib(self):
        with open(f"/proc/{self.child.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


def matches_or_none(pattern, text, count):
    found = re.findall(pattern, text, re.M)
    return found if len(found) >= count else None


def wait_until(condition, timeout=10, interval=0.02):
    """Returns the first true value of `condition()`, or its last one when the time is over."""
    deadline = time.monotonic() + timeout * TIME_FACTOR
    while True:
        value = condition()
        if value or time.monotonic() >= deadline:
            return value
        time.sleep(interval)


def free_port():
    """For addresses that cannot be 0."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
