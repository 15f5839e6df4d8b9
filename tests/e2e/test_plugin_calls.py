"""HTTP calls of plugins: a policy that asks a guard about each request, with the real binary."""

import json
import re

import pytest

from harness import config as make
from harness.gateway import Gateway, run_command
from harness.guard import Guard
from harness.paths import BUILD
from harness.process import TIME_FACTOR, free_port, wait_until
from harness.raw import Connection, Stopwatch, chat_body, exchange, post

PLUGINS = BUILD / "tests" / "core" / "exchange" / "plugins"
CHAT = post("/v1/chat/completions", chat_body())


def judge(_path, _headers, body):
    if b"forbidden" in body:
        return 200, {}, b"never"
    return 200, {"X-Verdict": "fine"}, b"permit"


@pytest.fixture
def guard():
    guards = []

    def start_guard(verdict=judge, **more):
        guards.append(Guard(verdict, **more))
        return guards[-1]

    yield start_guard
    for each in guards:
        each.stop()


@pytest.fixture
def guarded(start):
    """guarded(upstream, policy): a gateway whose requests are asked about, and its provider."""

    def start_gateway(upstream, policy=None, workers=None):
        simulator = start.simulator()
        static = {"plugins": {"upstreams": {"guard": upstream}}}
        if workers:
            static["workerThreads"] = workers
        gateway = start.gateway(make.gateway(make.route(
            make.groups([make.openai(simulator, key="k")]),
            {"guard": {"upstreams": "guard", **(policy or {})}}), static=static),
            "--plugins", PLUGINS)
        return gateway, simulator

    return start_gateway


def at(guard, **more):
    return {"host": guard.address, **more}


def calls(gateway, result):
    return gateway.metric("headgate_plugin_calls_total", plugin="test.policy.guard",
                          upstream="guard", result=result) or 0


def test_the_guard_permits_and_refuses(guard, guarded):
    asked = guard()
    gateway, simulator = guarded(at(asked))
    answer = exchange(gateway.address, CHAT)
    assert answer.status == 200, answer.body
    refused = exchange(gateway.address, post("/v1/chat/completions", chat_body("forbidden words")))
    assert refused.status == 403
    assert refused.json()["error"]["code"] == "refused_by_guard"
    assert simulator.count() == 1
    path, headers, body = asked.asked[0]
    assert path == "/check?of=request"
    assert headers["x-guard"] == "yes" and headers["host"] == asked.address
    assert "authorization" not in headers, "the client's own headers go nowhere by themselves"
    assert json.loads(body) == json.loads(chat_body())
    assert calls(gateway, "answered") == 2


@pytest.mark.parametrize("on_error,status", [("refuse", 502), ("permit", 200)])
def test_the_guard_is_down(guarded, on_error, status):
    gateway, simulator = guarded({"host": f"127.0.0.1:{free_port()}"}, {"onError": on_error})
    answer = exchange(gateway.address, CHAT)
    assert answer.status == status
    if status == 502:
        assert answer.json()["error"]["code"] == "guard_failed"
    assert simulator.count() == (1 if status == 200 else 0)
    assert calls(gateway, "connect") == 1


def test_the_guard_is_slow(guard, guarded):
    asked = guard()
    gateway, simulator = guarded(at(asked, timeout="300ms"))
    asked.hold()
    watch = Stopwatch()
    assert exchange(gateway.address, CHAT).status == 502
    assert 0.25 <= watch.seconds < 3 * TIME_FACTOR
    assert calls(gateway, "timeout") == 1
    assert simulator.count() == 0
    assert wait_until(lambda: asked.left == 1), "its connection was closed"
    asked.go_on.set()
    assert exchange(gateway.address, CHAT).status == 200, "and the next request asks it afresh"


def test_a_plugin_may_wait_less_than_the_upstream_allows(guard, guarded):
    asked = guard()
    gateway, _ = guarded(at(asked, timeout="30s"), {"timeout": 200})
    asked.hold()
    watch = Stopwatch()
    assert exchange(gateway.address, CHAT).status == 502
    assert watch.seconds < 5 * TIME_FACTOR


def test_the_answer_is_too_large(guard, guarded):
    asked = guard(lambda *_: (200, {}, b"permit" + 5000 * b"x"))
    gateway, simulator = guarded(at(asked), {"answerBytes": 4096})
    assert exchange(gateway.address, CHAT).status == 502
    assert calls(gateway, "too_large") == 1
    assert simulator.count() == 0


def test_an_upstream_that_nobody_has_named(guard, guarded):
    asked = guard()
    gateway, simulator = guarded(at(asked), {"upstreams": "gaurd"}, workers=1)
    for _ in range(3):
        assert exchange(gateway.address, CHAT).status == 502
    assert simulator.count() == 0 and not asked.asked
    assert gateway.log().count(
        "plugin 'test.policy.guard' calls the upstream 'gaurd', which config.plugins.upstreams "
        "does not name") == 1, "said once, not with every request"


def test_the_client_leaves_while_the_guard_thinks(guard, guarded):
    asked = guard()
    gateway, simulator = guarded(at(asked, timeout="1m"))
    asked.hold()
    with Connection(gateway.address) as client:
        client.send(CHAT)
        assert wait_until(lambda: len(asked.asked) == 1)
    assert wait_until(lambda: asked.left == 1), "nobody waits for the answer any more"
    assert wait_until(lambda: calls(gateway, "cancelled") == 1)
    assert gateway.wait_for_access_line()["error"] == "client_gone"
    asked.go_on.set()
    assert exchange(gateway.address, CHAT).status == 200
    assert simulator.count() == 1


def test_connections_to_the_guard_are_kept(guard, guarded):
    asked = guard()
    gateway, _ = guarded(at(asked), workers=1)
    for _ in range(5):
        assert exchange(gateway.address, CHAT).status == 200
    assert len(asked.asked) == 5
    assert asked.connections == 1


def test_a_redirect_is_an_answer_like_any_other(guard, guarded):
    elsewhere = guard()
    asked = guard(lambda *_: (302, {"Location": f"http://{elsewhere.address}/"}, b"permit"))
    gateway, _ = guarded(at(asked))
    assert exchange(gateway.address, CHAT).status == 403
    assert not elsewhere.asked


def test_the_guard_with_tls(guard, guarded, authority):
    asked = guard(certificate=authority.issue("guard.test"))
    tls = {"root": str(authority.root), "hostname": "guard.test"}
    gateway, _ = guarded(at(asked, backendTLS=tls))
    assert exchange(gateway.address, CHAT).status == 200
    assert calls(gateway, "answered") == 1


@pytest.mark.parametrize("tls", [{}, {"hostname": "guard.test"}], ids=["no root", "no root, name"])
def test_a_certificate_of_somebody_unknown_is_refused(guard, guarded, authority, tls):
    asked = guard(certificate=authority.issue("guard.test"))
    gateway, simulator = guarded(at(asked, backendTLS=tls))
    assert exchange(gateway.address, CHAT).status == 502
    assert calls(gateway, "connect") == 1
    assert simulator.count() == 0 and not asked.asked


def test_a_certificate_for_another_name_is_refused(guard, guarded, authority):
    asked = guard(certificate=authority.issue("other.test"))
    gateway, _ = guarded(at(asked, backendTLS={"root": str(authority.root),
                                               "hostname": "guard.test"}))
    assert exchange(gateway.address, CHAT).status == 502
    assert calls(gateway, "connect") == 1


def test_the_guard_at_a_unix_socket(guard, guarded, tmp_path):
    asked = guard(unix_path=tmp_path / "guard.sock")
    gateway, _ = guarded(at(asked))
    assert exchange(gateway.address, CHAT).status == 200
    assert asked.asked[0][1]["host"] == "localhost"


def test_a_call_under_way_survives_a_reload(guard, guarded):
    asked = guard()
    gateway, simulator = guarded(at(asked, timeout="1m"))
    asked.hold()
    with Connection(gateway.address) as client:
        client.send(CHAT)
        assert wait_until(lambda: len(asked.asked) == 1)
        gateway.reload(gateway.file.read_text(encoding="utf-8") + "\n")
        asked.go_on.set()
        assert client.read_response().status == 200
    assert simulator.count() == 1


def test_the_gateway_ends_while_the_guard_thinks(guard, guarded):
    asked = guard()
    gateway, _ = guarded(at(asked, timeout="1m"))
    asked.hold()
    with Connection(gateway.address) as client:
        client.send(CHAT)
        assert wait_until(lambda: len(asked.asked) == 1)
        gateway.child.terminate()
        gateway.wait_for_log("draining")
        asked.go_on.set()
        assert client.read_response().status == 200, "who is inside may finish"
    assert gateway.stop() == 0


def test_what_the_guard_is_told_is_not_logged(guard, guarded):
    asked = guard(lambda *_: (200, {"X-Verdict": "fine"}, b"permit, says secret-of-the-guard"))
    gateway, _ = guarded(at(asked))
    body = chat_body("secret-of-the-client")
    assert exchange(gateway.address, post("/v1/chat/completions", body)).status == 200
    gateway.wait_for_access_line()
    assert "secret-of" not in gateway.log()


class TestConfiguration:
    def check(self, tmp_path, upstreams):
        file = tmp_path / "file.yaml"
        Gateway(tmp_path, make.gateway(make.route({"host": "127.0.0.1:9"}),
                                       static={"plugins": {"upstreams": upstreams}}), name="file")
        return run_command("check", file)

    def test_a_good_one(self, tmp_path):
        done = self.check(tmp_path, {"guard": {"host": "127.0.0.1:9000", "timeout": "2s",
                                               "backendTLS": {}}})
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("upstream,fault", [
        ({}, "missing key 'host' in upstream 'guard'"),
        ({"host": "127.0.0.1"}, "'host' must be"),
        ({"host": "a:1", "backendTLS": {"root": "/nowhere.pem"}}, "/nowhere.pem"),
        ({"host": "a:1", "path": "/"}, "unknown key 'path' in upstream 'guard'"),
    ])
    def test_mistakes_are_shown_where_they_are(self, tmp_path, upstream, fault):
        done = self.check(tmp_path, {"guard": upstream})
        assert done.returncode == 1
        assert re.search(r"file\.yaml:\d+:\d+: .*" + re.escape(fault), done.stderr), done.stderr

    def test_a_root_that_is_no_certificate(self, tmp_path):
        root = tmp_path / "root.pem"
        root.write_text("nothing of the kind", encoding="ascii")
        done = self.check(tmp_path, {"guard": {"host": "a:1", "backendTLS": {"root": str(root)}}})
        assert done.returncode == 1
        assert re.search(r"file\.yaml:\d+:\d+: .*backendTLS of upstream 'guard'",
                         done.stderr), done.stderr
