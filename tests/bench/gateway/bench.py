"""Measures the gateway against nginx and HAProxy: CPU time of the proxy per request, in alternating
rounds over the same simulated upstreams. script/bench runs it.

CPU time is what repeats on a machine that does other things; throughput is told beside it."""

import argparse
import http.client
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

import memory
import micro
import report
from cases import CASES
from proxies import (CLIENT_KEY, Haproxy, Headgate, HeadgateGemini, Nginx, Upstreams,
                     cpu_nanoseconds, resident_kib)

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[2]
RATE = 1000  # requests per second, where the rate is fixed


class Result:
    """What one proxy did in one case: a figure per round."""

    def __init__(self):
        self.cpu_us = []
        self.per_second = []
        self.p99_us = []

    def median(self, name):
        return statistics.median(getattr(self, name))


def fetch(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/v1/chat/completions", body,
                       {"Content-Type": "application/json", "Authorization": f"Bearer {CLIENT_KEY}"})
    answer = connection.getresponse()
    data = answer.read()
    connection.close()
    assert answer.status == 200, (port, answer.status, data[:500])
    return data


def load(port, case, seconds, core, directory, scheme="http"):
    """Runs wrk and returns what post.lua says at the end."""
    body = directory / "body.json"
    body.write_bytes(case.body)
    prefix = [] if core is None else ["taskset", "-c", str(core)]
    done = subprocess.run(
        [*prefix, "wrk", "-t1", f"-c{case.connections}", f"-d{seconds}s", "--timeout", "30s",
         "-s", HERE / "post.lua", f"{scheme}://127.0.0.1:{port}/v1/chat/completions"],
        capture_output=True, text=True, check=True,
        env={**os.environ, "HEADGATE_BENCH_BODY": str(body)})
    result = json.loads(done.stdout.strip().splitlines()[-1])
    assert result["requests"] > 0, done.stdout
    assert result["not2xx"] == 0 and result["socket_errors"] == 0, done.stdout
    return result


def measure(case, proxies, upstreams, options, directory):
    """Returns {proxy name: Result}, and the requests per second of the upstreams themselves."""
    upstreams.set(case.knobs)
    taking_part = [p for p in proxies
                   if case.headgate_only is False and p.kind_matches(case)
                   or case.headgate_only and (p.name == "nginx" or p.kind_matches(case))]
    expected = fetch(upstreams.ports[0], case.body)
    for proxy in taking_part:
        if not case.headgate_only:
            got = fetch(proxy.port, case.body)
            assert got == expected, f"{proxy.name} does not pass the body of {case.name} as it is"
    direct = load(upstreams.ports[0], case, 2, options.load_core, directory)
    direct_per_second = direct["requests"] * 1e6 / direct["microseconds"]

    results = {proxy.name: Result() for proxy in taking_part}
    for proxy in taking_part:  # connections, caches, branch predictors
        load(proxy.port, case, 1, options.load_core, directory)
    for _ in range(options.rounds):
        for proxy in taking_part:
            proxy.empty_log()
            before = cpu_nanoseconds(proxy.pids())
            done = load(proxy.port, case, options.seconds, options.load_core, directory)
            spent = cpu_nanoseconds(proxy.pids()) - before
            result = results[proxy.name]
            result.cpu_us.append(spent / 1000 / done["requests"])
            result.per_second.append(done["requests"] * 1e6 / done["microseconds"])
            result.p99_us.append(done["p99_us"])
    return results, direct_per_second


def at_fixed_rate(case, proxies, upstreams, options, directory):
    """{name: (p50, p99) in microseconds} at 1,000 requests a second, medians over the rounds."""
    upstreams.set(case.knobs)
    body = directory / "body.json"
    body.write_bytes(case.body)
    prefix = [] if options.load_core is None else ["taskset", "-c", str(options.load_core)]
    ports = {"no proxy": upstreams.ports[0], **{proxy.name: proxy.port for proxy in proxies}}
    seen = {name: [] for name in ports}
    for _ in range(options.rounds):
        for name, port in ports.items():
            done = subprocess.run(
                [*prefix, options.build / "bin" / "load", "--to", f"127.0.0.1:{port}", "--body", body,
                 "--rate", str(RATE), "--seconds", str(options.seconds), "--header",
                 f"Authorization: Bearer {CLIENT_KEY}"], capture_output=True, text=True, check=True)
            seen[name].append(json.loads(done.stdout))
    return {name: tuple(statistics.median(run[key] for run in runs) for key in ("p50_us", "p99_us"))
            for name, runs in seen.items()}


def measure_memory(proxies, idle, upstreams, options, core, directory):
    """{name: report.Memory}"""

    def short_load(port, case, seconds):
        load(port, case, seconds, options.load_core, directory)

    soaked = {proxy.name: memory.soak(proxy, upstreams, short_load, options.seconds)
              for proxy in proxies}
    streams = memory.per_stream_of_all([type(proxy) for proxy in proxies], directory, upstreams,
                                       options, core)
    return {name: report.Memory(idle[name], soaked[name], *streams[name]) for name in soaked}


def with_kind(proxy):
    """A proxy takes part in the cases of its provider; those that know none, in OpenAI's."""
    proxy.kind_matches = lambda case: case.provider == proxy.kind
    return proxy


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build" / "release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--case", action="append", help="only these cases")
    parser.add_argument("--not-pinned", action="store_true")
    parser.add_argument("--write", type=pathlib.Path, help="the page to write")
    options = parser.parse_args()
    if options.write and options.case:
        parser.error("a page has all cases")
    pinned = not options.not_pinned and (os.cpu_count() or 1) > 1
    proxy_core, options.load_core = (0, 1) if pinned else (None, None)

    Headgate.program = HeadgateGemini.program = options.build / "bin" / "headgate"
    skipped = [kind.name for kind in (Nginx, Haproxy) if not kind.program]
    for name in skipped:
        print(f"{name} is not installed: skipped", flush=True)
    cases = [case for case in CASES if not options.case or case.name in options.case]
    spoken = {"openAI"} | {case.provider for case in cases}
    kinds = [kind for kind in (Nginx, Haproxy, Headgate, HeadgateGemini)
             if kind.program and kind.kind in spoken]

    directory = pathlib.Path(tempfile.mkdtemp(prefix="headgate-bench-"))
    upstreams = Upstreams(options.build / "bin" / "upstream-sim", directory, options.load_core)
    proxies = []
    outcome = []
    try:
        for kind in kinds:
            proxies.append(with_kind(kind(directory, upstreams, proxy_core)))
        idle = {proxy.name: resident_kib(proxy.pids()) for proxy in proxies}
        for case in cases:
            results, direct = measure(case, proxies, upstreams, options, directory)
            outcome.append((case, results, direct))
            print(report.lines_of(case, results, direct), flush=True)
        plain = [proxy for proxy in proxies if proxy.kind == "openAI"]
        waits, resident = {}, {}
        if not options.case:
            waits = at_fixed_rate(CASES[0], plain, upstreams, options, directory)
            resident = measure_memory(plain, idle, upstreams, options, proxy_core, directory)
    finally:
        for proxy in proxies:
            proxy.stop()
        upstreams.stop()
        shutil.rmtree(directory, ignore_errors=True)
    versions = {kind.name: kind.version() for kind in kinds if kind is not HeadgateGemini}
    if not options.case:
        alone = micro.text(micro.measure(options.build))
        print(alone)
    if options.write:
        options.write.write_text(
            report.page(outcome, waits, resident, alone, versions, options, pinned),
            encoding="utf-8")
        print(f"wrote {options.write}")


if __name__ == "__main__":
    main()
