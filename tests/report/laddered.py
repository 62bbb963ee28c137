"""Findings, checks and a protocol as an audit with hidden regions leaves them: one of each level, and the edges."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from auditor.documents.ladder import Check, Estimate, FalseAlarms, Finding, FindingExample, Protocol, Rung

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.documents.document import Document
    from auditor.documents.ladder import Answer, Level

HEADLINES = {
    "E4": (
        "Hiding the {region} changes the answer in 18 % of photographs (other areas of equal size: 3 %), and pushes "
        "women and men in opposite directions: the model uses the {region}. Doctors who are women are misread 14 pp "
        "(8 to 20) more often, and hiding the {region} repairs 40 % of those errors."
    ),
    "E3": (
        "Hiding the {region} changes the answer in 9 % of photographs (other areas of equal size: 2 %): the model "
        "uses it."
    ),
    "E3'": (
        "The heat map does not show the {region} (too small or spread out), yet removing it changes 8 % of the answers."
    ),
    "E2": (
        "The model's heat map lies on the {region} 2.6 times as often as on equally large areas. Looking is not using: "
        "hiding it did not materially change answers."
    ),
    "E1": (
        "In your data 78 % of doctors are men and 93 % of nurses are women. Guessing from gender alone would be right "
        "85.5 % of the time. Whether the model does this is tested below."
    ),
    "I": "Not enough evidence either way; about 140 more photographs of doctors who are women would settle it.",
    "R": "With 95 % confidence the effect of the {region} is smaller than 0.1 SD (about 5 % of answers).",
    "E0": "We could not check this: only 9 doctors are women; at least 20 people (ideally 80) are needed.",
}
ANSWERS: dict[str, tuple[Answer, Answer, Answer, Answer]] = {
    "E4": ("found", "found", "found", "found"),
    "E3": ("found", "found", "found", "ruled out"),
    "E3'": ("found", "ruled out", "found", "not enough evidence"),
    "E2": ("found", "found", "ruled out", "not evaluated"),
    "E1": ("found", "withheld", "not enough evidence", "not evaluated"),
    "I": ("ruled out", "not enough evidence", "not enough evidence", "not evaluated"),
    "R": ("ruled out", "ruled out", "ruled out", "ruled out"),
    "E0": ("not evaluated", "not evaluated", "not evaluated", "not evaluated"),
}
NAMES = ("opportunity", "looks", "uses", "hurts")
SENTENCES = {
    "opportunity": "gender tells the label: 78 % of doctors are men, 93 % of nurses women.",
    "looks": "The map lies there 2.1 times as much as on equally large areas where this region usually lies.",
    "uses": "Hiding it takes away evidence for nurse from women and for doctor from men.",
    "hurts": "Answers are wrong more often where the gender is against the majority.",
}


def measured(statistic: str, value: float, half: float, **rest: Any) -> Estimate:
    fields: dict[str, Any] = {"n": 800, "clusters": 640, "method": "sample", **rest}
    return Estimate(statistic=statistic, value=value, ci=(value - half, value + half), **fields)


def estimates_of(name: str, region: str, attribute: str | None) -> list[Estimate]:
    keys: dict[str, Any] = {"attribute": attribute, "subgroup": "woman" if attribute else None}
    if name == "opportunity":
        return [measured("cramers_v", 0.72, 0.05, unit="index", attribute=attribute, n=800)]
    if name == "looks":
        return [measured("enrichment", 2.1, 0.3, unit="ratio", region=region, target="predicted")]
    if name == "hurts":
        return [measured("accuracy_gap", -0.14, 0.06, unit="difference", label="doctor", **keys)]
    return [
        measured("aligned_shift", 0.31, 0.06, unit="SD", region=region, fill="noise", p_value=0.0004, **keys),
        measured("aligned_shift", 0.28, 0.07, unit="SD", region=region, fill="inpaint", p_value=0.0011, **keys),
        measured("flip_excess", 0.15, 0.03, unit="difference", region=region, fill="noise", p_value=0.00002),
    ]


def rungs(level: Level, region: str, attribute: str | None) -> list[Rung]:
    made = []
    for name, answer in zip(NAMES, ANSWERS[level], strict=True):
        silent = answer in {"not evaluated", "withheld"}
        shown = [] if silent else estimates_of(name, region, attribute)
        sentence = "" if silent else SENTENCES[name]
        made.append(Rung(name=name, answer=answer, sentence=sentence, estimates=shown))  # type: ignore[arg-type]
    return made


def examples_of(document: Document) -> list[FindingExample]:
    """Two each, from the photographs of the gallery; what lies behind them does not matter here."""
    items = document.examples.items[:6]
    places = ("largest", "largest", "median", "median", "smallest", "smallest")
    shifts = (1.84, -1.22, 0.31, 0.29, 0.002, -0.01)
    return [
        FindingExample(
            image_id=item.image_id,
            path=item.path,
            label=item.label,
            predicted=item.predicted,
            predicted_hidden=item.label if k < 2 else item.predicted,
            shift=shift,
            place=place,
        )  # type: ignore[arg-type]
        for k, (item, place, shift) in enumerate(zip(items, places, shifts, strict=False))
    ]


def finding(level: Level, document: Document, **changes: Any) -> Finding:
    """One finding of a level."""
    region = changes.get("region", "face")
    attribute = changes.get("attribute", "gender")
    used = level in {"E3", "E3'", "E4"}
    fields: dict[str, Any] = {
        "fingerprint": f"{level}-{region}-{attribute}",
        "region": region,
        "role": "protected",
        "attribute": attribute,
        "subgroup": "woman" if attribute else None,
        "contrast": "nurse",
        "level": level,
        "headline": HEADLINES[level].format(region=region),
        "rungs": rungs(level, region, attribute),
        "fills": ["noise", "inpaint"] if used else [],
        "p_value": None if level == "E0" else 0.0011 if used else 0.4,
        "q_value": None if level == "E0" else 0.004 if used else 0.6,
        "by_value": None if level == "E0" else 0.012 if level == "E4" else 0.11 if used else 1.0,
        "familywise": None if level == "E0" else 0.0003 if used else 0.9,
        "ci_adjusted": (0.2, 0.4) if used else None,
        "needed": 1240 if level == "I" else None,
        "examples": [] if level in {"E0", "E1", "I", "R"} else examples_of(document),
    }
    return Finding(**{**fields, **changes})


def checks() -> list[Check]:
    """Passed, failed and not to be checked."""
    return [
        Check(
            name="Random head", region=None, passed=True, withholds=None, consequence="The maps follow the model.",
            statistic="median rank correlation with maps of a random head 0.12 (20 heads, 64 images)",
        ),
        Check(
            name="Deletion", region=None, passed=False, withholds="attention",
            statistic="deleting the top tenth of the map lowers the margin by 0.02 SD more than a blob [−0.01, 0.05]",
            consequence="The maps are not faithful here.",
        ),
        Check(
            name="Resolution", region="stethoscope", passed=False, withholds="attention",
            statistic="smaller than one cell of the map in 62 % of images",
            consequence="Below map resolution: only hiding tells.",
        ),
        Check(
            name="Resolution", region="hair", passed=False, withholds="attention",
            statistic="smaller than one cell of the map in 31 % of images",
            consequence="Below map resolution: only hiding tells.",
        ),
        Check(
            name="Positive control", region="coat", passed=None, withholds="interventions",
            statistic="no region is declared to be the core", consequence="Whether edits reach the model is not known.",
        ),
    ]  # fmt: skip


def protocol(**changes: Any) -> Protocol:
    fields: dict[str, Any] = {
        "fills": ["noise", "mean", "inpaint", "blur"],
        "agreeing": ["noise", "mean", "inpaint"],
        "controls": 3,
        "images": 800,
        "passes": 32_000,
        "q": 0.05,
        "family": 10,
        "margins": {"alignment": (0.05, 0.1), "enrichment": (1.25, 1.5)},
        "example_rule": "The two largest shifts, the two in the middle and the two smallest.",
        "notes": ["No control area of the coat's size lies beside it in 12 of 800 images; these are left out."],
        "checks": checks(),
        "false_alarms": [
            FalseAlarms(kind="sham regions", flagged=1, tried=40, ci=(0.0044, 0.1288), method="Wilson"),
            FalseAlarms(kind="permuted attributes", flagged=0, tried=100, ci=(0.0, 0.037), method="Wilson"),
        ],
    }
    return Protocol(**{**fields, **changes})


def laddered(document: Document, levels: Sequence[tuple[Level, str, str | None]], **changes: Any) -> Document:
    """A document with a finding for each level, region and attribute."""
    found = [finding(level, document, region=region, attribute=attribute) for level, region, attribute in levels]
    return document.model_copy(update={"findings": found, "protocol": protocol(), **changes})


ALL_LEVELS: list[tuple[Level, str, str | None]] = [
    ("E0", "stethoscope", None),
    ("R", "coat", "gender"),
    ("I", "hair", None),
    ("E1", "coat", None),
    ("E2", "face", None),
    ("E3'", "stethoscope", "gender"),
    ("E3", "hair", "gender"),
    ("E4", "face", "gender"),
    ("R", "stethoscope", "age"),
    ("I", "(sharpness)", None),
]
MANY: list[tuple[Level, str, str | None]] = [
    (level, f"region {k}", attribute)
    for k, (level, attribute) in enumerate(product(("E4", "E3", "I", "R", "E0"), [f"attribute {k}" for k in range(12)]))
]
