"""What changing a property of whole pictures, such as brightness, does to each of several models.

As in an audit, the two sides of a property are the images with more and with less of it than the value that all are
brought to, and as large a change the other way stands in the place of a second way of hiding: both must agree. A
property that can only be taken down has no sides and is not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.cue_numbers import Cue, find_members, read_shifts, share_scale
from auditor.analysis.statistics.dealing import Board, compare_values
from auditor.analysis.statistics.mirroring import NO_SIDE, mirror_effect, read_pairs, read_targets, read_values
from auditor.analysis.statistics.shifts import unknown_shift
from auditor.properties import PROPERTIES, name_region

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.cue_numbers import CueEffect
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.mirroring import Pairs
    from auditor.analysis.statistics.shifts import Shift
    from auditor.geometry import BoolArray

MORE: Final = 1
"""The side with more of a property."""
CLOSE: Final = 0.01
"""Standard deviations by which the values that audits bring a property to may differ: medians of other samples do."""


def measure_properties(evidences: Sequence[Evidence]) -> list[CueEffect]:
    """What changing whole pictures did to each model, on the images on which it was tried with all of them.

    Parameters
    ----------
    evidences
        Of `auditor.analysis.matching.match`: the same images in the same order.

    Returns
    -------
    list of CueEffect
        Property by property that all audits changed and that can go both ways; of each, contrast by contrast, the
        change to one value and then its mirror image. Numbers are NaN where too few took part, and where audits brought
        a property to different values.
    """
    found = [{pairs.name: pairs for pairs in read_pairs(one)} for one in evidences]
    targets = [read_targets(one) for one in evidences]
    return [
        effect
        for name in PROPERTIES
        if all(name in pairs for pairs in found)
        for effect in _measure(evidences, [pairs[name] for pairs in found], goals=[told[name] for told in targets])
    ]


def _measure(evidences: Sequence[Evidence], several: Sequence[Pairs], *, goals: Sequence[float]) -> Iterator[CueEffect]:
    by_contrast = [{effect.contrast.favours: effect for effect in pairs.effects} for pairs in several]
    apart = ""
    if np.ptp(goals) > CLOSE * np.nanstd(read_values(evidences[-1], several[-1].name)):
        told = " and ".join(dict.fromkeys(f"{goal:.6g}" for goal in goals))
        apart = f"the audits brought it to different values ({told})"
    for favours in by_contrast[-1]:
        if all(favours in effects for effects in by_contrast):
            effects = [effects[favours] for effects in by_contrast]
            for way in (effects, [mirror_effect(effect) for effect in effects]):
                yield _set_apart(evidences, way, pairs=several[-1], apart=apart)


def _set_apart(evidences: Sequence[Evidence], way: Sequence[Effect], *, pairs: Pairs, apart: str) -> CueEffect:
    """Images with more of a property against those with less, within label, for every model."""
    last, shifts = evidences[-1], np.column_stack([effect.own for effect in way])
    taking = np.isfinite(shifts).all(axis=1) & (pairs.sides != NO_SIDE) & (not apart)
    cue = Cue(name_region(pairs.name), favours=way[0].contrast.favours)
    found, few = _compare(evidences, way, taking=taking, pairs=pairs)
    return read_shifts(
        cue,
        [*found, *found],  # no control is taken off
        fill=way[0].fill,
        remarks=("within label", apart or few),
        members=find_members(last, taking, member=pairs.sides == MORE),
    )


def _compare(
    evidences: Sequence[Evidence], way: Sequence[Effect], *, taking: BoolArray, pairs: Pairs
) -> tuple[list[Shift], str]:
    """The shift of every model, and why there is none where there is none."""
    last, fewest = evidences[-1], 0
    found = [unknown_shift(draws=len(last.weights))] * len(way)
    if taking.any():
        board = Board(
            shifts=np.column_stack([effect.own for effect in way])[taking],
            labels=last.cells(by_label=True).codes[taking],
            clusters=last.clusters[taking],
            areas=np.ones(int(taking.sum())),
            scales=[share_scale(evidences, effect, i) for i, effect in enumerate(way)],
            weights=last.weights,
            min_clusters=last.settings.min_clusters,
        )
        generator = last.settings.generator("no permutations")
        (cells,) = compare_values(board, pairs.sides[taking], wanted=[MORE], draws=0, generator=generator)
        found, fewest = [cell.shift for cell in cells], cells[0].fewest
    return found, (
        f"at most {fewest} independent images or persons of a label have more, or less, of it than the value that all "
        "are brought to; more are needed"
    )
