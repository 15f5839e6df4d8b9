"""What is said when a plugin takes the process down, with the real binary."""

import signal

import pytest

from harness import config as make
from harness.paths import BUILD, is_sanitized
from harness.raw import Connection, chat_body, post

PLUGINS = BUILD / "tests" / "core" / "exchange" / "plugins"

pytestmark = pytest.mark.skipif(is_sanitized(), reason="sanitizers report crashes themselves")


def crash(start, phase, how):
    """The gateway, ended by a policy that does so."""
    policy = {"use": "test.policy.scripted", "config": {phase: how}}
    gateway = start.gateway(make.gateway(make.route(
        make.groups([make.openai(start.simulator(), key="k")]), {"plugins": [policy]})),
        "--plugins", PLUGINS)
    gateway.may_fail = True
    with Connection(gateway.address) as client:
        client.send(post("/v1/chat/completions", chat_body()))
        assert not client.read_some()
    gateway.child.wait(20)
    return gateway


def test_the_plugin_and_its_callback_are_named(start):
    gateway = crash(start, "request", "crash")
    assert gateway.child.returncode == -signal.SIGABRT
    assert gateway.log().endswith(
        "headgate: crashed inside plugin test.policy.scripted, callback on_request\n")


def test_also_when_the_stack_is_used_up(start):
    gateway = crash(start, "response", "use up the stack")
    assert gateway.child.returncode == -signal.SIGSEGV
    assert gateway.log().endswith(
        "headgate: crashed inside plugin test.policy.scripted, callback on_response\n")


def test_a_crash_outside_of_plugins_blames_none(start):
    gateway = start.gateway(make.gateway(make.route(make.groups([make.openai("127.0.0.1:9")]))))
    gateway.may_fail = True
    gateway.child.send_signal(signal.SIGSEGV)
    assert gateway.child.wait(20) == -signal.SIGSEGV
    assert gateway.log().endswith("headgate: crashed, no plugin was running on this thread\n")
