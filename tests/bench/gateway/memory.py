"""Resident memory of a proxy: idle, for each stream that is open, and after a long load."""

import json
import re
import socket
import ssl
import subprocess
import time

from cases import CASES
from proxies import CLIENT_KEY, Upstreams, resident_kib

STREAMS = 400
# Long enough that no stream ends while the others are opened.
KNOBS = {"model": "sim-model", "tokens": 200, "bytes": 2000, "tokenIntervalMs": 500}
SOAK_ROUNDS = 6


def certificate(directory):
    """A self-signed certificate for 127.0.0.1: (certificate, key)."""
    cert, key = directory / "bench.crt", directory / "bench.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return cert, key


def open_stream(port, body, context):
    """A connection whose stream has begun."""
    connection = socket.create_connection(("127.0.0.1", port), 30)
    if context:
        connection = context.wrap_socket(connection, server_hostname="127.0.0.1")
    connection.sendall((f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                        f"Authorization: Bearer {CLIENT_KEY}\r\nContent-Type: application/json\r\n"
                        f"Content-Length: {len(body)}\r\n\r\n").encode() + body)
    data = b""
    while b"\ndata: " not in data:
        part = connection.recv(1 << 16)
        assert part and re.match(rb"HTTP/1\.1 200", data + part), data + part
        data += part
    return connection


def per_stream(kind, directory, upstreams, core, tls=None):
    """KiB of resident memory that one open stream takes. `tls`: (certificate, key)."""
    upstreams.set(KNOBS)
    body = json.dumps({"model": "bench-model", "stream": True,
                       "messages": [{"role": "user", "content": "some words " * 90}]}).encode()
    context = ssl.create_default_context(cafile=tls[0]) if tls else None
    proxy = kind(directory, upstreams, core, tls)
    try:
        # What is made once for all is not a stream's.
        first = [open_stream(proxy.port, body, context) for _ in range(20)]
        before = resident_kib(proxy.pids())
        streams = [open_stream(proxy.port, body, context) for _ in range(STREAMS)]
        after = resident_kib(proxy.pids())
        for connection in first + streams:
            connection.close()
        return (after - before) / STREAMS
    finally:
        proxy.stop()


def per_stream_of_all(kinds, directory, upstreams, options, core):
    """{proxy name: (KiB in plain text, KiB with TLS on both sides or None)}"""
    result = {}
    for kind in kinds:
        plain = per_stream(kind, directory, upstreams, core)
        encrypted = None
        if kind.speaks_tls:
            pair = certificate(directory)
            behind = Upstreams(upstreams.program, directory, options.load_core, pair)
            try:
                encrypted = per_stream(kind, directory, behind, core, pair)
            finally:
                behind.stop()
        result[kind.name] = (plain, encrypted)
        shown = "" if encrypted is None else f", {encrypted:.0f} KiB with TLS on both sides"
        print(f"  {kind.name:16} {plain:6.0f} KiB per open stream{shown}", flush=True)
    return result


def soak(proxy, upstreams, load, seconds):
    """Resident KiB after each of SOAK_ROUNDS rounds of whole answers and streams."""
    cases = [case for case in CASES if case.name in ("whole-16k-64", "burst-64")]
    seen = []
    for _ in range(SOAK_ROUNDS):
        for case in cases:
            upstreams.set(case.knobs)
            load(proxy.port, case, seconds)
        seen.append(resident_kib(proxy.pids()))
        time.sleep(0.1)
    return seen
