"""What goes wrong, as the official SDK sees it: its own exception types, with the provider's
reason where there is one."""

import time

import openai as openai_sdk
import pytest

from harness import config as make
from harness.process import TIME_FACTOR, wait_until
from harness.raw import Connection, chat_body, exchange, post, post_chat

MESSAGES = [{"role": "user", "content": "Hello"}]


def ask(client, **more):
    return client.chat.completions.create(model="m", messages=MESSAGES, **more)


def keyed(simulator, **policy):
    """A gateway that asks its clients for a key."""
    keys = {"apiKey": {"keys": [{"key": "sk-client"}], **policy}}
    return make.gateway(make.route(make.groups([make.openai(simulator, key="sk-provider")]), keys))


def test_a_wrong_client_key_is_an_authentication_error(start, sdk):
    simulator = start.simulator()
    gateway = start.gateway(keyed(simulator))
    with pytest.raises(openai_sdk.AuthenticationError) as caught:
        ask(sdk(gateway, api_key="sk-wrong"))
    assert caught.value.status_code == 401
    assert caught.value.body["code"]
    assert simulator.count() == 0
    assert ask(sdk(gateway, api_key="sk-client")).choices


def test_an_unknown_path_is_not_found(start, sdk):
    gateway, simulator = start.single()
    with pytest.raises(openai_sdk.NotFoundError):
        sdk(gateway).post("/no/such/thing", body={}, cast_to=object)
    assert simulator.count() == 0


def test_a_path_outside_every_route_is_plain_json(start):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route(
        make.groups([make.openai(simulator)]), matches=[{"path": {"pathPrefix": "/v1"}}])))
    answer = exchange(gateway.address, post("/other", b"{}"))
    assert answer.status == 404
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.json()["error"]


def test_a_body_over_the_limit_is_refused_and_the_refusal_arrives(start, sdk):
    gateway, simulator = start.single(frontend={"maxBufferSize": "64KiB"})
    client = sdk(gateway)
    with pytest.raises(openai_sdk.APIStatusError) as caught:
        client.chat.completions.create(model="m", messages=[
            {"role": "user", "content": "x" * (1 << 20)}])
    assert caught.value.status_code == 413
    assert caught.value.body["message"]
    assert simulator.count() == 0
    assert ask(client).choices, "the gateway serves on"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status,exception", [
    (400, openai_sdk.BadRequestError), (413, openai_sdk.APIStatusError),
    (422, openai_sdk.UnprocessableEntityError)])
def test_what_a_proxy_answers_has_the_form_of_the_api(start, sdk, status, exception, stream):
    gateway, simulator = start.single()
    simulator.set(rules=[{"times": 9, "raw": f"HTTP/1.1 {status} X\r\nContent-Type: text/html\r\n"
                                             "Content-Length: 16\r\n\r\n<html>bad</html>"}])
    with pytest.raises(exception) as caught:
        ask(sdk(gateway), stream=stream)
    assert caught.value.status_code == status
    assert caught.value.response.headers["content-type"] == "application/json"
    assert caught.value.body["type"] == "invalid_request_error"
    assert "html" not in caught.value.response.text


def test_a_refusal_names_the_member_that_is_at_fault(start, sdk):
    gateway, _ = start.single("gemini")
    with pytest.raises(openai_sdk.BadRequestError) as caught:
        ask(sdk(gateway), stop=["a", "b", "c", "d", "e", "f"])
    assert caught.value.param == "stop"


def test_an_error_on_a_path_that_only_passes_has_the_form_of_its_api(start, sdk):
    simulator = start.simulator()
    gateway = start.gateway(keyed(simulator))
    with pytest.raises(openai_sdk.AuthenticationError) as caught:
        sdk(gateway, api_key="sk-wrong").moderations.create(model="e", input="x")
    assert caught.value.type == "authentication_error"
    assert "param" in caught.value.body


def test_a_model_that_no_provider_has_is_the_providers_404(start, sdk):
    gateway, simulator = start.single()
    simulator.set(rules=[{"times": 9, "status": 404, "errorCode": "model_not_found",
                          "errorMessage": "The model 'm' does not exist"}])
    with pytest.raises(openai_sdk.NotFoundError) as caught:
        ask(sdk(gateway))
    assert caught.value.code == "model_not_found"
    assert "does not exist" in caught.value.message


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
@pytest.mark.parametrize("status,exception", [
    (400, openai_sdk.BadRequestError), (404, openai_sdk.NotFoundError), (429, openai_sdk.RateLimitError),
    (503, openai_sdk.InternalServerError)])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_providers_failure_has_its_type(start, sdk, kind, status, exception, stream):
    gateway, simulator = start.single(kind, policies={"retry": {"attempts": 1}})
    simulator.set(status=status, errorMessage="the provider's own words")
    with pytest.raises(exception) as caught:
        ask(sdk(gateway), stream=stream)
    assert caught.value.status_code == status
    assert "the provider's own words" in caught.value.message


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_of_ours_is_not_the_clients_fault(start, sdk, kind, status):
    gateway, simulator = start.single(kind, policies={"retry": {"attempts": 1}})
    simulator.set(status=status, errorMessage="key provider-key is bad")
    with pytest.raises(openai_sdk.InternalServerError) as caught:
        ask(sdk(gateway))
    assert caught.value.status_code == 502
    assert "provider-key" not in caught.value.message


def test_retry_after_reaches_the_client_with_the_last_429(start, sdk):
    gateway, simulator = start.single(policies={"retry": {"attempts": 1}})
    simulator.set(status=429, retryAfter="60")
    with pytest.raises(openai_sdk.RateLimitError) as caught:
        ask(sdk(gateway))
    assert caught.value.response.headers["retry-after"] == "60"


def test_the_sdk_is_told_not_to_retry_what_the_gateway_retried(start, sdk):
    gateway, simulator = start.single()
    simulator.set(status=503)
    with pytest.raises(openai_sdk.InternalServerError) as caught:
        ask(sdk(gateway))
    assert caught.value.response.headers["x-should-retry"] == "false"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_content_policy_violation_is_told_and_tried_nowhere_else(start, sdk, stream):
    first, second = start.simulator("first"), start.simulator("second")
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.openai(first, "first")], [make.openai(second, "second")]))))
    first.set(status=400, errorCode="content_policy_violation", errorMessage="Not this.")
    with pytest.raises(openai_sdk.BadRequestError) as caught:
        ask(sdk(gateway), stream=stream)
    assert caught.value.code == "content_policy_violation"
    assert "Not this." in caught.value.message
    assert (first.count(), second.count()) == (1, 0)


def test_an_upstream_that_nobody_answers_at_is_502_in_the_clients_format(start, sdk):
    config = make.gateway(make.route(make.groups([make.openai("127.0.0.1:1")])))
    gateway = start.gateway(config)
    with pytest.raises(openai_sdk.InternalServerError) as caught:
        ask(sdk(gateway))
    assert caught.value.status_code in (502, 503)
    assert caught.value.body["code"]
    assert caught.value.body["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"", b"{\"model\": 5}",
                                  b"\xff\xfe", b'{"messages": []'])
def test_a_body_that_is_no_chat_request_is_400(start, body):
    gateway, simulator = start.single(model="configured")
    answer = exchange(gateway.address, post("/v1/chat/completions", body))
    assert answer.status == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
    assert simulator.count() == 0


def test_a_wrong_method_is_refused(start):
    gateway, simulator = start.single()
    answer = exchange(gateway.address, b"DELETE /v1/chat/completions HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status in (404, 405)
    assert simulator.count() == 0


def test_an_error_of_the_gateway_names_a_request(start):
    gateway, _ = start.single()
    answer = exchange(gateway.address, post("/v1/chat/completions", chat_body()[:-5]))
    error = answer.json()["error"]
    assert error["message"] and error["code"]


def test_an_answer_that_there_is_no_room_to_hold_is_refused_until_there_is(start, sdk):
    gateway, simulator = start.single("gemini", frontend={
        "maxBufferSize": "128KiB", "maxTotalBufferSize": "736KiB"})
    # Room for one and its translation, and not for two.
    simulator.set(bytes=330_000, framing="length", slowBytes=100_000, slowIntervalMs=500)
    with Connection(gateway.address) as first:
        first.send(post_chat())
        wait_until(lambda: simulator.count() == 1)
        time.sleep(0.3 * TIME_FACTOR)  # it has the head of the answer, and little more
        with pytest.raises(openai_sdk.InternalServerError) as refused:
            ask(sdk(gateway))
        assert (refused.value.status_code, refused.value.code) == (503, "too_many_bodies")
        simulator.set(bytes=1000, slowBytes=0)
        ask(sdk(gateway))  # what is small needs no room
        answer = first.read_response()
        assert answer.status == 200
        assert len(answer.json()["choices"][0]["message"]["content"]) == 330_000
    simulator.set(bytes=330_000)
    ask(sdk(gateway))
    assert gateway.metric("headgate_attempts_total", outcome="success") == 3
