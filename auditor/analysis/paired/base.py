"""What every paired question is handed, the two models on the same images, and the form in which answers come back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np

from auditor.analysis.rungs import as_estimate
from auditor.analysis.statistics.cells import Cells, tabulate
from auditor.analysis.statistics.intervals import proportions
from auditor.analysis.statistics.pairing import compare_pairs
from auditor.analysis.statistics.signs import DRAWS
from auditor.documents.comparisons import Change

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence, Settings
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import ByteArray, IntArray, Intervals
    from auditor.analysis.statistics.memory import Kept
    from auditor.analysis.statistics.pairing import Pairing
    from auditor.geometry import BoolArray, FloatArray

Unit = Literal["share", "difference", "index", "SD", "nats"]

MANY: Final = 20_000
"""With more clusters, fewer flips of signs are drawn: what they tell of so many is far from the margin of chance."""
FEWER_DRAWS: Final = 999


@dataclass(frozen=True, kw_only=True)
class PairedEvidence:
    """Two models on the same images.

    Attributes
    ----------
    baseline, candidate
        As `auditor.analysis.matching.match` leaves them: the same images in the same order. Clusters, draws and cells
        are the candidate's.
    """

    baseline: Evidence
    candidate: Evidence

    @cached_property
    def kept(self) -> Kept:
        """What `once` keeps."""
        return {}

    @property
    def settings(self) -> Settings:
        """What was fixed before; of the candidate."""
        return self.candidate.settings

    @property
    def clusters(self) -> IntArray:
        """``(n,)`` number of each image's cluster."""
        return self.candidate.clusters

    @property
    def weights(self) -> ByteArray:
        """``(draws, clusters)``: how often each draw of the bootstrap takes each cluster."""
        return self.candidate.weights

    @property
    def both_right(self) -> BoolArray:
        """``(n,)`` whether both models answer the label."""
        right: BoolArray = self.baseline.correct & self.candidate.correct
        return right

    @property
    def sign_flips(self) -> int:
        """Random flips of signs that a test draws where it is not exact."""
        return DRAWS if self.weights.shape[1] <= MANY else FEWER_DRAWS

    def where_both_right(self, cells: Cells) -> Cells:
        """The cells, of images that both models get right alone.

        Parameters
        ----------
        cells
            Disjoint cells of all images.

        Returns
        -------
        Cells
            Their keys say ``outcome="correct"``.
        """
        codes = np.where(self.both_right, cells.codes, -1)
        return Cells(codes=codes, keys=tuple(key._replace(outcome="correct") for key in cells.keys))


class Asked(NamedTuple):
    """One value per image and model, and what it is.

    Attributes
    ----------
    statistic, unit, method
        As in an estimate; the method tells what is measured, not how the interval is made.
    baseline, candidate
        ``(n,)``; NaN where an image takes no part.
    target, region, fill, predicted
        Keys, where they apply.
    """

    statistic: str
    unit: Unit
    method: str
    baseline: FloatArray
    candidate: FloatArray
    target: str | None = None
    region: str | None = None
    fill: str | None = None
    predicted: str | None = None


def compare(
    pair: PairedEvidence, asked: Sequence[Asked], *, cells: Sequence[Cells], shares: bool, purpose: str
) -> list[Change]:
    """Means of both models over the same images, and the mean of the pairs' differences.

    Parameters
    ----------
    pair
        The two models.
    asked
        All of them in [0, 1], or none.
    cells
        Margins; cells without images give nothing.
    shares
        Whether values lie in [0, 1]. Means of hits and misses then get Wilson's interval.
    purpose
        Names the stream of random flips.

    Returns
    -------
    list of Change
        Question by question, then margin by margin. The interval of the change is a BCa bootstrap over clusters with
        draws that both models share, its p-value that of `sign_flip_p`: McNemar's exact test where values are hits and
        misses and every image is its own cluster.
    """
    found: list[list[Change]] = [[] for _ in asked]
    for margin in cells if asked else ():
        pairings = compare_pairs(
            np.column_stack([one.candidate for one in asked]),
            np.column_stack([one.baseline for one in asked]),
            codes=margin.codes,
            clusters=pair.clusters,
            n_cells=len(margin.keys),
            weights=pair.weights,
            confidence=pair.settings.confidence,
            shares=shares,
            draws=pair.sign_flips,
            generator=pair.settings.generator(purpose),
        )
        for one, pairing, ours in zip(asked, pairings, found, strict=True):
            ours.extend(write_changes(pair, one, _with_wilson(pair, one, pairing, margin=margin), margin=margin))
    return [change for ours in found for change in ours]


def write_changes(pair: PairedEvidence, asked: Asked, pairing: Pairing, *, margin: Cells) -> Iterator[Change]:
    """Changes of one question in the cells that have images.

    Parameters
    ----------
    pair
        The two models.
    asked
        What it is.
    pairing
        Numbers per cell; `first` is the candidate.
    margin
        The cells.

    Yields
    ------
    Change
        In the order of the cells.
    """
    apart = f"{asked.method}; candidate minus baseline, {pair_method(pair)}"
    unit = "difference" if asked.unit == "share" else asked.unit
    sides = ((pairing.second, asked.unit, asked.method), (pairing.first, asked.unit, asked.method))
    columns = [
        _tabulate(asked, result, margin=margin, unit=units, method=method)
        for result, units, method in (*sides, (pairing.excess, unit, apart))
    ]
    for cell, (baseline, candidate, change) in enumerate(zip(*columns, strict=True)):
        if pairing.excess.n[cell] > 0:
            yield Change(baseline=as_estimate(baseline), candidate=as_estimate(candidate), change=as_estimate(change))


def pair_method(pair: PairedEvidence) -> str:
    """How interval and p-value of a change were made, in words."""
    unit = "cluster" if pair.candidate.repeats else "image"
    return (
        f"paired within image; BCa bootstrap over clusters, {pair.settings.draws} draws; p: signs flipped {unit} by "
        f"{unit}, exact where all pulls are equally large (McNemar's test) or few, else {pair.sign_flips} draws"
    )


def _tabulate(asked: Asked, result: Intervals, *, margin: Cells, unit: str, method: str) -> list[Row]:
    facts = {"region": asked.region, "fill": asked.fill, "target": asked.target, "statistic": asked.statistic}
    keys = [key._replace(predicted=asked.predicted) for key in margin.keys]
    told: dict[str, Any] = {name: text for name, text in facts.items() if text is not None}
    return tabulate(result, keys=keys, unit=unit, method=method, **told)


def _with_wilson(pair: PairedEvidence, asked: Asked, pairing: Pairing, *, margin: Cells) -> Pairing:
    """Wilson's limits for the models' own shares where every value is a hit or a miss."""
    known = np.isfinite(asked.baseline) & np.isfinite(asked.candidate)
    values = (asked.candidate, asked.baseline)
    if not all(bool(np.isin(side[known], (0, 1)).all()) for side in values):
        return pairing
    first, second = (
        proportions(
            side > 0,
            codes=np.where(known, margin.codes, -1),
            clusters=pair.clusters,
            n_cells=len(margin.keys),
            confidence=pair.settings.confidence,
        )
        for side in values
    )
    return replace(pairing, first=first, second=second)
