"""Whether one of two models leans less on each declared cue, and what became of the findings on it.

Whether the size of an effect falls is asked of two numbers at once. With the baseline's effect ``b`` and the
candidate's ``c``, ``|c| < |b|`` if and only if ``c - b`` and ``c + b`` are both not 0 and of opposite signs; so both
are tested, and the larger p-value counts. The same holds for all ways of hiding that count, which must agree in both
signs. All cues that were declared protected or artefacts, alone and with each attribute, are one family, over which the
chance of even one false answer is held.

References
----------
Berger (1982), Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300: the larger of two
p-values. Holm (1979), A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6,
65-70. Strassburger & Bretz (2008), Compatible simultaneous lower confidence bounds for the Holm procedure and other
Bonferroni-based closed tests. Statistics in Medicine 27, 4914-4927: limits of what is rejected end at 0.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.cue_effects import measure_cues
from auditor.analysis.cue_numbers import PROPERTY
from auditor.analysis.cue_properties import measure_properties
from auditor.analysis.cue_sentences import describe_effect, tell_cue
from auditor.analysis.cue_tests import ALPHA, holm, margin_of, weigh_cues
from auditor.analysis.fates import find_fate, find_level, find_use, is_balanced, withholds
from auditor.analysis.matching import FEWEST
from auditor.analysis.statistics.counting import count_distinct
from auditor.documents.comparisons import Change, CueChange
from auditor.documents.ladder import Estimate

if TYPE_CHECKING:
    from auditor.analysis.cue_numbers import Cue
    from auditor.analysis.cue_tests import CueTest, Way
    from auditor.analysis.paired.base import PairedEvidence
    from auditor.analysis.sizes import Limits, Sampled
    from auditor.documents.comparisons import Leaning
    from auditor.documents.document import Document

__all__ = ["ALPHA", "COUNTED", "compare_cues"]

COUNTED: Final = frozenset({"protected", "artefact"})
"""Roles of the regions on which the verdict rests."""


class _Told(NamedTuple):
    """The answer on one cue."""

    leaning: Leaning
    reason: str | None  # why it cannot be told
    p_adjusted: float
    limits: Limits
    level: float  # of the limits, so that those of the whole family hold together


def compare_cues(
    pair: PairedEvidence,
    *,
    baseline: Document,
    candidate: Document,
    names: tuple[str, str] = ("the baseline", "the candidate"),
) -> list[CueChange]:
    """Compare how much two models lean on each cue that was hidden from both.

    Parameters
    ----------
    pair
        The two models on the same images.
    baseline, candidate
        Their audits: what they found, and what their checks withhold.
    names
        Of baseline and candidate, as the sentences have them.

    Returns
    -------
    list of CueChange
        Region by region, alone and with each attribute, then property by property of whole pictures; empty where
        nothing was hidden from both. Regions that do not count are adjusted among themselves, and so are properties.
    """
    both = [pair.baseline, pair.candidate]
    effects = [*measure_cues(both), *measure_properties(both)]
    tests = weigh_cues(effects, settings=pair.settings, draws=pair.sign_flips)
    families = [_find_family(test, pair) for test in tests]
    told: dict[int, _Told] = {}
    for family in dict.fromkeys(families):
        ours = [i for i, one in enumerate(families) if one == family]
        answers = _answer([tests[i] for i in ours], pair, documents=(baseline, candidate))
        told |= dict(zip(ours, answers, strict=True))
    return [
        _write(test, told[i], pair=pair, documents=(baseline, candidate), names=names, counts=families[i][0])
        for i, test in enumerate(tests)
    ]


def _find_family(test: CueTest, pair: PairedEvidence) -> tuple[bool, bool]:
    """Whether the verdict rests on a cue, and whether it is of whole pictures: each such family is adjusted alone."""
    whole = test.cue.statistic == PROPERTY
    return not whole and pair.settings.roles.get(test.cue.region, "undeclared") in COUNTED, whole


def _answer(tests: list[CueTest], pair: PairedEvidence, *, documents: tuple[Document, Document]) -> list[_Told]:
    """Answer one family."""
    reasons = [_find_reason(test, pair) for test in tests]
    p = np.array([math.nan if reason else test.p_value for test, reason in zip(tests, reasons, strict=True)])
    adjusted, level = holm(p), 1 - ALPHA / max(int((~np.isnan(p)).sum()), 1)
    return [
        _lean(test, reason, p_adjusted=float(one), level=level, documents=documents)
        for test, reason, one in zip(tests, reasons, adjusted, strict=True)
    ]


def _find_reason(test: CueTest, pair: PairedEvidence) -> str | None:
    """Why a cue cannot be tested; None if it can."""
    shared = count_distinct(pair.clusters)
    if shared < FEWEST:
        return f"the audits share {shared} independent persons or sources; at least {FEWEST} are needed"
    return test.reason


def _find_withheld(*documents: Document, region: str) -> str | None:
    """Why the effect of hiding a region may be larger than these audits measured; None where nothing says so."""
    withheld = [text for document in documents if (text := withholds(document, region)) is not None]
    return f"an audit withholds what hiding does: {withheld[0]}" if withheld else None


def _lean(
    test: CueTest, reason: str | None, *, p_adjusted: float, level: float, documents: tuple[Document, Document]
) -> _Told:
    limits = test.bound_size(level)
    if reason is not None:
        return _Told("cannot tell", reason, p_adjusted, limits, level)
    if p_adjusted <= ALPHA and (test.shows_alone or test.cue.statistic != PROPERTY):
        doubt = _find_doubt(test, documents=documents)
        if doubt is None and test.direction == "less":
            return _Told("candidate leans less", None, p_adjusted, (limits[0], min(limits[1], 0.0)), level)
        if doubt is None:
            return _Told("baseline leans less", None, p_adjusted, (max(limits[0], 0.0), limits[1]), level)
        return _Told("cannot tell", doubt, p_adjusted, limits, level)
    withheld = _find_withheld(*documents, region=test.cue.region)
    if withheld is None and test.is_alike(level):
        return _Told("alike", None, p_adjusted, limits, level)
    return _Told("cannot tell", withheld or _find_conflict(test, limits), p_adjusted, limits, level)


def _find_conflict(test: CueTest, limits: Limits) -> str | None:
    """Why it cannot be told although the limits of its size exclude 0; None where they do not."""
    if test.agrees or not (limits[0] > 0 or limits[1] < 0):
        return None
    if test.cue.statistic == PROPERTY:
        return "the two changes push opposite ways, as any edit of a picture may"
    return "the ways of hiding push opposite ways"


def _find_doubt(test: CueTest, *, documents: tuple[Document, Document]) -> str | None:
    """What else may have made a change that is there; None where nothing may.

    A failed check may have hidden some of what a model does from its audit: that it leans less is not told then, that
    it leans more is.
    """
    weaker, stronger = documents if test.direction == "more" else documents[::-1]
    withheld = _find_withheld(weaker, region=test.cue.region)
    if withheld is not None:
        return withheld
    if not test.shows_alone:
        return (
            "the change shows only against equally large other areas, not in hiding the region itself: these areas may "
            "lie on something that one of the models uses"
        )
    if test.cue.favours is None or test.pushes_both_ways or find_use(stronger, test.cue) == "found":
        return None
    if test.cue.statistic == PROPERTY:
        return "the change pushes images with more and with less of it one way, as any edit of a picture may"
    if all(is_balanced(one, test.cue.region) for one in documents):
        return None
    return (
        f"the region is not equally large or central in the groups of {test.cue.attribute}, and the change pushes both "
        "sides one way, as unequal regions do"
    )


def _write(
    test: CueTest,
    told: _Told,
    *,
    pair: PairedEvidence,
    documents: tuple[Document, Document],
    names: tuple[str, str],
    counts: bool,
) -> CueChange:
    cue = test.cue
    role = pair.settings.roles.get(cue.region, "undeclared")
    levels = [find_level(document, cue) for document in documents]
    uses = [find_use(document, cue) for document in documents]
    size = _write_size(test, told)
    return CueChange(
        fingerprint=cue.fingerprint,
        region=cue.region,
        role=role,
        attribute=cue.attribute,
        subgroup=cue.subgroup,
        counts=counts,
        baseline_level=levels[0],
        candidate_level=levels[1],
        fate=find_fate(uses[0], uses[1], "cannot tell" if told.leaning == "alike" and test.turns else told.leaning),
        leaning=told.leaning,
        size=size,
        p_adjusted=None if math.isnan(told.p_adjusted) else told.p_adjusted,
        changes=[write_change(way, confidence=pair.settings.confidence) for way in test.ways],
        sentence=tell_cue(test, told.leaning, role=role, size=size, reason=told.reason, names=names, level=told.level),
    )


def _write_size(test: CueTest, told: _Told) -> Estimate | None:
    """The least change in size over the ways of hiding that count, with limits that hold for the whole family."""
    weakest = test.weakest
    if weakest is None:
        return None
    return Estimate(
        **_keys(test.cue),
        statistic=f"{test.cue.statistic}_size",
        fill=weakest.effect.fill,
        value=weakest.size,
        ci=_finite(told.limits),
        n=weakest.change.n,
        clusters=weakest.change.clusters,
        p_value=None,
        unit=margin_of(test.cue).unit,
        method=f"size of the candidate's effect less that of the baseline's, the least over the ways of hiding; limits "
        f"that hold for all cues of the family together at {1 - ALPHA:.0%}",
        source="derived",
    )


def write_change(way: Way, *, confidence: float, outcome: str | None = None) -> Change:
    """One way of hiding as audit.json holds it.

    Parameters
    ----------
    way
        Baseline and candidate.
    confidence
        Level of the limits.
    outcome
        ``"correct"`` where only images that both models get right took part.

    Returns
    -------
    Change
        Effects with their sign, the p-value that of their difference.
    """
    baseline, candidate = way.effect.effects
    p = None if math.isnan(way.p_change) else way.p_change
    numbers: tuple[tuple[Sampled, float | None], ...] = ((baseline, None), (candidate, None), (way.change, p))
    told = [_estimate(way, number, p_value=one, confidence=confidence, outcome=outcome) for number, one in numbers]
    return Change(baseline=told[0], candidate=told[1], change=told[2])


def _estimate(way: Way, number: Sampled, *, p_value: float | None, confidence: float, outcome: str | None) -> Estimate:
    cue = way.effect.cue
    test = "Student's test on the bootstrap's standard error" if number.pulls is None else "signs flipped"
    apart = f"; candidate minus baseline; p: {test}" if number is way.change else ""
    return Estimate(
        **_keys(cue),
        statistic=cue.statistic,
        fill=way.effect.fill,
        outcome=outcome,
        value=number.value if number.known else None,
        ci=_finite(number.interval(confidence)),
        n=number.n,
        clusters=number.clusters,
        p_value=p_value,
        unit=margin_of(cue).unit,
        method=f"{describe_effect(cue, way.effect.fill)}, {way.effect.remark}; over images tried with both models"
        f"{apart}; BCa bootstrap over clusters, draws that both share",
    )


def _keys(cue: Cue) -> dict[str, str | None]:
    return {
        "region": cue.region,
        "attribute": cue.attribute,
        "subgroup": cue.subgroup,
        "predicted": cue.favours,
    }


def _finite(limits: Limits) -> Limits | None:
    return limits if all(math.isfinite(limit) for limit in limits) else None
