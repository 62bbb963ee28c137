"""Aligned shift: whether hiding a region takes evidence for a class from one subgroup and gives it to another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.balance import describe_place, standardised_difference
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.counting import count_distinct
from auditor.analysis.statistics.dealing import POOLED, compare_values
from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.intervals import Intervals
from auditor.analysis.statistics.layouts import difference, lay_out
from auditor.analysis.statistics.memory import once
from auditor.analysis.statistics.performance import contrasts as oppose
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.dealing import Cell
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.layouts import Layout
    from auditor.geometry import BoolArray, FloatArray

_PAIR: Final = 2


@dataclass(frozen=True, kw_only=True)
class Alignment:
    """The aligned shift of one region, fill, contrast and subgroup, pooled over labels or of one label.

    Attributes
    ----------
    effect
        What was hidden, and in whose margin it is measured.
    attribute, subgroup, others
        Who is set against whom.
    label
        None where labels are pooled.
    cell
        The shift with its draws, and its test with what chance made of it.
    remark
        How controls entered, in words.
    """

    effect: Effect
    attribute: str
    subgroup: str
    others: str
    label: str | None
    cell: Cell
    remark: str


def read_alignments(
    evidence: Evidence,
    effects: Sequence[Effect] | None = None,
    *,
    layouts: Sequence[Layout] | None = None,
    draws: int | None = None,
    by_label: bool = True,
) -> list[Alignment]:
    """Aligned shifts of every region, fill, contrast and subgroup.

    Parameters
    ----------
    evidence
        The tables.
    effects
        Those of `read_effects`, or others in their place, such as shams.
    layouts
        The same, laid out by `lay_out`: worth it where only the values of an attribute are others.
    draws
        Permutations; by default as many as can be afforded, none where only the shifts are wanted. All alignments of an
        attribute share them.
    by_label
        Whether to look at labels alone as well.

    Returns
    -------
    list of Alignment
        Pooled over labels first, then by label: every label of two classes, of more only the class that the margin
        favours. Their shifts are NaN where no label has enough clusters on both sides.
    """
    if layouts is None:
        layouts = lay_out(evidence, read_effects(evidence) if effects is None else effects)
    return [
        alignment
        for layout in layouts
        for attribute in evidence.settings.attributes
        for alignment in _align(evidence, layout, attribute=attribute, draws=draws, by_label=by_label)
    ]


@once
def align_all(evidence: Evidence, *attributes: str) -> list[Alignment]:
    """Alignments of all that was hidden and all attributes, which are named, as `read_alignments` has them."""
    return read_alignments(evidence) if attributes else []


def _align(
    evidence: Evidence, layout: Layout, *, attribute: str, draws: int | None, by_label: bool
) -> Iterator[Alignment]:
    """Alignments of one region."""
    pairs, board = oppose(evidence, attribute), layout.board
    taking = np.isfinite(board.shifts).any(axis=1)
    if not pairs or not taking.any():
        return
    texts = evidence.texts(attribute)[layout.tried]
    names = [value for value in evidence.subgroups(attribute) if value != NOT_RECORDED]
    compared = compare_values(
        board,
        np.where(taking & (texts != NOT_RECORDED), np.searchsorted(names, texts), -1),
        wanted=[names.index(subgroup) for subgroup, _ in pairs],
        within=_within(evidence, [effect for effect, _ in layout.told]) if by_label else (),
        draws=draws,
        generator=evidence.settings.generator(f"permutations {attribute}"),
    )
    for (subgroup, others), cells in zip(pairs, compared, strict=True):
        for cell in cells:
            effect, remark = layout.told[cell.column]
            label = None if cell.label == POOLED else evidence.labels[cell.label]
            yield Alignment(
                effect=effect,
                attribute=attribute,
                subgroup=subgroup,
                others=others,
                label=label,
                cell=cell,
                remark=remark,
            )


def _within(evidence: Evidence, effects: Sequence[Effect]) -> list[tuple[int, int]]:
    """Columns and labels that are looked at alone."""
    pair = len(evidence.settings.classes) == _PAIR
    return [
        (column, number)
        for column, effect in enumerate(effects)
        for number, label in enumerate(evidence.labels)
        if pair or label == effect.contrast.favours
    ]


def measure_alignment(evidence: Evidence) -> list[Row]:
    """How far hiding a region pushes subgroups apart, whether it pushes both, and whether they are comparable.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``aligned_shift`` and ``both_ways_shift`` in standard deviations of the margin, pooled and by label: above 0,
        hiding takes evidence for the class in ``predicted`` from the subgroup. ``area_balance`` and
        ``eccentricity_balance`` as standardised differences.
    """
    alignments = align_all(evidence, *evidence.settings.attributes)
    rows = [row for alignment in alignments for row in _rows(evidence, alignment)]
    return rows + list(_balance(evidence, alignments))


def _rows(evidence: Evidence, alignment: Alignment) -> list[Row]:
    shift, level = alignment.cell.shift, evidence.settings.confidence
    name = alignment.effect.contrast.name
    told = f"margin of {name} lost by hiding the region, {alignment.remark}"
    sides = f"{alignment.subgroup} against {alignment.others}, within label"
    apart = f"half the difference between the two sides of the {told}; {sides}; {_words(evidence, alignment)}"
    both = f"the smaller push of the two sides, each along its own direction, of the {told}; {sides}; limits of both"
    numbers = (shift.estimate, *shift.interval(level), alignment.cell.p_value)
    smaller = (shift.both_ways, *shift.interval_both_ways(level), float("nan"))
    return [
        *_row(alignment, numbers, statistic="aligned_shift", method=apart),
        *_row(alignment, smaller, statistic="both_ways_shift", method=both),
    ]


def _row(alignment: Alignment, numbers: tuple[float, float, float, float], *, statistic: str, method: str) -> list[Row]:
    """The row of one estimate, its limits and its p-value."""
    shift, effect = alignment.cell.shift, alignment.effect
    estimate, low, high, p = (np.array([number]) for number in numbers)
    counts = (np.array([shift.n]), np.array([shift.clusters]))
    result = Intervals(estimate=estimate, low=low, high=high, n=counts[0], clusters=counts[1], p_value=p)
    key = Key(
        label=alignment.label,
        predicted=effect.contrast.favours,
        attribute=alignment.attribute,
        subgroup=alignment.subgroup,
    )
    place = {"region": effect.region, "fill": effect.fill}
    return tabulate(result, keys=[key], keep=None, statistic=statistic, unit="SD", method=method, **place)


def _words(evidence: Evidence, alignment: Alignment) -> str:
    """How interval and p-value were made, or why there are none."""
    cell, least = alignment.cell, evidence.settings.min_clusters
    if not np.isfinite(cell.shift.estimate):
        return f"not evaluated: needs {least} clusters on each side of a label, found at most {cell.fewest}"
    return (
        f"BCa bootstrap over clusters, {evidence.settings.draws} draws; p: {len(cell.null)} permutations of the "
        "attribute within label, fifth of the region's area and cluster"
    )


def _balance(evidence: Evidence, alignments: Sequence[Alignment]) -> Iterator[Row]:
    """Balance of each region between the sides of each comparison, on the images of its first fill."""
    first: dict[tuple[str, str, str], Alignment] = {}
    for alignment in alignments:
        first.setdefault((alignment.effect.region, alignment.attribute, alignment.subgroup), alignment)
    for alignment in first.values():
        if alignment.effect.region not in evidence.settings.regions:  # a property of the whole picture has no place
            continue
        region, texts = alignment.effect.region, evidence.texts(alignment.attribute)
        member, taking = texts == alignment.subgroup, np.isfinite(difference(alignment.effect)[0])
        taking &= texts != NOT_RECORDED
        key = Key(attribute=alignment.attribute, subgroup=alignment.subgroup)
        for name, values in describe_place(evidence.region(region)).items():
            kept = np.where(taking, values, np.nan)
            method = (
                f"standardised mean difference of the region's {name}, {alignment.subgroup} minus {alignment.others}"
            )
            yield from tabulate(
                _differ(evidence, kept, member=member),
                keys=[key],
                statistic=f"{name}_balance",
                region=region,
                unit="SMD",
                method=f"{method}, within label; no interval",
            )


def _differ(evidence: Evidence, values: FloatArray, *, member: BoolArray) -> Intervals:
    """A standardised difference as one cell."""
    taking, unknown = np.isfinite(values), np.full(1, np.nan)
    apart = standardised_difference(values, member=member, labels=evidence.cells(by_label=True).codes)
    return Intervals(
        estimate=np.array([apart]),
        low=unknown,
        high=unknown,
        n=np.array([taking.sum()]),
        clusters=np.array([count_distinct(evidence.clusters[taking])]),
    )
