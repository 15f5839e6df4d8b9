"""What an operator sees: health, metrics, state, the access log. And what nobody may see: keys."""

import json
import pathlib
import re

import openai as openai_sdk
import pytest

from harness import config as make
from harness.process import free_port
from harness.raw import chat_body, exchange, post, post_chat

MESSAGES = [{"role": "user", "content": "Hello"}]


def test_health_is_told(start):
    gateway, _ = start.single()
    assert gateway.admin_status("/healthz/live") == 200
    assert gateway.admin_status("/healthz/ready") == 200
    assert gateway.admin_status("/no/such/page") == 404


def test_the_admin_port_is_not_the_gateways(start):
    gateway, _ = start.single()
    for path in ("/metrics", "/healthz/live"):
        answer = exchange(gateway.address, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
        assert answer.status == 404


def test_the_admin_port_binds_loopback_by_default(start):
    gateway, _ = start.single()
    assert gateway.admin_address.startswith("127.0.0.1:")


def test_stats_and_readiness_can_have_ports_of_their_own(start):
    stats, readiness = free_port(), free_port()
    gateway, _ = start.single(static={"statsAddr": f"127.0.0.1:{stats}",
                                      "readinessAddr": f"127.0.0.1:{readiness}"})

    def status(port, path):
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        return exchange(("127.0.0.1", port), request).status
    assert (status(stats, "/metrics"), status(stats, "/healthz/ready")) == (200, 404)
    assert (status(readiness, "/metrics"), status(readiness, "/healthz/ready")) == (404, 200)
    for port in (stats, readiness):
        assert status(port, "/api/endpoints") == 404
    assert gateway.admin_status("/api/endpoints") == 200


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_metrics_count_requests_and_tokens(start, sdk, kind, stream):
    gateway, simulator = start.single(kind)
    simulator.set(promptTokens=11, tokens=7)
    for _ in range(3):
        answer = sdk(gateway).chat.completions.create(model="m", messages=MESSAGES, stream=stream)
        if stream:
            list(answer)
    gateway.wait_for_access_line(3)
    assert gateway.metric("headgate_requests_total", status="200") == 3
    assert gateway.metric("headgate_requests_in_flight") == 0
    assert gateway.metric("headgate_attempts_total", endpoint=kind.lower(), outcome="success") == 3
    tokens = "gen_ai_client_token_usage"
    assert gateway.metric(tokens + "_sum", gen_ai_token_type="input") == 33
    assert gateway.metric(tokens + "_sum", gen_ai_token_type="output") == 21
    assert gateway.metric(tokens + "_count", gen_ai_token_type="input") == 3
    assert gateway.metric("gen_ai_server_request_duration_seconds_count") == 3
    first_token = gateway.metric("gen_ai_server_time_to_first_token_seconds_count")
    assert (first_token or 0) == (3 if stream else 0)


def test_metrics_are_valid_prometheus_text(start):
    gateway, _ = start.single()
    exchange(gateway.address, post_chat())
    families = set()
    for line in gateway.admin("/metrics").splitlines():
        if line.startswith("# TYPE"):
            name = line.split()[2]
            assert name not in families, f"{name} is there twice"
            families.add(name)
        elif line and not line.startswith("#"):
            assert re.fullmatch(r'[a-zA-Z_:][\w:]*(\{([a-zA-Z_]\w*="(\\.|[^"\\])*",?)*\})? '
                                r'([-+]?[\d.]+(e[-+]?\d+)?|[+-]Inf|NaN)', line), line


def test_endpoints_are_seen_in_metrics_and_state(start):
    first, second = start.simulator("first"), start.simulator("second")
    gateway = start.gateway(make.gateway(make.route(
        make.groups([make.openai(first, "first")], [make.openai(second, "second")]),
        {"health": {"eviction": {"duration": "60s", "consecutiveFailures": 1}}})))
    first.set(status=503)
    exchange(gateway.address, post_chat())
    text = gateway.admin("/metrics")
    assert 'endpoint="first"' in text and 'endpoint="second"' in text
    assert gateway.metric("headgate_endpoint_evicted", endpoint="first") == 1
    assert gateway.metric("headgate_endpoint_evicted", endpoint="second") == 0
    for name in ("health", "score", "pending"):
        assert re.search(rf"^headgate_endpoint_{name}\S*{{", text, re.M), name


def test_the_state_is_json(start):
    gateway, left, right = start.pair()
    exchange(gateway.address, post_chat())
    endpoints = json.dumps(json.loads(gateway.admin("/api/endpoints")))
    assert left.address in endpoints and right.address in endpoints
    assert '"openai"' in endpoints and '"gemini"' in endpoints
    routes = json.dumps(json.loads(gateway.admin("/api/routes")))
    assert '"route0"' in routes and '"openai"' in routes


def test_an_access_line_tells_the_whole_story(start, sdk):
    gateway, simulator = start.single(model="upstream-model")
    simulator.set(promptTokens=11, tokens=7, firstTokenDelayMs=25)
    list(sdk(gateway).chat.completions.create(model="asked-model", messages=MESSAGES, stream=True))
    line = gateway.wait_for_access_line()
    assert line["http.method"] == "POST"
    assert line["http.path"] == "/v1/chat/completions"
    assert line["http.status"] == 200
    assert line["stream"] is True
    assert line["endpoint"] == "openai"
    assert line["gen_ai.request.model"] == "asked-model"
    assert line["gen_ai.response.model"] == "upstream-model"
    assert line["gen_ai.operation.name"] == "chat"
    assert (line["gen_ai.usage.input_tokens"], line["gen_ai.usage.output_tokens"]) == (11, 7)
    assert line["duration_ms"] >= line["time_to_first_token_ms"] >= 20
    [attempt] = line["attempts"]
    assert (attempt["endpoint"], attempt["status"]) == ("openai", 200)
    assert line["src.addr"].startswith("127.0.0.1:")
    assert line["time"].endswith("Z")


def test_there_is_one_line_per_request_whatever_became_of_it(start):
    gateway, simulator = start.single()
    exchange(gateway.address, post_chat())
    exchange(gateway.address, post("/nowhere", b"{}"))
    exchange(gateway.address, post("/v1/chat/completions", b"{"))
    simulator.set(status=503)
    exchange(gateway.address, post_chat())
    gateway.wait_for_access_line(4)
    statuses = [line["http.status"] for line in gateway.access_lines()]
    assert statuses == [200, 404, 400, 503]
    assert "error" not in gateway.access_lines()[0]
    assert all(line["error"] for line in gateway.access_lines()[1:])


def test_the_text_format_has_one_line_too(start):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(
        make.route(make.groups([make.openai(simulator)])), static={"logging": {"format": "text"}}))
    exchange(gateway.address, post_chat())
    gateway.wait_for_log(r"request .*http\.status=200.*endpoint=openai")


def test_a_line_cannot_be_forged(start):
    gateway, _ = start.single()
    exchange(gateway.address, post("/v1/chat/completions", b'{"model": "a\\nb\\" {", "messages": '
                                   b'[]}', 'User-Agent: x" {"http.status": 1}'))
    assert gateway.wait_for_access_line()["gen_ai.request.model"] == 'a\nb" {'


SECRETS = {"client": "sk-client-0123456789", "openai": "sk-openai-0123456789",
           "gemini": "gm-gemini-0123456789", "query": "qk-query-0123456789"}


@pytest.mark.parametrize("level", ["info", "trace"])
def test_no_key_is_seen_anywhere(start, level):
    left, right = start.simulator("left"), start.simulator("right")
    config = make.gateway(make.route(
        make.groups([make.openai(left, key="$OPENAI_TEST_KEY"),
                     make.gemini(right, key=SECRETS["gemini"])]),
        {"apiKey": {"keys": [{"key": SECRETS["client"]}]}}), static={"logging": {"level": level}})
    gateway = start.gateway(config, env={"OPENAI_TEST_KEY": SECRETS["openai"]})
    authorized = f"Authorization: Bearer {SECRETS['client']}"
    path = f"/v1/chat/completions?key={SECRETS['query']}"
    body = b'{"model": "m", "messages": []}'
    answers = []
    # What works, what fails at each end, what is malformed, what is refused.
    for _ in range(10):
        answers.append(exchange(gateway.address, post(path, body, authorized)))
    for knobs in ({"status": 503}, {"status": 401}, {"resetBeforeHead": True}, {"raw": "garbage"}):
        left.set(reset=True, **knobs)
        right.set(reset=True, **knobs)
        answers.append(exchange(gateway.address, post(path, body, authorized)))
    answers.append(exchange(gateway.address, post(path, body[:-3], authorized)))
    answers.append(exchange(gateway.address,
                            post(path, body, "Authorization: Bearer " + SECRETS["client"] + "x")))
    gateway.reload("binds: [{port: 0, listeners: [{routes: [{backends: [{ai: {name: a, "
                   f"provider: {{openAI: {{}}}}, backendAuth: {{kee: {SECRETS['openai']}}}}}}}]}}]}}]")
    seen = {"log": gateway.log()}
    for page in ("/metrics", "/api/routes", "/api/endpoints", "/"):
        if gateway.admin_status(page) == 200:
            seen[page] = gateway.admin(page)
    seen["answers"] = str([(a.header_list, a.body) for a in answers])
    seen["command line"] = pathlib.Path(f"/proc/{gateway.child.pid}/cmdline").read_text("ascii")
    for name, secret in SECRETS.items():
        for where, text in seen.items():
            assert secret not in text, f"the {name} key is in the {where}"
    assert any(a.status == 200 for a in answers) and any(a.status != 200 for a in answers)


def test_a_key_is_never_sent_to_the_other_provider(start, sdk):
    gateway, left, right = start.pair()
    left.set(status=503)
    client = sdk(gateway, api_key="sk-client")
    for _ in range(10):
        try:
            client.chat.completions.create(model="m", messages=MESSAGES)
        except openai_sdk.APIError:
            pass
    for record in left.records():
        assert "gemini-key" not in str(record.header_list) + record.target
    for record in right.records():
        assert "sk-openai-key" not in str(record.header_list) + record.target


def test_expressions_say_what_is_logged_and_what_else_of_it(start):
    logging = {
        "filter": 'response.code >= 400 || request.headers["x-log"] == "yes"',
        "fields": {"add": {
            "team": 'default(request.headers["x-team"], "none")',
            "auth": 'request.headers["authorization"]',
            "x.key": 'request.headers["x-own-key"]',
            "tokens": "llm.inputTokens + llm.outputTokens",
            "http.host": '"instead"',
        }, "remove": ["src.addr"]},
    }
    policies = {"apiKey": {"keys": [{"key": "client-key-of-a-team"}],
                           "location": {"header": {"name": "x-own-key"}}}}
    gateway, simulator = start.single(policies=policies, static={"logging": logging})
    simulator.set(promptTokens=11, tokens=7)
    own = ("X-Own-Key: client-key-of-a-team", "Authorization: Bearer secret-of-somebody")

    def ask(*lines):
        return exchange(gateway.address, post("/v1/chat/completions", chat_body(), *lines)).status
    for lines in ((), ("X-Log: yes", "X-Team: red"), ("X-Log: no",)):
        assert ask(*own, *lines) == 200
    assert ask("X-Own-Key: wrong-key-of-a-client") == 401
    gateway.wait_for_access_line(2)
    first, second = gateway.access_lines()
    assert (first["team"], first["tokens"], first["http.host"]) == ("red", 18, "instead")
    assert (second["team"], second["http.status"]) == ("none", 401)
    assert "tokens" not in second and "src.addr" not in first
    for secret in ("client-key-of-a-team", "secret-of-somebody", "wrong-key-of-a-client"):
        assert secret not in gateway.log()


def test_a_metric_that_is_to_be_hidden_and_does_not_exist_is_named(start):
    gateway, _ = start.single(static={"metrics": {"remove": [
        "headgate_requests_totl", "headgate_endpoint_score", "gen_ai_client_token_usage"]}})
    warnings = [line for line in gateway.log().splitlines() if "metrics.remove" in line]
    assert len(warnings) == 1
    assert "there is no metric 'headgate_requests_totl'; did you mean" in warnings[0]
    assert gateway.metric("headgate_endpoint_score") is None
