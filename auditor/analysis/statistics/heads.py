"""Attention to a region that lies in the same place everywhere: against that of the same network with random heads.

Boxes borrowed from other images would cover such a region, so nothing on the picture is left to compare with. The same
network with a random head looks at the same features in the same places: what its maps put on the region is due to the
features, to the place and to the size, and the rest of what the model's own maps put there is due to the head that was
trained. More than that the comparison does not say: a region that the features are about gets much of every map, and
the ratio stays near 1 however much the answer rests on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.bootstrap import limits, resample
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.intervals import Intervals, sum_by_cluster
from auditor.analysis.statistics.lending import ALIGNED, mean_overlap
from auditor.analysis.statistics.randomisation import FEWEST_HEADS, MODEL, gather_maps, weigh_region

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence, Settings
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.randomisation import Masses
    from auditor.geometry import FloatArray

OVER_HEADS: Final = "enrichment_over_heads"
HEADS_MASS: Final = "random_heads_mass"
_WHY: Final = "the region lies in the same place in every image, so boxes borrowed from other images would cover it"


def measure_heads(evidence: Evidence) -> list[Row]:
    """How many times as much of the map lies in an aligned region as under random heads, on the same images.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        Per region whose boxes overlap by more than `lending.ALIGNED` between images: ``random_heads_mass``, the mean
        share of the map that random heads put there, and ``enrichment_over_heads``, the ratio of the model's own to it:
        ``exp(E_R - E_R^rand)``, where the borrowed boxes of both cancel. Empty where no random head was tried.
    """
    regions = [region for region in evidence.settings.regions if mean_overlap(evidence, region) > ALIGNED]
    found = gather_maps(evidence) if regions and not evidence.randomised.empty else None
    if found is None:
        return []
    return [
        row
        for region in regions
        for row in _rows(evidence, weigh_region(evidence, found, region=region), region=region)
    ]


class _Sums(NamedTuple):
    """Mass of the model's own maps, of each random head's, and number of images, each ``(rows, 3, heads)``.

    Attributes
    ----------
    whole
        One row.
    drawn
        In each draw of clusters and heads.
    left
        With one cluster, and then with one head, left out.
    n, clusters, effective
        Images, clusters, and the smaller of the effective number of clusters and the number of heads.
    """

    whole: FloatArray
    drawn: FloatArray
    left: FloatArray
    n: int
    clusters: int
    effective: float


def _rows(evidence: Evidence, masses: Masses, *, region: str) -> list[Row]:
    sums = _sum_up(evidence, masses, region=region)
    if sums is None:
        return []
    k = sums.whole.shape[2]
    asked = {
        HEADS_MASS: (1, 2, f"mean share of the map's mass in the region under {k} random heads", "share"),
        OVER_HEADS: (0, 1, f"mean mass in the region divided by that under {k} random heads, image by image", "ratio"),
    }
    rows: list[Row] = []
    for name, (over, under, words, unit) in asked.items():
        result = _compare(sums, over, under, settings=evidence.settings)
        method = f"{words}; {_how(evidence, sums)}"
        facts = {"statistic": name, "target": "predicted", "region": region, "unit": unit, "method": method}
        rows += tabulate(result, keys=[Key()], keep=None, **facts)
    return rows


def _sum_up(evidence: Evidence, masses: Masses, *, region: str) -> _Sums | None:
    """Sums over the images that have both maps, head by head; None with too few heads."""
    own = masses.inside[MODEL]
    heads = [values for kind, values in masses.inside.items() if kind != MODEL]
    told = [values for values in heads if np.isfinite(own * values).any()]
    if len(told) < FEWEST_HEADS:
        return None
    theirs = np.column_stack(told)
    both = np.isfinite(own[:, None] * theirs)
    kept, k = both.any(axis=1), theirs.shape[1]
    columns = np.hstack([np.where(both, part, 0)[kept] for part in (own[:, None], theirs, np.ones_like(theirs))])
    clusters = evidence.clusters[masses.rows[kept]]
    table = sum_by_cluster(columns, codes=np.zeros(len(columns), dtype=np.int64), clusters=clusters, n_cells=1)
    taken = evidence.settings.generator(f"heads {region}").multinomial(k, np.full(k, 1 / k), evidence.settings.draws)
    whole = table.sums.sum(axis=0).reshape(1, 3, k)
    size = table.sums[:, 2 * k :].sum(axis=1)
    return _Sums(
        whole=whole,
        drawn=resample(table.sums, table.cluster, evidence.weights).reshape(-1, 3, k) * taken[:, None, :],
        left=np.concatenate([whole - table.sums.reshape(-1, 3, k), whole * (1 - np.eye(k))[:, None, :]]),
        n=len(columns),
        clusters=len(size),
        effective=min(float(size.sum() ** 2 / (size**2).sum()), k),
    )


def _compare(sums: _Sums, over: int, under: int, *, settings: Settings) -> Intervals:
    """The ratio of two of the sums, with limits where there are enough clusters."""
    at = _divide(sums.whole, over, under)
    low, high = limits(
        at,
        draws=_divide(sums.drawn, over, under)[:, None],
        jackknife=_divide(sums.left, over, under)[:, None],
        clusters=np.array([sums.effective]),
        confidence=settings.confidence,
    )
    unknown = np.full(1, np.nan)
    few = sums.clusters < settings.min_clusters
    return Intervals(
        estimate=at,
        low=unknown if few else low,
        high=unknown if few else high,
        n=np.array([sums.n]),
        clusters=np.array([sums.clusters]),
    )


def _divide(sums: FloatArray, over: int, under: int) -> FloatArray:
    """Sums over heads of one column by those of another, ``(draws,)``."""
    top, bottom = sums[:, over].sum(axis=1), sums[:, under].sum(axis=1)
    quotient: FloatArray = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
    return quotient


def _how(evidence: Evidence, sums: _Sums) -> str:
    if sums.clusters < evidence.settings.min_clusters:
        return f"no interval: fewer than {evidence.settings.min_clusters} independent images were probed; {_WHY}"
    return (
        f"BCa bootstrap over clusters and over heads, {evidence.settings.draws} draws; images probed, equally many of "
        f"each label; {_WHY}"
    )
