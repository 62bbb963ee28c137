"""Backgrounds have no equally large area beside them: they are swapped, for one of the own label or of any label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from auditor.analysis.statistics.effects import read_trials
from auditor.analysis.statistics.pairing import Question, answer, pair_method

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.effects import Trials
    from auditor.geometry import FloatArray

FILL: Final = "swap"


OTHER: Final = "other_label_gap"
DROP: Final = "pasting_drop"


def measure_background(evidence: Evidence) -> list[Row]:
    """How much more often the model is right on a background of the own label than on one of any, or of another, label.

    A donor of any label is one of the own label by chance, which makes the gap the smaller the fewer labels there are;
    which images got a donor of another label was drawn as well, so the gap on these alone is that of another label.

    Parameters
    ----------
    evidence
        The tables; images with only one kind of background take no part.

    Returns
    -------
    list of Row
        Over all images, by label and by subgroup: ``own_label_accuracy``, ``any_label_accuracy`` and
        ``background_gap``, their difference; ``other_label_accuracy`` and ``other_label_gap``, what is missing to the
        accuracy on backgrounds of the own label, on the images whose donor of any label has another one; and
        ``pasting_drop``, accuracy on the untouched images less that on backgrounds of the own label.
    """
    if evidence.interventions.empty:
        return []
    trials = read_trials(evidence)
    trials = trials.select(trials.equals("fill", FILL))
    questions = [
        question
        for region in evidence.settings.regions
        for question in _ask(evidence, trials.select(trials.equals("region", region)), region=region)
    ]
    margins = [evidence.cells(by_label=False), evidence.cells(by_label=True)]
    subgroups = [evidence.cells(by_label=False, attribute=name) for name in evidence.settings.attributes]
    return answer(evidence, questions, cells=[*margins, *subgroups], shares=True, purpose="signs of backgrounds")


def _ask(evidence: Evidence, trials: Trials, *, region: str) -> Iterator[Question]:
    """Three pairs of shares, where the region was swapped as a background."""
    labels = evidence.texts("label")
    right = trials.table["predicted"].to_numpy(dtype=str) == labels[trials.image]
    n, (own, other) = len(labels), (trials.equals("donor_group", group) for group in ("own_label", "any_label"))
    donor = pd.Index(evidence.read["image_id"]).get_indexer(trials.table["donor"])
    foreign = other & (donor >= 0) & (labels[donor] != labels[trials.image])
    pasted, any_label, another = (trials.select(part).per_image(right[part], n) for part in (own, other, foreign))
    what = "share of images predicted as their label"
    names: dict[tuple[str | None, str | None, str], tuple[FloatArray, FloatArray, str]] = {
        ("own_label_accuracy", "any_label_accuracy", "background_gap"): (
            pasted,
            any_label,
            f"{what} on a background of an image of the same label, and of any label",
        ),
        (None, "other_label_accuracy", OTHER): (
            pasted,
            another,
            f"{what} on a background of an image of the same label, and of another label, on images that got one",
        ),
        (None, None, DROP): (
            evidence.correct.astype(np.float64),
            pasted,
            f"{what} untouched, and on a background of an image of the same label",
        ),
    }
    for written, (first, second, method) in names.items():
        if (np.isfinite(first) & np.isfinite(second)).any():
            facts = {"region": region, "fill": FILL, "unit": "share", "method": f"{method}; {pair_method(evidence)}"}
            yield Question(first, second, written, facts)
