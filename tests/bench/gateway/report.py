"""Figures as text: lines while measuring, and the page docs/performance.md."""

import datetime
import pathlib
import platform
import re
import statistics
import sys
import typing


class Memory(typing.NamedTuple):
    """Resident KiB of one proxy."""

    idle: float
    soaked: list  # after each round of load
    per_stream: float
    per_tls_stream: float | None  # with TLS on both sides


def ratio(results, name, base="nginx"):
    """The median over rounds of this proxy's CPU time to the base's in the same round."""
    if base not in results or name not in results:
        return None
    pairs = zip(results[name].cpu_us, results[base].cpu_us)
    return statistics.median(own / other for own, other in pairs)


def lines_of(case, results, direct):
    lines = [f"{case.title} (upstream alone: {direct:,.0f}/s)"]
    for name, result in results.items():
        of_nginx = ratio(results, name)
        beside = "" if of_nginx is None or name == "nginx" else f"  {of_nginx:.2f} of nginx"
        lines.append(f"  {name:16} {result.median('cpu_us'):8.1f} us CPU/request"
                     f"  {result.median('per_second'):9,.0f}/s"
                     f"  p99 {result.median('p99_us') / 1000:7.2f} ms{beside}")
    return "\n".join(lines)


def cell(value, form="{:.1f}"):
    return "" if value is None else form.format(value)


def table(outcome):
    names = ["nginx", "haproxy", "headgate"]
    rows = ["| case | nginx µs | HAProxy µs | Headgate µs | HAProxy to nginx | **Headgate to nginx** "
            "| range over rounds | goal | requests/s nginx, HAProxy, Headgate |",
            "|---|---|---|---|---|---|---|---|---|"]
    for case, results, _ in outcome:
        own = "headgate-gemini" if case.headgate_only else "headgate"
        by_name = {name: results.get(own if name == "headgate" else name) for name in names}
        divide = case.events if case.name.startswith("paced") else 1
        times = [cell(r and r.median("cpu_us") / divide) for r in by_name.values()]
        rates = ", ".join(cell(r and r.median("per_second"), "{:,.0f}") or "-"
                          for r in by_name.values())
        ratios = [cell(ratio(results, name), "{:.2f}") for name in ("haproxy", own)]
        spread = ""
        if "nginx" in results and own in results:
            all_of = [a / b for a, b in zip(results[own].cpu_us, results["nginx"].cpu_us)]
            spread = f"{min(all_of):.2f} to {max(all_of):.2f}"
        rows.append(f"| {case.title} | {' | '.join(times)} | {ratios[0]} | **{ratios[1]}** | {spread} "
                    f"| {cell(case.goal, '{:.2f}')} | {rates} |")
    return "\n".join(rows)


def machine():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*:\s*(.*)", text)
    cores = text.count("processor\t")
    memory = pathlib.Path("/proc/meminfo").read_text(encoding="utf-8")
    gib = int(re.search(r"MemTotal:\s+(\d+)", memory)[1]) / (1 << 20)
    release = re.search(r'PRETTY_NAME="(.*)"',
                        pathlib.Path("/etc/os-release").read_text(encoding="utf-8"))[1]
    return (f"{model[1] if model else platform.machine()}, {cores} cores, {gib:.0f} GiB; {release}, "
            f"Linux {platform.release()}")


def page(outcome, waits, memory, micro_text, versions, options, pinned):
    versions_text = ", ".join(f"{name} {version}" for name, version in versions.items())
    resident = "\n".join(
        f"| {name} | {one.idle / 1024:.1f} | {', '.join(f'{kib / 1024:.1f}' for kib in one.soaked)} "
        f"| {one.per_stream:.0f} | {cell(one.per_tls_stream, '{:.0f}')} |"
        for name, one in memory.items())
    latencies = "\n".join(f"| {name} | {p50:.0f} | {p99:.0f} |" for name, (p50, p99) in waits.items())
    where = ("the proxy pinned to one core, load and upstreams to the other" if pinned
             else "nothing pinned")
    command = "script/bench " + " ".join(sys.argv[1:])
    return f"""# Performance

CPU time of the proxy per request, with one worker thread each, over the same three simulated
upstreams (tests/tools/upstream-sim) on loopback with connections kept on both sides. Measured in
alternating rounds; a ratio is the median over the rounds of two figures of the same round. Before
timing, the bodies that the proxies return are compared byte by byte with the upstream's; an answer
that is not 2xx ends the measurement.

nginx balances with `random two least_conn`, HAProxy with `random(2)`, neither writes a log. Headgate
has everything on: key check, model override, P2C over three endpoints, health policy, usage, metrics,
JSON access log to a file, limits and timeouts. The file is emptied before each round, as rotation
does.

{table(outcome)}

For the paced stream the figures are per event. The goals are budgets of this project, not claims.

1 KiB whole at a fixed rate of 1,000 requests/s, from the moment at which each was due:

| | p50 µs | p99 µs |
|---|---|---|
{latencies}

| resident memory | idle, MiB | MiB after each round of 16 KiB answers and streams under load \
| KiB for each open stream | with TLS on both sides |
|---|---|---|---|---|
{resident}

{micro_text}
* Machine: {machine()}
* Versions: {versions_text}
* Date: {datetime.date.today().isoformat()}; {options.rounds} rounds of {options.seconds} s per proxy \
and case; {where}
* Command: `{command.strip()}`

The number of instructions per request is a test: tests/bench/instructions.
"""
