"""A new configuration, and the end: nothing that was accepted is lost."""

import signal
import threading
import time

import pytest

from harness import config as make
from harness.process import wait_until
from harness.raw import Connection, events, exchange, post_chat


class Load:
    """Requests without a pause from several connections; counts what did not work."""

    def __init__(self, address, connections=4):
        self.address = address
        self.done = 0
        self.faults = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self.run) for _ in range(connections)]

    def run(self):
        connection = None
        while not self.stopping.is_set():
            try:
                if connection is None:
                    connection = Connection(self.address)
                connection.send(post_chat())
                answer = connection.read_response()
                if answer.status != 200:
                    self.faults.append((answer.status, answer.body))
                self.done += 1
                if answer.headers.get("connection") == "close":
                    connection.close()
                    connection = None
            except (OSError, EOFError) as fault:
                self.faults.append(fault)
                connection = None
        if connection:
            connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def wait_for(self, more):
        target = self.done + more
        assert wait_until(lambda: self.done >= target, 30), f"{self.done} of {target}"


def one_provider(simulator, **more):
    return make.gateway(make.route(make.groups([make.openai(simulator, **more)])))


def test_a_reload_under_load_loses_nothing(start):
    old, new = start.simulator("old"), start.simulator("new")
    gateway = start.gateway(one_provider(old))
    with Load(gateway.address) as load:
        load.wait_for(100)
        for simulator in (new, old, new):
            gateway.reload(one_provider(simulator))
            load.wait_for(100)
    assert load.faults == []
    count = old.count()
    assert exchange(gateway.address, post_chat()).status == 200
    assert old.count() == count, "the last configuration names the new one"


def test_a_bad_file_changes_nothing(start):
    simulator = start.simulator()
    gateway = start.gateway(one_provider(simulator))
    gateway.reload("binds:\n- port: 0\n  listenerz: []\n")
    assert gateway.reloads() == (1, 1)
    assert "listenerz" in gateway.log()
    assert gateway.metric("headgate_config_last_reload_successful") == 0
    assert exchange(gateway.address, post_chat()).status == 200
    assert gateway.admin_status("/healthz/ready") == 200
    gateway.reload(one_provider(simulator))
    assert gateway.metric("headgate_config_last_reload_successful") == 1


def test_the_file_is_watched(start):
    old, new = start.simulator("old"), start.simulator("new")
    gateway = start.gateway(one_provider(old))
    gateway.write(one_provider(new))
    assert wait_until(lambda: gateway.reloads() == (2, 0), 20)
    exchange(gateway.address, post_chat())
    assert new.count() == 1


def test_a_request_in_flight_ends_on_the_configuration_it_began_with(start):
    old, new = start.simulator("old"), start.simulator("new")
    gateway = start.gateway(one_provider(old))
    old.set(tokens=20, tokenIntervalMs=100)
    with Connection(gateway.address) as connection:
        connection.send(post_chat(stream=True))
        response = connection.read_head()
        gateway.reload(one_provider(new))
        body = b"".join(connection.chunks(response))
        assert events(body)[-1] == "[DONE]"
        assert old.wait_for_outcome("complete").tokens_sent == 20


def test_what_was_learned_survives_a_reload(start):
    first, second = start.simulator("first"), start.simulator("second")
    config = make.gateway(make.route(
        make.groups([make.openai(first, "first")], [make.openai(second, "second")]),
        {"health": {"eviction": {"duration": "60s", "consecutiveFailures": 1}}}))
    gateway = start.gateway(config)
    first.set(status=503)
    exchange(gateway.address, post_chat())
    asked = first.count()
    gateway.reload(config)
    for _ in range(5):
        assert exchange(gateway.address, post_chat()).headers["x-headgate-provider"] == "second"
    assert first.count() == asked, "the eviction was forgotten"


def test_a_key_file_is_read_anew(start):
    simulator = start.simulator()
    key = start.directory / "key.txt"
    key.write_text("sk-first\n", encoding="utf-8")
    gateway = start.gateway(one_provider(simulator, key={"file": str(key)}))
    exchange(gateway.address, post_chat())
    assert simulator.last().headers["authorization"] == "Bearer sk-first"
    key.write_text("sk-second\n", encoding="utf-8")
    gateway.child.send_signal(signal.SIGHUP)
    assert wait_until(lambda: gateway.reloads() == (2, 0), 20)
    exchange(gateway.address, post_chat())
    assert simulator.last().headers["authorization"] == "Bearer sk-second"


def test_a_reload_with_a_plugin_that_is_not_there_keeps_the_old_configuration(start):
    simulator = start.simulator()
    gateway = start.gateway(one_provider(simulator))
    broken = one_provider(simulator)
    broken["binds"][0]["listeners"][0]["routes"][0]["policies"] = {
        "plugins": [{"use": "no.such.plugin", "config": {}}]}
    gateway.reload(broken)
    assert gateway.reloads() == (1, 1)
    assert "no.such.plugin" in gateway.log()
    assert exchange(gateway.address, post_chat()).status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_waits_for_the_request_in_flight(start, number):
    gateway, simulator = start.single()
    simulator.set(tokens=15, tokenIntervalMs=100)
    with Connection(gateway.address) as connection:
        connection.send(post_chat(stream=True))
        response = connection.read_head()
        gateway.child.send_signal(number)
        assert wait_until(lambda: gateway.admin_status("/healthz/ready") in (503, 0), 5)
        body = b"".join(connection.chunks(response))
        assert events(body)[-1] == "[DONE]"
    assert gateway.child.wait(15) == 0


def test_a_stop_accepts_nobody_new_and_says_goodbye_to_idle_connections(start):
    gateway, simulator = start.single()
    simulator.set(tokens=30, tokenIntervalMs=100)
    with Connection(gateway.address) as busy, Connection(gateway.address) as idle:
        idle.send(post_chat())
        idle.read_response()
        busy.send(post_chat(stream=True))
        response = busy.read_head()
        gateway.child.send_signal(signal.SIGTERM)
        assert idle.is_closed(within=10)

        def refused():
            try:
                Connection(gateway.address, timeout=1).close()
                return False
            except OSError:
                return True
        assert wait_until(refused, 10)
        assert events(b"".join(busy.chunks(response)))[-1] == "[DONE]"
    assert gateway.child.wait(15) == 0


def test_a_stop_has_a_deadline(start):
    gateway, simulator = start.single(static={"connectionTerminationDeadline": "1s"})
    simulator.set(tokens=1000, tokenIntervalMs=100)
    with Connection(gateway.address) as connection:
        connection.send(post_chat(stream=True))
        connection.read_head()
        began = time.monotonic()
        gateway.child.send_signal(signal.SIGTERM)
        assert gateway.child.wait(15) == 0
        assert 0.8 < time.monotonic() - began < 8
    simulator.wait_for_outcome("client_left")


def test_a_stop_under_load_loses_nothing(start):
    gateway, _ = start.single(static={"workerThreads": 2})
    with Load(gateway.address) as load:
        load.wait_for(200)
        gateway.child.send_signal(signal.SIGTERM)
        load.stopping.set()
    answered = [fault for fault in load.faults if isinstance(fault, tuple)]
    assert answered == [], "an answer that was not 200"
    # A connection may be found closed when the next request is begun, never in the midst of one.
    for fault in load.faults:
        assert "closed before" not in str(fault) or "b''" in str(fault), fault
    assert gateway.child.wait(15) == 0

