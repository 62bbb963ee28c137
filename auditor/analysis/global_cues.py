"""Global cues: findings on properties of whole pictures, such as brightness or a colour cast, which have no region.

The third rung brings a property to one value on all images, the median. Its two sides are the images that had more of
it and those that had less: a model that reads the property is pushed in opposite directions by the two. As large a
change the other way stands in the place of a second way of hiding: it must push each side the opposite way, so that
what any edit does, such as cutting colours off at white, is not taken for use. It is not subtracted, since it would
count the effect twice.

These questions are a family of their own, tested at the same q as the declared one. Nobody declared them: they are
asked in every audit, and among the declared ones they would cost these power, while every declared finding would lower
the bar for them. The price is that the chance of a false flag where there is nothing at all is held at q in each of the
two families, not in both together.

A property that can only be taken down (sharpness, JPEG quality, resolution) moves all images alike and has neither two
sides nor a control: its numbers are told, and its use is not evaluated, so never found and never ruled out.

References
----------
Efron (2008), Simultaneous inference: when should hypothesis testing problems be combined? Annals of Applied Statistics
2, 197-223: questions of different kinds in families of their own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from auditor.analysis.findings import GRAVITY, escape, find_level
from auditor.analysis.global_cells import list_global_cells
from auditor.analysis.global_rungs import (
    judge_global_harm,
    judge_global_opportunity,
    judge_global_use,
    state_no_place,
    write_global_headline,
)
from auditor.analysis.illustrations import Illustrator
from auditor.analysis.overlap import explain_split
from auditor.analysis.statistics.neutralising import read_neutrals
from auditor.analysis.uses import hold, judge
from auditor.documents.ladder import Finding
from auditor.properties import name_region

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from auditor.analysis.questions import Cell
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.uses import Use
    from auditor.documents.ladder import FindingExample, Rung

_RANK: Final = ("found", "not enough evidence", "ruled out", "not evaluated")


def list_global_findings(evidence: Evidence, estimates: pd.DataFrame) -> list[Finding]:
    """Say what the evidence says of properties of whole pictures, one finding per property.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        What `auditor.analysis.estimates.estimate` made of them.

    Returns
    -------
    list of Finding
        Gravest first, the property as ``(brightness)`` in the place of the region; empty where no whole picture was
        changed.
    """
    neutrals = read_neutrals(evidence)
    together: dict[str, list[Use]] = {item.name: [] for item in neutrals}
    cells = list_global_cells(neutrals, least=evidence.settings.min_clusters)
    for use in judge([explain_split(evidence, cell) for cell in cells]):
        together[use.cell.attribute or ""].append(use)
    found = [_find(evidence, estimates, name, uses=uses) for name, uses in together.items()]
    return sorted(found, key=lambda finding: GRAVITY.index(finding.level))


def _find(evidence: Evidence, estimates: pd.DataFrame, name: str, *, uses: Sequence[Use]) -> Finding:
    use = min(uses, key=lambda one: (_RANK.index(one.answer), -_size(one)), default=None)
    classes = evidence.settings.classes
    rungs: dict[str, Rung] = {
        rung.name: rung
        for rung in (
            judge_global_opportunity(estimates, name, labels=evidence.labels),
            state_no_place(),
            judge_global_use(estimates, name, use=use, classes=classes),
            judge_global_harm(estimates, name),
        )
    }
    level = find_level(rungs)
    return Finding(
        fingerprint=f"{name_region(name)}:::{escape(use.cell.favours if use is not None else None)}",
        region=name_region(name),
        role="undeclared",
        attribute=None,
        subgroup=None,
        contrast=None if use is None else use.cell.favours,
        level=level,
        headline=write_global_headline(level, name, use=use, rungs=rungs, classes=classes),
        rungs=list(rungs.values()),
        **_sureness(use),
        examples=_illustrate(evidence, use.cell) if use is not None else [],
    )


def _sureness(use: Use | None) -> dict[str, Any]:
    """Ways, error control and what is still needed; nothing of these for a property that can only be taken down."""
    if use is None:
        values = ("p_value", "q_value", "by_value", "familywise", "ci_adjusted", "needed")
        return {"fills": [], "gate": "not evaluated"} | dict.fromkeys(values)
    return {
        "fills": [part.effect.fill for part in use.cell.parts],
        "p_value": _number(use.p_value),
        "q_value": _number(use.q_value),
        "by_value": _number(use.by_value),
        "familywise": _number(use.familywise),
        "gate": hold(use),
        "ci_adjusted": use.cell.weakest.interval(use.level) if use.answer == "found" else None,
        "needed": use.needed,
    }


def _illustrate(evidence: Evidence, cell: Cell) -> list[FindingExample]:
    """Images by what the change to one value did to them, whichever of the two ways is the weaker."""
    if cell.reason is not None or not cell.parts[0].effect.contrast.spread > 0:
        return []
    return Illustrator(evidence)(cell._replace(parts=cell.parts[:1]))


def _size(use: Use) -> float:
    size = use.cell.weakest.size
    return size if math.isfinite(size) else -1.0


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
