"""The demo: the doctor/nurse story of the Grad-CAM paper on drawn pictures, offline, from pictures to reports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.pipeline import run
from auditor.plans.plan import Audit
from auditor.resources import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.audits.stages import Options
    from auditor.result import AuditResult

STORY: Final = "doctor_nurse"
MODELS: Final = ("biased", "balanced")
COUNT: Final = 400
SEED: Final = 2020
"""Of the test pictures; the models were trained on pictures of other seeds."""


def run_demo(
    out: str | Path,
    *,
    progress: Callable[[int, int, str], None] | None = None,
    say: Callable[[str], object] = print,
) -> dict[str, AuditResult]:
    """Draw the test pictures and audit both models on them.

    Parameters
    ----------
    out
        Output folder; earlier results of the demo in it are replaced.
    progress
        Called with what is done, what is to do, and what that counts.
    say
        Called with a line on what is going on.

    Returns
    -------
    dict
        Results by the name of the model.
    """
    out, story = Path(out), examples() / STORY
    data = out / "data"
    say(f"drawing {COUNT} pictures of doctors and nurses")
    render = [sys.executable, str(story / "render.py"), str(data), "--count", str(COUNT), "--seed", str(SEED)]
    subprocess.run(render, check=True)  # noqa: S603 -- our own script, in a process of its own as it draws in several
    results = {}
    for name in MODELS:
        say(f"auditing the {name} model")
        how: Options = {"force": True, "progress": progress or _ignore, "say": say}
        results[name] = run(_plan(story, name, data), out=out / name, **how)
    return results


def _plan(story: Path, name: str, data: Path) -> Audit:
    """The example's plan, with its pictures where the demo drew them."""
    places = {"images": "photos", "annotations": "people.csv", "regions": "regions.csv"}
    overrides = {f"data.{key}": str((data / place).resolve()) for key, place in places.items()}
    return Audit.from_toml(story / f"{name}.toml", overrides=overrides)


def _ignore(done: int, total: int, counts: str) -> None:
    """Nobody wants to hear of progress."""
