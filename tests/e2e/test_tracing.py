"""Traces: what a collector gets of a request, and that it can harm none."""

import re
import socket
import time

import pytest

from harness import config as make
from harness.collector import Collector, request_and_attempts
from harness.gateway import run_command
from harness.process import free_port, wait_until
from harness.raw import Connection, Stopwatch, chat_body, exchange, post

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TRACEPARENT = f"traceparent: 00-{TRACE}-{PARENT}-01"
CLIENT_KEY, PROVIDER_KEY, COLLECTOR_KEY = "sk-client-key", "sk-provider-key", "collector-key"


@pytest.fixture
def collector():
    collectors = []

    def start(*answers, **more):
        collectors.append(Collector(answers, **more))
        return collectors[-1]

    yield start
    for each in collectors:
        each.stop()


def tracing(collector, **more):
    url = collector if isinstance(collector, str) else collector.url
    return {"tracing": {"otlpEndpoint": url, "otlpProtocol": "http", "randomSampling": True,
                        **more}}


def ask(gateway, *lines, path="/v1/chat/completions", **more):
    return exchange(gateway.address, post(path, chat_body(**more), *lines))


def test_a_request_and_its_attempt_are_spans_of_one_trace(start, collector):
    to = collector()
    gateway, simulator = start.single(model="upstream-model", static=tracing(to))
    simulator.set(promptTokens=11, tokens=7)
    assert ask(gateway, path="/v1/chat/completions?secret=value").status == 200
    server, [client] = request_and_attempts(to.wait_for_spans(2))

    assert re.fullmatch("[0-9a-f]{32}", server.trace) and server.trace != "0" * 32
    assert re.fullmatch("[0-9a-f]{16}", server.id) and re.fullmatch("[0-9a-f]{16}", client.id)
    assert server.parent is None
    assert (client.trace, client.parent) == (server.trace, server.id)
    sent = simulator.last().headers["traceparent"]
    assert sent == f"00-{server.trace}-{client.id}-01"

    assert (server.name, client.name) == ("chat test-model", "chat upstream-model")
    assert not server.failed and not client.failed
    assert server.start <= client.start <= client.end <= server.end
    assert abs(server.start / 1e9 - time.time()) < 300
    host, port = simulator.address.split(":")
    expected = {"http.request.method": "POST", "url.path": "/v1/chat/completions",
                "url.scheme": "http", "http.route": "route0", "http.response.status_code": 200,
                "server.address": "gateway.test", "client.address": "127.0.0.1",
                "network.protocol.version": "1.1", "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openAI", "gen_ai.request.model": "test-model",
                "gen_ai.response.model": "upstream-model", "headgate.endpoint": "openai",
                "headgate.attempts": 1}
    assert {key: server.attributes.get(key) for key in expected} == expected
    expected = {"http.response.status_code": 200, "server.address": host, "server.port": int(port),
                "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openAI",
                "gen_ai.request.model": "upstream-model", "gen_ai.usage.input_tokens": 11,
                "gen_ai.usage.output_tokens": 7, "headgate.endpoint": "openai",
                "headgate.attempt.number": 1, "headgate.attempt.outcome": "success"}
    assert {key: client.attributes.get(key) for key in expected} == expected
    assert "error.type" not in server.attributes and "error.type" not in client.attributes

    [(path, headers, _)] = to.exports
    assert (path, headers["content-type"]) == ("/v1/traces", "application/json")
    line = gateway.wait_for_access_line()
    assert (line["trace.id"], line["span.id"]) == (server.trace, server.id)
    assert wait_until(lambda: gateway.metric("headgate_trace_spans_total", result="sent") == 2, 10)


def test_a_clients_trace_goes_on(start, collector):
    to = collector()
    gateway, simulator = start.single(static=tracing(to, randomSampling=False))
    assert ask(gateway, TRACEPARENT, "tracestate: vendor=a b,other=c").status == 200
    server, [client] = request_and_attempts(to.wait_for_spans(2))
    assert (server.trace, server.parent) == (TRACE, PARENT)
    headers = simulator.last().header_list
    assert [value for name, value in headers if name == "traceparent"] == [
        f"00-{TRACE}-{client.id}-01"]
    assert dict(headers)["tracestate"] == "vendor=a b,other=c"


@pytest.mark.parametrize("static,header", [
    ({}, TRACEPARENT),
    ({"clientSampling": 0}, TRACEPARENT),
    ({}, TRACEPARENT[:-1] + "0"),
], ids=["off", "not wanted", "not sampled by the client"])
def test_a_trace_that_is_not_recorded_passes(start, collector, static, header):
    to = collector()
    gateway, simulator = start.single(static=tracing(to, **static) if static or header[-1] == "0"
                                      else None)
    assert ask(gateway, header, "tracestate: a=b").status == 200
    headers = simulator.last().headers
    assert "traceparent: " + headers["traceparent"] == header
    assert headers["tracestate"] == "a=b"
    assert "trace.id" not in gateway.wait_for_access_line()
    assert gateway.stop() == 0
    assert to.exports == []


def test_without_a_share_nothing_is_recorded(start, collector):
    to = collector()
    gateway, simulator = start.single(static=tracing(to, randomSampling=0))
    ask(gateway)
    assert "traceparent" not in simulator.last().headers
    assert gateway.stop() == 0
    assert to.exports == []


@pytest.mark.parametrize("lines", [
    ("traceparent: 00-0-0-01", "tracestate: a=b"),
    ("tracestate: a=b",),
    (TRACEPARENT, TRACEPARENT, "tracestate: a=b"),
    ("traceparent: ff" + TRACEPARENT[15:], "tracestate: a=b"),
], ids=["malformed", "none", "twice", "version ff"])
def test_a_trace_that_cannot_be_read_is_begun_anew(start, collector, lines):
    to = collector()
    gateway, simulator = start.single(static=tracing(to))
    ask(gateway, *lines)
    server, [client] = request_and_attempts(to.wait_for_spans(2))
    assert server.parent is None and server.trace != TRACE
    headers = simulator.last().header_list
    assert [v for n, v in headers if n == "traceparent"] == [f"00-{server.trace}-{client.id}-01"]
    assert "tracestate" not in dict(headers)


def test_a_failover_is_two_attempts(start, collector):
    to = collector()
    first, second = start.simulator("first"), start.simulator("second")
    gateway = start.gateway(make.gateway(
        make.route(make.groups([make.openai(first, "first")], [make.gemini(second, "second")])),
        static=tracing(to)))
    first.set(status=503)
    assert ask(gateway).status == 200
    server, [failed, served] = request_and_attempts(to.wait_for_spans(3))
    assert failed.parent == served.parent == server.id
    assert failed.failed and not served.failed and not server.failed
    assert failed.attributes["http.response.status_code"] == 503
    assert failed.attributes["error.type"] == "upstream_status"
    assert failed.attributes["headgate.endpoint"] == "first"
    assert served.attributes["headgate.endpoint"] == "second"
    assert served.attributes["http.request.resend_count"] == 1
    assert served.attributes["gen_ai.provider.name"] == "gemini"
    assert failed.end <= served.start
    assert first.last().headers["traceparent"] == f"00-{server.trace}-{failed.id}-01"
    assert second.last().headers["traceparent"] == f"00-{server.trace}-{served.id}-01"


def test_a_request_that_fails_says_why(start, collector):
    to = collector()
    gateway, simulator = start.single(static=tracing(to))
    simulator.stop()
    assert ask(gateway).status >= 500
    assert ask(gateway, path="/nowhere").status == 404
    assert gateway.stop() == 0
    spans = to.spans()
    servers = [span for span in spans if span.kind == "server"]
    assert [span.attributes["http.response.status_code"] for span in servers] == [502, 404]
    assert [span.failed for span in servers] == [True, False]
    assert all(span.attributes["error.type"] for span in servers)
    attempts = [span for span in spans if span.kind == "client"]
    assert attempts and all(span.failed for span in attempts)
    assert {span.attributes["error.type"] for span in attempts} == {"connect_refused"}


def test_a_second_attempt_beside_the_first_is_seen(start, collector):
    to = collector()
    slow, quick = start.simulator("slow"), start.simulator("quick")
    gateway = start.gateway(make.gateway(
        make.route(make.groups([make.openai(slow, "slow")], [make.openai(quick, "quick")]),
                   {"timeout": {"firstTokenSoft": "100ms"}}), static=tracing(to)))
    slow.set(firstTokenDelayMs=5000)
    assert ask(gateway, stream=True).status == 200
    server, [lost, won] = request_and_attempts(to.wait_for_spans(3))
    assert lost.attributes["headgate.attempt.outcome"] == "superseded" and not lost.failed
    assert won.attributes["headgate.attempt.outcome"] == "success"
    assert won.attributes["headgate.attempt.beside"] == "slow"
    assert won.start < lost.end


def test_the_span_of_a_stream_ends_with_the_stream(start, collector):
    to = collector()
    gateway, simulator = start.single(static=tracing(to))
    simulator.set(tokens=10, firstTokenDelayMs=100, tokenIntervalMs=50)
    watch = Stopwatch()
    assert ask(gateway, stream=True).status == 200
    seconds = watch.seconds
    server, [client] = request_and_attempts(to.wait_for_spans(2))
    # The client has the last byte a moment before the gateway is done with it.
    assert 0.5 <= client.seconds <= server.seconds <= seconds + 0.1
    assert server.attributes["gen_ai.request.stream"] is True
    first = client.attributes["gen_ai.response.time_to_first_chunk"]
    assert 0.1 <= first <= client.seconds - 0.3
    assert client.attributes["gen_ai.usage.output_tokens"] == 10


def test_no_key_and_no_text_is_exported(start, collector):
    to = collector()
    static = tracing(to, headers={"x-collector-key": COLLECTOR_KEY})
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(
        make.route(make.groups([make.openai(simulator, key=PROVIDER_KEY)])), static=static))
    secret_text = "a question that is nobody's business"
    for path in ("/v1/chat/completions?key=sk-in-the-query", "/v1/files?api_key=sk-in-the-query"):
        exchange(gateway.address, post(
            path, chat_body(secret_text), f"Authorization: Bearer {CLIENT_KEY}",
            f"Cookie: session={CLIENT_KEY}", f"x-api-key: {CLIENT_KEY}"))
    simulator.set(status=401, errorMessage=f"wrong key {PROVIDER_KEY}")
    ask(gateway)
    assert gateway.stop() == 0
    bodies = b"".join(body for _, _, body in to.exports)
    assert b"chat test-model" in bodies
    for secret in (CLIENT_KEY, PROVIDER_KEY, "sk-in-the-query", secret_text, COLLECTOR_KEY, "I am"):
        assert secret.encode() not in bodies, secret
    assert {headers["x-collector-key"] for _, headers, _ in to.exports} == {COLLECTOR_KEY}
    assert COLLECTOR_KEY not in gateway.log()


def test_attributes_can_be_added_and_left_out(start, collector):
    to = collector()
    gateway, _ = start.single(static=tracing(to, fields={
        "add": {"user": 'request.headers["x-user"]', "tokens": "llm.totalTokens"},
        "remove": ["client.address"]}))
    ask(gateway, "x-user: me")
    server, _ = request_and_attempts(to.wait_for_spans(2))
    assert server.attributes["user"] == "me"
    assert isinstance(server.attributes["tokens"], int)
    assert "client.address" not in server.attributes


def test_a_share_of_the_requests_is_recorded(start, collector):
    to = collector()
    gateway, _ = start.single(static=tracing(to, randomSampling=0.3))
    for _ in range(200):
        ask(gateway)
    assert gateway.stop() == 0
    recorded = len([span for span in to.spans() if span.kind == "server"])
    assert 25 <= recorded <= 100  # 60 on average; off by chance once in a hundred million runs
    assert len({span.trace for span in to.spans()}) == recorded


def test_what_a_collector_cannot_take_now_is_sent_again(start, collector):
    to = collector((429, {"retry-after": "1"}, b""), (503, {"retry-after": "0"}, b""))
    gateway, _ = start.single(static=tracing(to))
    ask(gateway)
    to.wait_for_spans(2)
    assert len(to.exports) == 3
    assert len({body for _, _, body in to.exports}) == 1
    assert wait_until(lambda: gateway.metric("headgate_trace_spans_total", result="sent") == 2, 10)
    assert "traces cannot be sent" in gateway.log() and "again" in gateway.log()


def test_what_a_collector_will_not_take_is_counted(start, collector):
    to = collector((400, {}, b"no"),
                   (200, {}, b'{"partialSuccess":{"rejectedSpans":"1","errorMessage":"x"}}'))
    gateway, _ = start.single(static=tracing(to))

    def count(result):
        return gateway.metric("headgate_trace_spans_total", result=result)
    ask(gateway)
    assert wait_until(lambda: count("refused") == 2, 10)
    ask(gateway)
    assert wait_until(lambda: (count("rejected"), count("sent")) == (1, 1), 10)
    assert len(to.exports) == 2


def test_a_collector_that_is_not_there_loses_nothing_but_spans(start):
    gateway, _ = start.single(static=tracing(f"http://127.0.0.1:{free_port()}"))
    for _ in range(50):
        assert ask(gateway).status == 200
    watch = Stopwatch()
    assert gateway.stop() == 0
    assert watch.seconds < 5
    assert gateway.log().count("traces cannot be sent") == 1


def test_a_collector_that_says_nothing_holds_up_nobody(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway, _ = start.single(static={
            **tracing(f"http://127.0.0.1:{silent.getsockname()[1]}"),
            "connectionTerminationDeadline": "1s"})
        watch = Stopwatch()
        for _ in range(50):
            assert ask(gateway).status == 200
        assert watch.seconds < 10
        watch = Stopwatch()
        assert gateway.stop() == 0
        assert watch.seconds < 5
        assert "not all spans could be sent in time" in gateway.log()


def test_too_many_spans_are_dropped_and_counted(start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gateway, _ = start.single(static={
            **tracing(f"http://127.0.0.1:{silent.getsockname()[1]}"),
            "connectionTerminationDeadline": "1s"})
        # Two spans each; 8192 may wait, beside those of the export that is under way.
        request = post("/v1/chat/completions", chat_body())

        def ask_many(number):
            with Connection(gateway.address) as connection:
                for _ in range(number):
                    connection.send(request)
                    assert connection.read_response().status == 200
        ask_many(5000)
        dropped = gateway.metric("headgate_trace_spans_total", result="queue_full")
        assert dropped and dropped < 10_000


def test_waiting_spans_are_sent_at_the_end(start, collector):
    to = collector()
    gateway, _ = start.single(static=tracing(to))
    ask(gateway)
    assert gateway.stop() == 0
    assert len(to.spans()) == 2


def test_a_collector_over_tls_is_verified(start, collector, authority):
    to = collector(certificate=authority.issue("collector.test"))
    simulator = start.simulator()
    config = make.gateway(make.route(make.groups([make.openai(simulator)])),
                          static=tracing("https://collector.test/base"))
    connect = ["--connect-to", f"collector.test:443:127.0.0.1:{to.port}"]
    unknown = start.gateway(config, *connect, name="unknown")
    ask(unknown)
    assert unknown.stop() == 0
    assert to.exports == []
    gateway = start.gateway(config, *connect, env={"SSL_CERT_FILE": str(authority.root)})
    ask(gateway)
    to.wait_for_spans(2)
    [(path, headers, _)] = to.exports
    assert (path, headers["host"]) == ("/base/v1/traces", "collector.test")


def test_the_service_has_the_name_of_its_variable(start, collector):
    to = collector()
    simulator = start.simulator()
    gateway = start.gateway(
        make.gateway(make.route(make.groups([make.openai(simulator)])), static=tracing(to)),
        env={"OTEL_SERVICE_NAME": "my-gateway"})
    ask(gateway)
    to.wait_for_spans(2)
    assert b'{"key":"service.name","value":{"stringValue":"my-gateway"}}' in to.exports[0][2]


def test_grpc_is_refused_with_what_to_write_instead(tmp_path):
    file = tmp_path / "grpc.yaml"
    file.write_text("config: {tracing: {otlpEndpoint: 'http://localhost:4317', "
                    "otlpProtocol: grpc}}\nbinds: [{port: 1, listeners: [{routes: []}]}]\n",
                    encoding="utf-8")
    done = run_command("check", file)
    assert done.returncode != 0
    assert "it must be 'http'" in done.stdout + done.stderr
