"""Counts the user instructions that the gateway spends on one request, with everything on that
script/bench has on. Two runs of different length under callgrind; the difference divided by the
difference in requests is free of start and stop. Fails above the budget.

What libc, simdjson and OpenSSL choose by the processor is pinned, so that the figure is the same on
every machine. With --explain it also prints where the instructions go."""

import argparse
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "gateway"))

from cases import CASES  # noqa: E402
from proxies import CLIENT_KEY, Upstreams, free_port, headgate_config  # noqa: E402

CONNECTIONS = 8
SHORT, LONG = 400, 1600
SKIPPED = 77  # ctest's SKIP_RETURN_CODE of this test
BUDGETS = {"whole-1k-64": 40_000}

PINNED = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-ERMS,-FSRM,-RTM,-BMI2,"
                      "-EVEX,-LZCNT,-MOVBE",
    "SIMDJSON_FORCE_IMPLEMENTATION": "westmere",
    "OPENSSL_ia32cap": "0x0000020007800010:0x0",  # SSE2 and SSSE3
}


class Traced:
    """The gateway under callgrind."""

    def __init__(self, kind, directory, upstreams, program):
        self.port = free_port()
        config = directory / "headgate.yaml"
        config.write_text(headgate_config(kind, self.port, upstreams), encoding="utf-8")
        self.out = directory / "callgrind.out"
        self.log = directory / "headgate.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.out}", program, "run",
                 "-f", config], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, **PINNED})
        self.wait_until_it_listens()

    def wait_until_it_listens(self):
        deadline = time.monotonic() + 120
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"the gateway did not start:\n{self.log.read_text()}")
                time.sleep(0.1)

    def stop(self):
        """Returns the instructions of the whole run."""
        self.process.terminate()
        self.process.wait(120)
        found = re.search(r"Collected : (\d+)", self.log.read_text(errors="replace"))
        if not found:
            sys.exit(f"callgrind did not tell a count:\n{self.log.read_text()[-3000:]}")
        return int(found[1])


def without_debug_information(build, directory):
    """A copy of the program and its plugins that Debian's valgrind can read: it knows no DWARF 5."""
    tree = directory / "tree"
    plugins = tree / "lib" / "headgate" / "plugins"
    (tree / "bin").mkdir(parents=True)
    plugins.mkdir(parents=True)
    for file, folder in [(build / "bin" / "headgate", tree / "bin"),
                         *((file, plugins) for file in build.glob("lib/headgate/plugins/*.so"))]:
        subprocess.run(["strip", "--strip-debug", "-o", folder / file.name, file], check=True)
    return tree / "bin" / "headgate"


def read_response(connection):
    data = b""
    while True:
        part = connection.recv(1 << 20)
        if not part:
            sys.exit(f"closed in the midst of an answer: {data[:500]!r}")
        data += part
        head, found, body = data.partition(b"\r\n\r\n")
        if not found:
            continue
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        done = len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")
        if done:
            if b" 200 " not in head[:20]:
                sys.exit(f"not 200: {data[:500]!r}")
            return


def send(port, case, requests):
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {CLIENT_KEY}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(case.body)}\r\n\r\n").encode()
    connections = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(CONNECTIONS)]
    for _ in range(requests // CONNECTIONS):
        for connection in connections:
            connection.sendall(head + case.body)
        for connection in connections:
            read_response(connection)
    for connection in connections:
        connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--case", action="append")
    parser.add_argument("--explain", action="store_true")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed, so nothing was counted")
        sys.exit(SKIPPED)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="headgate-instructions-"))
    program = without_debug_information(options.build, directory)
    over = []
    upstreams = Upstreams(options.build / "bin" / "upstream-sim", directory, None)
    try:
        for case in CASES:
            if case.name not in (options.case or BUDGETS):
                continue
            upstreams.set(case.knobs)
            counts = []
            for requests in (SHORT, LONG):
                traced = Traced(case.provider, directory, upstreams, program)
                send(traced.port, case, requests)
                counts.append(traced.stop())
            each = (counts[1] - counts[0]) / (LONG - SHORT)
            budget = BUDGETS.get(case.name)
            print(json.dumps({"case": case.title, "instructions": round(each), "budget": budget}))
            if budget and each > budget:
                over.append(case.name)
            if options.explain:
                subprocess.run(["callgrind_annotate", traced.out, "--threshold=95"], check=True)
    finally:
        upstreams.stop()
        shutil.rmtree(directory, ignore_errors=True)
    if over:
        sys.exit(f"over the budget: {', '.join(over)}; --explain tells where the instructions go")


if __name__ == "__main__":
    main()
