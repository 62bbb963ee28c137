"""Neutralising: whether bringing a property of whole pictures to one value for all moves the answer, and for whom.

The two sides of a property are the images with more of it than the value that all are brought to, and those with less.
A model that reads the property loses evidence on one side and gains it on the other.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.analysis.statistics.bootstrap import Ratio, ratios
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.contrasts import find_scale
from auditor.analysis.statistics.dealing import Board, compare_values
from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.intervals import Intervals, proportions
from auditor.analysis.statistics.memory import once
from auditor.analysis.statistics.mirroring import mirror_effect, read_pairs, read_targets
from auditor.analysis.statistics.performance import share_method
from auditor.properties import NEUTRAL, PROPERTIES, name_region

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.dealing import Cell
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.analysis.statistics.mirroring import Pairs


class Neutral(NamedTuple):
    """What bringing one property to one value did to one contrast, in one way.

    Attributes
    ----------
    name
        Of the property.
    effect
        Image by image; ``fill`` is ``"neutral"`` or `MIRRORED`.
    cell
        The shift of the images with more of the property against those with less, within label. None for a property
        that can be changed one way only: all its images are then moved alike, and there are no two sides.
    """

    name: str
    effect: Effect
    cell: Cell | None


@once
def read_neutrals(evidence: Evidence) -> list[Neutral]:
    """What changing whole pictures did.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Neutral
        Properties in the order of `PROPERTIES`; of each, contrast by contrast, the change to one value and then its
        mirror image. Empty where no whole picture was changed.
    """
    found = {pairs.name: compare_pairs(evidence, pairs) for pairs in read_pairs(evidence)}
    for name in read_targets(evidence):
        if not PROPERTIES[name].both_ways:
            found[name] = [Neutral(name, effect, None) for effect in read_effects(evidence, [name_region(name)])]
    return [item for name in PROPERTIES for item in found.get(name, [])]


def compare_pairs(evidence: Evidence, pairs: Pairs, *, draws: int | None = None) -> list[Neutral]:
    """Set the two sides of a property against each other, in both ways of changing it.

    Parameters
    ----------
    evidence
        The tables.
    pairs
        Of `read_pairs`, or others in their place, such as sides that were dealt out at random.
    draws
        Permutations; by default as many as can be afforded, none where only the shifts are wanted.

    Returns
    -------
    list of Neutral
        Contrast by contrast the change to one value and then its mirror image.
    """
    ways = [way for effect in pairs.effects for way in (effect, mirror_effect(effect))]
    cells = _compare(evidence, ways, sides=pairs.sides, draws=draws)
    return [Neutral(pairs.name, way, cell) for way, cell in zip(ways, cells, strict=True)]


def measure_neutralising(evidence: Evidence) -> list[Row]:
    """How far the evidence moves when a property of whole pictures is brought to one value.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        The property stands as ``(brightness)`` in the column ``region``. ``property_shift`` in standard deviations of
        the margin of the class in ``predicted``: of properties that go both ways, half the difference between the
        images with more of it and those with less, within label, above 0 if more of it is evidence for the class; of
        others the mean margin lost. ``property_both_ways``: the smaller push of the two sides. ``property_flips``:
        share of answers that changed.
    """
    rows: list[Row] = []
    told: set[tuple[str, str]] = set()
    for item in read_neutrals(evidence):
        rows += _shift_rows(evidence, item)
        if (item.name, item.effect.fill) not in told:
            told.add((item.name, item.effect.fill))
            rows += _flip_rows(evidence, item)
    return rows


def _compare(evidence: Evidence, ways: list[Effect], *, sides: IntArray, draws: int | None) -> list[Cell]:
    """Shifts of one side against the other, pooled over labels, one per way and contrast."""
    tried = np.isfinite(np.column_stack([way.own for way in ways])).any(axis=1)
    board = Board(
        shifts=np.column_stack([way.own for way in ways])[tried],
        labels=evidence.cells(by_label=True).codes[tried],
        clusters=evidence.clusters[tried],
        areas=np.ones(int(tried.sum())),
        scales=[find_scale(evidence, way.contrast) for way in ways],
        weights=evidence.weights,
        min_clusters=evidence.settings.min_clusters,
    )
    generator = evidence.settings.generator(f"sides of {ways[0].region}")
    (cells,) = compare_values(board, sides[tried], wanted=[1], draws=draws, generator=generator)
    return cells


def _shift_rows(evidence: Evidence, item: Neutral) -> list[Row]:
    about, margin, fill = PROPERTIES[item.name], item.effect.contrast.name, item.effect.fill
    key = Key(predicted=item.effect.contrast.favours)
    tell = functools.partial(tabulate, keys=[key], keep=None, region=name_region(item.name), fill=fill, unit="SD")
    if item.cell is None:
        method = f"margin of {margin} lost by taking {about.words} down; images of all labels; no control exists"
        return tell(_mean_lost(evidence, item.effect), statistic="property_shift", method=method)
    shift, level = item.cell.shift, evidence.settings.confidence
    change = (
        f"lost by bringing {about.words} to one value"
        if fill == NEUTRAL
        else "gained by as large a change the other way"
    )
    told = f"margin of {margin} {change}; images with more against images with less, within label"
    apart = f"half the difference between the two sides of the {told}; {_words(evidence, item.cell)}"
    both = f"the smaller push of the two sides, each along its own direction, of the {told}; limits of both"
    numbers = (shift.estimate, *shift.interval(level), item.cell.p_value)
    smaller = (shift.both_ways, *shift.interval_both_ways(level), float("nan"))
    return [
        *tell(_as_intervals(item.cell, numbers), statistic="property_shift", method=apart),
        *tell(_as_intervals(item.cell, smaller), statistic="property_both_ways", method=both),
    ]


def _words(evidence: Evidence, cell: Cell) -> str:
    """How interval and p-value were made, or why there are none."""
    if not np.isfinite(cell.shift.estimate):
        least = evidence.settings.min_clusters
        return f"not evaluated: needs {least} clusters on each side of a label, found at most {cell.fewest}"
    return (
        f"BCa bootstrap over clusters, {evidence.settings.draws} draws; p: {len(cell.null)} permutations of the sides "
        "within label and cluster"
    )


def _as_intervals(cell: Cell, numbers: tuple[float, float, float, float]) -> Intervals:
    estimate, low, high, p = (np.array([number]) for number in numbers)
    n, clusters = np.array([cell.shift.n]), np.array([cell.shift.clusters])
    return Intervals(estimate=estimate, low=low, high=high, n=n, clusters=clusters, p_value=p)


def _mean_lost(evidence: Evidence, effect: Effect) -> Intervals:
    """Mean margin lost, over its spread among all images read."""
    tried = np.isfinite(effect.own)
    spread = effect.contrast.spread if effect.contrast.spread > 0 else np.nan
    (found,) = ratios(
        np.column_stack([np.where(tried, effect.own, 0) / spread, tried]),
        [Ratio(0, 1, 1)],
        codes=np.where(tried, 0, -1),
        clusters=evidence.clusters,
        n_cells=1,
        weights=evidence.weights,
        confidence=evidence.settings.confidence,
    )
    return found


def _flip_rows(evidence: Evidence, item: Neutral) -> list[Row]:
    tried = np.isfinite(item.effect.flip_own)
    found = proportions(
        item.effect.flip_own == 1,
        codes=np.where(tried, 0, -1),
        clusters=evidence.clusters,
        n_cells=1,
        confidence=evidence.settings.confidence,
    )
    method = f"share of answers that changed; {share_method(evidence)}"
    place = {"region": name_region(item.name), "fill": item.effect.fill}
    return tabulate(found, keys=[Key()], statistic="property_flips", unit="share", method=method, keep=None, **place)
