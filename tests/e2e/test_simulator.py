"""The simulated provider itself: the other tests believe what it says."""

import gzip
import json

import pytest

from harness.raw import (Connection, Stopwatch, chat_body, content_of, events, exchange, json_events,
                         post, post_chat)

GEMINI = json.dumps({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}).encode()


@pytest.fixture
def sim(start):
    simulator = start.simulator()
    host, port = simulator.address.rsplit(":", 1)
    simulator.socket_address = (host, int(port))
    return simulator


def ask(sim, *lines, timeout=10, **more):
    return exchange(sim.socket_address, post("/v1/chat/completions", chat_body(**more), *lines),
                    timeout)


def test_a_stream_spells_the_whole_answer(sim):
    whole = ask(sim).json()["choices"][0]["message"]["content"]
    assert content_of(ask(sim, stream=True).body) == whole
    for kind in ("generateContent", "streamGenerateContent?alt=sse"):
        answer = exchange(sim.socket_address, post(f"/v1beta/models/test-model:{kind}", GEMINI))
        objects = json_events(answer.body) if "stream" in kind else [answer.json()]
        text = "".join(o["candidates"][0]["content"]["parts"][0]["text"] for o in objects)
        assert text == whole


@pytest.mark.parametrize("tokens,size", [(1, 10), (7, 10), (16, 100_000), (300, 100)])
def test_tokens_and_bytes_are_exact(sim, tokens, size):
    sim.set(tokens=tokens, bytes=size)
    stream = json_events(ask(sim, stream=True, stream_options={"include_usage": True}).body)
    deltas = [e["choices"][0]["delta"] for e in stream if e["choices"]]
    assert sum("content" in d for d in deltas[1:]) == tokens
    assert sum(len(d.get("content") or "") for d in deltas) == size
    assert stream[-1]["usage"]["completion_tokens"] == tokens


def test_a_character_is_never_split(sim):
    sim.set(content="äöü€𝄞" * 3, tokens=40)
    assert content_of(ask(sim, stream=True).body) == "äöü€𝄞" * 3


def test_rules_count(sim):
    sim.set(rules=[{"skip": 1, "times": 2, "status": 503, "matchBody": "Hello"}])
    assert [ask(sim).status for _ in range(5)] == [200, 503, 503, 200, 200]
    assert ask(sim, text="Other").status == 200


def test_an_unknown_knob_is_refused_and_changes_nothing(sim):
    answer = exchange(sim.socket_address, post("/sim/config", b'{"status": 503, "no": 1}'))
    assert answer.status == 400
    assert ask(sim).status == 200


@pytest.mark.parametrize("cut", ["reset", "close", "end"])
def test_a_cut_stream_has_no_more_than_its_tokens(sim, cut):
    sim.set(tokens=20, bytes=200, cutAfterTokens=5, cut=cut)
    with Connection(sim.socket_address) as connection:
        connection.send(post_chat(stream=True))
        response = connection.read_head()
        body = b""
        try:
            for chunk in connection.chunks(response):
                body += chunk
            ended = True
        except (EOFError, OSError):
            ended = False
    if cut != "reset":  # a reset may overtake what was sent
        assert len(content_of(body)) == 50
    assert ended == (cut == "end")
    assert sim.last().outcome == "faulted"


def test_waits_are_waited(sim):
    sim.set(headDelayMs=300)
    watch = Stopwatch()
    ask(sim)
    assert 0.28 < watch.seconds < 2
    sim.set(headDelayMs=0, tokens=5, tokenIntervalMs=100)
    watch = Stopwatch()
    ask(sim, stream=True)
    assert 0.38 < watch.seconds < 2


def test_a_client_that_leaves_is_noticed(sim):
    sim.set(headDelayMs="never")
    with Connection(sim.socket_address) as connection:
        connection.send(post_chat())
    assert sim.wait_for_outcome("client_left").bytes_sent == 0


def test_a_reader_that_stands_still_holds_it_back(sim):
    sim.set(bytes=50 << 20, tokens=5000)
    with Connection(sim.socket_address, receive_buffer=65536) as connection:
        connection.send(post_chat(stream=True))
        connection.read_until(b"data: ")
        assert sim.last().outcome == "open"
    sim.wait_for_outcome("client_left")


def test_gzip_is_gzip(sim):
    plain = ask(sim, stream=True).body
    sim.set(encoding="gzip")
    packed = ask(sim, stream=True)
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain


def test_events_that_are_faults_stand_where_they_should(sim):
    sim.set(tokens=5, notJsonAt=2)
    data = events(ask(sim, stream=True).body)
    assert data[3] == "{this is not JSON"  # the role event and two tokens before it
    assert data[-1] == "[DONE]"
    sim.reset()
    sim.set(errorEventAt=0)
    assert '"error"' in events(ask(sim, stream=True).body)[0]
    sim.reset()
    sim.set(noDone=True)
    assert "[DONE]" not in events(ask(sim, stream=True).body)


def test_a_kept_connection_closes_after_all(sim):
    sim.set(closeAfter=True)
    with Connection(sim.socket_address) as connection:
        connection.send(post_chat())
        assert "connection" not in connection.read_response().headers
        assert connection.is_closed()


def test_requests_behind_each_other_are_answered_in_order(sim):
    with Connection(sim.socket_address) as connection:
        connection.send(b"".join(post("/v1/chat/completions", chat_body(model=f"m{i}"))
                                 for i in range(20)))
        assert [connection.read_response().json()["model"] for _ in range(20)] == [
            f"m{i}" for i in range(20)]


def test_a_key_is_required_as_the_real_ones_do(start):
    simulator = start.simulator("sim", "--require-key", "right")
    host, port = simulator.address.rsplit(":", 1)
    address = (host, int(port))
    assert exchange(address, post("/v1/chat/completions", chat_body(), "Authorization: Bearer right")
                    ).status == 200
    wrong = exchange(address, post("/v1/chat/completions", chat_body(), "Authorization: Bearer x"))
    assert (wrong.status, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    path = "/v1beta/models/m:generateContent"
    assert exchange(address, post(path, GEMINI, "x-goog-api-key: right")).status == 200
    assert exchange(address, post(path, GEMINI, "x-goog-api-key: x")).status == 400


def prefilled(text, kind):
    """(target, body) of a request whose last message is the assistant's."""
    if kind == "openai":
        messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": text}]
        return "/v1/chat/completions", {"model": "m", "stream": True, "messages": messages,
                                        "stream_options": {"include_usage": True}}
    contents = [{"role": "user", "parts": [{"text": "Hello"}]},
                {"role": "model", "parts": [{"text": text}]}]
    return "/v1beta/models/m:streamGenerateContent?alt=sse", {"contents": contents}


def said(body, kind):
    if kind == "openai":
        return content_of(body)
    return "".join(part["text"] for event in json_events(body)
                   for part in event["candidates"][0]["content"].get("parts", []))


@pytest.mark.parametrize("kind", ["openai", "gemini"])
def test_a_prefill_is_ignored_gone_on_from_or_refused(sim, kind):
    sim.set(content="one two three four ", tokens=4)

    def answer(prefill, mode):
        sim.set(prefill=mode)
        target, body = prefilled(prefill, kind)
        return exchange(sim.socket_address, post(target, json.dumps(body).encode()))

    assert said(answer("one two", "ignore").body, kind) == "one two three four "
    rest = answer("one two", "continue")
    assert said(rest.body, kind) == " three four "
    if kind == "openai":
        assert json_events(rest.body)[-1]["usage"]["completion_tokens"] == 3
    assert said(answer("something else", "continue").body, kind) == "one two three four "
    refused = answer("one two", "reject")
    assert refused.status == 400
    assert "prefill" in refused.json()["error"]["message"]
    # Without a prefill nothing is different.
    assert content_of(ask(sim, stream=True).body) == "one two three four "
