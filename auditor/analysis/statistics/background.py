"""Backgrounds have no equally large area beside them: they are swapped, for one of the own label or of any label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.effects import read_trials
from auditor.analysis.statistics.pairing import Question, answer, pair_method

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row

FILL: Final = "swap"


def measure_background(evidence: Evidence) -> list[Row]:
    """How much more often the model is right on a background of the own label than on one of any label.

    Parameters
    ----------
    evidence
        The tables; images with only one kind of background take no part.

    Returns
    -------
    list of Row
        ``own_label_accuracy``, ``any_label_accuracy`` and ``background_gap``, their difference, over all images, by
        label and by subgroup.
    """
    if evidence.interventions.empty:
        return []
    trials = read_trials(evidence)
    trials = trials.select(trials.equals("fill", FILL))
    labels = evidence.texts("label")
    method = "share of images predicted as their label on a background of an image of the same label, and of any label"
    questions = []
    for region in evidence.settings.regions:
        pair = []
        for group in ("own_label", "any_label"):
            here = trials.select(trials.equals("region", region) & trials.equals("donor_group", group))
            right = here.table["predicted"].to_numpy(dtype=str) == labels[here.image]
            pair.append(here.per_image(right, len(labels)))
        if all(np.isfinite(part).any() for part in pair):
            facts = {"region": region, "fill": FILL, "unit": "share", "method": f"{method}; {pair_method(evidence)}"}
            names = ("own_label_accuracy", "any_label_accuracy", "background_gap")
            questions.append(Question(pair[0], pair[1], names, facts))
    margins = [evidence.cells(by_label=False), evidence.cells(by_label=True)]
    subgroups = [evidence.cells(by_label=False, attribute=name) for name in evidence.settings.attributes]
    return answer(evidence, questions, cells=[*margins, *subgroups], shares=True, purpose="signs of backgrounds")
