"""A request that fails at one provider is answered by another, within the same request."""

import concurrent.futures
import itertools
import json
import time

import openai as openai_sdk
import pytest

from harness import config as make
from harness.raw import Stopwatch, content_of, events, exchange, post_chat

MESSAGES = [{"role": "user", "content": "Hello"}]
HEALTHY = "I am second and I answer as m."

FAULTS = {
    "503": {"status": 503},
    "500": {"status": 500},
    "overloaded": {"status": 529},
    "reset": {"resetBeforeHead": True},
    "cut head": {"raw": "HTTP/1.1 200 OK\r\nConte"},
    "garbage": {"raw": "!!! this is not HTTP !!!\r\n\r\n"},
    "bad framing": {"raw": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello"},
    "cut body": {"cutBodyAt": 40},
    "not json": {"raw": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                        "Content-Length: 5\r\n\r\nhello"},
}


def two_groups(start, policies=None, kinds=("openAI", "openAI"), **more):
    first, second = start.simulator("first"), start.simulator("second")
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.provider("first", kinds[0], first, key="key-one", **more)],
        [make.provider("second", kinds[1], second, key="key-two")]), policies)))
    return gateway, first, second


def ask(client, stream=False):
    """Returns (text, provider, attempts)."""
    raw = client.chat.completions.with_raw_response.create(model="m", messages=MESSAGES,
                                                           stream=stream)
    parsed = raw.parse()
    if stream:
        text = "".join(c.choices[0].delta.content or "" for c in parsed if c.choices)
    else:
        text = parsed.choices[0].message.content
    return text, raw.headers["x-headgate-provider"], raw.headers["x-headgate-attempts"]


@pytest.mark.parametrize("kinds", [("openAI", "openAI"), ("gemini", "openAI"),
                                   ("openAI", "gemini")], ids="-".join)
@pytest.mark.parametrize("fault,stream", [
    *itertools.product(["503", "500", "overloaded", "reset", "cut head", "garbage", "bad framing"],
                       [False, True]),
    ("cut body", False)])
def test_the_next_group_answers(start, sdk, fault, stream, kinds):
    gateway, first, second = two_groups(start, kinds=kinds)
    first.set(**FAULTS[fault])
    text, provider, attempts = ask(sdk(gateway), stream)
    assert text == HEALTHY
    assert provider == "second"
    assert 1 <= first.count() <= 2
    assert second.count() == 1
    assert attempts.startswith("first:") and ";second:200/" in attempts


def test_an_answer_that_is_not_json_goes_elsewhere_when_it_must_be_read(start, sdk):
    gateway, first, second = two_groups(start, kinds=("gemini", "openAI"))
    first.set(**FAULTS["not json"])
    assert ask(sdk(gateway))[0] == HEALTHY


@pytest.mark.parametrize("kinds", [("openAI", "openAI"), ("gemini", "openAI")], ids="-".join)
def test_an_error_event_inside_a_200_is_a_failure(start, sdk, kinds):
    gateway, first, second = two_groups(start, kinds=kinds)
    first.set(errorEventAt=0)
    text, provider, _ = ask(sdk(gateway), stream=True)
    assert (text, provider) == (HEALTHY, "second")


def test_a_role_event_commits_nothing(start, sdk):
    gateway, first, second = two_groups(start)
    # The role event, then an error in place of the first token.
    first.set(rules=[{"raw": "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                             "Connection: close\r\n\r\n"
                             'data: {"id":"x","object":"chat.completion.chunk","created":1,'
                             '"model":"m","choices":[{"index":0,"delta":{"role":"assistant",'
                             '"content":""},"finish_reason":null}]}\n\n'
                             'data: {"error":{"message":"overloaded","code":"overloaded"}}\n\n'}])
    assert ask(sdk(gateway), stream=True)[:2] == (HEALTHY, "second")


def test_a_stream_that_is_cut_after_the_commit_is_never_a_clean_end(start):
    gateway, first, second = two_groups(start)
    first.set(tokens=60, bytes=600, cutAfterTokens=40, cut="close")
    answer = exchange(gateway.address, post_chat(stream=True))
    data = events(answer.body)
    assert len(content_of(answer.body)) == 400
    assert "[DONE]" not in data
    assert '"error"' in data[-1]
    assert second.count() == 0, "bytes were sent: no other attempt"


@pytest.mark.parametrize("cut", ["reset", "close", "end"])
@pytest.mark.parametrize("kind", ["openAI", "gemini"])
def test_the_sdk_raises_on_a_cut_stream(start, sdk, kind, cut):
    gateway, simulator = start.single(kind)
    # A reset throws away what the simulator's kernel has not sent yet: the pace lets it send all.
    simulator.set(tokens=60, bytes=600, cutAfterTokens=40, cut=cut, tokenIntervalMs=5)
    text = ""
    with pytest.raises(openai_sdk.APIError):
        for chunk in sdk(gateway).chat.completions.create(model="m", messages=MESSAGES,
                                                          stream=True):
            text += chunk.choices[0].delta.content or ""
    if cut != "reset":  # which may overtake what was sent before it
        assert len(text) == 400, "what came before the cut was passed on"


def test_the_first_token_has_a_hard_deadline(start, sdk):
    gateway, first, second = two_groups(start, {"timeout": {"firstTokenTimeout": "1s"}})
    first.set(headDelayMs="never")
    watch = Stopwatch()
    text, provider, _ = ask(sdk(gateway), stream=True)
    assert (text, provider) == (HEALTHY, "second")
    assert 0.9 <= watch.seconds < 6
    assert first.count() == 1, "silence is never asked twice"
    assert first.wait_for_outcome("client_left")


def test_silence_after_the_head_is_silence_too(start, sdk):
    gateway, first, second = two_groups(start, {"timeout": {"firstTokenTimeout": "1s"}})
    first.set(firstTokenDelayMs="never", roleFirst=True)
    assert ask(sdk(gateway), stream=True)[:2] == (HEALTHY, "second")
    assert first.count() == 1


def test_a_stream_that_stalls_ends_in_an_error(start):
    gateway, first, _ = two_groups(start, {"timeout": {"streamIdleTimeout": "1s"}})
    first.set(stallAfterTokens=5)
    watch = Stopwatch()
    answer = exchange(gateway.address, post_chat(stream=True))
    assert 0.9 <= watch.seconds < 6
    data = events(answer.body)
    assert '"error"' in data[-1] and "[DONE]" not in data


def test_nothing_is_retried_after_the_total(start, sdk):
    gateway, first, second = two_groups(start, {"timeout": {"requestTimeout": "1s"}})
    first.set(headDelayMs="never")
    watch = Stopwatch()
    with pytest.raises(openai_sdk.APIStatusError) as caught:
        ask(sdk(gateway))
    assert caught.value.status_code == 504
    assert watch.seconds < 6
    assert second.count() == 0


def test_a_500_is_asked_once_more_at_the_same_place(start, sdk):
    gateway, first, second = two_groups(start)
    first.set(rules=[{"times": 1, "status": 500}])
    assert ask(sdk(gateway))[1] == "first"
    assert (first.count(), second.count()) == (2, 0)


def test_a_503_goes_elsewhere_at_once(start, sdk):
    gateway, first, second = two_groups(start)
    first.set(rules=[{"times": 1, "status": 503}])
    assert ask(sdk(gateway))[1] == "second"
    assert (first.count(), second.count()) == (1, 1)


def test_a_429_is_waited_for_where_there_is_nobody_else(start, sdk):
    gateway, simulator = start.single()
    simulator.set(rules=[{"times": 1, "status": 429, "retryAfter": "2"}])
    watch = Stopwatch()
    sdk(gateway).chat.completions.create(model="m", messages=MESSAGES)
    assert 1.8 <= watch.seconds < 8
    first, second = simulator.records()
    assert second.at_ms - first.at_ms >= 1800


def test_a_429_without_a_time_goes_to_the_fallback(start, sdk):
    gateway, first, second = two_groups(start)
    first.set(status=429)
    assert ask(sdk(gateway))[1] == "second"
    assert first.count() <= 4


def test_a_prompt_too_long_is_asked_once_and_elsewhere(start, sdk):
    gateway, first, second = two_groups(start)
    first.set(status=400, errorCode="context_length_exceeded")
    assert ask(sdk(gateway))[1] == "second"
    assert (first.count(), second.count()) == (1, 1)


def ask_what_gemini_cannot_say(gateway):
    return exchange(gateway.address, post_chat(logit_bias={"1": 1}))


def behind_three_that_cannot(start):
    second = start.simulator("second")
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.provider(f"g{n}", "gemini", start.simulator(f"g{n}"), key="k") for n in range(3)],
        [make.provider("second", "openAI", second, key="key-two")]))))
    return gateway, second


def test_who_cannot_express_a_request_uses_up_no_attempt(start):
    gateway, second = behind_three_that_cannot(start)
    answer = ask_what_gemini_cannot_say(gateway)
    assert answer.status == 200
    assert answer.headers["x-headgate-provider"] == "second"
    assert second.count() == 1


def test_a_real_failure_says_more_than_that_others_cannot_express_a_request(start):
    first = start.simulator("first")
    first.set(status=503)
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.provider("first", "openAI", first, key="key-one")],
        [make.provider("second", "gemini", start.simulator("second"), key="key-two")]))))
    answer = ask_what_gemini_cannot_say(gateway)
    assert answer.status == 503
    assert "'first'" in json.loads(answer.body)["error"]["message"]


def test_the_answer_carries_the_fallbacks_model_and_usage(start, sdk):
    gateway, first, second = two_groups(start)
    first.set(status=503)
    second.set(model="fallback-model", promptTokens=3, tokens=4)
    answer = sdk(gateway).chat.completions.create(model="m", messages=MESSAGES)
    assert answer.model == "fallback-model"
    assert answer.usage.total_tokens == 7
    line = gateway.wait_for_access_line()
    assert line["endpoint"] == "second"
    assert line["gen_ai.usage.total_tokens"] == 7
    assert [attempt["endpoint"] for attempt in line["attempts"]] == ["first", "second"]


def test_a_failing_provider_is_evicted_with_no_configuration_and_comes_back(start, sdk):
    gateway, first, second = two_groups(start)
    client = sdk(gateway)
    first.set(status=503)
    for _ in range(12):
        assert ask(client)[1] == "second"
    assert first.count() <= 6, "an evicted provider is not asked for every request"
    first.reset()

    deadline = time.monotonic() + 30
    while ask(client)[1] != "first":
        assert time.monotonic() < deadline, "the provider did not come back"
        time.sleep(0.2)
    assert [ask(client)[1] for _ in range(5)][-1] == "first"


@pytest.mark.parametrize("restored,least,most", [(None, 0.99, 1), (0.2, 0.2, 0.5)],
                         ids=["clean slate", "restoreHealth"])
def test_a_provider_returns_with_the_health_of_the_configuration(start, sdk, restored, least, most):
    eviction = {"duration": "500ms", "consecutiveFailures": 1}
    if restored is not None:
        eviction["restoreHealth"] = restored
    gateway, first, _ = two_groups(start, {"health": {"eviction": eviction}})
    client = sdk(gateway)
    first.set(status=503)
    assert ask(client)[1] == "second"
    first.reset()

    deadline = time.monotonic() + 30
    while ask(client)[1] != "first":
        assert time.monotonic() < deadline, "the provider did not come back"
        time.sleep(0.1)
    endpoints = json.loads(gateway.admin("/api/endpoints"))[0]["endpoints"]
    health = {endpoint["name"]: endpoint["health"] for endpoint in endpoints}
    assert least <= health["first"] <= most, health
    assert health["second"] == 1


def test_when_everything_fails_the_client_gets_an_answer_soon(start, sdk):
    gateway, first, second = two_groups(start)
    first.set(status=503)
    second.set(status=503, errorMessage="all are out")
    watch = Stopwatch()
    with pytest.raises(openai_sdk.InternalServerError) as caught:
        ask(sdk(gateway))
    assert caught.value.status_code == 503
    assert watch.seconds < 10
    assert first.count() + second.count() <= 6


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
def test_a_pooled_connection_gone_stale_is_not_the_clients_trouble(start, sdk, kind):
    gateway, simulator = start.single(kind, policies={"retry": {"attempts": 1}})
    client = sdk(gateway)
    simulator.set(closeAfter=True)
    for _ in range(10):
        assert client.chat.completions.create(model="m", messages=MESSAGES).choices
    assert simulator.count() == 10, "each request is answered once"


def test_a_connection_closed_while_the_request_flies_is_replaced(start, sdk):
    gateway, simulator = start.single(policies={"retry": {"attempts": 1}})
    client = sdk(gateway)
    client.chat.completions.create(model="m", messages=MESSAGES)
    # The next request on the kept connection is received and the connection reset unanswered.
    simulator.set(rules=[{"times": 1, "resetBeforeHead": True}])
    assert client.chat.completions.create(model="m", messages=MESSAGES).choices
    assert simulator.count() == 3


def test_an_upstream_that_announces_its_close_is_believed(start, sdk):
    gateway, simulator = start.single()
    simulator.set(connectionClose=True)
    client = sdk(gateway)
    for _ in range(3):
        client.chat.completions.create(model="m", messages=MESSAGES)
    assert len({record.connection for record in simulator.records()}) == 3


def test_a_stream_without_done_is_finished_promptly(start, sdk):
    gateway, simulator = start.single()
    simulator.set(noDone=True, promptTokens=11, tokens=7)
    watch = Stopwatch()
    chunks = list(sdk(gateway).chat.completions.create(
        model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].usage.total_tokens == 18
    assert watch.seconds < 5


def test_a_stream_that_goes_silent_after_its_finish_is_finished(start):
    gateway, simulator = start.single()
    simulator.set(tokens=4, stallAfterTokens=4)
    # The stall is before the finish event: a cut. After it (below): an end.
    raw = ('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100000\r\n\r\n'
           'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":'
           '[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}]}\n\n'
           'data: {"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":'
           '[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n')
    simulator.reset()
    simulator.set(raw=raw)
    watch = Stopwatch()
    answer = exchange(gateway.address, post_chat(stream=True))
    assert content_of(answer.body) == "Hi"
    assert watch.seconds < 8


def test_an_event_that_is_not_json_is_dropped_and_the_rest_arrive(start, sdk):
    gateway, simulator = start.single()
    simulator.set(tokens=20, bytes=200, notJsonAt=9)
    text, _, _ = ask(sdk(gateway), stream=True)
    assert len(text) == 200


def test_a_long_retry_after_is_kept_where_nobody_else_can_serve(start):
    gateway, simulator = start.single()
    simulator.set(status=429, retryAfter="60")
    answers = [exchange(gateway.address, post_chat()) for _ in range(10)]
    assert simulator.count() == 1
    assert {answer.status for answer in answers} == {429}
    assert all(50 <= int(answer.headers["retry-after"]) <= 60 for answer in answers)


def test_a_request_waits_for_a_return_that_is_near(start):
    gateway, simulator = start.single(policies={
        "health": {"eviction": {"consecutiveFailures": 1, "duration": "1s"}},
        "retry": {"attempts": 1}})
    simulator.set(rules=[{"times": 1, "status": 503}])
    assert exchange(gateway.address, post_chat()).status == 503
    watch = time.monotonic()
    assert exchange(gateway.address, post_chat()).status == 200
    assert time.monotonic() - watch >= 0.7
    assert simulator.count() == 2


def test_no_more_than_64_wait_for_a_short_retry_after(start):
    gateway, simulator = start.single()
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: exchange(gateway.address, post_chat()).status, range(600)))
    simulator.set(status=429, retryAfter="3")

    def ask_timed(_):
        begun = time.monotonic()
        # Three tries and the waits between them take up to 15 s.
        exchange(gateway.address, post_chat(), timeout=40)
        return time.monotonic() - begun

    with concurrent.futures.ThreadPoolExecutor(150) as pool:
        times = list(pool.map(ask_timed, range(150)))
    assert 1 <= sum(each > 2 for each in times) <= 64


def test_who_would_rather_refuse_is_told_when_to_come_back(start):
    gateway, simulator = start.single(policies={
        "health": {"eviction": {"consecutiveFailures": 1, "duration": "2s"}},
        "retry": {"attempts": 1, "whenAllOut": "refuse"}})
    simulator.set(status=503)
    exchange(gateway.address, post_chat())
    answer = exchange(gateway.address, post_chat())
    assert answer.status == 503 and answer.headers["retry-after"] in ("1", "2")
    assert simulator.count() == 1
