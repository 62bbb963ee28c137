"""Interventions on two models: how much more or less hiding each region changes, for whom, and where both are right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.analysis.cue_changes import write_change
from auditor.analysis.cue_effects import measure_cues
from auditor.analysis.cue_tests import weigh_cues
from auditor.analysis.paired.base import Asked, compare
from auditor.analysis.statistics.effects import read_effects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.analysis.paired.base import PairedEvidence
    from auditor.analysis.statistics.effects import Effect
    from auditor.documents.comparisons import Change
    from auditor.geometry import BoolArray, FloatArray


def compare_effects(pair: PairedEvidence) -> list[Change]:
    """Compare what hiding each region does to two models.

    Parameters
    ----------
    pair
        The two models.

    Returns
    -------
    list of Change
        Per region and way of hiding, over images on which both were tried: ``flip_excess`` and, with each attribute,
        ``aligned_shift``, over all images and among those that both get right; ``flips``, the share of answers that
        change; ``occlusion_excess``, the size of the shifts in standard deviations of the model's own margin. The last
        two and ``flip_excess`` also by subgroup and, but for it, where both are right.
    """
    shared = list(_pair_up(pair))
    everyone = pair.candidate.cells(by_label=False)
    groups = [pair.candidate.cells(by_label=False, attribute=name) for name in pair.settings.attributes]
    cells = [everyone, *groups, pair.where_both_right(everyone)]
    alone = list({(ours.region, ours.fill): (theirs, ours) for theirs, ours in reversed(shared)}.values())[::-1]
    flips = [_ask_flips(*each) for each in alone]
    excess = [one for each in alone for one in _ask_excess(*each)]
    sizes = [one for each in shared for one in _ask_sizes(*each)]
    return [
        *_measure(pair, None),
        *_measure(pair, pair.both_right),
        *compare(pair, flips, cells=cells, shares=True, purpose="signs of flips"),
        *compare(pair, excess, cells=groups, shares=False, purpose="signs of flip excess"),
        *compare(pair, sizes, cells=cells, shares=False, purpose="signs of sizes"),
    ]


def _measure(pair: PairedEvidence, taking: BoolArray | None) -> Iterator[Change]:
    """Effects of each cue, with its interval and p-value."""
    found = measure_cues([pair.baseline, pair.candidate], taking=taking)
    for test in weigh_cues(found, settings=pair.settings, draws=pair.sign_flips):
        for way in test.ways:
            if way.change.n:
                outcome = None if taking is None else "correct"
                yield write_change(way, confidence=pair.settings.confidence, outcome=outcome)


def _pair_up(pair: PairedEvidence) -> Iterator[tuple[Effect, Effect]]:
    """What was hidden from both, in the same way."""
    theirs = {(one.region, one.fill, one.contrast.favours): one for one in read_effects(pair.baseline)}
    for ours in read_effects(pair.candidate):
        key = (ours.region, ours.fill, ours.contrast.favours)
        if key in theirs:
            yield theirs[key], ours


def _ask_flips(baseline: Effect, candidate: Effect) -> Asked:
    return Asked(
        statistic="flips",
        unit="share",
        method="share of answers that change when the region is hidden, over images tried with both models",
        baseline=baseline.flip_own,
        candidate=candidate.flip_own,
        region=candidate.region,
        fill=candidate.fill,
    )


def _ask_excess(baseline: Effect, candidate: Effect) -> Iterator[Asked]:
    if baseline.paired.any() and candidate.paired.any():
        yield Asked(
            statistic="flip_excess",
            unit="difference",
            method="share of answers that change when the region is hidden, less that which its controls change (their "
            "mean), over images tried with both models",
            baseline=baseline.flip_own - baseline.flip_control,
            candidate=candidate.flip_own - candidate.flip_control,
            region=candidate.region,
            fill=candidate.fill,
        )


def _ask_sizes(baseline: Effect, candidate: Effect) -> Iterator[Asked]:
    if baseline.contrast.spread > 0 and candidate.contrast.spread > 0:
        yield Asked(
            statistic="occlusion_excess",
            unit="SD",
            method=f"size of the change in the margin of {candidate.contrast.name} when the region is hidden, less the "
            "mean over its controls, in standard deviations of the model's own margin, over images tried with both",
            baseline=_size(baseline),
            candidate=_size(candidate),
            region=candidate.region,
            fill=candidate.fill,
            predicted=candidate.contrast.favours,
        )


def _size(effect: Effect) -> FloatArray:
    """``(n,)`` as `auditor.analysis.statistics.occlusion` has it."""
    size: FloatArray = (np.abs(effect.own) - effect.control_size) / effect.contrast.spread
    return size
