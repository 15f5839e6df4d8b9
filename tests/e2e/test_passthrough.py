"""What the gateway does not translate passes through to a provider that has it, and goes nowhere
else; keys stand where each provider wants them."""

import gzip

import openai as openai_sdk
import pytest

from harness import config as make
from harness.process import wait_until
from harness.raw import Connection, chat_body, exchange, post

MESSAGES = [{"role": "user", "content": "Hello"}]


def test_the_providers_own_models_are_listed_where_none_is_configured(start, sdk):
    gateway, _ = start.single()
    names = {model.id for model in sdk(gateway).models.list()}
    assert names == {"sim-model", "sim-model-mini"}
    assert sdk(gateway).models.retrieve("sim-model").id == "sim-model"


def test_the_configured_models_are_listed(start, sdk):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.openai(simulator, "one", model="model-one"),
         make.openai(simulator, "two", model="model-two")]))))
    names = {model.id for model in sdk(gateway).models.list()}
    assert names == {"model-one", "model-two"}


def test_responses_pass_whole_and_streamed(start, sdk):
    gateway, _ = start.single()
    client = sdk(gateway)
    assert client.responses.create(model="m", input="Hello").output_text.startswith("I am sim")
    events = list(client.responses.create(model="m", input="Hello", stream=True))
    assert events[0].type == "response.created"
    assert events[-1].type == "response.completed"


@pytest.mark.parametrize("path", ["/v1/images/generations", "/v1/moderations", "/v1/files"])
def test_other_paths_of_the_provider_pass_untouched(start, path):
    gateway, simulator = start.single()
    answer = exchange(gateway.address, post(path + "?a=b", b'{"any": "thing"}'))
    assert answer.status == 200
    assert answer.json()["request"] == f"POST {path}?a=b"
    assert simulator.last().body == '{"any": "thing"}'


@pytest.mark.parametrize("path", [
    "/v1/chat/completions/", "/v1/chat/completions//", "/v1/chat/completions/%2F", "/v1/files/",
    "/v1/models/", "/team/v1/chat/completions/"])
def test_a_slash_too_many_is_another_path(start, path):
    gateway, simulator = start.single()
    answer = exchange(gateway.address, post(path, chat_body()))
    assert (answer.status, answer.json()["error"]["code"]) == (404, "unknown_path")
    assert simulator.count() == 0


def test_a_passed_request_tells_its_model(start):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route(make.groups([make.openai(simulator)]))))
    assert exchange(gateway.address, post("/v1/responses", b'{"model":"told"}')).status == 200
    twice = exchange(gateway.address, post("/v1/responses", b'{"model":"a","model":"b"}'))
    assert (twice.status, twice.json()["error"]["code"]) == (400, "invalid_request")
    assert simulator.count() == 1


def test_a_passed_path_goes_to_a_provider_that_declares_it(start):
    gateway, left, right = start.pair()
    for _ in range(20):
        assert exchange(gateway.address, post("/v1/images/generations", b"{}")).status == 200
    assert (left.count(), right.count()) == (20, 0)


def test_each_provider_gets_its_key_in_its_own_place_and_no_other(start, sdk):
    gateway, left, right = start.pair()
    client = sdk(gateway, api_key="sk-client-secret")
    for _ in range(60):
        client.chat.completions.create(model="m", messages=MESSAGES)
    assert left.count() > 0 and right.count() > 0
    for record in left.records():
        assert record.headers["authorization"] == "Bearer sk-openai-key"
        assert "x-goog-api-key" not in record.headers
    for record in right.records():
        assert record.headers["x-goog-api-key"] == "gemini-key"
        assert "authorization" not in record.headers
    for record in left.records() + right.records():
        assert "sk-client-secret" not in str(record.header_list) + record.target + record.body
        assert "gemini-key" not in record.target, "a key in a URL ends up in logs"


def test_the_clients_own_key_goes_to_a_provider_of_its_scheme_when_none_is_configured(start, sdk):
    simulator = start.simulator("sim", "--require-key", "sk-of-the-client")
    gateway = start.gateway(make.gateway(make.route(make.groups([make.openai(simulator)]))))
    assert sdk(gateway, api_key="sk-of-the-client").chat.completions.create(
        model="m", messages=MESSAGES).choices
    with pytest.raises(openai_sdk.AuthenticationError):
        sdk(gateway, api_key="sk-other").chat.completions.create(model="m", messages=MESSAGES)


def test_a_key_that_our_policy_took_never_reaches_a_provider(start, sdk):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route(
        make.groups([make.openai(simulator)]), {"apiKey": {"keys": [{"key": "sk-ours"}]}})))
    sdk(gateway, api_key="sk-ours").chat.completions.create(model="m", messages=MESSAGES)
    assert "sk-ours" not in str(simulator.last().header_list)


@pytest.mark.parametrize("line", ["x-api-key: stray", "api-key: stray", "x-goog-api-key: stray",
                                  "Cookie: session=stray"])
def test_stray_credentials_are_stripped(start, line):
    gateway, simulator = start.single()
    answer = exchange(gateway.address, post("/v1/chat/completions?key=stray", chat_body(), line))
    assert answer.status == 200
    sent = simulator.last()
    assert "stray" not in str(sent.header_list) + sent.target


def test_client_headers_pass_by_an_allow_list(start):
    gateway, simulator = start.single()
    answer = exchange(gateway.address, post(
        "/v1/chat/completions", chat_body(), "X-Internal: secret", "Connection: X-Hop",
        "X-Hop: 1", "TE: trailers", "Accept-Encoding: br", "Idempotency-Key: abc",
        "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
    assert answer.status == 200
    headers = simulator.last().headers
    assert headers["idempotency-key"] == "abc"
    assert "0af7651916cd43dd8448eb211c80319c" in headers["traceparent"]
    for name in ("x-internal", "x-hop", "te"):
        assert name not in headers
    assert headers["host"] == simulator.address


def test_the_configuration_adds_to_that_list(start):
    gateway, simulator = start.single(frontend={"forwardHeaders": ["X-Tenant"]})
    for path in ("/v1/chat/completions", "/v1/images/generations"):
        answer = exchange(gateway.address, post(path, chat_body(), "x-tenant: blue", "X-Other: 1"))
        assert answer.status == 200
        assert simulator.last().headers["x-tenant"] == "blue"
        assert "x-other" not in simulator.last().headers


def test_path_override_and_prefix_are_used(start):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(
        make.route(make.groups([make.openai(simulator, pathPrefix="/deep/v2")]),
                   matches=[{"path": {"pathPrefix": "/v1"}}]),
        make.route(make.groups([make.openai(simulator, pathOverride="/exact/chat/completions?x=1")]),
                   matches=[{"path": {"pathPrefix": "/o/v1"}}])))
    assert exchange(gateway.address, post("/v1/chat/completions", chat_body())).status == 200
    assert simulator.last().target == "/deep/v2/chat/completions"
    assert exchange(gateway.address, post("/o/v1/chat/completions", chat_body())).status == 200
    assert simulator.last().target == "/exact/chat/completions?x=1"


def test_a_plain_backend_gets_bytes_as_they_are(start):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route({"host": simulator.address})))
    body = bytes(range(256)) * 300
    with Connection(gateway.address) as connection:
        connection.send(post("/plain/anything?q=1", body))
        answer = connection.read_response()
    assert answer.status == 200
    assert answer.json()["request"] == "POST /plain/anything?q=1"
    assert answer.json()["body_bytes"] == len(body)


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_plain_backend_and_its_client_agree_on_the_coding(start, stream):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route({"host": simulator.address})))
    request = chat_body(stream=stream)
    plain = exchange(gateway.address, post("/v1/chat/completions", request))
    assert "accept-encoding" not in simulator.last().headers
    simulator.set(encoding="gzip")
    packed = exchange(gateway.address, post("/v1/chat/completions", request,
                                            "Accept-Encoding: zstd, gzip;q=0.5"))
    assert simulator.last().headers["accept-encoding"] == "zstd, gzip;q=0.5"
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body


@pytest.mark.parametrize("policies", [None, {"apiKey": {"keys": [{"key": "ours"}]}}])
def test_a_plain_backend_gets_no_key_of_any_client_and_no_log_shows_one(start, policies):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(
        make.route({"host": simulator.address}, policies),
        static={"logging": {"fields": {"add": {
            "one": "request.headers['x-api-key']", "two": "request.headers['api-key']"}}}}))
    assert exchange(gateway.address, post(
        "/plain/any", b"{}", "Authorization: Bearer ours", "X-Api-Key: stray-1", "api-key: stray-2",
        "X-Other: kept")).status == 200
    headers = simulator.last().headers
    assert headers["x-other"] == "kept"
    assert not {"authorization", "x-api-key", "api-key"} & set(headers)
    wait_until(lambda: "two=" in gateway.log() or '"two"' in gateway.log())
    assert "stray" not in gateway.log()


def test_a_unix_socket_is_an_upstream(start, sdk):
    path = start.directory / "up.sock"
    simulator = start.simulator(listen=("127.0.0.1:0", f"unix:{path}"))
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.openai(f"unix:{path}")]))))
    assert sdk(gateway).chat.completions.create(model="m", messages=MESSAGES).choices
    assert simulator.last().listener == f"unix:{path}"


def test_a_file_is_asked_for_only_where_it_was_uploaded(start, sdk):
    one, two = start.simulator("one"), start.simulator("two")
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.openai(one, "one", key="key-one"),
         make.openai(two, "two", key="key-two")]))))
    client = sdk(gateway)
    about_a_file = [{"role": "user", "content": [
        {"type": "file", "file": {"file_id": "file-abc"}}, {"type": "text", "text": "Read it"}]}]
    for _ in range(8):
        assert exchange(gateway.address, post("/v1/files", b"{}")).headers["x-headgate-provider"] == "one"
        client.chat.completions.create(model="m", messages=about_a_file)
    assert (one.count(), two.count()) == (16, 0)
    one.set(status=503)
    with pytest.raises(openai_sdk.APIStatusError):
        client.chat.completions.create(model="m", messages=about_a_file)
    assert two.count() == 0
    client.chat.completions.create(model="m", messages=MESSAGES)
    assert two.count() == 1
