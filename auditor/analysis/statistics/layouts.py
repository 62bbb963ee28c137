"""What hiding did, laid out region by region for comparisons between the values of attributes."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.contrasts import find_scale
from auditor.analysis.statistics.dealing import Board
from auditor.trials import LEAKY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.effects import Effect
    from auditor.geometry import BoolArray, FloatArray

MOSTLY: Final = 0.8
"""Controls on fewer of the images are remarked on."""


class Layout(NamedTuple):
    """One region: everything that an attribute is compared by, whatever its values are.

    Attributes
    ----------
    told
        Effects, one per column of the board, each with how controls entered, in words.
    board
        Images that were tried.
    tried
        ``(n,)`` which of the images read are on the board.
    """

    told: tuple[tuple[Effect, str], ...]
    board: Board
    tried: BoolArray


def difference(effect: Effect) -> tuple[FloatArray, str]:
    """Margin lost by hiding the region less that lost by hiding its controls, and how the controls entered.

    Parameters
    ----------
    effect
        What hiding did.

    Returns
    -------
    tuple of ndarray and str
        ``(n,)`` in logits: of the images with controls where there are any, else of the region alone; NaN elsewhere.
    """
    hidden, paired = np.isfinite(effect.own), effect.paired
    if not paired.any():
        return effect.own, "without controls: no room for areas of that size"
    share = float(paired.sum() / hidden.sum())
    some = "" if share >= MOSTLY else f"; only {share:.0%} of the images have them"
    return effect.own - effect.control, f"less the mean of the controls{some}"


def lay_out(evidence: Evidence, effects: Sequence[Effect]) -> list[Layout]:
    """Lay out effects for comparisons.

    Parameters
    ----------
    evidence
        The tables.
    effects
        Those of `read_effects`, or others in their place, such as shams.

    Returns
    -------
    list of Layout
        One per region. Images on which another region was hidden keep their place on its board, so that regions share
        draws.
    """
    tried = np.zeros(len(evidence.read), dtype=bool)
    for effect in effects:
        tried |= np.isfinite(effect.own)
    found: list[Layout] = []
    for region in dict.fromkeys(effect.region for effect in effects):
        here = [effect for effect in effects if effect.region == region]
        parts, remarks = zip(*(difference(effect) for effect in here), strict=True)
        board = Board(
            shifts=np.column_stack(parts)[tried],
            labels=evidence.cells(by_label=True).codes[tried],
            clusters=evidence.clusters[tried],
            areas=evidence.region(region).area[tried],
            scales=[find_scale(evidence, effect.contrast) for effect in here],
            weights=evidence.weights,
            min_clusters=evidence.settings.min_clusters,
        )
        found.append(Layout(tuple(zip(here, remarks, strict=True)), board, tried))
    return found


class Hidden:
    """What hiding did, laid out once to ask with any values of the attributes.

    Parameters
    ----------
    evidence
        The tables.
    effects
        What hiding did. Ways of hiding that leave information in place never count.
    """

    def __init__(self, evidence: Evidence, effects: Sequence[Effect]) -> None:
        self.counted = [effect for effect in effects if effect.fill not in LEAKY]
        self.complete = len(self.counted) == len(effects)
        self._evidence = evidence

    @cached_property
    def layouts(self) -> list[Layout]:
        """With what controls took off."""
        return lay_out(self._evidence, self.counted)

    @cached_property
    def bare(self) -> list[Layout]:
        """With nothing taken off."""
        return lay_out(self._evidence, [effect.without_controls() for effect in self.counted])
