"""The demo: the doctor/nurse story of the Grad-CAM paper on drawn pictures, offline, from pictures to reports."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.pipeline import run
from auditor.plan import Audit
from auditor.resources import examples

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.result import AuditResult
    from auditor.stages import Options

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
    _load_script(story / "render.py").render(data, count=COUNT, seed=SEED)
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


def _load_script(path: Path) -> Any:
    """A script of the examples as a module; its neighbours are importable while it loads."""
    spec = importlib.util.spec_from_file_location(f"{STORY}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up while it loads
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module


def _ignore(done: int, total: int, counts: str) -> None:
    """Nobody wants to hear of progress."""
