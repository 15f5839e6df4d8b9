"""Requests of one value stay with one provider, go to one other while that is away, and come back."""

import collections
import concurrent.futures
import signal

import pytest

from harness import config as make
from harness.process import wait_until
from harness.raw import chat_body, exchange, post

NAMES = ["first", "second", "third"]
PATH = "/v1/chat/completions"


def by_header(value):
    return post(PATH, chat_body(), f"X-Session: {value}")


def by_member(value):
    return post(PATH, chat_body(user=value))


FORMS = {"header": ({"header": "x-session"}, by_header), "body": ({"body": "user"}, by_member)}


def provider_of(gateway, request):
    answer = exchange(gateway.address, request)
    assert answer.status == 200, answer.body
    return answer.headers["x-headgate-provider"]


def start_all(start, affinity):
    simulators = {name: start.simulator(name) for name in NAMES}
    backend = make.groups([make.openai(simulators[name], name) for name in NAMES])
    backend["ai"]["groups"][0]["selection"] = {"affinity": affinity}
    gateway = start.gateway(make.gateway(make.route(
        backend, {"health": {"eviction": {"duration": "500ms", "maxDuration": "500ms"}}})))
    return gateway, simulators


@pytest.mark.parametrize("form", FORMS)
def test_a_value_stays_with_its_provider_and_moves_only_while_that_is_away(start, form):
    affinity, request = FORMS[form]
    gateway, simulators = start_all(start, affinity)
    values = [f"user-{number}" for number in range(24)]
    homes = {value: provider_of(gateway, request(value)) for value in values}
    assert set(homes.values()) == set(NAMES)
    for value in values:
        assert provider_of(gateway, request(value)) == homes[value]

    # One of them dies: its values go to one other each, the others stay where they are.
    address = simulators["first"].address
    simulators["first"].stop(signal.SIGKILL)
    meanwhile = {value: provider_of(gateway, request(value)) for value in values}
    for value in values:
        if homes[value] == "first":
            assert meanwhile[value] != "first"
        else:
            assert meanwhile[value] == homes[value]
    for value in values:
        assert provider_of(gateway, request(value)) == meanwhile[value]
    moved = {meanwhile[value] for value in values if homes[value] == "first"}
    assert moved == {"second", "third"}, "its share is shared"

    # It comes back: so do its values.
    start.simulator("first-again", listen=(address,))
    mine = next(value for value in values if homes[value] == "first")
    assert wait_until(lambda: provider_of(gateway, request(mine)) == "first" or None, 10)
    assert {value: provider_of(gateway, request(value)) for value in values} == homes


def test_a_busy_provider_is_not_waited_for(start):
    gateway, simulators = start_all(start, {"header": "x-session", "minRequests": 1})
    home = provider_of(gateway, by_header("alice"))
    for simulator in simulators.values():
        simulator.set(headDelayMs=400)
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        served = collections.Counter(
            pool.map(lambda _: provider_of(gateway, by_header("alice")), range(12)))
    assert set(served) == set(NAMES), served
    assert served[home] <= 8, served


def test_picks_are_counted_as_affinity_and_the_value_is_nowhere(start):
    gateway, _ = start_all(start, {"firstOf": [{"body": "user"}, {"header": "x-session"}]})
    home = provider_of(gateway, by_header("very-private"))
    assert provider_of(gateway, by_member("very-private")) == home
    assert gateway.metric("headgate_pick_total", endpoint=home, reason="affinity") == 2
    gateway.stop()
    assert "very-private" not in gateway.log()
