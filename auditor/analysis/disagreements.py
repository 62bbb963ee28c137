"""Disagreements: images on which two models part, side by side by a stated rule, and their mean maps on one scale."""

from __future__ import annotations

import base64
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

import numpy as np

from auditor.analysis.examples import scale_map
from auditor.documents.comparisons import Kind, PairExample, PairMap, Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.analysis.paired.base import PairedEvidence
    from auditor.analysis.statistics.base import Evidence, TargetView
    from auditor.analysis.statistics.cells import Key
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray, Size

EACH: Final = 8
"""Images shown of each kind, at most."""
ELSEWHERE: Final = 0.5
"""Total variation above which two maps are said to give other reasons: more than half of one would have to move."""
_BASELINE, _CANDIDATE, _OTHERWISE = KINDS = get_args(Kind)
_DECIMALS: Final = 6


class Found(NamedTuple):
    """Images of one kind, in the order in which they would be shown within a group.

    Attributes
    ----------
    kind
        As in `auditor.documents.comparisons.Kind`.
    rows
        Of the images read, first the one that is shown first.
    """

    kind: Kind
    rows: IntArray


def choose_pair_examples(pair: PairedEvidence, *, each: int = EACH) -> tuple[list[PairExample], str, dict[str, int]]:
    """Choose images on which two models part.

    Parameters
    ----------
    pair
        Both models on the same images.
    each
        Images to show of each kind, at most.

    Returns
    -------
    tuple
        The images, kind by kind; the rule in words; and how many images there are of each kind, of *both are right* and
        of *both are wrong*.
    """
    sides = Sides(pair)
    found = list(_sort_out(sides))
    shown = [(part.kind, row) for part in found for row in _take_turns(pair.candidate, part.rows, limit=each)]
    right, both = pair.candidate.correct, pair.baseline.correct & pair.candidate.correct
    counts = {str(part.kind): len(part.rows) for part in found}
    counts |= {"both are right": int(both.sum()), "both are wrong": int((~right & ~pair.baseline.correct).sum())}
    return [sides.draw(kind, row) for kind, row in shown], _tell_rule(sides, found, each=each), counts


def _sort_out(sides: Sides) -> Iterator[Found]:
    """Kinds with their images: the surest wrong answer first, or the maps that lie furthest apart; then by name."""
    old, new = sides.pair.baseline, sides.pair.candidate
    rows = np.arange(len(new.read))
    surest = {_BASELINE: _scores(new), _CANDIDATE: _scores(old)}
    for kind, taking in ((_BASELINE, old.correct & ~new.correct), (_CANDIDATE, new.correct & ~old.correct)):
        chosen = rows[taking]
        yield Found(kind, chosen[np.lexsort((chosen, -surest[kind][chosen]))])
    distance = np.nan_to_num(sides.distance)
    apart = rows[old.correct & new.correct & (distance > ELSEWHERE)]
    yield Found(_OTHERWISE, apart[np.lexsort((apart, -distance[apart]))])


def _scores(evidence: Evidence) -> FloatArray:
    scores = evidence.read["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    finite: FloatArray = np.nan_to_num(scores)
    return finite


def _take_turns(evidence: Evidence, rows: IntArray, *, limit: int) -> list[int]:
    """One image of each label and subgroup in turn, those with more images first."""
    columns = [evidence.texts(name) for name in ("label", *evidence.settings.attributes)]
    groups: dict[tuple[str, ...], list[int]] = {}
    for row in rows.tolist():
        groups.setdefault(tuple(str(column[row]) for column in columns), []).append(row)
    queues = [groups[group] for group in sorted(groups, key=lambda group: (-len(groups[group]), group))]
    turns = max((len(queue) for queue in queues), default=0)
    return [queue[turn] for turn in range(turns) for queue in queues if turn < len(queue)][:limit]


def _tell_rule(sides: Sides, found: list[Found], *, each: int) -> str:
    names = " × ".join(("label", *sides.pair.candidate.settings.attributes))
    of = {part.kind: f"{min(len(part.rows), each)} of {len(part.rows)}" for part in found}
    rule = (
        f"{of[_BASELINE]} images that only the baseline gets right, {of[_CANDIDATE]} that only the candidate gets "
        f"right, and {of[_OTHERWISE]} that both get right for other reasons: their maps of the answer, each divided by "
        f"its sum, have a total variation above {ELSEWHERE:g}, so that more than half of one would have to move to "
        f"make the other. From each combination of {names} in turn, combinations with more such images first: where "
        "one is wrong, the image on which the wrong model is surest; where both are right, the one whose maps lie "
        "furthest apart; then by name."
    )
    if sides.old.maps.shape[1:] != sides.new.maps.shape[1:]:
        rule += f" The maps have grids of other sizes: to be set against each other, they are spread over {sides.mesh}."
    return rule


class Sides:
    """Both models' maps of their answers, aligned, and what is drawn from them.

    Parameters
    ----------
    pair
        Both models on the same images.
    """

    def __init__(self, pair: PairedEvidence) -> None:
        self.pair = pair
        self.old, self.new = (side.target("predicted") for side in (pair.baseline, pair.candidate))
        self._shared = [name for name in pair.candidate.settings.regions if name in pair.baseline.settings.regions]

    @cached_property
    def mesh(self) -> str:
        """The grid that maps are compared on, in words."""
        return "{} × {} cells".format(*_coarsest(self.old.maps.shape[1:], self.new.maps.shape[1:]))

    @cached_property
    def distance(self) -> FloatArray:
        """``(n,)`` total variation of the two maps, in [0, 1]; NaN where one is empty."""
        return measure_distance(self.old, self.new)

    def draw(self, kind: Kind, row: int) -> PairExample:
        """One image.

        Parameters
        ----------
        kind
            Why it is shown.
        row
            Of the images read.

        Returns
        -------
        PairExample
            With the regions that both audits know, where the candidate sees them; a distance of 0 stands for none that
            could be measured.
        """
        evidence = self.pair.candidate
        facts = evidence.read.iloc[row]
        rasters = {name: evidence.region(name).rasters[row] for name in self._shared}
        return PairExample(
            image_id=str(facts["image_id"]),
            path=str(facts["path"]),
            kind=kind,
            label=str(facts["label"]),
            attributes={name: str(facts[name]) for name in evidence.settings.attributes},
            regions={name: base64.b64encode(raster).decode("ascii") for name, raster in rasters.items() if raster},
            distance=float(np.nan_to_num(self.distance[row]).round(_DECIMALS)),
            baseline=self._side(self.pair.baseline, self.old, row),
            candidate=self._side(evidence, self.new, row),
        )

    def _side(self, evidence: Evidence, view: TargetView, row: int) -> Side:
        shares = {name: float(view.measure("mass", name)[row]) for name in self._shared}
        return Side(
            predicted=str(evidence.texts("predicted")[row]),
            score=float(_scores(evidence)[row]),
            cam=scale_map(view, row),
            on={name: round(share, _DECIMALS) for name, share in shares.items() if np.isfinite(share)},
        )


def measure_distance(one: TargetView, two: TargetView) -> FloatArray:
    """How far apart two models' maps of each image lie.

    Parameters
    ----------
    one, two
        ``n`` maps each; grids of other sizes are spread over the coarser height and the coarser width of the two, so
        that a finer grid alone makes no distance.

    Returns
    -------
    ndarray
        ``(n,)``: total variation of the maps, each divided by its sum: 0 where they are the same, 1 where they have no
        cell in common, NaN where one is empty.
    """
    size = _coarsest(one.maps.shape[1:], two.maps.shape[1:])
    first, second = (spread_maps(share_out(view), size) for view in (one, two))
    distance: FloatArray = np.abs(first - second).sum(axis=(1, 2)) / 2
    return np.where(one.has_map & two.has_map, np.clip(distance, 0, 1), np.nan)


def _coarsest(one: tuple[int, ...], two: tuple[int, ...]) -> Size:
    return min(one[0], two[0]), min(one[1], two[1])


def _finest(one: tuple[int, ...], two: tuple[int, ...]) -> Size:
    return max(one[0], two[0]), max(one[1], two[1])


def share_out(view: TargetView) -> FloatArray:
    """Maps that each sum to 1 over their own cells; zero where empty."""
    total = view.maps.sum(axis=(1, 2), keepdims=True, dtype=np.float64)
    shares: FloatArray = np.divide(view.maps, total, out=np.zeros(view.maps.shape), where=total > 0)
    return shares


def spread_maps(maps: FloatArray, size: Size) -> FloatArray:
    """Spread maps over a grid of another size, each cell evenly over what it covers.

    Parameters
    ----------
    maps
        ``(n, h, w)``.
    size
        Height and width of the other grid.

    Returns
    -------
    ndarray
        ``(n, *size)`` with the same sums.

    Examples
    --------
    >>> spread_maps(np.array([[[0.5, 0.3, 0.2]]]), (1, 2)).round(2).tolist()
    [[[0.65, 0.35]]]
    """
    if maps.shape[1:] == size:
        return maps
    down, across = (_overlaps(cells, wanted) for cells, wanted in zip(maps.shape[1:], size, strict=True))
    spread: FloatArray = np.einsum("ai,nij,bj->nab", down, maps, across)
    return spread


def _overlaps(cells: int, wanted: int) -> FloatArray:
    """``(wanted, cells)``: share of each cell that lies in each of the wanted ones."""
    old, new = np.linspace(0, 1, cells + 1), np.linspace(0, 1, wanted + 1)
    common = np.minimum(new[1:, None], old[1:]) - np.maximum(new[:-1, None], old[:-1])
    shares: FloatArray = np.clip(common, 0, None) * cells
    return shares


def pair_maps(pair: PairedEvidence) -> list[PairMap]:
    """Mean maps of both models over the same images, label by label and subgroup by subgroup.

    Parameters
    ----------
    pair
        Both models on the same images.

    Returns
    -------
    list of PairMap
        Of the map that speaks for the label, whatever was answered, over images for which neither is empty: each image
        counts the same, and each mean sums to 1. Grids of other sizes are spread over the finer height and width, so
        that one scale serves both.
    """
    views = [side.target("label") for side in (pair.baseline, pair.candidate)]
    size = _finest(views[0].maps.shape[1:], views[1].maps.shape[1:])
    old, new = (spread_maps(share_out(view), size) for view in views)
    has_map = views[0].has_map & views[1].has_map
    means: list[PairMap] = []
    for attribute in (None, *pair.candidate.settings.attributes):
        cells = pair.candidate.cells(by_label=True, attribute=attribute)
        for number, key in enumerate(cells.keys):
            members = (cells.codes == number) & has_map
            if members.any():
                grids = {name: _mean(maps, members) for name, maps in (("baseline", old), ("candidate", new))}
                means.append(PairMap.model_validate({**_about(key), "n": int(members.sum()), **grids}))
    return means


def _mean(maps: FloatArray, members: BoolArray) -> list[list[float]]:
    grid: list[list[float]] = maps[members].mean(axis=0).round(_DECIMALS).tolist()
    return grid


def _about(key: Key) -> dict[str, str | None]:
    return {"label": str(key.label), "attribute": key.attribute, "subgroup": key.subgroup}
