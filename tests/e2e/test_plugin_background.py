"""What plugins do without a request, with the real binary."""

import itertools

import pytest

from harness import config as make
from harness.guard import Guard
from harness.paths import BUILD
from harness.process import wait_until
from harness.raw import chat_body, exchange, post

PLUGINS = BUILD / "tests" / "core" / "exchange" / "plugins"


@pytest.fixture
def tokens():
    """Gives another token each time it is asked."""
    number = itertools.count(1)
    server = Guard(lambda path, headers, body: (200, {}, f"token-{next(number)}".encode()))
    yield server
    server.stop()


def with_token(start, tokens, every=200):
    static = {"workerThreads": 1,
              "plugins": {"upstreams": {"tokens": {"host": tokens.address}}}}
    return make.gateway(
        make.route(make.groups([make.openai(start.simulator(), key="k")]),
                   {"token": {"upstream": "tokens", "every": every}}), static=static)


def token_of(gateway):
    answer = exchange(gateway.address, post("/v1/chat/completions", chat_body()))
    assert answer.status == 200
    return answer.headers["x-token"]


def paths(tokens):
    return [path for path, _, _ in tokens.asked]


def test_a_token_is_there_before_the_first_request_and_is_kept_fresh(start, tokens):
    gateway = start.gateway(with_token(start, tokens), "--plugins", PLUGINS)
    assert wait_until(lambda: len(tokens.asked) >= 4, 20)
    assert paths(tokens)[:3] == ["/token/first", "/token", "/token"]
    number = int(token_of(gateway).removeprefix("token-"))
    assert 3 <= number <= len(tokens.asked)
    assert gateway.metric("headgate_plugin_calls_total", plugin="test.policy.token",
                          upstream="tokens", result="answered") >= 3


def test_a_reload_begins_it_anew_and_one_without_it_ends_it(start, tokens):
    config = with_token(start, tokens, every=600_000)
    gateway = start.gateway(config, "--plugins", PLUGINS)
    assert wait_until(lambda: token_of(gateway) == "token-1", 20)
    config["frontendPolicies"] = {"http": {"maxBufferSize": "1MiB"}}
    gateway.reload(config)
    assert wait_until(lambda: token_of(gateway) == "token-2", 20)
    assert paths(tokens) == ["/token/first", "/token/first"]
    del config["binds"][0]["listeners"][0]["routes"][0]["policies"]["token"]
    gateway.reload(config)
    answer = exchange(gateway.address, post("/v1/chat/completions", chat_body()))
    assert answer.status == 200 and "x-token" not in answer.headers
    assert len(tokens.asked) == 2


def test_each_worker_has_its_own(start, tokens):
    config = with_token(start, tokens, every=600_000)
    config["config"]["workerThreads"] = 2
    start.gateway(config, "--plugins", PLUGINS)
    assert wait_until(lambda: len(tokens.asked) == 2, 20)
    assert paths(tokens) == ["/token/first", "/token/first"]
