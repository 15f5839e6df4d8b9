"""Metrics that a plugin declares, with the real binary."""

from harness import config as make
from harness.paths import BUILD
from harness.process import wait_until
from harness.raw import chat_body, exchange, post

PLUGINS = BUILD / "tests" / "core" / "exchange" / "plugins"
REQUESTS = "plugin_test_policy_meter_requests_total"


def metered(start, **static):
    return start.gateway(make.gateway(make.route(
        make.groups([make.openai(start.simulator(), key="k")]), {"meter": {}}), static=static),
        "--plugins", PLUGINS)


def ask(gateway, team=None):
    lines = [f"x-team: {team}"] if team else []
    answer = exchange(gateway.address, post("/v1/chat/completions", chat_body(), *lines))
    assert answer.status == 200, answer.body


def test_a_plugin_s_own_metrics_are_summed_over_the_workers(start):
    gateway = metered(start, workerThreads=2)
    for _ in range(8):
        ask(gateway, "search")
    ask(gateway)
    assert gateway.metric(REQUESTS, team="search") == 8
    assert gateway.metric(REQUESTS, team="none") == 1
    assert gateway.metric("plugin_test_policy_meter_body_bytes_count") == 9
    assert wait_until(lambda: gateway.metric("plugin_test_policy_meter_open") == 0)


def test_what_is_removed_is_not_shown(start):
    gateway = metered(start, metrics={"remove": [REQUESTS]})
    ask(gateway, "search")
    assert gateway.metric(REQUESTS, team="search") is None
    assert gateway.metric("plugin_test_policy_meter_body_bytes_count") == 1
