"""Fixtures of the end-to-end tests. A test asks for simulated providers and for the gateway, and
whatever it started is stopped; the logs of a test that failed are shown with it."""

import pathlib
import sys

import openai as openai_sdk
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness import config as make  # noqa: E402
from harness.certificates import Authority  # noqa: E402
from harness.gateway import Gateway  # noqa: E402
from harness.simulator import Simulator  # noqa: E402


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for process in getattr(item, "started_processes", []):
            if process.log_path.exists():
                report.sections.append((f"output of {process.log_path.name}", process.log()[-20000:]))


def starter(request, directory):
    """Returns start(process): starts it now and stops it at the end of the fixture's scope."""
    started = []

    def start(process):
        started.append(process)
        if hasattr(request.node, "started_processes"):
            request.node.started_processes.append(process)
        return process.start()

    yield directory, start
    faults = []
    for process in reversed(started):
        try:
            code = process.stop()
        except AssertionError as fault:
            faults.append(str(fault))
            continue
        if isinstance(process, Gateway) and code not in (0, None) and not process.may_fail:
            faults.append(f"the gateway ended with {code}:\n{process.log()[-20000:]}")
    assert not faults, "\n".join(faults)


Gateway.may_fail = False


@pytest.fixture(autouse=True)
def remember_processes(request):
    request.node.started_processes = []


@pytest.fixture
def start(request, remember_processes, tmp_path):
    generator = starter(request, tmp_path)
    directory, start_process = next(generator)

    class Start:
        """Starts what a test needs: start.simulator("a"), start.gateway(config)."""

        @property
        def directory(self):
            return directory

        def process(self, process):
            return start_process(process)

        def simulator(self, name="sim", *options, **more):
            return start_process(Simulator(directory, name, options, **more))

        def gateway(self, config, *options, env=None, name="gateway"):
            return start_process(Gateway(directory, config, options, env, name))

        def pair(self, **more):
            """The usual arrangement: an OpenAI and a Gemini provider in one group."""
            left, right = self.simulator("sim-openai"), self.simulator("sim-gemini")
            config = make.gateway(make.route(make.groups(
                [make.openai(left, key="sk-openai-key"), make.gemini(right, key="gemini-key")])),
                **more)
            return self.gateway(config), left, right

        def single(self, kind="openAI", policies=None, options=(), frontend=None, static=None,
                   **more):
            """One provider behind one route."""
            simulator = self.simulator("sim", *options)
            name = kind.lower()
            config = make.gateway(make.route(make.groups(
                [make.provider(name, kind, simulator, key="provider-key", **more)]), policies),
                frontend=frontend, static=static)
            return self.gateway(config), simulator

    yield Start()
    for _ in generator:
        pass


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def sdk():
    """sdk(gateway): the official client, which must not hide failures by retrying."""
    clients = []

    def connect(gateway, api_key="client-key", **more):
        client = openai_sdk.OpenAI(base_url=gateway.url + "/v1", api_key=api_key, max_retries=0,
                                   timeout=30, **more)
        clients.append(client)
        return client

    yield connect
    for client in clients:
        client.close()
