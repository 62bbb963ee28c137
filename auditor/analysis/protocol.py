"""The protocol in one place: instruments checked, findings made, false alarms counted, and the rules with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.analysis.backgrounds import list_background_findings
from auditor.analysis.checks import run_checks
from auditor.analysis.findings import GRAVITY, list_findings
from auditor.analysis.global_cues import list_global_findings
from auditor.analysis.illustrations import EXAMPLE_RULE
from auditor.analysis.margins import MARGINS
from auditor.analysis.negative_controls import count_false_alarms
from auditor.analysis.questions import Q
from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.heads import OVER_HEADS
from auditor.analysis.wording import listed
from auditor.documents.ladder import Protocol
from auditor.properties import BY_REGION, NEUTRAL
from auditor.trials import LEAKY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.ladder import Finding


def follow_protocol(evidence: Evidence, estimates: pd.DataFrame) -> tuple[list[Finding], Protocol | None]:
    """Make the findings, and say by what rules.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        What `auditor.analysis.estimates.estimate` made of them.

    Returns
    -------
    list of Finding
        Gravest first.
    Protocol or None
        None where nothing was hidden; then there are no findings.
    """
    tried = evidence.interventions
    if tried.empty or evidence.read.empty:
        return [], None
    checks = run_checks(evidence, estimates)
    findings = list_findings(evidence, estimates, checks=checks)
    findings += list_background_findings(evidence, estimates, checks=checks)
    cues = list_global_findings(evidence, estimates)
    hidden = tried[tried["fill"] != NEUTRAL]
    ranked = sorted([*findings, *cues], key=lambda finding: GRAVITY.index(finding.level))
    return ranked, Protocol(
        fills=sorted(hidden["fill"].unique()),
        agreeing=sorted({effect.fill for effect in read_effects(evidence)} - LEAKY),
        controls=int(hidden.loc[hidden["donor"].isna(), "place"].max()) if hidden["donor"].isna().any() else 0,
        images=int(tried["image_id"].nunique()),
        passes=len(tried),
        q=Q,
        family=sum(finding.p_value is not None for finding in findings),
        margins={name: (margin.minor, margin.material) for name, margin in MARGINS.items()},
        example_rule=EXAMPLE_RULE,
        notes=[*_note(evidence, estimates), *_note_cues(evidence, cues)],
        checks=checks,
        false_alarms=count_false_alarms(evidence),
    )


def _note(evidence: Evidence, estimates: pd.DataFrame) -> Iterator[str]:
    """How many images could be given controls, region by region, and what stood in where nothing could be compared."""
    seen: set[str] = set()
    for effect in read_effects(evidence):
        if effect.region in seen:
            continue
        seen.add(effect.region)
        tried, controlled = int(np.isfinite(effect.own).sum()), int(effect.paired.sum())
        if controlled < tried:
            yield (
                f"{effect.region}: {tried - controlled} of {tried} images have no room for an equally large area "
                "elsewhere."
            )
    swapped = evidence.interventions["donor_group"] == "own_label"
    for region in evidence.interventions.loc[swapped, "region"].unique():
        yield (
            f"{region} covers more than two fifths of most images: nothing equally large is left to compare with, so "
            "it was exchanged with that of other images. That is one way of changing it; use counts as found where two "
            "ways agree, so of this region it is told how large the difference is, and at most that it is ruled out."
        )
    heads = estimates["region"][estimates["statistic"] == OVER_HEADS].dropna().unique()
    for region in heads:
        yield (
            f"{region} lies in the same place in every image: boxes borrowed from other images would cover it. So its "
            "maps are set against those of the same network with random heads, which tells what the trained head adds, "
            "not where the map lies."
        )


def _note_cues(evidence: Evidence, cues: Sequence[Finding]) -> Iterator[str]:
    """What was changed in whole pictures, and how that was judged."""
    if not cues:
        return
    changed = evidence.interventions[evidence.interventions["fill"] == NEUTRAL]
    named = {cue.region for cue in cues}
    changes = [one for region, one in BY_REGION.items() if region in named]
    both = [one.words for one in changes if one.both_ways]
    down = [one.words for one in changes if not one.both_ways]
    images = changed["image_id"].nunique()
    yield f"Whole pictures were changed on {images} images, with {len(changed)} answers asked for."
    if both:
        tested = sum(cue.p_value is not None for cue in cues)
        yield (
            f"{_sentence(both)}: brought to the median of all images, and as far the other way, which must agree; the "
            "margins are those of shifts between groups, the two sides being images with more and with less of it. "
            f"{_own_family(tested)} Where nothing at all is to be found, q holds for each of the two families, not for "
            "both together. Their false alarms are counted in rows of their own."
        )
    if down:
        yield (
            f"{_sentence(down)}: only taken down, to the poorest twentieth of the images; without a control, so never "
            "found and never ruled out."
        )
    yield (
        "Properties are measured on photographs and changed in the frame that the model sees: where it sees little of "
        "the photograph, some images are on the wrong side, and effects come out too small."
    )


def _own_family(tested: int) -> str:
    """Why questions that nobody declared are tested apart from those that someone did."""
    if tested == 1:
        return (
            f"This question, asked in every audit, is a family of its own at q = {Q}: nobody declared it, so it "
            "neither costs the declared ones power nor gains from what these find."
        )
    return (
        f"These {tested} questions, asked in every audit, are a family of their own at q = {Q}: nobody declared them, "
        "so they neither cost the declared ones power nor gain from what these find."
    )


def _sentence(words: list[str]) -> str:
    text = listed(words)
    return text[0].upper() + text[1:]
