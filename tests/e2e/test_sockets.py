"""How the gateway's sockets are set up, as the kernel shows it."""

import socket

import pytest

from harness import config as make
from harness.process import wait_until
from harness.raw import chat_body, exchange, post

ESTABLISHED = "01"
KEEPALIVE_TIMER = "02"


def timers_of_connections_to(port):
    """The running timer of each established connection to that port of 127.0.0.1."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return [row[5].split(":")[0] for row in rows
            if row[2] == f"0100007F:{port:04X}" and row[3] == ESTABLISHED]


def timers_with(start, backend):
    """Those of the gateway's connections to its provider, after a request."""
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route(make.groups([make.openai(simulator, key="k")])),
                                         static={"backend": backend}))
    assert exchange(gateway.address, post("/v1/chat/completions", chat_body())).status == 200
    port = int(simulator.address.rsplit(":", 1)[1])
    # What was sent is acknowledged first, which has a timer of its own.
    wait_until(lambda: set(timers_of_connections_to(port)) <= {"00", KEEPALIVE_TIMER}, 5)
    return timers_of_connections_to(port)


def test_idle_upstream_connections_are_probed(start):
    assert timers_with(start, {}) == [KEEPALIVE_TIMER]


def test_unless_the_configuration_says_otherwise(start):
    assert timers_with(start, {"keepalives": {"enabled": False}}) == ["00"]


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("enabled", [True, False])
def test_a_listener_without_an_address_listens_with_ipv6_if_that_is_enabled(start, enabled):
    config = make.gateway(make.route(make.groups([make.openai(start.simulator(), key="k")])),
                          static={"enableIpv6": enabled})
    del config["binds"][0]["address"]
    gateway = start.gateway(config)
    port = gateway.address[1]
    socket.create_connection(("127.0.0.1", port), 5).close()
    if enabled:
        socket.create_connection(("::1", port), 5).close()
    else:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("::1", port), 5)
