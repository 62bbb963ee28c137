"""A cue pasted where there was none against an equally large patch of the same donor that is not the cue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.contrasts import signed_margins, unpack_logits
from auditor.analysis.statistics.effects import read_trials
from auditor.analysis.statistics.pairing import Question, answer, pair_method

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.effects import Trials
    from auditor.geometry import FloatArray

FILL: Final = "insert"
GROUPS: Final = ("cue", "sham")


def align_class(evidence: Evidence, region: str) -> str | None:
    """The label that shows a region most often.

    Parameters
    ----------
    evidence
        The tables.
    region
        Its name.

    Returns
    -------
    str or None
        Of equal labels the first in the order of the classes; None where no class shows the region.
    """
    cells = evidence.cells(by_label=True)
    seen = np.bincount(cells.codes, weights=evidence.region(region).seen.astype(np.float64), minlength=len(cells.keys))
    share = seen / np.maximum(cells.counts(), 1)
    known = [i for i, label in enumerate(evidence.labels) if label in evidence.settings.classes and share[i] > 0]
    return evidence.labels[max(known, key=lambda i: share[i])] if known else None


def measure_insertion(evidence: Evidence) -> list[Row]:
    """How much more a pasted cue moves the answer towards its class than a pasted sham.

    Parameters
    ----------
    evidence
        The tables; images with only one of cue and sham take no part.

    Returns
    -------
    list of Row
        ``cue_flips`` and ``sham_flips``, shares of the answers for another class that turn to the aligned class, named
        in ``predicted``, and ``insertion_excess``, their difference; ``insertion_shift``, the margin of the aligned
        class gained from the cue minus that from the sham, in its standard deviations. Over all images and by label.
    """
    if evidence.interventions.empty:
        return []
    trials = read_trials(evidence)
    trials = trials.select(trials.equals("fill", FILL))
    flips: list[Question] = []
    shifts: list[Question] = []
    for region in evidence.settings.regions:
        here = trials.select(trials.equals("region", region))
        aligned = align_class(evidence, region) if len(here.image) else None
        if aligned is not None:
            asked = _ask(evidence, here, aligned=aligned)
            flips.append(asked[0])
            shifts.append(asked[1])
    cells = [evidence.cells(by_label=False), evidence.cells(by_label=True)]
    return [
        *answer(evidence, flips, cells=cells, shares=True, purpose="signs of insertions"),
        *answer(evidence, shifts, cells=cells, shares=False, purpose="signs of insertions"),
    ]


def _ask(evidence: Evidence, trials: Trials, *, aligned: str) -> tuple[Question, Question]:
    """Of one region: turns to the aligned class, and what its margin gains."""
    number = evidence.settings.classes.index(aligned)
    before = _margins(evidence, number)
    turned = trials.equals("predicted", aligned).astype(np.float64)
    turned[trials.equals("predicted_before", aligned)] = np.nan  # who is there cannot turn to it
    gained = signed_margins(trials.logits, number) - before[trials.image]
    spread = before.std() if before.std() > 0 else np.nan
    facts = {"region": str(trials.table["region"].iloc[0]), "fill": FILL, "predicted": aligned}
    words = f"after pasting the region into images without it, and after pasting a sham; {pair_method(evidence)}"
    share = {"unit": "share", "method": f"share of answers for another class that turn to {aligned} {words}"}
    shift = {"unit": "SD", "method": f"margin of {aligned} over the best of the others gained {words}"}
    turns, gains = (trials.split(values, GROUPS, n=len(evidence.read)) for values in (turned, gained / spread))
    return (
        Question(*turns, ("cue_flips", "sham_flips", "insertion_excess"), facts | share),
        Question(*gains, (None, None, "insertion_shift"), facts | shift),
    )


def _margins(evidence: Evidence, number: int) -> FloatArray:
    """Margin of a class over the best of the others, before."""
    read = evidence.read
    return signed_margins(unpack_logits(read["logits"], n=len(read), classes=evidence.settings.classes), number)
