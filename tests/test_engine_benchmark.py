"""The engine's benchmark still runs, and its table has every contender."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "benchmarks" / "engine.py"


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read as Linux keeps it")
def test_the_benchmark_runs() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "--quick"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1].strip() for line in done.stdout.splitlines() if line.startswith("| ")]
    assert rows[1:] == [
        "forward, inference_mode",
        "auditor, 2 targets",
        "auditor, 1 target",
        "pytorch-grad-cam",
        "captum",
        "torchcam",
    ]
