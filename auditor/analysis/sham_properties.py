"""Negative controls for whole pictures: properties that say nothing, and changes that go nowhere.

Two things make a finding on a property such as brightness, and each is taken away in turn. *Permuted properties*:
which images have more of it is dealt out anew among clusters of the same label, so that the changes stay as they were
and the two sides mean nothing. *Turned changes*: the sides stay, and on half of the clusters, drawn at random, the
change to one value and its mirror image take each other's place, so that on neither side the changes lead anywhere.

Properties that can only be taken down are never found, so there is nothing to count for them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
import numpy.typing as npt

from auditor.analysis.global_cells import list_global_cells
from auditor.analysis.statistics.mirroring import NO_SIDE, read_pairs
from auditor.analysis.statistics.neutralising import compare_pairs
from auditor.analysis.uses import flag

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.mirroring import Pairs
    from auditor.geometry import BoolArray

T = TypeVar("T", bound=np.generic)
DEALS: Final = 20
"""Times that each control is dealt out anew."""
SIDES: Final = (
    f"for each property of whole pictures that can go both ways, which images have more of it dealt out anew {DEALS} "
    "times among clusters of the same label, judged like the property; deals share images and are not independent"
)
TURNS: Final = (
    "for each property of whole pictures that can go both ways, the change to one value and its mirror image exchanged "
    f"on half of the clusters, drawn at random {DEALS} times, judged like the property; draws share images and are not "
    "independent"
)


def try_sides(evidence: Evidence) -> list[bool | None]:
    """Judge properties whose two sides are dealt out at random.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of bool or None
        Whether each was flagged; None where it could not be tested. Empty where no whole picture was changed.
    """
    flags: list[bool | None] = []
    pairs = read_pairs(evidence)
    for deal in range(DEALS):
        flags += _flag(evidence, [_deal_sides(evidence, one, deal=deal) for one in pairs])
    return flags


def try_turns(evidence: Evidence) -> list[bool | None]:
    """Judge properties whose changes go one way or the other at random.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of bool or None
        As `try_sides` has them.
    """
    flags: list[bool | None] = []
    pairs = read_pairs(evidence)
    for deal in range(DEALS):
        flags += _flag(evidence, [_turn_changes(evidence, one, deal=deal) for one in pairs])
    return flags


def exchange(
    values: npt.NDArray[T], evidence: Evidence, *, taking: BoolArray, generator: np.random.Generator
) -> npt.NDArray[T]:
    """Deal values out anew among images of the same label.

    Parameters
    ----------
    values
        ``(n,)`` one per image read.
    evidence
        The tables: labels and clusters.
    taking
        ``(n,)`` the images that take part.
    generator
        Source of the deal.

    Returns
    -------
    ndarray
        ``(n,)``. Clusters whose images share label and value change places with clusters of the same label; where a
        label has others, its images change places one by one.
    """
    dealt, labels = values.copy(), evidence.texts("label")
    for label in evidence.labels:
        rows = np.flatnonzero((labels == label) & taking)
        clusters, first, inverse = np.unique(evidence.clusters[rows], return_index=True, return_inverse=True)
        own = values[rows][first]
        if (own[inverse] == values[rows]).all():
            dealt[rows] = generator.permutation(own)[inverse]
        elif len(clusters):
            dealt[rows] = generator.permutation(values[rows])
    return dealt


def _flag(evidence: Evidence, pairs: list[Pairs]) -> list[bool | None]:
    neutrals = [item for one in pairs for item in compare_pairs(evidence, one, draws=0)]
    return flag(list_global_cells(neutrals, least=evidence.settings.min_clusters))


def _deal_sides(evidence: Evidence, pairs: Pairs, *, deal: int) -> Pairs:
    generator = evidence.settings.generator(f"sides of {pairs.name} {deal}")
    taking = pairs.effects[0].paired & (pairs.sides != NO_SIDE)
    sides = np.where(taking, pairs.sides, NO_SIDE)
    return pairs._replace(sides=exchange(sides, evidence, taking=taking, generator=generator))


def _turn_changes(evidence: Evidence, pairs: Pairs, *, deal: int) -> Pairs:
    generator = evidence.settings.generator(f"turns of {pairs.name} {deal}")
    turned = generator.random(int(evidence.clusters.max()) + 1) < 1 / 2
    return pairs._replace(effects=tuple(_turn(effect, turned[evidence.clusters]) for effect in pairs.effects))


def _turn(effect: Effect, turned: BoolArray) -> Effect:
    """The two changes in each other's place on some images."""
    own, other = effect.own, effect.controls[:, 0]
    flip, other_flip = effect.flip_own, effect.flip_controls[:, 0]
    return replace(
        effect,
        own=np.where(turned, other, own),
        controls=np.where(turned, own, other)[:, None],
        flip_own=np.where(turned, other_flip, flip),
        flip_controls=np.where(turned, flip, other_flip)[:, None],
    )
