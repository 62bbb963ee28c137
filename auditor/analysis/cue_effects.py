"""What hiding each cue does to each of several models, on the images on which all of them were tried."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from auditor.analysis.findings import escape
from auditor.analysis.sizes import Sampled
from auditor.analysis.statistics.bootstrap import resample
from auditor.analysis.statistics.contrasts import measure_scale
from auditor.analysis.statistics.counting import count_clusters
from auditor.analysis.statistics.dealing import Board, compare_values
from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.intervals import sum_by_cluster
from auditor.analysis.statistics.performance import contrasts as oppose
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.contrasts import Scale
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.analysis.statistics.shifts import Shift
    from auditor.geometry import BoolArray, FloatArray

FLIPS: Final = "flip_excess"
SHIFT: Final = "aligned_shift"


class Cue(NamedTuple):
    """A region alone, or a region with an attribute.

    Attributes
    ----------
    region
        What is hidden.
    attribute, subgroup, others, favours
        Who is set against whom, and in the margin of which class; None for a region alone.
    """

    region: str
    attribute: str | None = None
    subgroup: str | None = None
    others: str | None = None
    favours: str | None = None

    @property
    def fingerprint(self) -> str:
        """That of the finding in an audit."""
        return ":".join(escape(part) for part in (self.region, self.attribute, self.subgroup, self.favours))

    @property
    def statistic(self) -> Literal["flip_excess", "aligned_shift"]:
        """What it is measured by."""
        return FLIPS if self.attribute is None else SHIFT


class Sides(NamedTuple):
    """Mean shift of the members of a subgroup, and of the others."""

    members: Sampled
    others: Sampled


class CueEffect(NamedTuple):
    """What hiding a cue in one way did to each model.

    Attributes
    ----------
    cue, fill
        What was hidden, and how.
    effects
        One per model: flip excess as a difference of shares, or aligned shift in standard deviations of the model's own
        margin; of the same images and draws.
    bare
        The same with nothing taken off for controls.
    sides
        One per model: of aligned shifts, the mean shifts of either side; None for a region alone.
    remark
        How controls entered, or why there is no number.
    """

    cue: Cue
    fill: str
    effects: tuple[Sampled, ...]
    bare: tuple[Sampled, ...]
    sides: tuple[Sides, ...] | None
    remark: str


def measure_cues(evidences: Sequence[Evidence], *, taking: BoolArray | None = None) -> list[CueEffect]:
    """What hiding did to each model, on the images on which it was tried with all of them.

    Parameters
    ----------
    evidences
        Of `auditor.analysis.matching.match`: the same images in the same order.
    taking
        ``(n,)`` which images take part; all by default.

    Returns
    -------
    list of CueEffect
        Region by region in the order of the plan: alone, then with each attribute, subgroup and contrast; each in every
        way of hiding that all audits share. Numbers are NaN where too few took part.
    """
    last = evidences[-1]
    everyone = np.ones(len(last.read), dtype=bool) if taking is None else taking
    by_place = [{(e.region, e.fill, e.contrast.favours): e for e in read_effects(one)} for one in evidences]
    shared = [key for key in by_place[-1] if all(key in places for places in by_place)]
    found: list[CueEffect] = []
    for region in dict.fromkeys(key[0] for key in shared):
        tried = [_pair_up([places[key] for places in by_place], everyone) for key in shared if key[0] == region]
        alone = {one.effects[0].fill: one for one in reversed(tried)}
        found += [_measure_flips(last, alone[fill]) for fill in sorted(alone)]
        for attribute in last.settings.attributes:
            found += _measure_shifts(evidences, tried, attribute=attribute)
    return found


class _Tried(NamedTuple):
    """What hiding one region in one way did to one contrast of every model."""

    effects: tuple[Effect, ...]
    controlled: bool  # whether controls are taken off
    taking: BoolArray  # images with a number for every model

    @property
    def remark(self) -> str:
        return "less the mean of the controls" if self.controlled else "without controls: some model has none"


def _pair_up(effects: list[Effect], taking: BoolArray) -> _Tried:
    controlled = all(bool(effect.paired.any()) for effect in effects)
    known = [effect.paired if controlled else np.isfinite(effect.own) for effect in effects]
    return _Tried(tuple(effects), controlled, taking & np.all(known, axis=0))


def _measure_flips(last: Evidence, tried: _Tried) -> CueEffect:
    """A region alone: share of answers that hiding it changes, less that which its controls change."""
    bare = np.column_stack([effect.flip_own for effect in tried.effects])
    less = np.column_stack([effect.flip_control for effect in tried.effects]) if tried.controlled else 0.0
    values = np.where(tried.taking[:, None], np.hstack([bare - less, bare]), 0.0)
    sampled = _average(last, values, taking=tried.taking)
    k = len(tried.effects)
    return CueEffect(
        Cue(tried.effects[0].region),
        tried.effects[0].fill,
        effects=tuple(sampled[:k]),
        bare=tuple(sampled[k:]),
        sides=None,
        remark=tried.remark,
    )


def _average(last: Evidence, values: FloatArray, *, taking: BoolArray) -> list[Sampled]:
    """Mean of each column over some images."""
    columns = np.column_stack([values, taking])
    codes = np.where(taking, 0, -1)
    table = sum_by_cluster(columns, codes=codes, clusters=last.clusters, n_cells=1)
    drawn, total = resample(table.sums, table.cluster, last.weights), table.sums.sum(axis=0)
    counts = table.sums[:, -1]
    draws, left, value = (_over(part) for part in (drawn, total - table.sums, total[None]))
    effective = float(total[-1] ** 2 / (counts**2).sum()) if len(counts) else float("nan")
    return [
        Sampled(
            value=float(value[0, k]),
            draws=draws[:, k],
            jackknife=left[:, k],
            members=table.cluster,
            effective=effective,
            n=int(total[-1]),
            clusters=len(counts),
            pulls=table.sums[:, k],
            share=1.0,
        )
        for k in range(values.shape[1])
    ]


def _over(sums: FloatArray) -> FloatArray:
    """Every column over the last."""
    bottom = sums[:, -1:]
    return np.divide(sums[:, :-1], bottom, out=np.full((len(sums), sums.shape[1] - 1), np.nan), where=bottom > 0)


def _measure_shifts(evidences: Sequence[Evidence], tried: list[_Tried], *, attribute: str) -> Iterator[CueEffect]:
    """A region with an attribute: all contrasts and ways of hiding on one board, a column per model and reading."""
    last = evidences[-1]
    pairs = oppose(last, attribute)
    on_board = np.any([one.taking for one in tried], axis=0)
    if not pairs or not on_board.any():
        return
    texts = last.texts(attribute)[on_board]
    names = [value for value in last.subgroups(attribute) if value != NOT_RECORDED]
    columns = [_lay_out(one) for one in tried]
    scales = [[_scale(evidences, effect, i) for i, effect in enumerate(one.effects)] * 2 for one in tried]
    board = Board(
        shifts=np.hstack(columns)[on_board],
        labels=last.cells(by_label=True).codes[on_board],
        clusters=last.clusters[on_board],
        areas=last.region(tried[0].effects[0].region).area[on_board],
        scales=[scale for several in scales for scale in several],
        weights=last.weights,
        min_clusters=last.settings.min_clusters,
    )
    compared = compare_values(
        board,
        np.where(texts != NOT_RECORDED, np.searchsorted(names, texts), -1),
        wanted=[names.index(subgroup) for subgroup, _ in pairs],
        draws=0,
        generator=last.settings.generator("no permutations"),
    )
    width = 2 * len(evidences)
    for ((subgroup, others), cells), (i, one) in product(zip(pairs, compared, strict=True), enumerate(tried)):
        effect = one.effects[0]
        cue = Cue(effect.region, attribute, subgroup, others, effect.contrast.favours)
        here = cells[i * width : (i + 1) * width]
        few = f"at most {here[0].fewest} independent images or persons on one side; more are needed"
        members = _find_members(last, cue, one.taking)
        yield _read_shifts(cue, one, [cell.shift for cell in here], members=members, few=few)


def _find_members(last: Evidence, cue: Cue, taking: BoolArray) -> IntArray:
    """Clusters that a shift rests on: those of labels with enough of them on either side."""
    texts, labels = last.texts(cue.attribute or ""), last.cells(by_label=True).codes
    inside, member = taking & (texts != NOT_RECORDED), texts == cue.subgroup
    sides = [
        count_clusters(np.where(inside & side, labels, -1), last.clusters, n_groups=len(last.labels))
        for side in (member, ~member)
    ]
    enough = np.min(sides, axis=0) >= last.settings.min_clusters
    return np.unique(last.clusters[inside & enough[labels]])


def _lay_out(tried: _Tried) -> FloatArray:
    """A column per model with controls taken off, then a column per model without."""
    bare = [effect.own for effect in tried.effects]
    less = [effect.own - effect.control for effect in tried.effects] if tried.controlled else bare
    return np.where(tried.taking[:, None], np.column_stack([*less, *bare]), np.nan)


def _scale(evidences: Sequence[Evidence], effect: Effect, model: int) -> Scale:
    """Standard deviation of a model's own margin, in the draws that all models share."""
    kept, last = evidences[model].kept, evidences[-1]
    key = ("shared scale", id(last), effect.contrast.favours)
    if key not in kept:
        kept[key] = measure_scale(effect.contrast.before, clusters=last.clusters, weights=last.weights)
    found: Scale = kept[key]
    return found


def _read_shifts(cue: Cue, tried: _Tried, shifts: list[Shift], *, members: IntArray, few: str) -> CueEffect:
    k = len(tried.effects)
    sampled = [_sample(shift, members) for shift in shifts]
    remark = tried.remark if all(np.isfinite(shift.estimate) for shift in shifts) else few
    return CueEffect(
        cue,
        tried.effects[0].fill,
        effects=tuple(sampled[:k]),
        bare=tuple(sampled[k:]),
        sides=tuple(_find_sides(shift, members) for shift in shifts[:k]),
        remark=remark,
    )


def _sample(shift: Shift, members: IntArray, *, column: int = 0, sign: float = 1.0) -> Sampled:
    return Sampled(
        value=sign * float(shift.values[column]),
        draws=sign * shift.draws[:, column],
        jackknife=sign * shift.jackknife[:, column],
        members=members,
        effective=float(shift.effective[column]),
        n=shift.n,
        clusters=shift.clusters,
    )


def _find_sides(shift: Shift, members: IntArray) -> Sides:
    """Mean shifts of either side, which a shift holds along its own direction."""
    direction = -1.0 if shift.estimate < 0 else 1.0
    return Sides(
        members=_sample(shift, members, column=1, sign=direction),
        others=_sample(shift, members, column=2, sign=-direction),
    )
