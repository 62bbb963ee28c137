"""Whether one of two models leans less on a cue: both signs at once, in every way of hiding, over the whole family."""

from __future__ import annotations

import math
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from auditor.analysis.margins import FOUND, MARGINS, RULED_OUT, Margin, decide
from auditor.analysis.questions import AGREEING
from auditor.analysis.sizes import Limits, bound_change_in_size, change_in_size
from auditor.trials import LEAKY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.cue_numbers import Cue, CueEffect, Sides
    from auditor.analysis.sizes import Sampled
    from auditor.analysis.statistics.base import Settings
    from auditor.geometry import FloatArray

ALPHA: Final = 0.05
"""Chance of one wrong *leans less* among all cues of a pair, if nothing differs."""
Direction = Literal["less", "more"]


def holm(p: FloatArray) -> FloatArray:
    """P-values adjusted so that the chance of even one false rejection is held, under any dependence.

    Parameters
    ----------
    p
        ``(m,)`` in [0, 1]; NaN for what was not tested.

    Returns
    -------
    ndarray
        ``(m,)``: the least level at which each is rejected.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm(np.array([0.04, 0.01, np.nan, 0.03]))
    array([0.06, 0.03,  nan, 0.06])
    """
    adjusted = np.full(p.shape, np.nan)
    order = np.flatnonzero(~np.isnan(p))
    order = order[np.argsort(p[order], kind="stable")]
    steps = np.arange(len(order), 0, -1) * p[order]
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return adjusted


def margin_of(cue: Cue) -> Margin:
    """The margins of a cue's effect, and its unit."""
    return MARGINS["flips" if cue.favours is None else "alignment"]


class Way(NamedTuple):
    """One way of hiding: the two models' effects, what lies between them and what they are together.

    Attributes
    ----------
    effect
        Of the baseline and the candidate, in this order.
    change, total
        Candidate minus baseline, and their sum.
    bare, bare_total
        The same with nothing taken off for controls.
    p_change, p_total
        That either is 0.
    """

    effect: CueEffect
    change: Sampled
    total: Sampled
    bare: Sampled
    bare_total: Sampled
    p_change: float
    p_total: float

    @property
    def counts(self) -> bool:
        """Whether it takes part in agreement."""
        return self.effect.fill not in LEAKY

    @property
    def p_value(self) -> float:
        """That the two are of the same size: they are not only if both their difference and their sum are not 0."""
        return max(self.p_change, self.p_total) if not math.isnan(self.p_change + self.p_total) else math.nan

    @property
    def signs(self) -> tuple[bool, bool]:
        """Whether difference and sum are above 0."""
        return self.change.value > 0, self.total.value > 0

    @property
    def size(self) -> float:
        """By how much the candidate's effect is larger in size."""
        return change_in_size(self.change.value, self.total.value)

    @property
    def bare_size(self) -> float:
        """The same with nothing taken off for controls."""
        return change_in_size(self.bare.value, self.bare_total.value)

    def bound_size(self, confidence: float, *, bare: bool = False) -> Limits:
        """Limits of `size`; or of the same with nothing taken off for controls."""
        each = (1 + confidence) / 2  # so that the limits of difference and sum hold together
        change, total = (self.bare, self.bare_total) if bare else (self.change, self.total)
        return bound_change_in_size(change.interval(each), total.interval(each))

    def pushes_both_ways(self, confidence: float) -> bool:
        """Whether what changes pushes either side of the attribute or property, in opposite directions."""
        if self.effect.sides is None:
            return True
        baseline, candidate = self.effect.sides
        along = 1.0 if self.change.value > 0 else -1.0
        members, others = (_shift_of(baseline, candidate, side) for side in ("members", "others"))
        return _lies_beyond(members, along, confidence) and _lies_beyond(others, -along, confidence)


def _shift_of(baseline: Sides, candidate: Sides, side: Literal["members", "others"]) -> Sampled:
    ours: Sampled = getattr(candidate, side)
    theirs: Sampled = getattr(baseline, side)
    return ours.plus(theirs, -1)


def _lies_beyond(number: Sampled, along: float, confidence: float) -> bool:
    """Whether the limits of a number lie on one side of 0."""
    low, high = number.interval(confidence)
    return (low if along > 0 else -high) > 0


class CueTest:
    """What all ways of hiding say together on one cue.

    Parameters
    ----------
    ways
        All that both audits share, of the same cue.
    settings
        What was fixed before.
    """

    def __init__(self, ways: Sequence[Way], settings: Settings) -> None:
        self.ways = tuple(ways)
        self.counted = tuple(way for way in ways if way.counts)
        self.cue = ways[0].effect.cue
        self._settings = settings

    @cached_property
    def reason(self) -> str | None:
        """Why the cue cannot be tested; None if it can."""
        if len(self.counted) < AGREEING:
            return f"both hid it in {len(self.counted)} way that counts; {AGREEING} must agree"
        silent = [way for way in self.counted if math.isnan(way.p_value)]
        if silent:
            told = silent[0].effect.remark
            return (
                told if not silent[0].change.known else "the images do not differ enough to tell how sure a change is"
            )
        fewest = min(way.change.clusters for way in self.counted)
        if fewest < self._settings.min_clusters:
            return f"{fewest} independent images or persons were tried with both; more are needed"
        return None

    @property
    def p_value(self) -> float:
        """The largest over the ways of hiding that count; 1 where they contradict one another, NaN where not tested."""
        if self.reason is not None:
            return math.nan
        if not self.agrees:
            return 1.0
        return max(way.p_value for way in self.counted)

    @property
    def agrees(self) -> bool:
        """Whether all ways of hiding that count have the same signs."""
        return len({way.signs for way in self.counted}) == 1

    @property
    def turns(self) -> bool:
        """Whether the models lean opposite ways: in every way of hiding, by more than matters, the sign is another."""
        most = margin_of(self.cue).material
        return (
            self.cue.favours is not None
            and self.agrees
            and all(
                way.effect.effects[0].value * way.effect.effects[1].value < 0
                and decide(*way.change.interval(1 - ALPHA), most, signed=True) == FOUND
                for way in self.counted
            )
        )

    @property
    def matters(self) -> bool:
        """Whether a change as large as it looks would be told, were it sure: all ways agree, none shows it minor."""
        least, along = margin_of(self.cue).minor, 1.0 if self.direction == "more" else -1.0
        return self.agrees and all(along * way.bare_size >= least for way in self.counted)

    @property
    def direction(self) -> Direction:
        """Which way the size of the effect goes, from baseline to candidate, where all ways of hiding agree."""
        change, total = self.counted[0].signs
        return "more" if change == total else "less"

    @cached_property
    def shows_alone(self) -> bool:
        """Whether the change shows in the region itself, with nothing taken off for controls, and is not minor.

        A control may lie on what one of the models uses: see `auditor.analysis.uses.shows_alone`.
        """
        along, least = 1.0 if self.direction == "more" else -1.0, margin_of(self.cue).minor
        for way in self.counted:
            low, high = way.bound_size(1 - ALPHA, bare=True)
            if not ((low if along > 0 else -high) > 0 and along * way.bare_size >= least):
                return False
        return True

    @cached_property
    def pushes_both_ways(self) -> bool:
        """Whether the change pushes both sides, which unequal regions alone, or an edit that only disturbs, do not."""
        return all(way.pushes_both_ways(1 - ALPHA) for way in self.counted)

    def is_alike(self, confidence: float) -> bool:
        """Whether every way of hiding, with and without controls, bounds the change in size by the margin."""
        most = margin_of(self.cue).material
        bounds = [limits for _, (_, limits) in self.list_sizes(confidence)]
        return bool(bounds) and all(decide(*limits, most, signed=True) == RULED_OUT for limits in bounds)

    def list_sizes(self, confidence: float) -> list[tuple[Way, tuple[float, Limits]]]:
        """Change in size and its limits in every way of hiding that counts, with and without controls."""
        return [
            (way, (way.bare_size if bare else way.size, way.bound_size(confidence, bare=bare)))
            for way in self.counted
            for bare in (False, True)
        ]

    @property
    def weakest(self) -> Way | None:
        """The way of hiding with the least change in size, in the direction of most of it; None without a number."""
        known = [way for way in self.counted if math.isfinite(way.size)]
        if not known:
            return None
        grows = sum(way.size for way in known) > 0
        return min(known, key=lambda way: way.size if grows else -way.size)

    def bound_size(self, confidence: float) -> Limits:
        """Limits of the least change in size over the ways of hiding, at a level.

        The least of several is at most, and may be as small as, any of them: its limits are the least of theirs. Where
        sizes fall, the least change is the largest number.
        """
        known = [way for way in self.counted if math.isfinite(way.size)]
        if not known:
            return math.nan, math.nan
        lows, highs = zip(*(way.bound_size(confidence) for way in known), strict=True)
        pick = np.min if sum(way.size for way in known) > 0 else np.max
        return float(pick(lows)), float(pick(highs))


def weigh_cues(effects: Sequence[CueEffect], *, settings: Settings, draws: int) -> list[CueTest]:
    """Test each cue, all ways of hiding together.

    Parameters
    ----------
    effects
        Of `auditor.analysis.cue_effects.measure_cues`, of a baseline and a candidate.
    settings
        What was fixed before: the seed, and how few clusters are too few.
    draws
        Flips of signs where a test draws them.

    Returns
    -------
    list of CueTest
        In the order of the cues.
    """
    together: dict[Cue, list[Way]] = {}
    for effect in effects:
        together.setdefault(effect.cue, []).append(_weigh(effect, settings=settings, draws=draws))
    return [CueTest(ways, settings) for ways in together.values()]


def _weigh(effect: CueEffect, *, settings: Settings, draws: int) -> Way:
    (baseline, candidate), (own, other) = effect.effects, effect.bare
    change, total = candidate.plus(baseline, -1), candidate.plus(baseline)
    p_change, p_total = (
        number.test(draws=draws, generator=settings.generator("signs of cues")) for number in (change, total)
    )
    return Way(effect, change, total, other.plus(own, -1), other.plus(own), p_change, p_total)
