"""The places of more than two models: which leans least on the declared cues, as far as the same images tell."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.cue_changes import ALPHA, COUNTED
from auditor.analysis.cue_effects import measure_cues
from auditor.analysis.cue_tests import margin_of
from auditor.analysis.fates import withholds
from auditor.analysis.matching import FEWEST
from auditor.analysis.questions import AGREEING
from auditor.analysis.statistics.intervals import proportions
from auditor.documents.comparisons import Ranked
from auditor.documents.ladder import Estimate
from auditor.trials import LEAKY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from auditor.analysis.cue_numbers import Cue, CueEffect
    from auditor.analysis.matching import Matched
    from auditor.analysis.sizes import Limits, Sampled
    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.document import Document

_PAIR: Final = 2


class Reliance(NamedTuple):
    """How much one model leans on all declared cues.

    Attributes
    ----------
    whole
        Mean over the cues of the size of each effect in its margins; None where it cannot be told.
    cues
        The effect behind each size, with its sign, in its own unit; the mean over the ways of hiding that count.
    """

    whole: Sampled | None
    cues: dict[Cue, Sampled]


def rank(matched: Matched, *, documents: Mapping[str, Document] | None = None) -> list[Ranked]:
    """Rank more than two models by how much they lean on declared cues.

    Parameters
    ----------
    matched
        Audits of the same images.
    documents
        The audits by the same names: where a check withholds what hiding does, the model may lean more than was
        measured, so that it surely leans less than no other.

    Returns
    -------
    list of Ranked
        The one that leans least, as measured, first, those of which nothing was measured last; empty for two models. A
        place leaves open
        what simultaneous limits of all differences between two models leave open.
    """
    names = list(matched.evidences)
    if len(names) <= _PAIR:
        return []
    found = _measure(matched)
    regions = [region for region, role in matched.last.settings.roles.items() if role in COUNTED]
    least = {
        name
        for name, document in (documents or {}).items()
        if any(withholds(document, region) is not None for region in regions)
    }
    places = find_places({name: one.whole for name, one in found.items()}, at_least=least)
    ranked = [_write(name, found[name], matched=matched, place=places[name], at_least=name in least) for name in names]
    return sorted(ranked, key=lambda one: math.inf if one.reliance.value is None else one.reliance.value)


def find_places(
    reliances: Mapping[str, Sampled | None], *, at_least: Collection[str] = ()
) -> dict[str, tuple[int, int]]:
    """Best and worst place that is left open for each of several numbers, the least being first.

    Parameters
    ----------
    reliances
        By name, of the same draws; None for what is not known, which may be anywhere.
    at_least
        Names of those that may be larger than measured: they surely lie below no other.

    Returns
    -------
    dict of tuple
        From 1. One number lies surely below another if the limits of their difference exclude 0, at a level at which
        those of all pairs hold together (Bonferroni).
    """
    names = list(reliances)
    pairs = list(combinations(names, 2))
    below, above = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
    for first, second in pairs:
        one, other = reliances[first], reliances[second]
        if one is None or other is None:
            continue
        low, high = one.plus(other, -1).interval(1 - ALPHA / len(pairs))
        under, over = (first, second) if high < 0 else (second, first)
        if (high < 0 or low > 0) and under not in at_least:
            above[under] += 1
            below[over] += 1
    return {name: (1 + below[name], len(names) - above[name]) for name in names}


def _measure(matched: Matched) -> dict[str, Reliance]:
    """Reliance of every model, on the images on which all that tried were tried."""
    nothing = Reliance(None, {})
    tried = {name: one for name, one in matched.evidences.items() if not one.interventions.empty}
    if matched.clusters < FEWEST or len(tried) < _PAIR:
        return dict.fromkeys(matched.evidences, nothing)
    cues = _list_cues(measure_cues(list(tried.values())), matched.last)
    found = {name: _rely({cue: _average(ways, i) for cue, ways in cues.items()}) for i, name in enumerate(tried)}
    return {name: found.get(name, nothing) for name in matched.evidences}


def _list_cues(effects: Sequence[CueEffect], last: Evidence) -> dict[Cue, list[CueEffect]]:
    """Cues that count and were told for every model in enough ways of hiding."""
    together: dict[Cue, list[CueEffect]] = {}
    for effect in effects:
        role = last.settings.roles.get(effect.cue.region, "undeclared")
        known = all(one.known and one.clusters >= last.settings.min_clusters for one in effect.effects)
        if role in COUNTED and effect.fill not in LEAKY and known:
            together.setdefault(effect.cue, []).append(effect)
    return {cue: ways for cue, ways in together.items() if len(ways) >= AGREEING}


def _average(ways: Sequence[CueEffect], model: int) -> Sampled:
    """Mean over the ways of hiding of one model's effect."""
    total = ways[0].effects[model]
    for way in ways[1:]:
        total = total.plus(way.effects[model])
    return _scale(total, 1 / len(ways))


def _scale(number: Sampled, by: float) -> Sampled:
    return replace(
        number,
        value=by * number.value,
        draws=by * number.draws,
        jackknife=by * number.jackknife,
        pulls=None,
        share=abs(by) * number.share,
    )


def _rely(cues: dict[Cue, Sampled]) -> Reliance:
    """Mean of the sizes, each in its margins."""
    whole: Sampled | None = None
    for cue, effect in cues.items():
        part = _scale(_size(effect), 1 / (margin_of(cue).material * len(cues)))
        whole = part if whole is None else whole.plus(part)
    return Reliance(whole, cues)


def _size(number: Sampled) -> Sampled:
    return replace(
        number, value=abs(number.value), draws=np.abs(number.draws), jackknife=np.abs(number.jackknife), pulls=None
    )


def _write(name: str, reliance: Reliance, *, matched: Matched, place: tuple[int, int], at_least: bool) -> Ranked:
    models = len(matched.evidences)
    level = 1 - ALPHA / models
    return Ranked(
        name=name,
        place=place,
        reliance=_write_reliance(reliance, level=level, n=matched.n, clusters=matched.clusters, at_least=at_least),
        accuracy=_write_accuracy(matched.evidences[name], matched.last, level=level),
        cues=[_write_cue(cue, effect, matched.last) for cue, effect in reliance.cues.items()],
    )


def _write_reliance(reliance: Reliance, *, level: float, n: int, clusters: int, at_least: bool) -> Estimate:
    whole = reliance.whole
    more = "; a check of this audit failed: hiding may do more than was measured" if at_least else ""
    limits = None if whole is None else _finite(whole.interval(level))
    return Estimate(
        statistic="reliance",
        value=None if whole is None else whole.value,
        ci=None if limits is None else (max(limits[0], 0.0), limits[1]),
        n=n if whole is None else whole.n,
        clusters=clusters if whole is None else whole.clusters,
        unit="index",
        method=f"mean over {len(reliance.cues)} declared cues of the size of the effect of hiding it (mean over the "
        "ways that count), each in units of its material margin; BCa bootstrap over clusters, draws that all models "
        f"share; limits hold for all models together{more}",
        source="derived",
    )


def _write_accuracy(evidence: Evidence, last: Evidence, *, level: float) -> Estimate:
    codes = np.zeros(len(evidence.read), dtype=np.int64)
    found = proportions(evidence.correct, codes=codes, clusters=last.clusters, n_cells=1, confidence=level)
    return Estimate(
        statistic="accuracy",
        value=float(found.estimate[0]),
        ci=_finite((float(found.low[0]), float(found.high[0]))),
        n=int(found.n[0]),
        clusters=int(found.clusters[0]),
        unit="share",
        method="share of images predicted as their label; Wilson limits hold for all models together",
    )


def _write_cue(cue: Cue, effect: Sampled, last: Evidence) -> Estimate:
    low, high = effect.interval(last.settings.confidence)
    least = max(low, -high, 0.0)
    return Estimate(
        statistic=f"{cue.statistic}_size",
        region=cue.region,
        attribute=cue.attribute,
        subgroup=cue.subgroup,
        predicted=cue.favours,
        value=abs(effect.value),
        ci=_finite((least, max(-low, high))),
        n=effect.n,
        clusters=effect.clusters,
        unit=margin_of(cue).unit,
        method="size of the effect of hiding it, the mean over the ways that count; BCa bootstrap over clusters",
        source="derived",
    )


def _finite(limits: Limits) -> Limits | None:
    return limits if all(math.isfinite(limit) for limit in limits) else None
