"""Small audits to judge: two classes, two groups, three regions, everything that a rule may ask about."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from auditor.documents.document import AttributeFacts, Document, RegionFacts
from auditor.documents.ladder import Check, Estimate, FalseAlarms, Finding, Protocol, Rung
from tests.test_packaging import make_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.documents.ladder import Answer, Level

CLASSES, GROUPS = ("doctor", "nurse"), ("man", "woman")
ROLES = {"face": "protected", "coat": "core", "tag": "artefact"}
WAYS = ("mean", "noise")
CHECKS = ("model-specific maps", "faithful maps", "empty maps", "positive control", "overlap and balance")
PAIRS = [("face", "gender"), ("coat", "gender"), ("tag", "gender"), ("tag", None)]


def number(statistic: str, value: float | None, half: float | None = 0.01, **keys: Any) -> Estimate:
    """A number with an interval that reaches as far on both sides."""
    facts = {"n": 400, "clusters": 400, "unit": "share", "method": "test", **keys}
    ci = None if half is None or value is None else (value - half, value + half)
    return Estimate(statistic=statistic, value=value, ci=ci, **facts)


def numbers(values: Mapping[str, float] | None = None, half: float = 0.01) -> list[Estimate]:
    """All that the rules read; values by statistic."""
    at = {"accuracy": 0.9, "accuracy_gap": 0.0, "worst_group_accuracy": 0.8, "overconfidence": 0.0, "flip_excess": 0.0}
    at |= {"aligned_shift": 0.0, "cross_swap_excess": 0.0, "selection_ratio": 0.95, **(values or {})}
    rows = [number("accuracy", at["accuracy"], half), number("overconfidence", at["overconfidence"], half)]
    for group in GROUPS:
        keys = {"attribute": "gender", "subgroup": group}
        rows += [number(name, at[name], half, **keys) for name in ("accuracy", "overconfidence")]
        rows += [number("accuracy", at["accuracy"], half, label=label, clusters=100, **keys) for label in CLASSES]
    rows += [number("accuracy", at["accuracy"], half, label=label) for label in CLASSES]
    against = {"attribute": "gender", "subgroup": "woman"}
    rows += [number("accuracy_gap", at["accuracy_gap"], half, label=label, **against) for label in (None, *CLASSES)]
    rows += [number("worst_group_accuracy", at["worst_group_accuracy"], half, attribute="gender")]
    rows += [number("selection_ratio", at["selection_ratio"], half, predicted=name, **against) for name in CLASSES]
    for region, fill in product(ROLES, WAYS):
        rows.append(number("flip_excess", at["flip_excess"], half, region=region, fill=fill))
        shift = {"region": region, "fill": fill, "predicted": "nurse", **against}
        rows += [number("aligned_shift", at["aligned_shift"], half, label=label, **shift) for label in (None, *CLASSES)]
    swap = {"fill": "swap", "attribute": "gender"}
    rows += [number("cross_swap_excess", at["cross_swap_excess"], half, region=region, **swap) for region in ROLES]
    return rows


def finding(pair: tuple[str, str | None], level: Level = "R", **changes: Any) -> Finding:
    """One finding whose rungs fit its level."""
    region, attribute = pair
    answers: dict[str, tuple[Answer, Answer, Answer]] = {
        "R": ("ruled out", "ruled out", "ruled out"),
        "I": ("ruled out", "not enough evidence", "not enough evidence"),
        "E0": ("not evaluated", "not evaluated", "not evaluated"),
        "E1": ("not evaluated", "not evaluated", "not evaluated"),
        "E2": ("found", "ruled out", "ruled out"),
        "E3": ("found", "found", "ruled out"),
        "E3'": ("ruled out", "found", "ruled out"),
        "E4": ("found", "found", "found"),
    }
    names = ("looks", "uses", "hurts")
    rungs = [
        Rung(name=name, answer=said, sentence="", estimates=[])
        for name, said in zip(names, answers[level], strict=True)
    ]  # type: ignore[arg-type]
    fields: dict[str, Any] = {
        "fingerprint": f"{region}:{attribute or ''}:woman:nurse",
        "region": region,
        "role": ROLES.get(region, "undeclared"),
        "attribute": attribute,
        "subgroup": "woman" if attribute else None,
        "contrast": "nurse",
        "level": level,
        "headline": f"What hiding {region} does. More.",
        "rungs": rungs,
        "fills": list(WAYS),
        "p_value": 0.5,
        "q_value": 0.5,
        "by_value": 0.5,
        "familywise": 0.5,
        "gate": answers[level][1],
        "ci_adjusted": None,
        "needed": None,
        "examples": [],
    }
    return Finding(**{**fields, **changes})


def protocol(checks: Sequence[bool | None] = (True,) * 5, alarms: Sequence[int] = (0, 0)) -> Protocol:
    """What was hidden, and how the audit's own checks came out."""
    made = [_check(name, None, passed=passed) for name, passed in zip(CHECKS, checks, strict=True)]
    made += [_check(name, region, passed=True) for name in ("resolution", "overlap and balance") for region in ROLES]
    kinds = ("sham regions", "permuted attributes")
    counted = [
        FalseAlarms(kind=kind, flagged=k, tried=80, ci=(max(k / 80 - 0.04, 0.0), k / 80 + 0.04), method="m")  # type: ignore[arg-type]
        for kind, k in zip(kinds, alarms, strict=True)
    ]
    return Protocol(
        fills=[*WAYS, "swap"], agreeing=list(WAYS), controls=3, images=400, passes=1, q=0.05, family=4, margins={},
        example_rule="", notes=[], checks=made, false_alarms=counted,
    )  # fmt: skip


def _check(name: str, region: str | None, *, passed: bool | None) -> Check:
    return Check(name=name, region=region, passed=passed, statistic="s", consequence="what follows", withholds=None)


def audit(levels: Mapping[tuple[str, str | None], Level] | None = None, **changes: Any) -> Document:
    """A finished audit in which nothing is wrong, but for what is changed."""
    bare = make_document()
    counts = {"man": 200, "woman": 200}
    regions = [RegionFacts(name=name, role=role, images=400, median_area=0.1) for name, role in ROLES.items()]  # type: ignore[arg-type]
    told = {"labels": {"doctor": 200, "nurse": 200}, "n_listed": 400, "n_read": 400, "regions": regions}
    data = bare.data.model_copy(update={**told, "attributes": [AttributeFacts(name="gender", counts=counts)]})
    given = {
        "data": data,
        "model": bare.model.model_copy(update={"classes": list(CLASSES)}),
        "method": bare.method.model_copy(update={"min_clusters": 20}),
        "plan": {"audit": {"attributes": ["gender"]}, "data": {"roles": dict(ROLES)}},
        "estimates": numbers(),
        "findings": [finding(pair, (levels or {}).get(pair, "R")) for pair in PAIRS],
        "protocol": protocol(),
        **changes,
    }
    return Document.model_validate(bare.model_copy(update=given).model_dump())
