"""Requests that are wrong, and some that are meant to be."""

import gzip
import socket
import time

import pytest

from harness import config as make
from harness.gateway import Gateway
from harness.raw import Connection, Stopwatch, chat_body, exchange, post, post_chat
from harness.simulator import Simulator

BODY = chat_body()
OK = f"Content-Length: {len(BODY)}"


def request(*lines, first="POST /v1/chat/completions HTTP/1.1", host="Host: x", body=BODY):
    head = [first, *([host] if host else []), *lines]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def bare(data):
    return data.replace(b"\r\n", b"\n")


REFUSED = {
    "length and chunked": request(OK, "Transfer-Encoding: chunked"),
    "chunked and length": request("Transfer-Encoding: chunked", OK),
    "two different lengths": request(OK, "Content-Length: 5"),
    "two equal lengths": request(OK, OK),
    "a list of lengths": request(f"{OK}, {len(BODY)}"),
    "a negative length": request("Content-Length: -1"),
    "a signed length": request(f"Content-Length: +{len(BODY)}"),
    "a hexadecimal length": request("Content-Length: 0x10"),
    "an enormous length": request("Content-Length: 99999999999999999999999"),
    "an empty length": request("Content-Length:"),
    "another transfer coding": request("Transfer-Encoding: gzip, chunked"),
    "chunked twice": request("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
    "a coding like chunked": request("Transfer-Encoding: xchunked"),
    "a quoted coding": request('Transfer-Encoding: "chunked"'),
    "a space before the colon": request("Content-Length : 5"),
    "a space before the name": request(OK, " X: folded"),
    "a tab before the name": request(OK, "\tX: folded"),
    "no colon": request(OK, "Nonsense"),
    "no name": request(OK, ": value"),
    "a control in a value": request(OK, "X: a\x01b"),
    "a nul in a value": request(OK, "X: a\x00b"),
    "a carriage return in a value": request(OK, "X: a\rb"),
    "a bare line feed": bare(request(OK)),
    "a line feed inside": request(OK, "X: a\nY: b"),
    "a bad name": request(OK, "X(: 1"),
    "no host": request(OK, host=None),
    "two hosts": request(OK, "Host: y"),
    "a host with a path": request(OK, host="Host: a/b"),
    "a host with a user": request(OK, host="Host: user@a"),
    "no version": request(OK, first="POST /v1/chat/completions"),
    "an odd version": request(OK, first="POST /v1/chat/completions HTTP/1.12"),
    "another protocol": request(OK, first="POST /v1/chat/completions RTSP/1.0"),
    "two spaces": request(OK, first="POST  /v1/chat/completions HTTP/1.1"),
    "a space in the target": request(OK, first="POST /v1/chat /completions HTTP/1.1"),
    "a control in the target": request(OK, first="POST /v1/\x7fchat HTTP/1.1"),
    "a target without a slash": request(OK, first="POST v1/chat/completions HTTP/1.1"),
    "a bad method": request(OK, first="PO(ST /v1/chat/completions HTTP/1.1"),
    "nonsense": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not http\r\n\r\n",
}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """One gateway for all of these: a refusal must not hurt it."""
    directory = tmp_path_factory.mktemp("bad-input")
    simulator = Simulator(directory, "sim", ["--record", "2000"]).start()
    gateway = Gateway(directory, make.gateway(
        make.route(make.groups([make.openai(simulator, key="k")])),
        frontend={"headTimeout": "1s", "bodyTimeout": "1s", "http1IdleTimeout": "2s",
                  "http1MaxHeadSize": "16KiB", "http1MaxHeaders": 50,
                  "maxBufferSize": "64KiB"})).start()
    yield gateway, simulator
    code = gateway.stop()
    simulator.stop()
    assert code == 0, gateway.log()[-20000:]


@pytest.mark.parametrize("name", REFUSED)
def test_refused_and_closed(served, name):
    gateway, simulator = served
    before = simulator.count()
    with Connection(gateway.address, timeout=10) as connection:
        # A second request behind it must never be taken for one.
        connection.send(REFUSED[name] + post_chat())
        answer = connection.read_response()
        assert answer.status in (400, 405, 411, 413, 417, 501, 505), answer.status
        assert answer.headers.get("connection") == "close"
        assert answer.headers["content-type"].startswith("application/json")
        assert connection.is_closed()
    assert simulator.count() == before, "it reached the provider"
    assert exchange(gateway.address, post_chat()).status == 200


CHUNKED = "Transfer-Encoding: chunked"
BAD_CHUNKS = {
    "not a size": b"zz\r\nabc\r\n0\r\n\r\n",
    "no size": b"\r\nabc\r\n0\r\n\r\n",
    "a negative size": b"-1\r\nabc\r\n0\r\n\r\n",
    "a size that overflows": b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "a size with 0x": b"0x3\r\nabc\r\n0\r\n\r\n",
    "a space before the size": b" 3\r\nabc\r\n0\r\n\r\n",
    "no line end after the data": b"3\r\nabcX0\r\n\r\n",
    "a bare line feed after the size": b"3\nabc\r\n0\r\n\r\n",
    "a bare line feed in an extension": b"3;a=\nb\r\nabc\r\n0\r\n\r\n",
    "an endless extension": b"3;" + b"a" * 100_000 + b"\r\nabc\r\n0\r\n\r\n",
    "a bad trailer": b"0\r\nno colon here\r\n\r\n",
    "endless trailers": b"0\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
}


@pytest.mark.parametrize("name", BAD_CHUNKS)
def test_bad_chunks_are_refused_and_closed(served, name):
    gateway, simulator = served
    before = simulator.count()
    with Connection(gateway.address, timeout=10) as connection:
        try:
            connection.send(request(CHUNKED, body=BAD_CHUNKS[name]) + post_chat())
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = connection.read_response()
        assert answer.status in (400, 413, 431), answer.status
        assert connection.is_closed()
    assert simulator.count() == before


def test_a_head_too_large_is_431(served):
    gateway, _ = served
    answer = exchange(gateway.address, request(OK, "X: " + "a" * 20_000))
    assert answer.status == 431
    assert answer.headers["connection"] == "close"


def test_too_many_headers_are_431(served):
    gateway, _ = served
    assert exchange(gateway.address, request(OK, *(f"X-{i}: 1" for i in range(60)))).status == 431


def test_a_target_too_long_is_refused(served):
    gateway, _ = served
    answer = exchange(gateway.address, request(OK, first=f"POST /{'a' * 20_000} HTTP/1.1"))
    assert answer.status in (414, 431)


def test_a_length_over_the_limit_is_refused_at_once(served):
    gateway, _ = served
    with Connection(gateway.address) as connection:
        connection.send(request("Content-Length: 70000", body=b""))
        answer = connection.read_response()
        assert answer.status == 413
        assert answer.json()["error"]["message"]


def test_a_slow_head_is_cut(served):
    gateway, _ = served
    watch = Stopwatch()
    with Connection(gateway.address) as connection:
        connection.send("POST /v1/chat")
        for _ in range(20):
            time.sleep(0.2)
            try:
                connection.send("a")
            except OSError:
                break
            connection.socket.setblocking(False)
            try:
                connection.read_some()
            except BlockingIOError:
                pass
            connection.socket.settimeout(15)
            if connection.buffer:
                break
        answer = connection.read_response()
        assert answer.status == 408
        assert answer.headers["connection"] == "close"
        assert answer.json()["error"]["code"] == "head_timeout"
        assert connection.is_closed()
    assert watch.seconds < 6, "a byte now and then must not keep it alive"


def test_a_slow_body_is_cut(served):
    gateway, simulator = served
    before = simulator.count()
    watch = Stopwatch()
    with Connection(gateway.address) as connection:
        connection.send(request(OK, body=BODY[:10]))
        answer = connection.read_response()
        assert answer.status == 408
        assert answer.headers["connection"] == "close"
        assert answer.json()["error"]["code"] == "body_timeout"
        assert answer.json()["error"]["type"] == "invalid_request_error"
        assert connection.is_closed()
    assert 0.8 < watch.seconds < 6
    assert simulator.count() == before


def test_an_idle_connection_is_closed(served):
    gateway, _ = served
    with Connection(gateway.address) as connection:
        connection.send(post_chat())
        assert connection.read_response().status == 200
        assert connection.is_closed(within=8)


def test_a_client_that_ends_its_side_early_is_gone(served):
    gateway, simulator = served
    before = simulator.count()
    with Connection(gateway.address) as connection:
        connection.send(request(OK, body=BODY[:10]))
        connection.socket.shutdown(socket.SHUT_WR)
        assert connection.read_response_or_end() in (400, None)
    assert simulator.count() == before


def test_empty_lines_before_a_request_are_forgiven(served):
    gateway, _ = served
    assert exchange(gateway.address, b"\r\n" + post_chat()).status == 200


def test_a_compressed_request_is_decoded_or_refused(served):
    gateway, _ = served
    packed = gzip.compress(BODY)
    answer = exchange(gateway.address, post("/v1/chat/completions", packed,
                                            "Content-Encoding: gzip"))
    assert answer.status in (200, 415)
    bomb = gzip.compress(b" " * (10 << 20))
    answer = exchange(gateway.address, post("/v1/chat/completions", bomb, "Content-Encoding: gzip"))
    assert answer.status in (413, 415)


def test_an_unknown_request_coding_is_415(served):
    gateway, _ = served
    answer = exchange(gateway.address, post("/v1/chat/completions", BODY,
                                            "Content-Encoding: rot13"))
    assert answer.status == 415


@pytest.mark.parametrize("broken", [
    '"n": 01', '"n": truex', '"n": [1 2]', r'"n": "\q"', r'"n": {"m": "\u12"}', '"n": {"m": 1,}',
    '"n": "\u8a9e\u8a9e', '"n": NaN', "'n': 1",
])
def test_json_that_is_broken_anywhere_is_400_and_asks_nobody(served, broken):
    gateway, simulator = served
    before = simulator.count()
    body = '{"model": "m", "messages": [{"role": "user", "content": "hi"}], ' + broken + "}"
    answer = exchange(gateway.address, post("/v1/chat/completions", body.encode()))
    assert answer.status == 400
    assert "JSON" in answer.json()["error"]["message"]
    assert simulator.count() == before


def test_deep_json_is_refused_or_passed_and_nothing_breaks(served):
    gateway, _ = served
    deep = b'{"model": "m", "messages": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    assert exchange(gateway.address, post("/v1/chat/completions", deep)).status in (200, 400)
    assert exchange(gateway.address, post_chat()).status == 200


def test_dots_in_a_path_climb_nowhere(served):
    gateway, simulator = served
    before = simulator.count()
    for path in ("/v1/../admin", "/v1/%2e%2e/%2e%2e/etc/passwd", "/v1/./chat/completions/../../x"):
        answer = exchange(gateway.address, post(path, BODY))
        assert answer.status in (400, 404), (path, answer.status)
    assert simulator.count() == before


def test_many_connections_that_say_nothing_do_not_stop_the_others(served):
    gateway, _ = served
    silent = [Connection(gateway.address) for _ in range(200)]
    try:
        assert exchange(gateway.address, post_chat()).status == 200
    finally:
        for connection in silent:
            connection.close()
