"""What hiding each cue does to each of several models, on the images on which all of them were tried."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.analysis.cue_numbers import Cue, CueEffect, find_members, read_shifts, share_scale
from auditor.analysis.sizes import Sampled
from auditor.analysis.statistics.bootstrap import resample
from auditor.analysis.statistics.dealing import Board, compare_values
from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.intervals import sum_by_cluster
from auditor.analysis.statistics.performance import contrasts as oppose
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.effects import Effect
    from auditor.geometry import BoolArray, FloatArray


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
    scales = [[share_scale(evidences, effect, i) for i, effect in enumerate(one.effects)] * 2 for one in tried]
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
        told = last.texts(attribute)
        members = find_members(last, one.taking & (told != NOT_RECORDED), member=told == subgroup)
        shifts = [cell.shift for cell in here]
        yield read_shifts(cue, shifts, fill=effect.fill, remarks=(one.remark, few), members=members)


def _lay_out(tried: _Tried) -> FloatArray:
    """A column per model with controls taken off, then a column per model without."""
    bare = [effect.own for effect in tried.effects]
    less = [effect.own - effect.control for effect in tried.effects] if tried.controlled else bare
    return np.where(tried.taking[:, None], np.column_stack([*less, *bare]), np.nan)
