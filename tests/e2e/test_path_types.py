"""`ai.routes`: what is asked under a path is what the configuration says of it."""

import json

import pytest
import yaml

from harness import config as make
from harness.gateway import run_command
from harness.raw import chat_body, events, exchange, post


def with_routes(start, routes, kind=make.openai, **provider):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route(
        make.groups([kind(simulator, key="provider-key", **provider)]),
        {"ai": {"routes": routes}})))
    return gateway, simulator


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("kind,target", [
    (make.openai, "/v1/chat/completions"),
    (make.gemini, None),
], ids=["openAI", "gemini"])
def test_a_path_of_ones_own_is_a_chat(start, kind, target, stream):
    gateway, simulator = with_routes(start, {"/my/own/chat": "completions"}, kind, model="big")
    body = chat_body(stream=stream)
    answer = exchange(gateway.address, post("/team/my/own/chat", body))
    assert answer.status == 200, answer.body
    if stream:
        assert events(answer.body)[-1] == "[DONE]"
    else:
        assert answer.json()["object"] == "chat.completion"
    if target:
        assert simulator.last().target == target
        assert simulator.last().json()["model"] == "big"
    else:
        assert simulator.last().target.startswith("/v1beta/models/big:")
    # The paths of the format itself are what they were.
    assert exchange(gateway.address, post("/v1/chat/completions", body)).status == 200


def test_errors_have_the_format_of_the_type(start):
    gateway, simulator = with_routes(start, {"/my/chat": "completions"})
    refused = exchange(gateway.address, post("/my/chat", b'{"model": '))
    assert refused.status == 400
    assert refused.json()["error"]["message"]
    wrong = exchange(gateway.address, b"GET /my/chat HTTP/1.1\r\nHost: g\r\n\r\n")
    assert wrong.status == 405
    assert simulator.count() == 0


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/team/v1/chat/completions"])
def test_a_path_that_passes_is_not_read(start, path):
    gateway, simulator = with_routes(start, {"/v1/chat/completions": "passthrough"}, model="big")
    body = b'{"model":  "small", "messages": []}'
    answer = exchange(gateway.address, post(path + "?a=b", body))
    assert answer.status == 200, answer.body
    sent = simulator.last()
    assert sent.target == "/v1/chat/completions?a=b"
    assert sent.body == body.decode(), "byte for byte, with the model that it came with"
    assert sent.headers["authorization"] == "Bearer provider-key"


def test_what_passes_goes_only_where_the_path_is_known(start):
    first, second = start.simulator("first"), start.simulator("second")
    gateway = start.gateway(make.gateway(make.route(
        make.groups([make.gemini(first, "first", key="k"), make.openai(second, "second", key="k")]),
        {"ai": {"routes": {"*": "passthrough"}}})))
    for _ in range(10):
        assert exchange(gateway.address, post("/v1/chat/completions", chat_body())).status == 200
    assert (first.count(), second.count()) == (0, 10)
    nowhere = exchange(gateway.address, post("/v1/organization/admin_api_keys", b"{}"))
    assert nowhere.status == 404
    assert nowhere.json()["error"]["code"] == "unknown_path"


def test_the_list_of_models_may_stand_elsewhere(start):
    gateway, simulator = with_routes(start, {"/catalogue": "models"}, model="big")
    listed = exchange(gateway.address, b"GET /catalogue HTTP/1.1\r\nHost: g\r\n\r\n")
    assert [model["id"] for model in listed.json()["data"]] == ["big"]
    assert simulator.count() == 0


def test_a_provider_lists_its_models_under_the_path_that_it_knows(start):
    gateway, simulator = with_routes(start, {"/catalogue": "models"})
    listed = exchange(gateway.address, b"GET /catalogue HTTP/1.1\r\nHost: g\r\n\r\n")
    assert "sim-model" in [model["id"] for model in listed.json()["data"]]
    assert simulator.last().target == "/v1/models"


def test_the_backends_own_map_counts(start):
    simulator = start.simulator()
    backend = make.groups([make.openai(simulator, key="k")])
    backend["policies"] = {"ai": {"routes": {"/chat": "completions"}}}
    gateway = start.gateway(make.gateway(make.route(
        backend, {"ai": {"routes": {"/wide": "completions"}}})))
    assert exchange(gateway.address, post("/chat", chat_body())).status == 200
    assert exchange(gateway.address, post("/wide", chat_body())).status == 404


def test_a_type_that_nobody_has_is_refused(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("""\
binds:
- port: 3000
  listeners:
  - routes:
    - policies:
        ai:
          routes:
            /my/chat: completion
            "*": raw
      backends:
      - ai: {provider: {openAI: {}}}
""")
    done = run_command("check", file)
    assert done.returncode == 1
    output = done.stdout + done.stderr
    assert (f"{file}:8:23: 'completion' is no type of a path: completions, embeddings, models, "
            "passthrough; "
            "did you mean 'completions'?") in output
    assert (f"{file}:9:18: 'raw' is no type of a path: completions, embeddings, models, "
            "passthrough\n") in output


def test_explain_says_what_is_asked(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(make.gateway(make.route(
        make.groups([make.openai("127.0.0.1:1", key="k")]),
        {"ai": {"routes": {"/my/chat": "completions"}}}))))
    done = run_command("explain", "-f", file, "--path", "/my/chat", "--model", "m", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    explained = json.loads(done.stdout)
    assert json.dumps(explained).count('"operation": "chat"') == 1
