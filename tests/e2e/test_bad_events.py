"""Events of a stream that should be JSON and are not, as the official client sees them."""

import contextlib
import json
import socket
import threading

import openai as openai_sdk
import pytest

from harness import config as make
from harness.raw import content_of, exchange, post_chat

MESSAGES = [{"role": "user", "content": "Hello"}]
DROPPED = "headgate_stream_events_dropped_total"
BAD = '{"id":"x","choices":[{"index":0,"delta":{"content":"bad"]}]}'


def piece(delta, finish=None):
    return json.dumps({
        "id": "x", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}, separators=(",", ":"))


def words(*texts):
    return [piece({"content": text}) for text in texts]


def call_piece(arguments, **more):
    return piece({"tool_calls": [{"index": 0, "function": {"arguments": arguments, **more}}]})


END = [piece({}, "stop"), "[DONE]"]


@contextlib.contextmanager
def two_parts(first, second):
    """An upstream that says the second part of its stream when told to: yields (address, tell)."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20)
    told = threading.Event()

    def sse(events):
        return "".join(f"data: {event}\n\n" for event in events).encode()

    def serve():
        connection, _ = listener.accept()
        with connection:
            request = b""
            while b'"messages"' not in request:
                request += connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                               b"Connection: close\r\n\r\n" + sse(first))
            told.wait(20)
            connection.sendall(sse(second))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}", told.set
    finally:
        told.set()
        thread.join(20)
        listener.close()


def ask(sdk, gateway, tell, **more):
    """The client's chunks; the second part is said when it has one of the first."""
    chunks = []
    stream = sdk(gateway).chat.completions.create(model="m", messages=MESSAGES, stream=True, **more)
    try:
        for chunk in stream:
            chunks.append(chunk)
            tell()
    except openai_sdk.APIError as error:
        return chunks, error
    return chunks, None


def text_of(chunks):
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


def serve(start, address, policies=None, fallback=None):
    groups = [[make.openai(address, "first")]]
    if fallback:
        groups.append([make.openai(fallback, "second")])
    return start.gateway(make.gateway(make.route(make.groups(*groups), policies)))


def test_it_is_dropped_and_counted_among_words(start, sdk):
    with two_parts(words("a", "b", "c"), [*words("d"), BAD, *words("e"), "oh no", *END]) as (
            address, tell):
        gateway = serve(start, address)
        chunks, error = ask(sdk, gateway, tell)
        assert (text_of(chunks), error) == ("abcde", None)
        assert gateway.metric(DROPPED, endpoint="first") == 2
        assert gateway.log().count("is not JSON and was dropped") == 1
        [endpoint] = [endpoint for backend in json.loads(gateway.admin("/api/endpoints"))
                      for endpoint in backend["endpoints"]]
        assert endpoint["counts"]["droppedEvents"] == 2


@pytest.mark.parametrize("on_cut", ["error", "continue"])
@pytest.mark.parametrize("behind_words", [True, False])
def test_it_ends_an_open_tool_call(start, sdk, on_cut, behind_words):
    fallback = start.simulator("fallback")
    before = words("a", "b", "c") if behind_words else []
    call = [call_piece("", name="f"), *(call_piece(text) for text in ("{", "one", "two", "three"))]
    with two_parts([*before, call[0]], [*call[1:], BAD, call_piece("}"), *END]) as (address, tell):
        gateway = serve(start, address, {"stream": {"onCut": on_cut}}, fallback)
        chunks, error = ask(sdk, gateway, tell)
        assert error is not None
        arguments = "".join(call.function.arguments for chunk in chunks
                            for call in chunk.choices[0].delta.tool_calls or [])
        assert arguments == "{onetwothree"
        assert fallback.count() == 0
        assert gateway.metric(DROPPED, endpoint="first") == 1


@pytest.mark.parametrize("format", [{"type": "json_object"}, {"type": "text"}],
                         ids=lambda format: format["type"])
def test_it_ends_a_structured_output(start, sdk, format):
    with two_parts(words("a", "b", "c"), [*words("d"), BAD, *words("e"), *END]) as (address, tell):
        gateway = serve(start, address)
        chunks, error = ask(sdk, gateway, tell, response_format=format)
        if format["type"] == "text":
            assert (text_of(chunks), error) == ("abcde", None)
        else:
            assert text_of(chunks) == "abcd"
            assert error is not None


def test_it_ends_a_structured_output_of_a_translated_provider(start):
    gateway, simulator = start.single("gemini")
    simulator.set(tokens=8, notJsonAt=4, tokenIntervalMs=20)
    whole = exchange(gateway.address, post_chat(stream=True))
    assert b"[DONE]" in whole.body and len(content_of(whole.body)) > 0
    cut = exchange(gateway.address, post_chat(stream=True, response_format={"type": "json_object"}))
    assert b'"error"' in cut.body and b"[DONE]" not in cut.body
    assert gateway.metric(DROPPED) == 2
