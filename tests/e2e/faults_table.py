"""Runs the sixteen faults of harness/faults.py at their real times and prints the table; called by
script/faults. Ends with 1 when one failed."""

import argparse
import concurrent.futures
import pathlib
import sys
import tempfile
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from harness.faults import CASES, CONFIG, FALLBACK, PRIMARY, Report  # noqa: E402
from harness.paths import SOURCE  # noqa: E402

# A few at a time: the longest waits for 80 s, and none of them needs much of the machine.
AT_ONCE = 4


def run(case, directory):
    started = []

    def start(process):
        started.append(process)
        return process.start()

    try:
        return case.run(directory / case.id, start)
    except Exception:  # a case that cannot be run has failed, and the others go on
        return Report([], {PRIMARY: [], FALLBACK: []}, [traceback.format_exc()])
    finally:
        for process in reversed(started):
            process.stop()


def same(lines):
    """["a", "a", "b"] -> "2x a; b" """
    out = []
    for line in lines:
        if out and out[-1][1] == line:
            out[-1][0] += 1
        else:
            out.append([1, line])
    return "; ".join(f"{count}x {line}" if count > 1 else line for count, line in out)


def show(case, report):
    print(f"{case.id}  {'pass' if report.passed else 'FAIL'}  {case.fault}")
    print(f"     expected     {case.expected}")
    print(f"     client saw   {same([seen.say() for seen in report.seen])}")
    for provider, attempts in report.attempts.items():
        times = ", ".join(attempt.say() for attempt in attempts[:12])
        more = f" and {len(attempts) - 12} more" if len(attempts) > 12 else ""
        print(f"     {provider:<12} {len(attempts)} attempts{': ' if times else ''}{times}{more}")
    tokens = [seen.first_token for seen in report.seen if seen.first_token is not None]
    if tokens:
        spread = f"{tokens[0]:.2f} s" if len(tokens) == 1 else (
            f"{min(tokens):.2f} to {max(tokens):.2f} s over {len(tokens)} requests")
        print(f"     first token  {spread}")
    for wrong in report.wrong:
        print(f"     wrong        {wrong}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", action="append", help="only this one; may be repeated")
    parser.add_argument("--keep", help="a directory for configurations and logs")
    options = parser.parse_args()
    cases = [case for case in CASES if not options.case or case.id in options.case]
    if not cases:
        parser.error(f"no such case; there are {', '.join(case.id for case in CASES)}")

    print(f"configuration: {CONFIG.relative_to(SOURCE)}, its providers replaced by simulators\n")
    print(CONFIG.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch, \
            concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        directory = pathlib.Path(options.keep or scratch)
        by_length = sorted(cases, key=lambda case: -case.limit_s)
        running = {case.id: pool.submit(run, case, directory) for case in by_length}
        passed = 0
        for case in cases:
            report = running[case.id].result()
            passed += report.passed
            show(case, report)
            sys.stdout.flush()
    print(f"\n{passed} of {len(cases)} passed")
    return 0 if passed == len(cases) else 1


if __name__ == "__main__":
    sys.exit(main())
