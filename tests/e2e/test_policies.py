"""The built-in policies, each through a request."""

import hashlib

import openai as openai_sdk
import pytest
import yaml

from harness import config as make
from harness.gateway import run_command
from harness.paths import BUILD
from harness.process import wait_until
from harness.raw import chat_body, exchange, post, post_chat

MESSAGES = [{"role": "user", "content": "Hello"}]


def with_policies(start, policies, **provider):
    simulator = start.simulator()
    gateway = start.gateway(make.gateway(make.route(
        make.groups([make.openai(simulator, key="k", **provider)]), policies)))
    return gateway, simulator


def key_policy(*keys, **more):
    return {"apiKey": {"keys": list(keys), **more}}


def ask(gateway, *lines, model="m"):
    return exchange(gateway.address, post("/v1/chat/completions", chat_body(model=model), *lines))


def bearer(key):
    return f"Authorization: Bearer {key}"


class TestApiKey:
    @pytest.mark.parametrize("mode,none,wrong,right", [
        ("strict", 401, 401, 200), ("optional", 200, 401, 200), ("permissive", 200, 200, 200)])
    def test_the_modes(self, start, mode, none, wrong, right):
        gateway, _ = with_policies(start, key_policy({"key": "sk-right"}, mode=mode))
        assert ask(gateway).status == none
        assert ask(gateway, bearer("sk-wrong")).status == wrong
        assert ask(gateway, bearer("sk-right")).status == right

    def test_strict_is_the_default(self, start):
        gateway, _ = with_policies(start, key_policy({"key": "sk-right"}))
        assert ask(gateway).status == 401

    def test_a_hash_stands_for_the_key(self, start):
        digest = hashlib.sha256(b"sk-hashed").hexdigest()
        gateway, _ = with_policies(start, key_policy({"keyHash": f"sha256:{digest}"}))
        assert ask(gateway, bearer("sk-hashed")).status == 200
        assert ask(gateway, bearer(digest)).status == 401
        assert ask(gateway, bearer(f"sha256:{digest}")).status == 401

    def test_a_key_is_compared_whole(self, start):
        gateway, _ = with_policies(start, key_policy({"key": "sk-right"}))
        for key in ("sk-righ", "sk-rightt", "SK-RIGHT", "", " "):
            assert ask(gateway, bearer(key)).status == 401

    def test_a_key_can_be_for_some_models(self, start):
        gateway, simulator = with_policies(start, key_policy(
            {"key": "sk-small", "allowedModels": ["small-*"]}, {"key": "sk-all"}))
        assert ask(gateway, bearer("sk-small"), model="small-1").status == 200
        refused = ask(gateway, bearer("sk-small"), model="large-1")
        assert refused.status in (403, 404)
        assert refused.json()["error"]["message"]
        assert ask(gateway, bearer("sk-all"), model="large-1").status == 200
        assert simulator.count() == 2

    def asks(self, start, kind):
        """Requests with a key for good* only: a function that sends one, and who it goes to."""
        simulator = start.simulator()
        gateway = start.gateway(make.gateway(make.route(
            make.groups([make.provider("one", kind, simulator)]),
            key_policy({"key": "sk-good", "allowedModels": ["good*"]}))))

        def ask_for(path, body=b"{}", content_type="application/json"):
            head = (f"POST {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer sk-good\r\n"
                    f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n")
            return exchange(gateway.address, head.encode() + body)
        return ask_for, simulator

    @pytest.mark.parametrize("path", [
        "/v1beta/models/expensive:generateContent", "/v1beta/models/expensive",
        "/v1beta/models/expensive/operations/1", "/v1beta/models/%65xpensive:countTokens",
        "/v1beta/models/good%3Ax:generateContent", "/v1beta/models/good%2565:generateContent",
        "/v1beta/cachedContents", "/v1beta/models"])
    def test_the_model_of_a_path_counts_and_not_what_the_body_says(self, start, path):
        ask_for, simulator = self.asks(start, "gemini")
        for body in (b'{"model":"good"}', b"{}"):
            answer = ask_for(path, body)
            assert (answer.status, answer.json()["error"]["code"]) == (403, "model_not_allowed")
        assert simulator.count() == 0

    def test_an_allowed_model_of_a_path_needs_none_in_the_body(self, start):
        ask_for, simulator = self.asks(start, "gemini")
        for path in ("/v1beta/models/good:generateContent", "/v1beta/models/g%6Fod-2:countTokens"):
            assert ask_for(path, b'{"contents":[]}').status == 200
            assert simulator.last().target == path

    def test_a_passed_body_that_names_two_models_is_refused(self, start):
        ask_for, simulator = self.asks(start, "openAI")
        for body in (b'{"model":"good","model":"bad"}', b'{"mod\\u0065l":"good","model":"bad"}'):
            answer = ask_for("/v1/responses", body)
            assert (answer.status, answer.json()["error"]["code"]) == (400, "invalid_request")
            assert "written twice" in answer.json()["error"]["message"]
        assert simulator.count() == 0
        assert ask_for("/v1/responses", b'{"model":"good"}').status == 200

    def test_a_passed_request_whose_model_cannot_be_known_is_refused(self, start):
        ask_for, simulator = self.asks(start, "openAI")
        form = (b'{"model":"good","x":[\r\n--b\r\nContent-Disposition: form-data; name="model"'
                b'\r\n\r\nexpensive\r\n--b--\r\n]}')
        for body, content_type in ((form, "multipart/form-data; boundary=b"),
                                   (b'{"model":"good"}', "text/plain"),
                                   (b'{"model":"good"}', "application/json\r\nContent-Type: text/x"),
                                   (b'{"model":{"a":1}}', "application/json"),
                                   (b'["good"]', "application/json"), (b"", "application/json")):
            answer = ask_for("/v1/images/edits", body, content_type)
            assert (answer.status, answer.json()["error"]["code"]) == (403, "model_not_allowed")
            assert "cannot be known" in answer.json()["error"]["message"]
        assert simulator.count() == 0

    def test_a_plain_backend_is_held_to_the_models_too(self, start):
        simulator = start.simulator()
        gateway = start.gateway(make.gateway(make.route(
            {"host": simulator.address},
            key_policy({"key": "sk-good", "allowedModels": ["good*"]}))))
        assert ask(gateway, bearer("sk-good"), model="good-1").status == 200
        assert ask(gateway, bearer("sk-good"), model="bad").status == 403
        assert exchange(gateway.address, post("/any", b'{"model":"good"}', bearer("sk-good"))
                        ).status == 403, "nobody says that this is where its model stands"


class TestAi:
    def test_an_alias_is_another_name(self, start):
        gateway, simulator = with_policies(start, {"ai": {"modelAliases": {"fast": "gpt-4o-mini"}}})
        assert ask(gateway, model="fast").status == 200
        assert simulator.last().json()["model"] == "gpt-4o-mini"
        assert ask(gateway, model="other").status == 200
        assert simulator.last().json()["model"] == "other"

    def test_defaults_fill_and_overrides_replace(self, start):
        gateway, simulator = with_policies(start, {"ai": {
            "defaults": {"temperature": 0.5, "max_tokens": 10}, "overrides": {"top_p": 0.25}}})
        body = chat_body(temperature=0.9, top_p=0.9)
        assert exchange(gateway.address, post("/v1/chat/completions", body)).status == 200
        sent = simulator.last().json()
        assert (sent["temperature"], sent["max_tokens"], sent["top_p"]) == (0.9, 10, 0.25)
        assert sent["messages"] == [{"role": "user", "content": "Hello"}]

    def test_it_works_before_a_translation_too(self, start):
        simulator = start.simulator()
        gateway = start.gateway(make.gateway(make.route(
            make.groups([make.gemini(simulator, key="k")]),
            {"ai": {"modelAliases": {"fast": "gemini-x"}, "defaults": {"temperature": 0.5}}})))
        assert ask(gateway, model="fast").status == 200
        assert simulator.last().target == "/v1beta/models/gemini-x:generateContent"
        assert simulator.last().json()["generationConfig"]["temperature"] == 0.5


class TestHeaderModifiers:
    def test_the_request_is_changed_on_its_way_up(self, start):
        gateway, simulator = with_policies(start, {"requestHeaderModifier": {
            "set": {"x-team": "blue"}, "add": {"x-more": "1"}, "remove": ["idempotency-key"]}})
        assert ask(gateway, "Idempotency-Key: abc", "X-Team: red").status == 200
        headers = simulator.last().headers
        assert headers["x-team"] == "blue"
        assert headers["x-more"] == "1"
        assert "idempotency-key" not in headers

    @pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
    def test_the_answer_is_changed_on_its_way_down(self, start, stream):
        gateway, simulator = with_policies(start, {"responseHeaderModifier": {
            "set": {"x-by": "headgate"}, "add": {"x-more": "1"}, "remove": ["x-secret"]}})
        simulator.set(headers="x-secret: 1\nx-by: upstream")
        answer = exchange(gateway.address, post_chat(stream=stream))
        assert answer.headers["x-by"] == "headgate"
        assert [value for name, value in answer.header_list if name == "x-by"] == ["headgate"]
        assert answer.headers["x-more"] == "1"
        assert "x-secret" not in answer.headers

    @pytest.mark.parametrize("name", ["Content-Length", "Transfer-Encoding", "bad name", "x:y"])
    def test_framing_and_nonsense_cannot_be_set(self, tmp_path, name):
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(make.gateway(make.route(
            make.groups([make.openai("127.0.0.1:9")]),
            {"requestHeaderModifier": {"set": {name: "1"}}}))), encoding="utf-8")
        assert run_command("check", file).returncode != 0

    def test_a_value_cannot_smuggle_a_line(self, tmp_path):
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump(make.gateway(make.route(
            make.groups([make.openai("127.0.0.1:9")]),
            {"responseHeaderModifier": {"set": {"x-a": "1\r\nx-b: 2"}}}))), encoding="utf-8")
        assert run_command("check", file).returncode != 0


class TestHealth:
    def failover(self, start, health):
        first, second = start.simulator("first"), start.simulator("second")
        gateway = start.gateway(make.gateway(make.route(
            make.groups([make.openai(first, "first")], [make.openai(second, "second")]),
            {"health": health, "retry": {"attempts": 2}})))
        return gateway, first, second

    def test_eviction_counts_consecutive_failures(self, start):
        gateway, first, _ = self.failover(
            start, {"eviction": {"duration": "60s", "consecutiveFailures": 5}})
        first.set(status=503)
        for _ in range(20):
            assert ask(gateway).status == 200
        assert first.count() == 5

    def test_an_eviction_ends(self, start):
        gateway, first, _ = self.failover(
            start, {"eviction": {"duration": "1s", "consecutiveFailures": 1}})
        first.set(rules=[{"times": 1, "status": 503}])
        assert ask(gateway).headers["x-headgate-provider"] == "second"
        assert ask(gateway).headers["x-headgate-provider"] == "second"
        assert wait_until(lambda: ask(gateway).headers["x-headgate-provider"] == "first", 10, 0.2)

    def test_a_wrong_request_evicts_nobody(self, start):
        gateway, first, second = self.failover(
            start, {"eviction": {"duration": "60s", "consecutiveFailures": 1}})
        first.set(rules=[{"times": 5, "status": 400, "errorMessage": "your fault"}])
        for _ in range(5):
            assert ask(gateway).status == 400
        assert ask(gateway).headers["x-headgate-provider"] == "first"
        assert second.count() == 0


class TestLevels:
    def test_a_narrower_policy_replaces_a_wider_one(self, start):
        simulator = start.simulator()

        def tag(value):
            return {"requestHeaderModifier": {"set": {"x-level": value}}}
        config = make.gateway(
            make.route(make.groups([make.openai(simulator)]),
                       matches=[{"path": {"pathPrefix": "/listener"}}]),
            make.route(make.groups([make.openai(simulator)]), tag("route"),
                       matches=[{"path": {"pathPrefix": "/route"}}]),
            make.route({**make.groups([make.openai(simulator)]), "policies": tag("backend")},
                       tag("route"), matches=[{"path": {"pathPrefix": "/backend"}}]),
            make.route(make.groups([make.openai(simulator, policies=tag("provider"))]),
                       tag("route"), matches=[{"path": {"pathPrefix": "/provider"}}]),
            listener={"policies": tag("listener")})
        gateway = start.gateway(config)
        for level in ("listener", "route", "backend", "provider"):
            answer = exchange(gateway.address, post(f"/{level}/v1/chat/completions", chat_body()))
            assert answer.status == 200
            assert simulator.last().headers["x-level"] == level

    def test_backend_auth_may_stand_under_policies(self, start):
        simulator = start.simulator()
        gateway = start.gateway(make.gateway(make.route(make.groups([make.openai(
            simulator, policies={"backendAuth": {"key": "sk-under-policies"}})]))))
        ask(gateway)
        assert simulator.last().headers["authorization"] == "Bearer sk-under-policies"


def test_a_provider_with_a_wrong_key_is_replaced(start, sdk):
    first = start.simulator("first", "--require-key", "sk-right")
    second = start.simulator("second")
    gateway = start.gateway(make.gateway(make.route(make.groups(
        [make.openai(first, "first", key="sk-wrong")], [make.openai(second, "second")]))))
    for _ in range(5):
        raw = sdk(gateway).chat.completions.with_raw_response.create(model="m", messages=MESSAGES)
        assert raw.headers["x-headgate-provider"] == "second"
    assert first.count() <= 2, "the key is out, not the request"


def test_one_callers_bad_key_does_not_evict_for_all(start, sdk):
    simulator = start.simulator("sim", "--require-key", "sk-good")
    gateway = start.gateway(make.gateway(make.route(make.groups([make.openai(simulator)]))))
    for _ in range(10):
        with pytest.raises(openai_sdk.AuthenticationError):
            sdk(gateway, api_key="sk-bad").chat.completions.create(model="m", messages=MESSAGES)
    assert sdk(gateway, api_key="sk-good").chat.completions.create(
        model="m", messages=MESSAGES).choices


class TestAPolicyThatFails:
    PLUGINS = BUILD / "tests" / "core" / "exchange" / "plugins"

    def start_with(self, start, **entry):
        failing = {"use": "test.policy.scripted", "config": {"request": "abort"}, **entry}
        return start.gateway(make.gateway(make.route(
            make.groups([make.openai(start.simulator(), key="k")]), {"plugins": [failing]})),
            "--plugins", self.PLUGINS)

    def count(self, gateway, effect):
        return gateway.metric("headgate_policy_faults_total", policy="test.policy.scripted",
                              callback="on_request", effect=effect)

    def test_fails_the_request(self, start):
        gateway = self.start_with(start)
        answer = ask(gateway)
        assert answer.status == 500
        assert answer.json()["error"]["code"] == "policy_failed"
        assert self.count(gateway, "request_failed") == 1

    def test_is_passed_over_where_the_configuration_says_so(self, start):
        gateway = self.start_with(start, onError="continue")
        assert ask(gateway).status == 200
        assert ask(gateway).status == 200
        assert self.count(gateway, "passed_over") == 2
        assert self.count(gateway, "request_failed") is None
        gateway.wait_for_log("it goes on without this policy")
