"""Two things done to the same images: how much more often, or how much further, one of them changes the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.analysis.statistics.bootstrap import Ratio, ratios
from auditor.analysis.statistics.cells import tabulate
from auditor.analysis.statistics.intervals import sum_by_cluster, wilson
from auditor.analysis.statistics.signs import DRAWS, sign_flip_p

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Cells, Row
    from auditor.analysis.statistics.intervals import ByteArray, ClusterSums, IntArray, Intervals
    from auditor.geometry import FloatArray


@dataclass(frozen=True, kw_only=True)
class Pairing:
    """What came of either thing, and of the one minus the other.

    Attributes
    ----------
    first, second
        Means per cell, over the same images.
    excess
        First minus second, with the p-value of the test of signs.
    """

    first: Intervals
    second: Intervals
    excess: Intervals


def compare_pairs(
    first: FloatArray,
    second: FloatArray,
    *,
    codes: IntArray,
    clusters: IntArray,
    n_cells: int,
    weights: ByteArray,
    confidence: float,
    shares: bool = False,
    draws: int = DRAWS,
    generator: np.random.Generator,
) -> list[Pairing]:
    """Mean differences of pairs, column by column, with bootstrap intervals and exact or random flips of signs.

    Parameters
    ----------
    first, second
        ``(n, k)``; NaN where an image takes no part, in either.
    codes, clusters
        ``(n,)`` cell (-1 for none) and cluster of each image.
    n_cells
        Number of cells.
    weights
        ``(B, all clusters)`` of the bootstrap.
    confidence
        Level, in (0, 1).
    shares
        Whether the values are shares in [0, 1]: then what is the same in every cluster, where the bootstrap is silent,
        gets Wilson's interval, or as a difference Newcombe's, at the number of clusters.
    draws
        Random flips, shared by the columns of a cell.
    generator
        Source of the flips.

    Returns
    -------
    list of Pairing
        One per column.

    References
    ----------
    Newcombe (1998), Improved confidence intervals for the difference between binomial proportions based on paired data.
    Statistics in Medicine 17, 2635-2650, method 8 without correlation.
    """
    k = first.shape[1]
    known = np.isfinite(first) & np.isfinite(second)
    parts = [np.where(known, part, 0) for part in (first, second, first - second)]
    columns = np.hstack([*parts, known])
    taking = np.where(known.any(axis=1), codes, -1)
    wanted = [Ratio(part * k + i, 3 * k + i, 3 * k + i) for part in range(3) for i in range(k)]
    found = ratios(
        columns, wanted, codes=taking, clusters=clusters, n_cells=n_cells, weights=weights, confidence=confidence
    )
    table = sum_by_cluster(np.hstack([parts[2], known]), codes=taking, clusters=clusters, n_cells=n_cells)
    p = _test(table, draws=draws, generator=generator)
    pairings = []
    for i in range(k):
        one, two, excess = found[i], found[k + i], replace(found[2 * k + i], p_value=p[:, i])
        if shares:
            excess = _fill_in(excess, one, two, confidence=confidence)
            one, two = (_fill_in_share(part, confidence=confidence) for part in (one, two))
        pairings.append(Pairing(first=one, second=two, excess=excess))
    return pairings


def _test(table: ClusterSums, *, draws: int, generator: np.random.Generator) -> FloatArray:
    """p-value per cell and column of differences, ``(cells, k)``; NaN where there are no pairs."""
    k = table.sums.shape[1] // 2
    p = np.full((table.n_cells, k), np.nan)
    for cell, rows in enumerate(table.slices()):
        sums = table.sums[rows]
        tested = sign_flip_p(sums[:, :k], draws=draws, generator=generator)
        p[cell] = np.where(sums[:, k:].any(axis=0), tested, np.nan)
    return p


def _fill_in_share(share: Intervals, *, confidence: float) -> Intervals:
    """Wilson's limits at the number of clusters, where every cluster has the same share."""
    low, high = wilson(share.estimate, share.clusters.astype(np.float64), confidence=confidence)
    silent = np.isnan(share.low) & (share.clusters > 1)
    return replace(share, low=np.where(silent, low, share.low), high=np.where(silent, high, share.high))


def _fill_in(excess: Intervals, one: Intervals, two: Intervals, *, confidence: float) -> Intervals:
    """Newcombe's limits where every cluster has the same difference."""
    n = excess.clusters.astype(np.float64)
    (low_one, high_one), (low_two, high_two) = (wilson(part.estimate, n, confidence=confidence) for part in (one, two))
    silent = np.isnan(excess.low) & (excess.clusters > 1)
    low = excess.estimate - np.hypot(one.estimate - low_one, high_two - two.estimate)
    high = excess.estimate + np.hypot(high_one - one.estimate, two.estimate - low_two)
    return replace(excess, low=np.where(silent, low, excess.low), high=np.where(silent, high, excess.high))


class Question(NamedTuple):
    """One column of pairs and the names under which its answers are written.

    Attributes
    ----------
    first, second
        ``(n,)``; NaN where an image takes no part.
    names
        Of the statistics: the first, the second and the excess; None for what is not written.
    facts
        ``region``, ``fill``, ``unit``, ``method`` and, where they apply, ``predicted`` and ``attribute``.
    """

    first: FloatArray
    second: FloatArray
    names: tuple[str | None, str | None, str]
    facts: dict[str, str]


def answer(
    evidence: Evidence, questions: Sequence[Question], *, cells: Sequence[Cells], shares: bool, purpose: str
) -> list[Row]:
    """Rows of paired questions in every cell.

    Parameters
    ----------
    evidence
        The tables.
    questions
        All of them shares, or none.
    cells
        Margins; what has no images gets no row, but for a cell of all images.
    shares
        Whether values are shares in [0, 1].
    purpose
        Names the stream of random flips.

    Returns
    -------
    list of Row
        Question by question.
    """
    if not questions:
        return []
    rows: list[list[Row]] = [[] for _ in questions]
    for margin in cells:
        pairings = compare_pairs(
            np.column_stack([question.first for question in questions]),
            np.column_stack([question.second for question in questions]),
            codes=margin.codes,
            clusters=evidence.clusters,
            n_cells=len(margin.keys),
            weights=evidence.weights,
            confidence=evidence.settings.confidence,
            shares=shares,
            generator=evidence.settings.generator(purpose),
        )
        for question, pairing, ours in zip(questions, pairings, rows, strict=True):
            ours.extend(_write(question, pairing, margin=margin))
    return [row for ours in rows for row in ours]


def _write(question: Question, pairing: Pairing, *, margin: Cells) -> Iterator[Row]:
    facts = {name: text for name, text in question.facts.items() if name not in {"predicted", "attribute"}}
    extra = {name: text for name, text in question.facts.items() if name in {"predicted", "attribute"}}
    keys = [key._replace(**extra) for key in margin.keys]
    plain = facts.pop("unit")
    units = (plain, plain, "difference" if plain == "share" else plain)
    results = (pairing.first, pairing.second, pairing.excess)
    for name, result, unit in zip(question.names, results, units, strict=True):
        if name is not None:
            keep = (result.n > 0) | (len(keys) == 1)
            yield from tabulate(result, keys=keys, keep=keep, statistic=name, unit=unit, **facts)


def pair_method(evidence: Evidence) -> str:
    """How interval and p-value of a paired difference were made, in words."""
    unit = "cluster" if evidence.repeats else "image"
    return (
        f"paired within image; BCa bootstrap over clusters, {evidence.settings.draws} draws; p: signs flipped {unit} "
        f"by {unit}, exact where all pulls are equally large (McNemar's test) or few, else {DRAWS} draws"
    )
