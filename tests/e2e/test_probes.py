"""Endpoints that are out come back by a probe of the gateway's own, not by a client's request."""

import json
import re
import time

import pytest

from harness import config as make
from harness.process import wait_until
from harness.raw import exchange, post_chat

PING = {"model": "tiny", "max_tokens": 1, "messages": [{"role": "user", "content": "ping"}]}


def gateway_with(start, probe, kind="openAI"):
    first, second = start.simulator("first"), start.simulator("second")
    policies = {"health": {"eviction": {"duration": "1s", "consecutiveFailures": 1},
                           "probe": {"interval": "500ms", "timeout": "2s", **probe}},
                "retry": {"backoff": "1ms"}}
    config = make.gateway(make.route(make.groups(
        [make.provider("first", kind, first, key="key-one")],
        [make.openai(second, "second", key="key-two")]), policies))
    return start.gateway(config), first, second, config


def ask(gateway):
    answer = exchange(gateway.address, post_chat(), timeout=30)
    assert answer.status == 200, answer.body
    return answer.headers["x-headgate-provider"]


def state_of(gateway, name):
    for endpoint in json.loads(gateway.admin("/api/endpoints"))[0]["endpoints"]:
        if endpoint["name"] == name:
            return endpoint["state"]
    raise AssertionError(name)


@pytest.mark.parametrize("kind,probe,path", [
    ("openAI", {"path": "/v1/models"}, "/v1/models"),
    ("gemini", {"path": "/v1beta/models/tiny"}, "/v1beta/models/tiny"),
    ("openAI", {"path": "/v1/chat/completions", "body": PING}, "/v1/chat/completions"),
    ("gemini", {"path": "/v1/chat/completions", "body": PING},
     "/v1beta/models/tiny:generateContent"),
], ids=["openAI path", "gemini path", "openAI request", "gemini request"])
def test_a_dead_provider_is_probed_and_returns(start, kind, probe, path):
    gateway, first, second, _ = gateway_with(start, probe, kind)
    assert ask(gateway) == "first"
    assert first.count() == 1, "nothing is probed that is in service"
    first.set(status=503)
    assert ask(gateway) == "second"
    first.control("forget", {})
    # What fails is probed again and again, and no client's request goes there.
    began = time.monotonic()
    while time.monotonic() - began < 4:
        assert ask(gateway) == "second"
        time.sleep(0.05)
    records = first.records()
    assert 4 <= len(records) <= 9, [record.target for record in records]
    assert {record.target.split("?")[0] for record in records} == {path}
    gaps = [b.at_ms - a.at_ms for a, b in zip(records, records[1:])]
    assert min(gaps) >= 380, gaps
    key = records[0].headers.get("authorization") or records[0].headers["x-goog-api-key"]
    assert key.endswith("key-one")
    assert second.count() > 10

    first.set(status=200)
    healed = time.monotonic()
    wait_until(lambda: state_of(gateway, "first") == "in_service", 5)
    assert time.monotonic() - healed < 1.5, "within an interval"
    wait_until(lambda: ask(gateway) == "first", 10)
    probes = gateway.metric("headgate_probe_total", endpoint="first", result="success")
    assert probes == 1
    assert gateway.metric("headgate_probe_total", endpoint="first", result="upstream_status") >= 4
    assert "key-one" not in gateway.log()
    assert len(re.findall(r"endpoint 'first'[^\n]*is not back", gateway.log())) == 1
    assert len(re.findall(r"endpoint 'first'[^\n]*back in service", gateway.log())) == 1


def test_a_probe_goes_on_over_a_reload_and_ends_with_the_configuration(start):
    gateway, first, _, config = gateway_with(start, {"path": "/v1/models"})
    first.set(status=503)
    assert ask(gateway) == "second"
    wait_until(lambda: first.stats()["requestsByPath"].get("/v1/models", 0) >= 1, 10)
    changed = json.loads(json.dumps(config))
    changed["binds"][0]["listeners"][0]["routes"][0]["name"] = "renamed"
    gateway.reload(changed)
    before = first.stats()["requestsByPath"]["/v1/models"]
    wait_until(lambda: first.stats()["requestsByPath"]["/v1/models"] >= before + 2, 10)
    del changed["binds"][0]["listeners"][0]["routes"][0]["policies"]["health"]["probe"]
    gateway.reload(changed)
    time.sleep(0.3)
    before = first.stats()["requestsByPath"]["/v1/models"]
    time.sleep(1.5)
    assert first.stats()["requestsByPath"]["/v1/models"] == before
