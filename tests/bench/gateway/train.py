"""Lets a gateway that counts its paths serve every kind of request that is measured, and the same
over TLS, so that the counts say what is hot. script/profile runs it."""

import argparse
import os
import pathlib
import shutil
import tempfile

from bench import load
from cases import CASES
from memory import certificate
from proxies import Headgate, HeadgateGemini, Upstreams

SECONDS = 2


def serve(kind, cases, upstreams, directory, counts, tls=None):
    os.environ["LLVM_PROFILE_FILE"] = str(counts / "%m-%p.profraw")
    proxy = kind(directory, upstreams, None, tls)
    try:
        for case in cases:
            upstreams.set(case.knobs)
            done = load(proxy.port, case, SECONDS, None, directory, "https" if tls else "http")
            print(f"  {kind.name}{' with TLS' if tls else ''}: {done['requests']} of {case.title}",
                  flush=True)
    finally:
        proxy.stop()  # which writes the counts


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--counts", type=pathlib.Path, required=True, help="folder to write to")
    options = parser.parse_args()
    os.environ["LLVM_PROFILE_FILE"] = os.devnull  # the upstreams' counts are of no use
    Headgate.program = HeadgateGemini.program = options.build / "bin" / "headgate"
    openai = [case for case in CASES if case.provider == Headgate.kind]
    gemini = [case for case in CASES if case.provider == HeadgateGemini.kind]
    streams = [case for case in openai if case.stream]

    directory = pathlib.Path(tempfile.mkdtemp(prefix="headgate-train-"))
    simulator = options.build / "bin" / "upstream-sim"
    pair = certificate(directory)
    upstreams = Upstreams(simulator, directory, None)
    encrypted = Upstreams(simulator, directory, None, pair)
    try:
        serve(Headgate, openai, upstreams, directory, options.counts)
        serve(HeadgateGemini, gemini + streams, upstreams, directory, options.counts)
        serve(Headgate, openai, encrypted, directory, options.counts, pair)
    finally:
        upstreams.stop()
        encrypted.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
