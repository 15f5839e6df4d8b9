"""What all workers share of a plugin's, with the real binary."""

import yaml

from harness import config as make
from harness.gateway import run_command
from harness.paths import BUILD
from harness.raw import chat_body, exchange, post

PLUGINS = BUILD / "tests" / "core" / "exchange" / "plugins"


def limited(start, per_hour, **static):
    return make.gateway(make.route(
        make.groups([make.openai(start.simulator(), key="k")]), {"limit": {"perHour": per_hour}}),
        static=static)


def ask(gateway):
    return exchange(gateway.address, post("/v1/chat/completions", chat_body()))


def test_a_bucket_is_one_for_all_workers_and_is_kept_over_a_reload(start):
    config = limited(start, 5, workerThreads=2)
    gateway = start.gateway(config, "--plugins", PLUGINS)
    # Each on a connection of its own, so that both workers have some.
    assert [ask(gateway).status for _ in range(4)] == [200] * 4
    config["frontendPolicies"] = {"http": {"maxBufferSize": "1MiB"}}
    gateway.reload(config)
    assert gateway.reloads() == (2, 0)
    answers = [ask(gateway) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 429, 429, 429]
    assert answers[1].json()["error"]["code"] == "limited_for_an_hour"
    numbers = [line["number"] for line in map(gateway.wait_for_access_line, range(1, 9))]
    assert sorted(map(int, numbers)) == list(range(1, 9))


def test_what_cannot_be_made_is_a_fault_of_the_configuration(start, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(limited(start, 0)))
    checked = run_command("check", "-f", file, "--plugins", PLUGINS)
    assert checked.returncode == 1
    assert "a token bucket cannot be kept: its name or its bounds are out of range" in (
        checked.stdout + checked.stderr)
