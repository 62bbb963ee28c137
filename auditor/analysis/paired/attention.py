"""Attention of two models: how much of their maps lies on each region, for whom, and where both are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditor.analysis.core_mass import read_mass, sum_mass
from auditor.analysis.paired.base import Asked, compare
from auditor.records import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.analysis.paired.base import PairedEvidence
    from auditor.documents.comparisons import Change

_OVER = "over images that show it to both models, whose maps are not empty"


def compare_attention(pair: PairedEvidence) -> list[Change]:
    """How much more of the candidate's maps lies on each region.

    Parameters
    ----------
    pair
        The two models.

    Returns
    -------
    list of Change
        ``mass`` per target and region, overall, by label and by subgroup, and of the predicted class ``core_mass``,
        on all core regions that are seen. Both also among images that both models get right, overall and by
        subgroup, where the two targets are one.
    """
    evidence = pair.candidate
    everyone, labels = (evidence.cells(by_label=by_label) for by_label in (False, True))
    groups = [evidence.cells(by_label=False, attribute=name) for name in evidence.settings.attributes]
    asked = [*_ask_mass(pair), *_ask_core(pair)]
    ours = [one for one in asked if one.target == "predicted"]
    right = [pair.where_both_right(cells) for cells in (everyone, *groups)]
    purpose = "signs of attention"
    return [
        *compare(pair, asked, cells=[everyone, labels, *groups], shares=False, purpose=purpose),
        *compare(pair, ours, cells=right, shares=False, purpose=purpose),
    ]


def _ask_mass(pair: PairedEvidence) -> Iterator[Asked]:
    for target in TARGETS:
        for region in pair.settings.regions:
            yield Asked(
                statistic="mass",
                unit="share",
                method=f"mean share of the map that lies in the region, {_OVER}",
                baseline=read_mass(pair.baseline, region, target=target),
                candidate=read_mass(pair.candidate, region, target=target),
                target=target,
                region=region,
            )


def _ask_core(pair: PairedEvidence) -> Iterator[Asked]:
    core = [name for name in pair.settings.regions if pair.settings.roles.get(name) == "core"]
    if core:
        yield Asked(
            statistic="core_mass",
            unit="share",
            method=f"mean share of the map that lies on core regions ({', '.join(core)}), over images that show one",
            baseline=sum_mass(pair.baseline, core),
            candidate=sum_mass(pair.candidate, core),
            target="predicted",
        )
