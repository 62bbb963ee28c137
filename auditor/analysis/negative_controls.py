"""Negative controls: the whole procedure where there is nothing to be found, and how often it flags all the same.

Sham regions are control areas put in the place of the region, against the other controls of the same images; permuted
attributes are dealt out anew among clusters of the same label. Properties of whole pictures have controls of their own:
see `auditor.analysis.sham_properties`. None costs a pass over the model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.questions import list_cells
from auditor.analysis.sham_properties import SIDES, TURNS, exchange, try_sides, try_turns
from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.intervals import wilson
from auditor.analysis.statistics.layouts import Hidden
from auditor.analysis.statistics.memory import forget
from auditor.analysis.uses import flag
from auditor.documents.ladder import FalseAlarms
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence

PERMUTED: Final = 20
"""Times that each attribute is dealt out anew."""
FEWEST: Final = 2
"""Controls that a sham needs: one in the place of the region, and one to compare with."""


def count_false_alarms(evidence: Evidence) -> list[FalseAlarms]:
    """Run the procedure on sham regions, on permuted attributes, and on whole pictures with nothing to be found.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of FalseAlarms
        One per kind that could be tried; a cell that could not be tested is not counted.
    """
    tried = {
        "sham regions": (_try_shams(evidence), _SHAMS),
        "permuted attributes": (_try_permuted(evidence), _DEALT),
        "permuted properties": (try_sides(evidence), SIDES),
        "turned changes": (try_turns(evidence), TURNS),
    }
    level = evidence.settings.confidence
    return [_count(kind, flags, method=method, confidence=level) for kind, (flags, method) in tried.items() if flags]


_SHAMS: Final = (
    "each control area in the place of its region, against the other controls of the same images, judged like a "
    "region; shams of one region share images and are not independent"
)
_DEALT: Final = (
    f"each attribute dealt out anew {PERMUTED} times among clusters of the same label, judged like the attribute; "
    "deals share images and are not independent"
)


def _try_shams(evidence: Evidence) -> list[bool | None]:
    effects = [effect for effect in read_effects(evidence) if effect.controls.shape[1] >= FEWEST]
    most = max((effect.controls.shape[1] for effect in effects), default=0)
    flags: list[bool | None] = []
    for k in range(most):
        shams = [effect.as_sham(k) for effect in effects if k < effect.controls.shape[1]]
        flags += flag(list_cells(evidence, shams, draws=0), guards=lambda _: "control areas are equally large")
    return flags


def _try_permuted(evidence: Evidence) -> list[bool | None]:
    flags: list[bool | None] = []
    hidden = Hidden(evidence, read_effects(evidence))
    if not hidden.counted:
        return flags
    for attribute in evidence.settings.attributes:
        for deal in range(PERMUTED):
            cells = list_cells(deal_out(evidence, attribute, deal=deal), hidden, alone=False, draws=0)
            flags += flag(cells, guards=lambda _: "values were dealt out at random")
    return flags


def deal_out(evidence: Evidence, attribute: str, *, deal: int) -> Evidence:
    """Evidence in which the values of one attribute are dealt out anew; all else is as it was.

    Parameters
    ----------
    evidence
        The tables.
    attribute
        Its name.
    deal
        Number of the deal; another gives other values.

    Returns
    -------
    Evidence
        With this attribute alone. Clusters whose images share label and value change places with clusters of the same
        label; images of other clusters change places within their label.
    """
    generator = evidence.settings.generator(f"deal {attribute} {deal}")
    before = evidence.texts(attribute)
    texts = exchange(before, evidence, taking=before != NOT_RECORDED, generator=generator)
    copy = replace(evidence, settings=replace(evidence.settings, attributes=(attribute,)))
    # What was worked out before stays true: only one column of the images read is another.
    known = {name: value for name, value in vars(evidence).items() if name not in vars(copy)}
    read, kept = evidence.read.assign(**{attribute: texts}), forget(evidence.kept, attribute)
    vars(copy).update(known, read=read, kept=kept)
    return copy


def _count(kind: str, flags: list[bool | None], *, method: str, confidence: float) -> FalseAlarms:
    tried = [flagged for flagged in flags if flagged is not None]
    share = np.array([sum(tried) / max(len(tried), 1)])
    low, high = wilson(share, np.array([float(len(tried))]), confidence=confidence)
    ci = (float(low[0]), float(high[0])) if tried else (0.0, 1.0)
    return FalseAlarms.model_validate(
        {"kind": kind, "flagged": sum(tried), "tried": len(tried), "ci": ci, "method": method}
    )
