"""Where the build tree under test is."""

import os
import pathlib

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("HEADGATE_BUILD_DIR", SOURCE / "build" / "dev")).resolve()
GATEWAY = BUILD / "bin" / "headgate"
SIMULATOR = BUILD / "bin" / "upstream-sim"
NODE_MODULES = SOURCE / "build" / "node"


def is_sanitized():
    """Sanitizers cost time and memory: limits on both are wider there."""
    return BUILD.name in ("asan", "tsan")
