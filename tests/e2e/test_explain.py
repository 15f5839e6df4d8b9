"""Who would serve a request and why: the command, and the page of a running gateway. And that what
they say is what happens."""

import collections
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

from harness import config as make
from harness.gateway import run_command
from harness.process import wait_until
from harness.raw import exchange, post_chat

PATH = "/v1/chat/completions"


def select(gateway, accept="*/*", **parameters):
    query = urllib.parse.urlencode({"path": PATH, **parameters}, doseq=True)
    request = urllib.request.Request(f"{gateway.admin_url}/debug/select?{query}",
                                     headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def endpoints(answer, backend=0):
    found = {}
    for group in answer["backends"][backend]["groups"]:
        found.update({each["name"]: each for each in group["endpoints"]})
    return found


def ask(gateway, times=1, **body):
    counts = collections.Counter()
    for _ in range(times):
        answer = exchange(gateway.address, post_chat(**body))
        assert answer.status == 200, answer.body
        counts[answer.headers["x-headgate-provider"]] += 1
    return counts


def config_file(tmp_path, config):
    file = tmp_path / "explained.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return file


def test_the_running_gateway_says_what_it_will_do(start):
    gateway, left, _ = start.pair()
    left.set(headDelayMs=150)
    ask(gateway, 40, stream=True)
    status, body = select(gateway, model="test-model")
    assert status == 200
    answer = json.loads(body)
    assert answer["route"] == "route0" and answer["listener"] == "listener0"
    assert answer["request"]["operation"] == "chat"
    known = endpoints(answer)
    shares = {name: each["share"] for name, each in known.items()}
    assert sum(shares.values()) == pytest.approx(1)
    assert answer["backends"][0]["pick"]["endpoint"] == max(shares, key=shares.get)
    assert known["gemini"]["measured"] and known["gemini"]["pending"] == 0
    for each in known.values():
        assert each["standing"] == "candidate"
        assert each["share"] == pytest.approx(sum(each["reasons"].values()))
        assert each["terms"]["score"] == pytest.approx(1 / each["terms"]["costMs"])


def test_an_eviction_is_told_with_its_cause(start):
    gateway, left, _ = start.pair()
    left.set(status=429, retryAfter="60")
    while left.count() == 0:
        ask(gateway)
    left.reset()
    answer = json.loads(select(gateway)[1])
    openai = endpoints(answer)["openai"]
    assert openai["standing"] == "out" and openai["share"] == 0
    [eviction] = openai["evictions"]
    assert eviction["scope"] == "key_model" and eviction["reason"] == "retry_after"
    assert 50_000 < eviction["returnsInMs"] <= 60_000
    assert "out: key_model for " in select(gateway, format="text")[1]
    assert answer["backends"][0]["pick"] == {"endpoint": "gemini", "group": 0, "reason": "only"}
    assert gateway.metric("headgate_evictions_total", endpoint="openai", scope="key_model",
                          reason="retry_after") == 1
    shown = json.loads(gateway.admin("/api/endpoints"))[0]["endpoints"][0]
    assert shown["evictions"][0]["reason"] == "retry_after"


def picks_of(gateway):
    return gateway.metric("headgate_pick_total")


def test_asking_changes_nothing(start):
    gateway, _, _ = start.pair()
    ask(gateway, 5)
    assert picks_of(gateway) == 5
    for _ in range(20):
        select(gateway, model="m")
    assert picks_of(gateway) == 5


def test_the_state_of_an_endpoint_has_what_was_counted_of_it(start):
    gateway, left, right = start.pair()
    left.set(status=429, retryAfter="60")
    while left.count() == 0:
        ask(gateway)
    ask(gateway, 3)

    def counts():
        endpoints = json.loads(gateway.admin("/api/endpoints"))[0]["endpoints"]
        return {each["name"]: each["counts"] for each in endpoints}

    # An attempt is counted once its answer has gone out.
    wait_until(lambda: sum(counts()["gemini"]["attempts"].values()) == right.count())
    shown = counts()
    openai, gemini = shown["openai"], shown["gemini"]
    assert openai["evictions"] == [{"scope": "key_model", "reason": "retry_after", "total": 1}]
    assert sum(openai["attempts"].values()) == left.count()
    assert sum(gemini["attempts"].values()) == right.count() == gemini["attempts"]["success"]
    for name, counted in shown.items():
        assert sum(counted["picks"].values()) == sum(counted["attempts"].values())
        for outcome, total in counted["attempts"].items():
            assert gateway.metric("headgate_attempts_total", endpoint=name,
                                  outcome=outcome) == total
        for reason, total in counted["picks"].items():
            assert gateway.metric("headgate_pick_total", endpoint=name, reason=reason) == total
    assert gemini["evictions"] == [] and gemini["secondAttempts"] == []


def test_affinity_is_in_it_and_is_what_happens(start):
    simulators = [start.simulator(name) for name in ("first", "second", "third")]
    backend = make.groups([make.openai(each, f"p{i}") for i, each in enumerate(simulators)])
    backend["ai"]["groups"][0]["selection"] = {
        "affinity": {"firstOf": [{"header": "x-session"}, {"body": "user"}]}}
    gateway = start.gateway(make.gateway(make.route(backend)))
    for value in ("ann", "bob", "cid", "dan"):
        for parameters in ({"header": f"x-session: {value}"},
                           {"body": json.dumps({"model": "test-model", "user": value})}):
            answer = json.loads(select(gateway, **parameters)[1])["backends"][0]
            assert answer["pick"]["reason"] == "affinity"
            assert answer["affinity"]["prefers"] == answer["pick"]["endpoint"]
            assert answer["affinity"]["order"][0] == {
                "endpoint": answer["pick"]["endpoint"], "underBound": True}
            assert ask(gateway, 2, user=value) == {answer["pick"]["endpoint"]: 2}
        text = run_command("explain", "--admin", gateway.admin_url, "--path", PATH,
                           "--header", f"x-session: {value}").stdout
        assert f"affinity: prefers '{answer['pick']['endpoint']}'" in text
        assert value not in text, "what a request goes by is its own"
    assert "takes part only for requests that carry header 'x-session' or body 'user'" in \
        select(gateway, format="text")[1]


def test_text_is_for_people(start):
    gateway, _, _ = start.pair()
    for status, text in (select(gateway, format="text"), select(gateway, accept="text/plain")):
        assert status == 200
        assert "endpoint  standing" in text and "most likely: " in text
        assert "port 0, listener 'listener0', route 'route0'" in text
        assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("parameters,status,words", [
    ({"modell": "x"}, 400, "'modell' is no parameter"),
    ({"port": "99"}, 404, "no_listener"),
    ({"path": "/../x"}, 400, "bad_path"),
    ({"path": ""}, 400, "'path'"),
    ({"header": "x"}, 400, "no header"),
])
def test_a_question_that_is_none_is_refused(start, parameters, status, words):
    gateway, _ = start.single()
    found, body = select(gateway, **parameters)
    assert found == status and words in body


def test_no_route_says_which_were_looked_at(start):
    simulator = start.simulator()
    provider = make.groups([make.openai(simulator)])
    gateway = start.gateway(make.gateway(
        make.route(provider, name="get", matches=[{"path": {"pathPrefix": "/v1"}, "method": "GET"}]),
        make.route(provider, name="team", matches=[
            {"path": {"pathPrefix": "/team"}, "headers": [
                {"name": "x-team", "value": {"exact": "red"}}]}])))
    status, body = select(gateway)
    assert status == 404
    answer = json.loads(body)
    assert answer["error"]["code"] == "no_route"
    assert {looked["route"]: looked["missed"] for looked in answer["lookedAt"]} == {
        "get": "method", "team": "path"}
    assert select(gateway, method="GET")[0] == 200
    status, body = select(gateway, path="/team" + PATH, header="X-Team: red")
    assert status == 200 and json.loads(body)["route"] == "team"


def test_a_host_has_nothing_to_choose(start):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route({"host": simulator.address})))
    status, body = select(gateway)
    assert status == 200
    answer = json.loads(body)
    assert answer["backends"][0]["kind"] == "host"
    assert any("nothing to choose" in note for note in answer["notes"])


def test_the_command_explains_a_file_from_a_cold_start(tmp_path):
    config = make.gateway(make.route(make.groups(
        [make.openai("127.0.0.1:9", "first", model="m1", key="secret-key", weight=3),
         make.openai("127.0.0.1:9", "second", key="other-key")])))
    file = config_file(tmp_path, config)
    done = run_command("explain", "-f", file, "--path", PATH, "--model", "gpt-4o")
    assert done.returncode == 0, done.stderr
    assert "model m1 (set at the provider)" in done.stdout
    assert "model gpt-4o" in done.stdout
    assert "nothing was measured yet" in done.stdout
    assert "75.0%" in done.stdout and "25.0%" in done.stdout
    assert "secret-key" not in done.stdout
    assert run_command("explain", "-f", file, "--path", PATH, "--model", "gpt-4o").stdout == \
        done.stdout, "the same file gives the same text"
    answer = json.loads(run_command("explain", "-f", file, "--path", PATH, "--json").stdout)
    assert answer["backends"][0]["pick"]["endpoint"] == "first"


def test_the_command_asks_a_running_gateway(start):
    gateway, _, right = start.pair()
    right.set(status=429, retryAfter="60")
    while right.count() == 0:
        ask(gateway)
    done = run_command("explain", "--admin", gateway.admin_url, "--path", PATH)
    assert done.returncode == 0, done.stderr
    assert "gemini: out: key_model for " in done.stdout and "(retry_after)" in done.stdout
    done = run_command("explain", "--admin", gateway.admin_url, "--path", PATH, "--json",
                       "--header", "x: y", "--model", "a b&c")
    assert json.loads(done.stdout)["request"]["model"] == "a b&c"


def test_the_command_asks_over_a_unix_socket(start, tmp_path):
    socket = tmp_path / "admin.sock"
    simulator = start.simulator()
    start.gateway(make.gateway(make.route(make.groups([make.openai(simulator)])),
                               static={"adminAddr": f"unix:{socket}",
                                       "readinessAddr": "127.0.0.1:0"}))
    done = run_command("explain", "--admin", f"unix:{socket}", "--path", PATH)
    assert done.returncode == 0, done.stderr
    assert "most likely: 'openai'" in done.stdout


@pytest.mark.parametrize("arguments,code", [
    ((), 2),
    (("--admin", "http://127.0.0.1:1", "-f", "x.yaml"), 2),
    (("--admin", "nonsense"), 2),
    (("--admin", "http://127.0.0.1:1"), 1),
    (("-f", "missing.yaml"), 1),
    (("-f", "missing.yaml", "--port", "x"), 2),
])
def test_a_command_that_cannot_answer_says_so(arguments, code):
    done = run_command("explain", "--path", PATH, *arguments)
    assert done.returncode == code
    assert done.stderr and not done.stdout


def test_nobody_to_ask_is_exit_code_one(tmp_path):
    file = config_file(tmp_path, make.gateway(make.route(make.groups(
        [make.openai("127.0.0.1:9"), make.gemini("127.0.0.1:9")]))))
    done = run_command("explain", "-f", file, "--path", "/v1/no/such/thing")
    assert done.returncode == 1
    assert "404 unknown_path" in done.stdout


def test_picks_and_budgets_are_counted(start):
    gateway, left, right = start.pair()
    ask(gateway, 20)
    picks = {series: value for series, value in gateway.metrics().items()
             if series.startswith("headgate_pick_total")}
    assert sum(picks.values()) == 20, picks
    assert all('reason="' in series and 'backend="backend0"' in series for series in picks)
    left.set(status=500)
    right.set(status=500)
    exchange(gateway.address, post_chat())
    budgets = json.loads(gateway.admin("/api/budgets"))
    assert set(budgets) == {"retry", "slow", "hedge", "waiting"}
    assert budgets["retry"]["spent"] + budgets["retry"]["refused"] >= 1, budgets
    assert gateway.metric("headgate_retry_budget", budget="retry") is not None
    assert gateway.metric("headgate_retry_budget_spent_total", budget="retry") == \
        budgets["retry"]["spent"]


def test_the_reason_of_a_pick_is_in_the_debug_log(start):
    gateway, _ = start.single(static={"logging": {"level": "debug"}})
    ask(gateway)
    assert "picked 'openai' of group 0 (only)" in gateway.log()


def test_the_reason_of_a_pick_is_in_no_other_log(start):
    gateway, _ = start.single()
    ask(gateway)
    assert "picked '" not in gateway.log()
