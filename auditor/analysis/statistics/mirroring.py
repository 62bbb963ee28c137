"""Whole pictures changed in pairs: a property brought to one value, and as far the other way on the same images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.effects import read_effects, read_trials
from auditor.properties import NEUTRAL, PROPERTIES, name_region

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

MIRRORED: Final = "mirrored"
"""The change of equal size the other way; evidence that it gives counts as lost, so that both ways must agree."""
NO_SIDE: Final = -1
_SAME: Final = 1e-5  # targets are written with six digits


class Pairs(NamedTuple):
    """A property that was brought to one value, and as far the other way, on the same images.

    Attributes
    ----------
    name
        Of the property.
    effects
        One per contrast; the mirrored change is their only control.
    sides
        ``(n,)`` of `split_sides`.
    """

    name: str
    effects: tuple[Effect, ...]
    sides: IntArray


def read_targets(evidence: Evidence) -> dict[str, float]:
    """The value that each property was brought to, as its trials say.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    dict
        By property, in the order of `PROPERTIES`; empty where no whole picture was changed.
    """
    if evidence.interventions.empty:
        return {}
    trials = read_trials(evidence)
    table = trials.table[trials.equals("fill", NEUTRAL)].drop_duplicates("region")
    told = dict(zip(table["region"], table["donor_group"], strict=True))
    return {name: float(told[name_region(name)]) for name in PROPERTIES if name_region(name) in told}


def read_pairs(evidence: Evidence) -> list[Pairs]:
    """What changing whole pictures did, of properties that can go both ways.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Pairs
        In the order of `PROPERTIES`.
    """
    return [
        Pairs(
            name,
            tuple(read_effects(evidence, [name_region(name)])),
            split_sides(read_values(evidence, name), target),
        )
        for name, target in read_targets(evidence).items()
        if PROPERTIES[name].both_ways
    ]


def mirror_effect(effect: Effect) -> Effect:
    """The change of equal size the other way, with its sign turned.

    Parameters
    ----------
    effect
        Of a property that can go both ways: the mirrored change stands as its only control.

    Returns
    -------
    Effect
        ``own`` is the margin gained by the mirrored change: what the property is worth, had from the other side.
    """
    return replace(
        effect,
        fill=MIRRORED,
        own=-effect.controls[:, 0],
        controls=effect.controls[:, :0],
        flip_own=effect.flip_controls[:, 0],
        flip_controls=effect.flip_controls[:, :0],
    )


def read_values(evidence: Evidence, name: str) -> FloatArray:
    """A property of the images read, ``(n,)``; NaN where a file does not have it or the table does not.

    Parameters
    ----------
    evidence
        The tables.
    name
        One of `PROPERTIES`.

    Returns
    -------
    ndarray
        As recorded from the photographs, not from the frames that the model sees.
    """
    if name not in evidence.read.columns:
        return np.full(len(evidence.read), np.nan)
    values: FloatArray = evidence.read[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def split_sides(values: FloatArray, target: float) -> IntArray:
    """On which side of a value each image is.

    Parameters
    ----------
    values
        ``(n,)``; NaN where an image does not have the property.
    target
        The value.

    Returns
    -------
    ndarray
        ``(n,)``: 1 above, 0 below, `NO_SIDE` at the value and where there is none.

    Examples
    --------
    >>> split_sides(np.array([0.2, 0.5, 0.9, np.nan]), 0.5)
    array([ 0, -1,  1, -1])
    """
    known = np.isfinite(values) & ~np.isclose(values, target, rtol=_SAME, atol=0)
    sides: IntArray = np.where(known, (values > target).astype(np.int64), NO_SIDE)
    return sides
