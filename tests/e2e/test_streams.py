"""Streams as they flow: at once, at the reader's pace, and only as long as there is a reader."""

import concurrent.futures
import time

import pytest

from harness import config as make
from harness.paths import is_sanitized
from harness.process import wait_until
from harness.raw import Connection, content_of, events, exchange, post, post_chat

MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
def test_events_arrive_when_they_are_sent(start, sdk, kind):
    gateway, simulator = start.single(kind)
    simulator.set(tokens=5, tokenIntervalMs=200)
    stream = sdk(gateway).chat.completions.create(model="m", messages=MESSAGES, stream=True)
    times = [time.monotonic() for chunk in stream if chunk.choices and chunk.choices[0].delta.content]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert len(gaps) == 4
    assert all(0.1 < gap < 0.6 for gap in gaps), gaps


def test_a_stream_passes_byte_for_byte(start):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route(make.groups([make.openai(simulator)]))))
    simulator.set(tokens=50, bytes=5000)
    request = post_chat(stream=True, stream_options={"include_usage": True})
    host, port = simulator.address.rsplit(":", 1)
    direct = exchange((host, int(port)), request)
    assert exchange(gateway.address, request).body == direct.body


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
def test_comments_between_events_disturb_nothing(start, kind):
    gateway, simulator = start.single(kind)
    plain = events(exchange(gateway.address, post_chat(stream=True)).body)
    simulator.set(comments=True)
    assert events(exchange(gateway.address, post_chat(stream=True)).body) == plain


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_client_that_leaves_cancels_upstream(start, kind, stream):
    gateway, simulator = start.single(kind)
    simulator.set(tokens=1000, tokenIntervalMs=20, headDelayMs=0 if stream else 5000)
    connection = Connection(gateway.address)
    connection.send(post_chat(stream=stream))
    if stream:
        connection.read_until(b"data: ")
    else:
        assert wait_until(lambda: simulator.count() == 1)
    left = time.monotonic()
    connection.close()
    record = simulator.wait_for_outcome("client_left")
    assert time.monotonic() - left < 3
    assert record.tokens_sent < 900
    line = gateway.wait_for_access_line()
    assert line["http.status"] == 0
    assert line["error"] == "client_gone"


def test_a_client_that_leaves_is_not_held_against_the_provider(start, sdk):
    first, second = start.simulator("first"), start.simulator("second")
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.openai(first, "first")], [make.openai(second, "second")]))))
    first.set(tokens=1000, tokenIntervalMs=20)
    for _ in range(8):
        with Connection(gateway.address) as connection:
            connection.send(post_chat(stream=True))
            connection.read_until(b"data: ")
    first.set(tokens=5, tokenIntervalMs=0)
    raw = sdk(gateway).chat.completions.with_raw_response.create(model="m", messages=MESSAGES)
    assert raw.headers["x-headgate-provider"] == "first"


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
def test_a_slow_client_holds_upstream_back_and_not_in_memory(start, kind):
    gateway, simulator = start.single(kind)
    exchange(gateway.address, post_chat(stream=True))  # what is allocated once, is now
    size = 100 << 20
    simulator.set(bytes=size, tokens=100_000)
    before = gateway.rss_kib()
    with Connection(gateway.address, receive_buffer=65536) as connection:
        connection.send(post_chat(stream=True))
        connection.read_until(b"data: ")

        def sent():
            return simulator.last().bytes_sent or None

        # The upstream fills the buffers of the kernel and then stands still.
        time.sleep(1.5)
        assert sent() is None, "the reply cannot have ended"
        assert gateway.rss_kib() - before < (64 << 10 if is_sanitized() else 8 << 10)
        # And it goes on as soon as the client reads.
        taken = 0
        while taken < 4 << 20:
            assert connection.read_some()
            taken += len(connection.buffer)
            connection.buffer = b""
        assert gateway.rss_kib() - before < (64 << 10 if is_sanitized() else 8 << 10)
    simulator.wait_for_outcome("client_left")


def test_a_large_stream_arrives_whole(start):
    gateway, simulator = start.single("gemini")
    simulator.set(bytes=8 << 20, tokens=2000)
    answer = exchange(gateway.address, post_chat(stream=True), timeout=60)
    assert len(content_of(answer.body)) == 8 << 20
    assert events(answer.body)[-1] == "[DONE]"


def test_large_bodies_pass_both_ways(start, sdk):
    gateway, simulator = start.single()
    simulator.set(bytes=5 << 20)
    text = "y" * (10 << 20)
    answer = sdk(gateway).chat.completions.create(
        model="m", messages=[{"role": "user", "content": text}])
    assert len(answer.choices[0].message.content) == 5 << 20
    assert simulator.last().body_bytes > 10 << 20


def test_a_chunked_upload_arrives_as_it_was(start):
    gateway, simulator = start.single()
    body = b'{"model": "m", "messages": [{"role": "user", "content": "' + b"z" * 70_000 + b'"}]}'
    head = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n")
    chunks = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(part), part)
                      for part in (body[i:i + 977] for i in range(0, len(body), 977)))
    answer = exchange(gateway.address, head + chunks + b"0\r\nX-Trailer: 1\r\n\r\n")
    assert answer.status == 200
    assert simulator.last().body.encode() == body
    assert "x-trailer" not in simulator.last().headers


def test_a_chunked_upload_over_the_limit_is_413(start):
    gateway, simulator = start.single(frontend={"maxBufferSize": "64KiB"})
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Connection(gateway.address) as connection:
        connection.send(head + b"".join(b"4000\r\n" + b" " * 0x4000 + b"\r\n" for _ in range(5)))
        assert connection.read_response().status == 413
    assert simulator.count() == 0


def test_expect_continue_is_answered_before_the_body(start):
    gateway, _ = start.single()
    body = b'{"model": "m", "messages": []}'
    with Connection(gateway.address) as connection:
        request = post("/v1/chat/completions", body, "Expect: 100-continue")
        connection.send(request[:-len(body)])
        assert connection.read_head().status == 100
        connection.send(body)
        assert connection.read_response().status == 200


def test_expect_continue_for_too_much_is_refused_before_the_body(start):
    gateway, _ = start.single(frontend={"maxBufferSize": "64KiB"})
    with Connection(gateway.address) as connection:
        connection.send("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n"
                        "Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n")
        assert connection.read_head().status == 413


def test_an_unknown_expectation_is_417(start):
    gateway, _ = start.single()
    answer = exchange(gateway.address, post("/v1/chat/completions", b"{}", "Expect: miracles"))
    assert answer.status == 417


def test_many_requests_share_one_connection(start):
    gateway, simulator = start.single()
    with Connection(gateway.address) as connection:
        for _ in range(50):
            connection.send(post_chat())
            assert connection.read_response().status == 200
        connection.send(post_chat() * 5)
        assert [connection.read_response().status for _ in range(5)] == [200] * 5
    assert simulator.count() == 55


def test_http_1_0_is_served_and_closed(start):
    gateway, _ = start.single()
    with Connection(gateway.address) as connection:
        connection.send(post_chat().replace(b"HTTP/1.1", b"HTTP/1.0"))
        answer = connection.read_response()
        assert answer.status == 200
        assert "transfer-encoding" not in answer.headers
        assert connection.is_closed()


def test_many_streams_at_once_are_not_mixed(start):
    gateway, simulator = start.single(static={"workerThreads": 2})
    simulator.set(echo=True, tokens=20, tokenIntervalMs=5, jitterMs=5)

    def ask(number):
        text = f"request {number} " * 20
        answer = exchange(gateway.address, post_chat(text=text, stream=True), timeout=60)
        return content_of(answer.body) == text

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        assert all(pool.map(ask, range(200)))
