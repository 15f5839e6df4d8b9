"""config/multiple-providers.yaml, unchanged, against TLS upstreams that only this test's authority
vouches for. It uses the fixed ports 3000 and 15000."""

import collections

import openai as openai_sdk
import pytest

from harness.gateway import Gateway, run_command
from harness.paths import SOURCE

FILE = SOURCE / "config" / "multiple-providers.yaml"
KEYS = {"OPENAI_API_KEY": "sk-reference-openai", "GEMINI_API_KEY": "reference-gemini"}
MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.fixture
def upstreams(start, authority):
    def tls(name, host, key):
        certificate, private_key = authority.issue(host)
        return start.simulator(name, "--tls-cert", certificate, "--tls-key", private_key,
                               "--require-key", key, listen_tls=("127.0.0.1:0",))
    return (tls("sim-openai", "api.openai.com", KEYS["OPENAI_API_KEY"]),
            tls("sim-gemini", "generativelanguage.googleapis.com", KEYS["GEMINI_API_KEY"]))


@pytest.fixture
def gateway(start, authority, upstreams):
    return start.gateway(FILE.read_text(encoding="utf-8"), *connect_to(upstreams),
                         env={**KEYS, "SSL_CERT_FILE": str(authority.root)})


def connect_to(upstreams):
    left, right = upstreams
    return ("--connect-to", f"api.openai.com:443:{left.addresses[1]}",
            "--connect-to", f"generativelanguage.googleapis.com:443:{right.addresses[1]}")


def test_the_file_is_the_published_one():
    lines = FILE.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "# yaml-language-server: $schema=https://agentgateway.dev/schema/config"
    assert lines[1:4] == ["binds:", "- port: 3000", "  listeners:"]
    assert "                  # Optional; overrides the model in requests" in lines
    assert '                key: "$GEMINI_API_KEY"' in lines


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_both_providers_serve_as_themselves(gateway, upstreams, stream):
    left, right = upstreams
    assert gateway.address[1] == 3000
    client = openai_sdk.OpenAI(base_url="http://127.0.0.1:3000/v1", api_key="sk-client",
                               max_retries=0)
    served = collections.Counter()
    for _ in range(60):
        raw = client.chat.completions.with_raw_response.create(
            model="any", messages=MESSAGES, stream=stream)
        served[raw.headers["x-headgate-provider"]] += 1
        if stream:
            for _ in raw.parse():
                pass
    assert set(served) == {"openai", "gemini"}
    assert min(served.values()) >= 5, served
    assert (left.count(), right.count()) == (served["openai"], served["gemini"])

    for record in left.records():
        assert record.target == "/v1/chat/completions"
        assert record.headers["host"] == "api.openai.com"
        assert record.server_name == "api.openai.com"
        assert record.headers["authorization"] == "Bearer sk-reference-openai"
        assert record.json()["model"] == "gpt-3.5-turbo"
    verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
    for record in right.records():
        assert record.target == f"/v1beta/models/gemini-1.5-flash-latest:{verb}"
        assert record.headers["host"] == "generativelanguage.googleapis.com"
        assert record.server_name == "generativelanguage.googleapis.com"
        assert record.headers["x-goog-api-key"] == "reference-gemini"
        assert "authorization" not in record.headers


def test_one_maker_is_not_sent_what_only_the_other_knows_of_a_message(gateway, upstreams):
    left, right = upstreams
    client = openai_sdk.OpenAI(base_url="http://127.0.0.1:3000/v1", api_key="sk-client",
                               max_retries=0)
    history = [*MESSAGES, {"role": "assistant", "content": "4", "reasoning_content": "2 + 2"},
               *MESSAGES]
    dropped = {}
    for _ in range(60):
        raw = client.chat.completions.with_raw_response.create(model="any", messages=history)
        dropped[raw.headers["x-headgate-provider"]] = raw.headers.get("x-headgate-dropped")
    assert dropped == {"openai": "messages.reasoning_content",
                       "gemini": "messages.reasoning_content"}
    for record in left.records():
        assert record.json()["messages"] == [*MESSAGES, {"role": "assistant", "content": "4"},
                                             *MESSAGES]


def test_connections_to_providers_are_kept(gateway, upstreams):
    client = openai_sdk.OpenAI(base_url="http://127.0.0.1:3000/v1", api_key="k", max_retries=0)
    before = [len(upstream.records()) for upstream in upstreams]
    for _ in range(30):
        client.chat.completions.create(model="any", messages=MESSAGES)
    for upstream, seen in zip(upstreams, before):
        connections = {record.connection for record in upstream.records()[seen:]}
        assert len(connections) == 1, "one client at a time needs one connection"


def test_an_authority_that_is_not_trusted_is_refused(start, upstreams):
    gateway = start.gateway(FILE.read_text(encoding="utf-8"), *connect_to(upstreams), env=KEYS)
    client = openai_sdk.OpenAI(base_url="http://127.0.0.1:3000/v1", api_key="k", max_retries=0)
    with pytest.raises(openai_sdk.InternalServerError) as caught:
        client.chat.completions.create(model="any", messages=MESSAGES)
    assert caught.value.status_code in (502, 503)
    assert [upstream.count() for upstream in upstreams] == [0, 0]
    assert "sk-reference-openai" not in gateway.log()


def test_missing_variables_are_all_named_with_their_places():
    done = run_command("check", FILE, without=KEYS)
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "multiple-providers.yaml:16:" in output and "OPENAI_API_KEY" in output
    assert "multiple-providers.yaml:23:" in output and "GEMINI_API_KEY" in output


def test_a_second_gateway_on_the_same_port_fails(start, gateway, upstreams):
    second = Gateway(start.directory, FILE.read_text(encoding="utf-8"), connect_to(upstreams),
                     {**KEYS}, "second")
    try:
        with pytest.raises(AssertionError, match="ended"):
            second.start()
    finally:
        second.stop()
    assert "3000" in second.log() or "15000" in second.log()
    assert gateway.running()
