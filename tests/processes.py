"""Fresh processes, for what a process does once: load modules, be interrupted, run from somewhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

ROOT = Path(__file__).parents[1]
BLOCK = """
import importlib.abc, sys
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
"""


def run_python(
    code: str, *, python: Path | str = sys.executable, cwd: Path = ROOT, missing: Collection[str] = ()
) -> str:
    """Run code in a fresh Python, warnings as errors, some libraries as if missing; what it printed comes back."""
    code = BLOCK.format(missing=tuple(missing)) + textwrap.dedent(code)
    return run_command(python, "-W", "error", "-c", code, cwd=cwd)


def run_command(*command: Path | str, cwd: Path = ROOT, timeout: float = 240, **variables: str) -> str:
    """Run a command that must succeed, offline; what it printed comes back."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**inherited, "UV_OFFLINE": "1", "PYTHONNOUSERSITE": "1", **variables},
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout
