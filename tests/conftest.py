"""What every test stands on: one thread per process, and the shared data where they are.

No test reaches the network: pytest-socket, set up in pyproject.toml, lets through this machine's own addresses alone.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
collect_ignore_glob = ["benchmarks/*"]  # scripts, run by hand

# Before torch is loaded: one order of summation everywhere, and no fight over the cores with the other test processes.
for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

# What one process compiles the others read, where a machine has switched that off: torch takes 13 s to import from its
# source and 4 s otherwise, and dozens of processes of this suite import it.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for the shared data, so that ``-m 'not shared'`` leaves it out; files with slow tests come first.

    Each file is one process's: a long one that begins last would leave the others idle.
    """
    for item in items:
        if "shared_data" in getattr(item, "fixturenames", ()):
            item.add_marker("shared")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the shared photographs and models, or a skip with the reason."""
    named = os.environ.get("AUDITOR_SHARED_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        place = "AUDITOR_SHARED_DATA" if named else "../shared/data, beside the checkout,"
        pytest.skip(f"no shared data: {place} is no folder")
    return folder


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a picture for each example of the demo's reports."""
    from tests.report.comparisons_made import draw_photos

    return draw_photos(tmp_path_factory.mktemp("photos") / "photos")
