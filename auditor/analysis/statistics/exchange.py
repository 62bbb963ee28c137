"""A region from a donor of the opposite value against the same region from a donor of the same value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from auditor.analysis.statistics.contrasts import contrasts, signed_margins
from auditor.analysis.statistics.crossed import compare_crossed
from auditor.analysis.statistics.effects import read_trials
from auditor.analysis.statistics.pairing import Question, answer, pair_method
from auditor.analysis.statistics.performance import contrasts as oppose
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.effects import Trials
    from auditor.geometry import FloatArray

FILL: Final = "swap"
CROSSED: Final = "pigeonhole bootstrap over clusters of images and of donors"
GROUPS: Final = ("opposite", "same")


def measure_exchange(evidence: Evidence) -> list[Row]:
    """How much more it changes to swap in a region of the opposite value than one of the same value.

    Parameters
    ----------
    evidence
        The tables; images with donors of one kind alone take no part.

    Returns
    -------
    list of Row
        Per region and attribute ``opposite_flips`` and ``same_flips``, shares of answers that changed, and
        ``cross_swap_excess``, their difference, over all images, by label and by subgroup. Per contrast and subgroup
        ``cross_swap_shift`` in standard deviations of the margin, over all images and by label: above 0, the opposite
        value takes evidence for the class in ``predicted`` from the subgroup.
    """
    if evidence.interventions.empty:
        return []
    trials = read_trials(evidence)
    swapped = trials.equals("fill", FILL) & (trials.table["place"] == 0).to_numpy(dtype=bool)
    trials = trials.select(swapped & trials.table["attribute"].notna().to_numpy(dtype=bool))
    rows: list[Row] = []
    margins = [evidence.cells(by_label=False), evidence.cells(by_label=True)]
    for attribute in evidence.settings.attributes:
        mine = trials.select(trials.equals("attribute", attribute))
        cells = [*margins, evidence.cells(by_label=False, attribute=attribute)]
        purpose = f"signs of swaps {attribute}"
        flips, shifts = list(_ask_flips(evidence, mine)), list(_ask_shifts(evidence, mine, attribute=attribute))
        rows += answer(evidence, flips, cells=cells, shares=True, purpose=purpose)
        for subgroup in dict.fromkeys(name for name, _ in shifts):
            asked = [question for name, question in shifts if name == subgroup]
            found = answer(evidence, asked, cells=margins, shares=False, purpose=purpose)
            rows += [_cross(evidence, mine, row._replace(subgroup=subgroup)) for row in found]
    return rows


def _cross(evidence: Evidence, trials: Trials, row: Row) -> Row:
    """The row of a shift with limits and p-value that know of shared donors: one face is pasted into many images."""
    here = trials.select(trials.equals("region", row.region or ""))
    contrast = next(each for each in contrasts(evidence) if each.favours == row.predicted)
    after = signed_margins(here.logits, evidence.settings.classes.index(contrast.favours))
    sign = _signs(evidence, row.attribute or "", row.subgroup or "")[here.image]
    values = (contrast.before[here.image] - after) * sign / (contrast.spread if contrast.spread > 0 else np.nan)
    donors = pd.Index(evidence.read["image_id"]).get_indexer(here.table["donor"])
    first, second = (here.equals("donor_group", group) for group in GROUPS)
    paired = np.isin(here.image, np.intersect1d(here.image[first], here.image[second]))
    inside = paired & np.isfinite(values) & (donors >= 0) & (first | second)
    if row.label is not None:
        inside &= (evidence.texts("label") == row.label)[here.image]
    found = compare_crossed(
        values[inside],
        first=first[inside],
        images=evidence.clusters[here.image[inside]],
        donors=evidence.clusters[donors[inside]],
        weights=evidence.weights,
        confidence=evidence.settings.confidence,
    )
    return row._replace(ci_low=found.low, ci_high=found.high, p_value=found.p_value)


def _signs(evidence: Evidence, attribute: str, subgroup: str) -> FloatArray:
    """Of two values the other's images count with the opposite sign; of more they do not count."""
    texts = evidence.texts(attribute)
    mirrored = -1.0 if len(oppose(evidence, attribute)) == 1 else np.nan
    return np.where(texts == subgroup, 1.0, np.where(texts == NOT_RECORDED, np.nan, mirrored))


def _regions(evidence: Evidence, trials: Trials) -> Iterator[tuple[str, Trials]]:
    """Trials of each region that has some."""
    for region in evidence.settings.regions:
        here = trials.select(trials.equals("region", region))
        if len(here.image):
            yield region, here


def _ask_flips(evidence: Evidence, trials: Trials) -> Iterator[Question]:
    words = "share of answers that change when the region comes from a donor of the same label and the opposite value"
    method = f"{words}, and of the same value; {pair_method(evidence)}"
    for region, here in _regions(evidence, trials):
        opposite, same = here.split(here.flipped.astype(np.float64), GROUPS, n=len(evidence.read))
        attribute = str(here.table["attribute"].iloc[0])
        yield Question(
            first=opposite,
            second=same,
            names=("opposite_flips", "same_flips", "cross_swap_excess"),
            facts={"region": region, "fill": FILL, "attribute": attribute, "unit": "share", "method": method},
        )


def _ask_shifts(evidence: Evidence, trials: Trials, *, attribute: str) -> Iterator[tuple[str, Question]]:
    """Per subgroup and contrast: margin lost to the opposite value minus margin lost to the same value.

    Of two values the other's images count with the opposite sign. Of more values they do not count, since a donor of
    the opposite value need not bear the value in question.
    """
    pairs = oppose(evidence, attribute)
    for region, here in _regions(evidence, trials):
        for contrast in contrasts(evidence):
            after = signed_margins(here.logits, evidence.settings.classes.index(contrast.favours))
            lost = here.split(contrast.before[here.image] - after, GROUPS, n=len(evidence.read))
            spread = contrast.spread if contrast.spread > 0 else np.nan
            words = (
                f"margin of {contrast.name} lost to a donor of the opposite value minus that lost to one of the same"
            )
            for subgroup, others in pairs:
                sign = _signs(evidence, attribute, subgroup)
                told = f"{words}; images of {others} with the opposite sign" if len(pairs) == 1 else words
                opposite, same = (part * sign / spread for part in lost)
                facts = {"region": region, "fill": FILL, "predicted": contrast.favours, "attribute": attribute}
                facts |= {"unit": "SD", "method": f"{told}; {CROSSED}, {evidence.settings.draws} draws"}
                yield subgroup, Question(opposite, same, (None, None, "cross_swap_shift"), facts)
