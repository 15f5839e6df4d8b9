"""What is measured without a request: nanoseconds of CPU time of a pick and of a plugin's callback,
by the programs that are built with -DHEADGATE_BENCH=ON."""

import json
import statistics
import subprocess

REPETITIONS = 9
ENDPOINTS = (2, 10_000)
# Beginning of the benchmark's name: what the page calls it.
PICKS = {"equal_weights": "a pick and its release",
         "pick_record_release": "the same with the record of what became of it"}
CALL = "policy_that_does_nothing"


def runs(program, pattern):
    """{(name, threads): [ns of CPU time of each repetition]}."""
    done = subprocess.run(
        [program, f"--benchmark_filter=^({pattern})/", f"--benchmark_repetitions={REPETITIONS}",
         "--benchmark_enable_random_interleaving=true", "--benchmark_format=json"],
        capture_output=True, text=True, check=True)
    found = {}
    for run in json.loads(done.stdout)["benchmarks"]:
        if run["run_type"] != "iteration":
            continue
        assert run["time_unit"] == "ns", run
        name = run["run_name"].rsplit("/threads:", 1)[0]
        found.setdefault((name, run["threads"]), []).append(run["cpu_time"])
    return found


def measure(build):
    """What rows() takes."""
    names = [f"{name}/{count}" for name in PICKS for count in ENDPOINTS]
    found = runs(build / "bin" / "pick_bench", "|".join(names))
    found.update(runs(build / "bin" / "plugin_call_bench", CALL))
    missing = {(name, threads) for name in (*names, CALL) for threads in (1, 2)} - found.keys()
    assert not missing, f"not measured: {missing}"
    return found


def cell(figures):
    return f"{min(figures):.1f} ({statistics.median(figures):.1f})"


def table(found):
    """The figures as a table of the page."""
    titles = {f"{name}/{count}": f"{title}, {count:,} endpoints"
              for name, title in PICKS.items() for count in ENDPOINTS}
    titles[CALL] = "a callback of a policy that does nothing"
    lines = ["| CPU time of each, ns: least (median) | one thread | two threads |", "|---|---|---|"]
    lines += [f"| {title} | {cell(found[name, 1])} | {cell(found[name, 2])} |"
              for name, title in titles.items()]
    return "\n".join(lines)


def text(found):
    """What the page says of them."""
    return f"""What a choice and a plugin's callback cost by themselves, with statistics that all threads share
({REPETITIONS} runs of `pick_bench` and `plugin_call_bench`, not pinned). The least is what it costs, the
median what it cost this time: on a virtual machine a line that the other processor wrote last may take
several times as long to come at one moment as at another.

{table(found)}
"""
