"""The questions of the third rung: for whom, and in which ways, hiding a region might change the answer.

A *cell* is one question: one region, and either who is pushed where (an attribute, a value of it, a class) or, without
an attribute, how many answers change. It is asked once per way of hiding, and every way must agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.special import ndtri

from auditor.analysis.margins import MARGINS, exceed
from auditor.analysis.statistics.alignment import align_all, read_alignments
from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.flips import compare_flips, deal_flips
from auditor.analysis.statistics.intervals import wilson
from auditor.analysis.statistics.layouts import Hidden, difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from auditor.analysis.statistics.alignment import Alignment
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.intervals import Intervals
    from auditor.analysis.statistics.pairing import Pairing
    from auditor.analysis.statistics.shifts import Shift
    from auditor.geometry import FloatArray

    Limits = tuple[float, float]

Q: Final = 0.05
"""False discovery rate over the declared family."""
AGREEING: Final = 2
"""Ways of hiding that must agree."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one way of hiding says on a cell.

    Attributes
    ----------
    effect
        What was hidden and how, image by image.
    estimate, error, freedom
        The aligned shift in standard deviations of the margin, or the flip excess as a difference of shares; its
        standard error, and the degrees of freedom of that.
    p_value
        Against the hypothesis that the effect is no larger than the margin from which it counts.
    interval
        Limits at a level.
    both_ways
        Works out limits of the smaller push of the two sides; None without an attribute.
    uncontrolled
        Works out limits of the same with nothing taken off for controls; None where there is no such number.
    null
        The estimate under permutation of the attribute, or of the signs of the differences, ``(draws,)``; None where
        nothing was permuted.
    n, clusters
        Images and clusters.
    remark
        How controls entered, or why there is no number.
    """

    effect: Effect
    estimate: float
    error: float
    freedom: float
    p_value: float
    interval: Callable[[float], Limits]
    both_ways: Callable[[], Limits] | None
    uncontrolled: Callable[[], Limits] | None
    null: FloatArray | None
    n: int
    clusters: int
    remark: str

    @property
    def size(self) -> float:
        """How large the effect is: a shift counts in both directions, fewer changed answers are no effect."""
        return abs(self.estimate) if self.both_ways is not None else self.estimate


class Cell(NamedTuple):
    """One question of the confirmatory family."""

    region: str
    attribute: str | None
    subgroup: str | None
    others: str | None
    favours: str | None
    parts: tuple[Part, ...]

    @property
    def weakest(self) -> Part:
        """The way of hiding with the smallest effect: what all of them agree on."""
        sizes = [part.size if math.isfinite(part.estimate) else -math.inf for part in self.parts]
        return self.parts[int(np.argmin(sizes))]

    @property
    def one_way(self) -> bool:
        """Whether every way of hiding has its effect in the same direction."""
        return len({part.estimate > 0 for part in self.parts}) == 1

    @property
    def reason(self) -> str | None:
        """Why the cell cannot be tested; None if it can."""
        if len(self.parts) < AGREEING:
            return f"regions were hidden in {len(self.parts)} way that counts; {AGREEING} must agree"
        silent = [part.remark for part in self.parts if not math.isfinite(part.p_value)]
        return silent[0] if silent else None


def list_cells(
    evidence: Evidence,
    effects: Sequence[Effect] | Hidden | None = None,
    *,
    alone: bool = True,
    draws: int | None = None,
) -> list[Cell]:
    """Every question that the declared regions and attributes ask.

    Parameters
    ----------
    evidence
        The tables.
    effects
        What hiding did; by default that of the tables. Ways of hiding that leave information in place never count.
    alone
        Whether to ask of each region without an attribute as well.
    draws
        Permutations; by default as many as can be afforded, none where the joint test over all cells is not wanted.

    Returns
    -------
    list of Cell
        Regions in the order of the plan.
    """
    asked = read_effects(evidence) if effects is None else effects
    hidden = asked if isinstance(asked, Hidden) else Hidden(evidence, asked)
    if effects is None and draws is None and hidden.complete:
        every = align_all(evidence, *evidence.settings.attributes)
        alignments = [item for item in every if item.label is None]
    else:
        alignments = read_alignments(evidence, layouts=hidden.layouts, draws=draws, by_label=False)
    found = list(_ask_shifts(evidence, hidden, alignments))
    if alone:
        names = dict.fromkeys(effect.region for effect in hidden.counted)
        regions = [region for region in names if _stands_alone(evidence, region)]
        found += _ask_flips(evidence, [effect for effect in hidden.counted if effect.region in regions], draws=draws)
    order = {name: i for i, name in enumerate(evidence.settings.regions)}
    return sorted(found, key=lambda cell: order.get(cell.region, len(order)))


def _stands_alone(evidence: Evidence, region: str) -> bool:
    """Whether it is asked of a region as such if it is used.

    Not of core regions, which should be (the positive control asks that), and of protected ones only where there is no
    attribute to ask with.
    """
    role = evidence.settings.roles.get(region, "undeclared")
    return role != "core" and not (role == "protected" and evidence.settings.attributes)


def _ask_shifts(evidence: Evidence, hidden: Hidden, alignments: Sequence[Alignment]) -> Iterator[Cell]:
    """Alignments pooled over labels, the ways of hiding brought together."""

    @cache
    def alone() -> dict[tuple[tuple[str, str, str, str], str], Shift]:
        bare = read_alignments(evidence, layouts=hidden.bare, draws=0, by_label=False)
        return {(_key(item), item.effect.fill): item.cell.shift for item in bare}

    def uncontrolled(key: tuple[str, str, str, str], fill: str) -> Limits:
        return alone()[key, fill].interval(1 - Q)

    together: dict[tuple[str, str, str, str], list[Alignment]] = {}
    for item in alignments:
        together.setdefault(_key(item), []).append(item)
    for key, items in together.items():
        region, attribute, subgroup, favours = key
        parts = tuple(_shift_part(item, partial(uncontrolled, key, item.effect.fill)) for item in items)
        yield Cell(region, attribute, subgroup, items[0].others, favours, parts)


def _key(item: Alignment) -> tuple[str, str, str, str]:
    return item.effect.region, item.attribute, item.subgroup, item.effect.contrast.favours


def _shift_part(item: Alignment, uncontrolled: Callable[[], Limits]) -> Part:
    shift, null = item.cell.shift, item.cell.null
    still = _is_still(item)
    p = _exceed(shift.estimate, shift.se, delta=MARGINS["alignment"].material, freedom=shift.freedom)
    return Part(
        effect=item.effect,
        estimate=shift.estimate,
        error=shift.se,
        freedom=shift.freedom,
        p_value=1.0 if still else p,
        interval=_nowhere if still else shift.interval,
        both_ways=partial(shift.interval_both_ways, 1 - Q),
        uncontrolled=uncontrolled,
        null=null if len(null) else None,
        n=shift.n,
        clusters=shift.clusters,
        remark=_remark(item, tested=still or math.isfinite(p)),
    )


def _is_still(item: Alignment) -> bool:
    """Whether hiding moved no margin at all, on any image: then there is nothing to resample."""
    if not math.isfinite(item.cell.shift.estimate):
        return False
    moved = difference(item.effect)[0]
    return not moved[np.isfinite(moved)].any()


def _nowhere(_: float) -> Limits:
    return 0.0, 0.0


def _remark(item: Alignment, *, tested: bool) -> str:
    if tested:
        return item.remark
    if not item.effect.contrast.spread > 0:
        return "the margin is the same on every image"
    if math.isfinite(item.cell.shift.estimate):
        return "the images do not differ enough to tell how sure the shift is"
    lacking = item.effect.paired.any() and item.effect.paired.sum() < np.isfinite(item.effect.own).sum()
    room = " have room for an equally large area elsewhere" if lacking else ""
    return f"at most {item.cell.fewest} independent images or persons on one side{room}; more are needed"


def _ask_flips(evidence: Evidence, effects: Sequence[Effect], *, draws: int | None) -> list[Cell]:
    """Regions alone, the ways of hiding brought together."""
    ways = list({(effect.region, effect.fill): effect for effect in effects}.values())
    nulls = deal_flips(evidence, ways, draws=draws)
    together: dict[str, list[Part]] = {}
    for effect, null in zip(ways, nulls, strict=True):
        together.setdefault(effect.region, []).append(_flip_part(evidence, effect, null))
    return [Cell(region, None, None, None, None, tuple(parts)) for region, parts in together.items()]


def _flip_part(evidence: Evidence, effect: Effect, null: FloatArray | None) -> Part:
    @cache
    def compare(level: float) -> Pairing:
        return compare_flips(evidence, effect, level=level)

    def interval(level: float) -> Limits:
        at = compare(level).excess
        return float(at.low[0]), float(at.high[0])

    pairing = compare(1 - Q)
    found = pairing.excess
    estimate, (low, high) = float(found.estimate[0]), interval(1 - Q)
    clusters = int(found.clusters[0])
    enough = clusters >= evidence.settings.min_clusters
    few = f"{clusters} independent images or persons have room for an equally large area elsewhere; more are needed"
    error = (high - low) / (2 * float(ndtri(1 - Q / 2))) if enough else math.nan
    return Part(
        effect=effect,
        estimate=estimate if enough else math.nan,
        error=error,
        freedom=clusters - 1,
        p_value=_exceed(max(estimate, 0.0), error, delta=MARGINS["flips"].minor, freedom=clusters - 1),
        interval=interval,
        both_ways=None,
        uncontrolled=partial(_share_limits, pairing.first),
        null=null,
        n=int(found.n[0]),
        clusters=clusters,
        remark="less the share that controls change" if enough else few,
    )


def _share_limits(flips: Intervals) -> Limits:
    """Limits of the share of answers that hiding the region changes; the bootstrap is silent where none does."""
    low, high = wilson(flips.estimate, flips.clusters.astype(np.float64), confidence=1 - Q)
    return float(low[0]), float(high[0])


def _exceed(estimate: float, error: float, *, delta: float, freedom: float) -> float:
    return float(exceed(np.array([estimate]), np.array([error]), delta=delta, freedom=max(freedom, 1))[0])
