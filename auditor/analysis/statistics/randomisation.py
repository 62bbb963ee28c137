"""Whether maps follow the model: how much they resemble those of copies with random weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.borrowing import pair_masses
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.intervals import Intervals
from auditor.analysis.statistics.resemblance import median_interval, rank_correlation, structural_similarity
from auditor.geometry import frame_weights
from auditor.records import unpack_grids

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray

MODEL: Final = "model"
HEAD: Final = "head"
CORRELATION: Final = "map_correlation_"
SIMILARITY: Final = "map_similarity_"
PROBED: Final = "enrichment_probed"
RANDOM_HEADS: Final = "enrichment_random_heads"
FEWEST_HEADS: Final = 5
"""Random heads with a map on at least one image, below which no range of them is given."""
_RANGE: Final = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class RandomMaps:
    """The maps of a model and of its random copies on the same images.

    Attributes
    ----------
    rows
        ``(n,)`` positions of the images among those read.
    maps
        ``(n, h, w)`` by kind, each divided by its maximum; NaN where empty, missing or not finite.
    """

    rows: IntArray
    maps: Mapping[str, FloatArray]

    def named(self, prefix: str) -> list[str]:
        """Kinds that begin so, in the order of their numbers."""
        found = [kind for kind in self.maps if kind.startswith(f"{prefix}-")]
        return sorted(found, key=lambda kind: int(kind.rpartition("-")[2]))


class Masses(NamedTuple):
    """Mass by kind of map on the same images, ``(n,)`` each; NaN where an image has no map of the kind.

    `beside` is what lies in the borrowed boxes: of a region that is aligned over images, its share of the frame.
    """

    rows: IntArray
    inside: Mapping[str, FloatArray]
    beside: Mapping[str, FloatArray]
    aligned: bool


class Heads(NamedTuple):
    """Enrichment of the model's own maps, and that of each random head's, on the same images and boxes."""

    own: float
    heads: FloatArray
    rows: IntArray
    aligned: bool


def measure_randomisation(evidence: Evidence) -> list[Row]:
    """Resemblance of the maps to those of copies with random weights, and enrichment under random heads.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``map_correlation_heads`` and ``map_correlation_cascade_1``, … (median Spearman correlation over images, in
        [-1, 1]); ``map_similarity_…`` (median structural similarity, at most 1); per region ``enrichment_probed``, the
        ratio of the model's own maps on these images, with the share of random heads that reach it as p-value, and
        ``enrichment_random_heads``, the median over heads with the 2.5 % and 97.5 % quantiles over heads as its range.
        Empty where no copy was tried.
    """
    found = gather_maps(evidence)
    if found is None:
        return []
    rows = [
        row
        for name, kinds in _comparisons(found).items()
        for row in _resemblance(evidence, found, name=name, kinds=kinds)
    ]
    for region in evidence.settings.regions:
        rows += _enrichment(evidence, found, region=region)
    return rows


def gather_maps(evidence: Evidence) -> RandomMaps | None:
    """Maps of the model and of its random copies, image by image.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    RandomMaps or None
        None where no copy was tried.
    """
    table = evidence.randomised
    known = {name: row for row, name in enumerate(evidence.read["image_id"])}
    own = table[(table["kind"] == MODEL) & table["image_id"].isin(known)]
    if own.empty:
        return None
    ids = sorted(own["image_id"].unique())
    maps = {}
    for kind, part in table.groupby("kind"):
        aligned = part.drop_duplicates("image_id").set_index("image_id").reindex(ids)
        peaks = aligned["cam_max"].to_numpy(dtype=np.float64, na_value=np.nan)
        maps[str(kind)] = _unpack(aligned["cam"].tolist(), usable=np.isfinite(peaks) & (peaks > 0), evidence=evidence)
    return RandomMaps(rows=np.array([known[name] for name in ids]), maps=maps)


def _unpack(cams: list[object], *, usable: BoolArray, evidence: Evidence) -> FloatArray:
    grid = evidence.settings.grid
    empty = bytes(2 * grid[0] * grid[1])
    filled = [cam if isinstance(cam, bytes) and fine else empty for cam, fine in zip(cams, usable, strict=True)]
    maps = unpack_grids(filled, grid=grid, dtype="float16")
    return np.where(maps.any(axis=(1, 2), keepdims=True), maps, np.nan)


def _comparisons(found: RandomMaps) -> dict[str, list[str]]:
    """What the model's own maps are set against."""
    stages = {kind.replace("-", "_"): [kind] for kind in found.named("cascade")}
    heads = found.named(HEAD)
    return ({"heads": heads} if heads else {}) | stages


def _resemblance(evidence: Evidence, found: RandomMaps, *, name: str, kinds: list[str]) -> list[Row]:
    rows: list[Row] = []
    against = f"of {len(kinds)} copies with a random head" if name == "heads" else "of a copy with random weights"
    measures = {
        CORRELATION: (rank_correlation, "Spearman correlation", "correlation"),
        SIMILARITY: (structural_similarity, "structural similarity (Wang et al. 2004, one window)", "index"),
    }
    for prefix, (measure, words, unit) in measures.items():
        values = np.stack([measure(found.maps[MODEL], found.maps[kind]) for kind in kinds])
        told = np.isfinite(values).sum(axis=0)
        mean = np.divide(np.nansum(values, axis=0), told, out=np.full(len(told), np.nan), where=told > 0)
        result = median_interval(mean, clusters=evidence.clusters[found.rows], confidence=evidence.settings.confidence)
        method = (
            f"median over images of the {words} of the predicted class's map and the map {against}, "
            f"{np.isfinite(values).mean():.0%} of pairs having two maps; interval between order statistics"
        )
        rows += tabulate(
            result, keys=[Key()], statistic=f"{prefix}{name}", target="predicted", unit=unit, method=method
        )
    return rows


def weigh_region(evidence: Evidence, found: RandomMaps, *, region: str) -> Masses:
    """Mass in a region, and in the boxes borrowed for it, on the maps of the model and of its random copies.

    Parameters
    ----------
    evidence
        The tables.
    found
        Of `gather_maps`.
    region
        Its name.

    Returns
    -------
    Masses
        Of the images that show the region and, unless it is aligned over images, have a box.
    """
    pair = next(one for one in pair_masses(evidence) if one.region == region)
    view = evidence.region(region)
    used = view.seen[found.rows] & ((pair.room[found.rows] > 0) | pair.aligned)
    rows = found.rows[used]
    lent = pair.lent[np.searchsorted(pair.probed, rows)]
    over_frame = frame_weights(evidence.settings.frame, evidence.settings.grid)
    table = evidence.regions[evidence.regions["region"] == region].set_index("image_id")
    packed = table["weights"].reindex(evidence.read["image_id"].iloc[rows]).tolist()
    weights = unpack_grids(packed, grid=evidence.settings.grid, dtype="float32")
    inside, beside = {}, {}
    for kind in (MODEL, *found.named(HEAD)):
        maps = found.maps[kind][used]
        shares = maps / (maps * over_frame).sum(axis=(1, 2), keepdims=True)
        inside[kind] = (shares * weights).sum(axis=(1, 2))
        below = view.area[rows] if pair.aligned else (shares * lent).sum(axis=(1, 2))
        beside[kind] = np.where(np.isfinite(inside[kind]), below, np.nan)
    return Masses(rows, inside, beside, pair.aligned)


def compare_heads(evidence: Evidence, found: RandomMaps, *, region: str) -> Heads:
    """Enrichment of a region on the model's own maps and on those of random heads, over the same boxes.

    Parameters
    ----------
    evidence
        The tables.
    found
        Of `gather_maps`.
    region
        Its name.

    Returns
    -------
    Heads
        Ratios of mean mass in the region to mean mass in borrowed boxes; to the region's share of the frame where it is
        aligned over images. NaN where no image has a map and a box.
    """
    masses = weigh_region(evidence, found, region=region)

    def enrich(kind: str) -> float:
        below = float(np.nansum(masses.beside[kind]))
        return float(np.nansum(masses.inside[kind])) / below if below > 0 else float("nan")

    return Heads(enrich(MODEL), np.array([enrich(kind) for kind in found.named(HEAD)]), masses.rows, masses.aligned)


def _enrichment(evidence: Evidence, found: RandomMaps, *, region: str) -> list[Row]:
    heads = compare_heads(evidence, found, region=region)
    told = heads.heads[np.isfinite(heads.heads)]
    if not np.isfinite(heads.own) or len(told) < FEWEST_HEADS:
        return []
    none = np.array([np.nan])
    counts = {"n": np.array([len(heads.rows)]), "clusters": np.array([len(set(evidence.clusters[heads.rows]))])}
    low, high = (np.array([np.quantile(told, level)]) for level in _RANGE)
    p = np.array([(1 + (told >= heads.own).sum()) / (len(told) + 1)])
    own = Intervals(estimate=np.array([heads.own]), low=none, high=none, p_value=p, **counts)
    random = Intervals(estimate=np.array([np.median(told)]), low=low, high=high, **counts)
    beside = "the region's share of the frame (it is aligned)" if heads.aligned else "mean mass in borrowed boxes"
    words = f"mean mass of the predicted class's map in the region divided by {beside}, on the images probed"
    method = f"{words}; median of {len(told)} copies with a random head, with their 2.5 % and 97.5 % quantiles"
    words += f"; p-value: (1 + random heads that reach it) / ({len(told)} + 1)"
    return [
        row
        for name, result, how in ((PROBED, own, words), (RANDOM_HEADS, random, method))
        for row in tabulate(
            result, keys=[Key()], statistic=name, target="predicted", region=region, unit="ratio", method=how
        )
    ]
