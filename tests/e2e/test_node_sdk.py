"""The same contract seen by the official npm SDK."""

import json
import subprocess

import pytest

from harness.paths import NODE_MODULES, SOURCE


def run_node(gateway, scenario):
    """Runs one scenario of node/scenarios.mjs and returns the object that it prints."""
    script = NODE_MODULES / "scenarios.mjs"
    # Node resolves modules from where the script is, and those live in the build tree.
    script.write_text((SOURCE / "tests/e2e/node/scenarios.mjs").read_text(encoding="utf-8"),
                      encoding="utf-8")
    done = subprocess.run(["node", str(script), gateway.url + "/v1", scenario], check=False,
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kind", ["openAI", "gemini"])
class TestNode:
    def test_a_whole_answer_arrives(self, start, kind):
        gateway, simulator = start.single(kind)
        simulator.set(promptTokens=11, tokens=7)
        assert run_node(gateway, "whole") == {
            "content": "I am sim and I answer as some-model.", "finish": "stop", "total": 18}

    def test_a_stream_arrives_with_its_usage(self, start, kind):
        gateway, simulator = start.single(kind)
        simulator.set(promptTokens=11, tokens=7)
        assert run_node(gateway, "stream") == {
            "content": "I am sim and I answer as some-model.", "finish": "stop", "total": 18}

    def test_a_tool_runner_makes_the_round_trip(self, start, kind):
        gateway, _ = start.single(kind)
        result = run_node(gateway, "tools")
        assert result["called"] == [{"city": "Paris"}]
        assert "21 degrees" in result["content"]

    def test_an_aborted_stream_cancels_upstream(self, start, kind):
        gateway, simulator = start.single(kind)
        simulator.set(tokens=1000, tokenIntervalMs=20)
        assert run_node(gateway, "abort") == {"seen": 3}
        assert simulator.wait_for_outcome("client_left").tokens_sent < 900


def test_errors_have_the_types_of_the_sdk(start):
    gateway, simulator = start.single()
    simulator.set(rules=[{"times": 1, "status": 400, "errorCode": "content_policy_violation",
                          "errorMessage": "Not this."}])
    result = run_node(gateway, "error")
    assert result == {"type": "BadRequestError", "status": 400, "code": "content_policy_violation"}
