"""Embeddings are read and counted, go elsewhere when a provider fails, and are asked of a second
one when they are late: as chats are, and what only passes is not."""

import time

import openai as openai_sdk
import pytest
from harness import config as make
from harness.process import wait_until
from harness.raw import exchange, post

# The first group's are asked first.
HEDGED = {"retry": {"hedge": True}}


def start_two(start, policies=None, **first):
    one, two = start.simulator("one"), start.simulator("two")
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.openai(one, "one", **first)], [make.openai(two, "two")]), policies)))
    return gateway, one, two


def embed(client, model="e"):
    return client.embeddings.with_raw_response.create(model=model, input=["one", "two"])


def served_by(answer):
    return answer.headers["x-headgate-provider"]


def test_they_are_counted_and_named(start, sdk):
    gateway, _, _ = start_two(start)
    answer = embed(sdk(gateway))
    assert [item.embedding for item in answer.parse().data] == [[0.5] * 8] * 2
    line = gateway.wait_for_access_line()
    assert line["gen_ai.operation.name"] == "embeddings"
    assert line["gen_ai.request.model"] == "e"
    assert line["gen_ai.usage.input_tokens"] == answer.parse().usage.prompt_tokens > 0
    assert gateway.metric("gen_ai_client_token_usage_sum", gen_ai_operation_name="embeddings",
                          gen_ai_token_type="input") == answer.parse().usage.prompt_tokens


@pytest.mark.parametrize(("encoding", "vector"), [
    ("float", [0.5] * 8), ("base64", "AAAAPwAAAD8AAAA/AAAAPwAAAD8AAAA/AAAAPwAAAD8=")])
def test_what_is_asked_and_answered_is_not_changed(start, encoding, vector):
    gateway, one, _ = start_two(start, key="provider-key")
    body = b'{ "input":["one", "two"],"dimensions":8, "model":"e","encoding_format":"%s"}'
    answer = exchange(gateway.address, post("/v1/embeddings", body % encoding.encode()))
    sent = one.last()
    assert sent.target == "/v1/embeddings"
    assert sent.headers["authorization"] == "Bearer provider-key"
    assert sent.body.encode() == body % encoding.encode()
    host, port = one.address.split(":")
    straight = exchange((host, int(port)), post("/v1/embeddings", body % encoding.encode()))
    assert answer.body == straight.body
    assert [item["embedding"] for item in answer.json()["data"]] == [vector] * 2


def test_a_key_is_held_to_its_models(start, sdk):
    policy = {"apiKey": {"keys": [{"key": "sk-small", "allowedModels": ["small-*"]}]}}
    gateway, one, _ = start_two(start, policy)
    client = sdk(gateway, api_key="sk-small")
    assert len(embed(client, "small-e").parse().data) == 2
    with pytest.raises(openai_sdk.PermissionDeniedError):
        embed(client, "e")
    with pytest.raises(openai_sdk.PermissionDeniedError):
        client.embeddings.create(model="small-e", input="x", extra_body={"model": None})
    twice = b'{"model": "small-e", "input": "x", "model": "e"}'
    both = exchange(gateway.address, post("/v1/embeddings", twice, "Authorization: Bearer sk-small"))
    assert both.status in (400, 403)
    assert one.count() == 1


def test_a_provider_without_embeddings_is_not_asked(start, sdk):
    other, one = start.simulator("other"), start.simulator("one")
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.gemini(other, "other")], [make.openai(one, "one")]))))
    answer = embed(sdk(gateway))
    assert served_by(answer) == "one"
    assert other.count() == 0
    assert answer.headers["x-headgate-attempts"].startswith("one:200/")
    one.set(status=503)
    with pytest.raises(openai_sdk.InternalServerError):
        embed(sdk(gateway))
    assert other.count() == 0


def test_where_nobody_has_embeddings_that_is_said(start, sdk):
    gateway, simulator = start.single("gemini")
    with pytest.raises(openai_sdk.NotFoundError) as caught:
        embed(sdk(gateway))
    assert caught.value.code == "unknown_path"
    assert caught.value.type == "invalid_request_error"
    assert simulator.count() == 0


def test_a_503_is_answered_by_the_other(start, sdk):
    gateway, one, two = start_two(start)
    one.set(status=503)
    answer = embed(sdk(gateway))
    assert served_by(answer) == "two"
    assert len(answer.parse().data) == 2
    assert (one.count(), two.count()) == (1, 1)
    line = gateway.wait_for_access_line()
    assert line["gen_ai.usage.input_tokens"] == answer.parse().usage.prompt_tokens


def test_a_chats_model_is_not_put_into_them(start, sdk):
    gateway, one, _ = start_two(start, model="gpt-4o")
    embed(sdk(gateway))
    assert one.last().json()["model"] == "e"


def test_a_late_one_is_asked_of_another_and_the_first_is_left(start, sdk):
    gateway, one, two = start_two(start, HEDGED)
    client = sdk(gateway)
    for _ in range(40):
        assert served_by(embed(client)) == "one"
    before = two.count()
    time.sleep(0.3)  # what was worked out of a few is not used any more
    one.set(headDelayMs=5000)
    began = time.monotonic()
    answer = embed(client)
    assert served_by(answer) == "two"
    assert len(answer.parse().data) == 2
    assert time.monotonic() - began < 4
    assert "one:superseded" in answer.headers["x-headgate-attempts"]
    assert two.count() == before + 1
    assert one.wait_for_outcome("client_left")
    assert wait_until(lambda: gateway.metric("headgate_second_attempts_total", endpoint="two",
                                             cause="hedge", event="won") == 1, 5)


def test_hedges_keep_to_their_budget(start, sdk):
    began = time.monotonic()
    gateway, one, two = start_two(start, HEDGED)
    client = sdk(gateway)
    known, late = 40, 20
    for _ in range(known):
        embed(client)
    time.sleep(0.3)
    one.set(headDelayMs=150)
    for _ in range(late):
        embed(client)
    # 5 % of all requests, and one a second.
    allowed = 0.05 * (known + late) + 1 + time.monotonic() - began
    assert 0 < two.count() <= allowed < late
    assert gateway.metric("headgate_second_attempts_total", endpoint="one", cause="hedge",
                          event="refused") > 0


def test_what_only_passes_is_asked_once(start):
    gateway, one, two = start_two(start, HEDGED)
    for path in ("/v1/images/generations", "/v1/audio/speech"):
        one.reset()
        for _ in range(40):
            assert exchange(gateway.address, post(path, b'{"model": "e"}')).status == 200
        one.set(headDelayMs=700)
        assert exchange(gateway.address, post(path, b'{"model": "e"}')).status == 200
    assert two.count() == 0
