"""Rules on the public version of an audit: what it leaves out is missing, so that no rule comes to pass by it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from auditor.analysis.policy import Policy, gate
from auditor.documents.document import Asked, AttributeFacts
from auditor.privacy.publication import Wish, redact
from tests.analysis.gated import CLASSES, audit, number, numbers
from tests.analysis.test_gate_properties import RULES

if TYPE_CHECKING:
    from auditor.documents.document import Document
    from auditor.documents.verdicts import Ruling

SITES = {"east": 3, "north": 200, "south": 180, "west": 17}
SELECTED = {"predicted": "doctor", "unit": "index"}
LEFT_OUT = "was not measured in this audit, or is left out of its public version"
MORE: list[dict[str, Any]] = [
    {"min_accuracy": 0.3, "attribute": "site"},
    {"min_accuracy": 0.3, "attribute": "*", "class": "*"},
    {"min_subgroup_accuracy": 0.3, "attribute": "site"},
    {"max_gap": 1.0, "attribute": "site"},
    {"max_miscalibration": 1.0, "attribute": "*"},
    {"min_n": 1},
    {"min_n": 2, "attribute": "site", "class": "doctor"},
    {"max_shift": 5.0, "attribute": "site"},
    {"max_swaps": 1.0, "attribute": "site"},
    {"max_accuracy_drop": 1.0, "attribute": "site"},
    {"min_selection_ratio": 0.1},
]


def make(sites: dict[str, int] | None = None) -> Document:
    """Two attributes, crossed as well; of one a value has three images, and another would give it away."""
    counted = sites or SITES
    rows = numbers({"impact_ratio": 0.9})
    for site, n in counted.items():
        keys = {"attribute": "site", "subgroup": site}
        rows += [number(name, 0.9, n=n, clusters=n, **keys) for name in ("accuracy", "overconfidence")]
        rows += [number("accuracy", 0.9, label=label, n=n // 2, clusters=n // 2, **keys) for label in CLASSES]
    rows += [number("worst_group_accuracy", 0.8, attribute="site")]
    rows += selections("gender", {"man": 200, "woman": 200}) + selections("site", counted)
    crossed = {f"{one} × {two}": counted[two] // 2 for one, two in product(("man", "woman"), counted)}
    rows += selections("gender × site", crossed)
    bare = audit()
    attributes = [*bare.data.attributes, AttributeFacts(name="site", counts=counted)]
    return audit(
        data=bare.data.model_copy(update={"attributes": attributes}),
        plan={"audit": {"attributes": ["gender", "site"]}, "data": bare.plan["data"]},
        estimates=rows,
        report=Asked(positive="doctor"),
    )


def selections(name: str, counts: dict[str, int]) -> list[Any]:
    """Rates of every group, and ratios of all but the one with the highest."""
    best = max(counts, key=lambda value: counts[value])
    rates = [
        number("selection_rate", 0.5, attribute=name, subgroup=value, n=n, clusters=n, **SELECTED)
        for value, n in counts.items()
    ]
    ratios = [
        number("impact_ratio", 0.9, attribute=name, subgroup=value, n=n, clusters=n, **SELECTED)
        for value, n in counts.items()
        if value != best
    ]
    return rates + ratios


def publish(document: Document) -> Document:
    return redact(document, Wish(public=True), salt=b"s", source_sha256="0" * 64).document


def judge(rule: dict[str, Any], document: Document, *, baseline: Document | None = None) -> Ruling:
    policy = Policy.model_validate({"rule": [rule], "undecided": "pass"})
    return gate(document, policy, today="2026-11-23", baseline=baseline).rules[0]


@pytest.mark.parametrize("rule", [*RULES, *MORE], ids=str)
def test_no_rule_comes_to_pass_by_what_the_public_version_leaves_out(rule: dict[str, Any]) -> None:
    document = make()
    before, after = judge(rule, document, baseline=document), judge(rule, publish(document), baseline=document)
    assert before.outcome == "pass" or after.outcome != "pass", after.items


def test_the_public_version_hides_something_here() -> None:
    found = publish(make())
    assert found.redaction is not None
    assert {group.subgroup for group in found.redaction.groups} == {"east", "west"}
    assert [one.counts for one in found.data.attributes if one.name == "site"] == [{"north": 200, "south": 180}]


def test_a_group_that_is_left_out_is_missing_by_name() -> None:
    items = {item.subject: item for item in judge({"min_accuracy": 0.3, "attribute": "site"}, publish(make())).items}
    assert {subject: item.state for subject, item in items.items()} == {
        "accuracy (site east)": "missing", "accuracy (site north)": "inside",
        "accuracy (site south)": "inside", "accuracy (site west)": "missing",
    }  # fmt: skip
    assert items["accuracy (site east)"].words == LEFT_OUT
    counts = judge({"min_n": 1, "attribute": "site", "class": "doctor"}, publish(make())).items
    assert [item.words for item in counts if "east" in item.subject] == [LEFT_OUT]  # and not that there are 0 of them


def test_crossed_groups_that_are_left_out_are_missing() -> None:
    """Values of each attribute are many, and only crossed groups are few."""
    document = make({"north": 200, "south": 200, "west": 200})
    few = [
        row.model_copy(update={"n": 3, "clusters": 3}) if row.subgroup == "man × north" else row
        for row in document.estimates
    ]
    cut = publish(document.model_copy(update={"estimates": few}))
    assert not any(row.subgroup == "man × north" for row in cut.estimates)
    ruling = judge({"min_selection_ratio": 0.1, "attribute": "gender × site"}, cut)
    assert (ruling.outcome, ruling.items[-1].words) == ("cannot tell", LEFT_OUT)


def test_where_nothing_was_left_out_the_public_version_passes_as_the_audit_does() -> None:
    document = make({"north": 200, "south": 200})
    cut = publish(document)
    assert cut.redaction is not None
    for rule in MORE:
        assert judge(rule, cut, baseline=document).outcome == judge(rule, document, baseline=document).outcome
    lost = judge({"max_swaps": 0.1, "region": "face", "attribute": "site"}, cut).items[0]
    assert lost.words == "was not measured in this audit"
