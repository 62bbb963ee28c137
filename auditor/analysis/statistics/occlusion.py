"""Hiding a region against hiding equally large areas elsewhere: how many more answers change, how much further."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.pairing import Question, answer, pair_method

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.effects import Effect


def measure_occlusion(evidence: Evidence) -> list[Row]:
    """How much more hiding a region does than hiding its controls.

    Parameters
    ----------
    evidence
        The tables; images without a control take no part.

    Returns
    -------
    list of Row
        ``flips`` and ``control_flips``, shares of answers that changed, and ``flip_excess``, their difference, over
        all images, by label and by subgroup; ``occlusion_excess``, the difference of the sizes of the shifts in
        standard deviations of the margin, over all images and by label.
    """
    effects = read_effects(evidence)
    alone = {(effect.region, effect.fill): effect for effect in effects}
    margins = [evidence.cells(by_label=False), evidence.cells(by_label=True)]
    subgroups = [evidence.cells(by_label=False, attribute=name) for name in evidence.settings.attributes]
    flips = [_ask_flips(evidence, effect) for effect in alone.values()]
    sizes = [_ask_size(evidence, effect) for effect in effects]
    return [
        *answer(evidence, flips, cells=[*margins, *subgroups], shares=True, purpose="signs of flips"),
        *answer(evidence, sizes, cells=margins, shares=False, purpose="signs of sizes"),
    ]


def _ask_flips(evidence: Evidence, effect: Effect) -> Question:
    words = "share of answers that change when the region is hidden, and when its controls are (their mean)"
    method = f"{words}{_remark(effect)}; {pair_method(evidence)}"
    return Question(
        first=effect.flip_own,
        second=effect.flip_control,
        names=("flips", "control_flips", "flip_excess"),
        facts={"region": effect.region, "fill": effect.fill, "unit": "share", "method": method},
    )


def _ask_size(evidence: Evidence, effect: Effect) -> Question:
    """Sizes are taken control by control: a mean of shifts of both signs would look small where each is large."""
    spread = effect.contrast.spread if effect.contrast.spread > 0 else np.nan
    words = f"size of the change in the margin of {effect.contrast.name}, region minus mean over its controls"
    method = f"{words}{_remark(effect)}; {pair_method(evidence)}"
    return Question(
        first=np.abs(effect.own) / spread,
        second=effect.control_size / spread,
        names=(None, None, "occlusion_excess"),
        facts={
            "region": effect.region,
            "fill": effect.fill,
            "predicted": effect.contrast.favours,
            "unit": "SD",
            "method": method,
        },
    )


def _remark(effect: Effect) -> str:
    """Images that had to be left out."""
    hidden = int(np.isfinite(effect.own).sum())
    lacking = hidden - int(effect.paired.sum())
    if lacking == hidden:
        return "; not evaluated: no image has controls"
    return f"; {lacking} of {hidden} images without controls left out" if lacking else ""
