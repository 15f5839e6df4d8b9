"""Chat completions through the official Python SDK, to an OpenAI provider untouched and to a Gemini
provider translated."""

import json

import pydantic
import pytest

from harness import raw

MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]
PIXEL = ("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
         "Jggg==")
WEATHER_TOOL = {"type": "function", "function": {
    "name": "get_weather", "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}},
                   "required": ["city"]}}}

both_providers = pytest.mark.parametrize("kind", ["openAI", "gemini"])


def joined(stream):
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


@both_providers
def test_a_whole_answer_arrives(start, sdk, kind):
    gateway, simulator = start.single(kind)
    answer = sdk(gateway).chat.completions.create(model="some-model", messages=MESSAGES)
    assert answer.choices[0].message.content == "I am sim and I answer as some-model."
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.object == "chat.completion"
    assert answer.model == "some-model"
    assert simulator.count() == 1


@both_providers
def test_a_streamed_answer_spells_the_same_text(start, sdk, kind):
    gateway, simulator = start.single(kind)
    simulator.set(tokens=9)
    stream = sdk(gateway).chat.completions.create(model="some-model", messages=MESSAGES, stream=True)
    chunks = list(stream)
    assert joined(chunks) == "I am sim and I answer as some-model."
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[0].choices[0].delta.role == "assistant"
    assert {c.id for c in chunks} == {chunks[0].id}
    assert sum(1 for c in chunks if c.choices and c.choices[0].delta.content) == 9


@both_providers
def test_usage_of_a_whole_answer_is_the_providers(start, sdk, kind):
    gateway, simulator = start.single(kind)
    simulator.set(promptTokens=11, tokens=7)
    usage = sdk(gateway).chat.completions.create(model="m", messages=MESSAGES).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (11, 7, 18)


@both_providers
def test_usage_of_a_stream_comes_last_when_asked_for(start, sdk, kind):
    gateway, simulator = start.single(kind)
    simulator.set(promptTokens=11, tokens=7)
    chunks = list(sdk(gateway).chat.completions.create(
        model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == []
    usage = chunks[-1].usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (11, 7, 18)
    assert all(chunk.usage is None for chunk in chunks[:-1])


@both_providers
def test_usage_is_counted_in_a_stream_whose_client_did_not_ask(start, sdk, kind):
    gateway, simulator = start.single(kind)
    simulator.set(promptTokens=11, tokens=7)
    chunks = list(sdk(gateway).chat.completions.create(model="m", messages=MESSAGES, stream=True))
    assert all(chunk.choices for chunk in chunks), "an event was added for the client"
    assert all(chunk.usage is None for chunk in chunks)
    line = gateway.wait_for_access_line()
    assert line["gen_ai.usage.input_tokens"] == 11
    assert line["gen_ai.usage.output_tokens"] == 7


@both_providers
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_tool_call_makes_the_round_trip(start, sdk, kind, stream):
    gateway, simulator = start.single(kind)
    client = sdk(gateway)
    messages = [{"role": "user", "content": "Please call tool for Paris"}]

    if stream:
        with client.chat.completions.stream(model="m", messages=messages,
                                            tools=[WEATHER_TOOL]) as events:
            for _ in events:
                pass
            choice = events.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.create(model="m", messages=messages,
                                                tools=[WEATHER_TOOL]).choices[0]
    assert choice.finish_reason == "tool_calls"
    [call] = choice.message.tool_calls
    assert call.function.name == "get_weather"
    assert json.loads(call.function.arguments) == {"city": "Paris"}
    assert call.id

    messages += [
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": call.id, "type": "function", "function": {
                "name": call.function.name, "arguments": call.function.arguments}}]},
        {"role": "tool", "tool_call_id": call.id, "content": '{"degrees": 21}'}]
    answer = client.chat.completions.create(model="m", messages=messages, tools=[WEATHER_TOOL])
    assert "The tool said" in answer.choices[0].message.content
    assert "21" in answer.choices[0].message.content

    sent = simulator.last().json()
    if kind == "gemini":
        called, said = sent["contents"][-2:]
        assert called["role"] == "model"
        assert called["parts"][-1]["functionCall"] == {"name": "get_weather",
                                                       "args": {"city": "Paris"}}
        assert said["parts"][0]["functionResponse"]["name"] == "get_weather"
        [declaration] = sent["tools"][0]["functionDeclarations"]
        assert declaration["name"] == "get_weather"
    else:
        assert sent["messages"] == messages


@both_providers
def test_two_tool_calls_in_one_answer_keep_their_order(start, sdk, kind):
    gateway, _ = start.single(kind)
    other = {"type": "function", "function": {
        "name": "get_time", "parameters": {"type": "object",
                                           "properties": {"zone": {"type": "integer"}}}}}
    answer = sdk(gateway).chat.completions.create(
        model="m", messages=[{"role": "user", "content": "call tools"}],
        tools=[WEATHER_TOOL, other])
    calls = answer.choices[0].message.tool_calls
    assert [call.function.name for call in calls] == ["get_weather", "get_time"]
    assert json.loads(calls[1].function.arguments) == {"zone": 7}
    assert len({call.id for call in calls}) == 2


@both_providers
def test_an_inline_image_arrives(start, sdk, kind):
    gateway, simulator = start.single(kind)
    answer = sdk(gateway).chat.completions.create(model="m", messages=[{"role": "user", "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}]}])
    assert "I saw 1 image(s)." in answer.choices[0].message.content
    if kind == "gemini":
        parts = simulator.last().json()["contents"][0]["parts"]
        assert parts[0]["text"] == "What is this?"
        assert parts[1]["inlineData"] == {"mimeType": "image/png", "data": PIXEL}


@both_providers
def test_structured_output_is_parsed(start, sdk, kind):
    class Capital(pydantic.BaseModel):
        answer: str
        source: str

    gateway, simulator = start.single(kind)
    answer = sdk(gateway).chat.completions.parse(model="m", messages=MESSAGES,
                                                 response_format=Capital)
    assert answer.choices[0].message.parsed == Capital(answer="Paris", source="sim")
    if kind == "gemini":
        settings = simulator.last().json()["generationConfig"]
        assert settings["responseMimeType"] == "application/json"
        schema = settings.get("responseSchema") or settings.get("responseJsonSchema")
        assert set(schema["properties"]) == {"answer", "source"}


def test_the_settings_of_a_request_reach_gemini_in_its_own_words(start, sdk):
    gateway, simulator = start.single("gemini")
    sdk(gateway).chat.completions.create(
        model="m", messages=MESSAGES, temperature=0.25, top_p=0.5, max_tokens=64, stop=["END"])
    sent = simulator.last()
    assert sent.target == "/v1beta/models/m:generateContent"
    body = sent.json()
    assert body["systemInstruction"]["parts"][0]["text"] == "Be brief."
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Hello"}]}]
    settings = body["generationConfig"]
    assert settings["temperature"] == 0.25
    assert settings["topP"] == 0.5
    assert settings["maxOutputTokens"] == 64
    assert settings["stopSequences"] == ["END"]


def test_a_gemini_stream_is_asked_for_as_events(start, sdk):
    gateway, simulator = start.single("gemini")
    list(sdk(gateway).chat.completions.create(model="m", messages=MESSAGES, stream=True))
    assert simulator.last().target == "/v1beta/models/m:streamGenerateContent?alt=sse"


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_message_that_the_sdk_sends_back_is_what_gemini_had_said(start, sdk, stream):
    gateway, simulator = start.single("gemini")
    simulator.set(thought=True)
    client = sdk(gateway)
    if stream:
        with client.chat.completions.stream(model="m", messages=MESSAGES) as events:
            answer = events.get_final_completion()
    else:
        answer = client.chat.completions.create(model="m", messages=MESSAGES)
    again = client.chat.completions.with_raw_response.create(
        model="m", messages=[*MESSAGES, answer.choices[0].message, {"role": "user", "content": "So?"}])
    assert "x-headgate-dropped" not in again.headers
    assert simulator.last().json()["contents"][1] == {"role": "model", "parts": [
        {"text": "The user wants an answer.", "thought": True},
        {"text": "I am sim and I answer as m."}]}


def test_the_gateways_own_member_never_reaches_a_provider(start, sdk):
    gateway, simulator = start.single("openAI")
    kept = {"role": "assistant", "content": "Hi", "reasoning_content": "hm"}
    answer = sdk(gateway).chat.completions.with_raw_response.create(
        model="m", messages=[*MESSAGES, {**kept, "headgate": {"blocks": []}}, *MESSAGES[-1:]],
        extra_body={"headgate": {"extra": {}}})
    assert simulator.last().json()["messages"] == [*MESSAGES, kept, *MESSAGES[-1:]]
    assert "headgate" not in simulator.last().json()
    assert answer.headers["x-headgate-dropped"] == "messages.headgate, headgate"
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi", "own": 1}]})
    escaped = body.replace('"own"', r'"headg\u0061te"').encode()
    assert raw.exchange(gateway.address, raw.post("/v1/chat/completions", escaped)).status == 200
    assert simulator.last().json()["messages"] == [{"role": "user", "content": "Hi"}]


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_thinking_is_not_mistaken_for_the_answer(start, sdk, stream):
    gateway, simulator = start.single("gemini")
    simulator.set(thought=True, promptTokens=10, tokens=4)
    client = sdk(gateway)
    if stream:
        chunks = list(client.chat.completions.create(
            model="m", messages=MESSAGES, stream=True, stream_options={"include_usage": True}))
        text, usage = joined(chunks), chunks[-1].usage
    else:
        answer = client.chat.completions.create(model="m", messages=MESSAGES)
        text, usage = answer.choices[0].message.content, answer.usage
    assert text == "I am sim and I answer as m."
    # What the provider bills as output holds the thinking: 4 said and 5 thought.
    assert usage.completion_tokens == 9
    assert usage.completion_tokens_details.reasoning_tokens == 5
    assert usage.total_tokens == 19


@pytest.mark.parametrize("finish,expected", [("MAX_TOKENS", "length"), ("SAFETY", "content_filter"),
                                             ("STOP", "stop")])
def test_geminis_finish_reasons_are_told_in_the_clients_words(start, sdk, finish, expected):
    gateway, simulator = start.single("gemini")
    simulator.set(finish=finish)
    client = sdk(gateway)
    answer = client.chat.completions.create(model="m", messages=MESSAGES)
    assert answer.choices[0].finish_reason == expected
    chunks = list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == expected


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_prompt_that_gemini_refuses_is_a_content_filter(start, sdk, stream):
    gateway, simulator = start.single("gemini")
    simulator.set(safetyBlock=True)
    client = sdk(gateway)
    if stream:
        chunks = list(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))
        reasons = [c.choices[0].finish_reason for c in chunks if c.choices]
        assert reasons[-1] == "content_filter"
    else:
        answer = client.chat.completions.create(model="m", messages=MESSAGES)
        assert answer.choices[0].finish_reason == "content_filter"


@both_providers
def test_a_configured_model_replaces_the_clients(start, sdk, kind):
    gateway, simulator = start.single(kind, model="configured-model")
    answer = sdk(gateway).chat.completions.create(model="whatever", messages=MESSAGES)
    assert "I answer as configured-model" in answer.choices[0].message.content
    sent = simulator.last()
    if kind == "gemini":
        assert sent.target == "/v1beta/models/configured-model:generateContent"
    else:
        assert sent.json()["model"] == "configured-model"


def test_an_untouched_request_reaches_the_provider_byte_for_byte(start):
    from harness.raw import exchange, post
    gateway, simulator = start.single()
    body = (b'{ "model" : "m",\n "messages":[{"role":"user","content":"\\u00e9 \xc3\xa9"}],'
            b' "seed": 12345678901234567890, "x_unknown": 1.0 }')
    assert exchange(gateway.address, post("/v1/chat/completions", body)).status == 200
    assert simulator.last().body.encode() == body


def test_a_request_loses_the_gateways_own_member_and_not_one_other_byte(start):
    from harness.raw import exchange, post
    gateway, simulator = start.single()
    body = (b'{ "model" : "m"%s,\n "messages":[ {"role":"assistant","content":"\\u00e9 \xc3\xa9",'
            b' "reasoning_content" : "hm"%s } ], "seed": 12345678901234567890, "x_unknown": 1.0 }')
    given = body % (b', "headgate":{"extra":{}}', b' , "headg\\u0061te" : {"blocks":[]}')
    answer = exchange(gateway.address, post("/v1/chat/completions", given))
    assert answer.status == 200
    assert answer.headers["x-headgate-dropped"] == "headgate, messages.headgate"
    assert simulator.last().body.encode() == body % (b"", b"")


@both_providers
def test_members_of_a_providers_own_format_reach_it_and_those_of_others_are_named(start, sdk, kind):
    gateway, simulator = start.single(kind)
    answer = sdk(gateway).chat.completions.with_raw_response.create(
        model="m", messages=MESSAGES, extra_body={"headgate": {"extra": {
            "gemini.generate": {"labels": {"team": "a"},
                                "generationConfig": {"mediaResolution": "LOW"}},
            "openai.chat": {"x_new": 1}, "acme.talk": {"voice": 1}}}})
    sent = simulator.last().json()
    assert "headgate" not in sent
    if kind == "gemini":
        assert sent["labels"] == {"team": "a"}
        assert sent["generationConfig"]["mediaResolution"] == "LOW"
        others = "headgate.openai.chat, headgate.acme.talk"
    else:
        assert sent["x_new"] == 1
        others = "headgate.gemini.generate, headgate.acme.talk"
    assert answer.headers["x-headgate-dropped"] == others


def test_only_the_model_is_changed_in_an_overridden_request(start):
    from harness.raw import exchange, post
    gateway, simulator = start.single(model="longer-name-than-before")
    body = b'{"seed": 12345678901234567890, "model":  "m" , "messages": []}'
    assert exchange(gateway.address, post("/v1/chat/completions", body)).status == 200
    assert simulator.last().body.encode() == body.replace(b'"m"', b'"longer-name-than-before"')


@both_providers
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_compressed_upstream_answer_is_understood(start, sdk, kind, stream):
    gateway, simulator = start.single(kind)
    simulator.set(encoding="gzip", promptTokens=11, tokens=7)
    client = sdk(gateway)
    if stream:
        text = joined(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))
    else:
        text = client.chat.completions.create(model="m", messages=MESSAGES).choices[0].message.content
    assert text == "I am sim and I answer as m."
    line = gateway.wait_for_access_line()
    assert line["gen_ai.usage.output_tokens"] == 7


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_every_way_of_framing_an_answer_is_read(start, sdk, framing, stream):
    gateway, simulator = start.single()
    simulator.set(framing=framing, bytes=50_000)
    client = sdk(gateway)
    for _ in range(2):
        if stream:
            text = joined(client.chat.completions.create(model="m", messages=MESSAGES, stream=True))
        else:
            answer = client.chat.completions.create(model="m", messages=MESSAGES)
            text = answer.choices[0].message.content
        assert len(text) == 50_000
