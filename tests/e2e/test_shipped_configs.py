"""Every file in config/ is a configuration that works; the demo starts as the README says."""

import pytest

from harness.gateway import run_command
from harness.paths import SOURCE
from harness.raw import exchange, post_chat

FILES = sorted((SOURCE / "config").glob("*.yaml"))
VARIABLES = {"OPENAI_API_KEY": "k", "GEMINI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}


def test_there_are_some():
    assert {"demo.yaml", "multiple-providers.yaml"} <= {file.name for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_is_valid(file):
    done = run_command("check", file, env=VARIABLES)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_starts_and_stops(start, file):
    gateway = start.gateway(file.read_text(encoding="utf-8"), env=VARIABLES)
    assert gateway.admin_status("/healthz/ready") == 200
    assert gateway.stop() == 0


def test_the_demo_spreads_requests_over_two_providers(start):
    left = start.simulator("sim-openai", listen=("127.0.0.1:9001",))
    right = start.simulator("sim-gemini", listen=("127.0.0.1:9002",))
    gateway = start.gateway((SOURCE / "config/demo.yaml").read_text(encoding="utf-8"))
    assert gateway.address[1] == 3000
    for _ in range(40):
        assert exchange(("127.0.0.1", 3000), post_chat()).status == 200
    assert left.count() + right.count() == 40
    assert min(left.count(), right.count()) >= 5
    assert {record.target for record in left.records()} == {"/v1/chat/completions"}
    assert all(":generateContent" in record.target for record in right.records())
