"""Rules against a baseline, where the audit holds a comparison with it: same images, paired numbers, fates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.analysis.comparison_trust import Grounds
from auditor.analysis.comparison_words import judge_pair
from auditor.analysis.policy import Policy, gate
from tests.analysis.compared import NAMES, change, comparison, cue
from tests.analysis.gated import CLASSES, GROUPS, PAIRS, audit, finding, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.documents.document import Document
    from auditor.documents.verdicts import Ruling

BASELINE = "a" * 64
VERDICT = judge_pair([], [], grounds=Grounds(names=NAMES, n=400, clusters=400))
DROP = {"max_accuracy_drop": 0.03}
NEW = {"no_new_findings": True, "role": "protected"}


def accuracies(sides: tuple[float, float], half: float = 0.01) -> list[Any]:
    cells: list[dict[str, Any]] = [{}, *({"label": label} for label in CLASSES)]
    cells += [{"attribute": "gender", "subgroup": group} for group in GROUPS]
    return [change("accuracy", sides, half, **cell) for cell in cells]


def compared(
    now: str = "R",
    then: str | None = "R",
    fate: str = "unchanged",
    *,
    sides: tuple[float, float] = (0.9, 0.9),
    **more: Any,
) -> Document:
    """An audit that holds a comparison; the levels are those of the face."""
    cues = [cue(*pair_of(pair), fate=fate, baseline_level=then, candidate_level=now) for pair in PAIRS]
    made = comparison(more.pop("changes", accuracies(sides)), more.pop("cues", cues), VERDICT, sha256=BASELINE)
    levels: Mapping[Any, Any] = {("face", "gender"): now}
    return audit(levels, comparison=made, **more)


def pair_of(pair: tuple[str, str | None]) -> tuple[str, str, str | None]:
    return pair[0], "cannot tell", pair[1]


def judge(
    rule: dict[str, Any], document: Document, baseline: Document | None = None, sha256: str = BASELINE, **top: Any
) -> Ruling:
    policy = Policy.model_validate({"rule": [rule], **top})
    return gate(document, policy, today="2026-11-23", baseline=baseline, baseline_sha256=sha256).rules[0]


@pytest.mark.parametrize(
    ("sides", "outcome"),
    [((0.9, 0.9), "pass"), ((0.9, 0.8), "fail"), ((0.9, 0.87), "cannot tell"), ((0.8, 0.9), "pass")],
)
@pytest.mark.parametrize("given", [False, True])
def test_a_drop_is_taken_image_by_image(sides: tuple[float, float], outcome: str, given: bool) -> None:  # noqa: FBT001
    document = compared(sides=sides, estimates=numbers({"accuracy": 0.9}, half=0.2))  # two audits alone could not tell
    ruling = judge(DROP, document, audit() if given else None)
    assert ruling.outcome == outcome
    assert "image by image, from the comparison" in ruling.items[0].words


def test_a_drop_in_each_class_is_taken_from_the_comparison() -> None:
    ruling = judge({**DROP, "class": "*"}, compared(sides=(0.9, 0.8)))
    assert [(item.subject, item.state) for item in ruling.items] == [
        ("drop in accuracy (labelled doctor)", "outside"), ("drop in accuracy (labelled nurse)", "outside"),
    ]  # fmt: skip


def test_another_baseline_is_compared_with_as_two_audits() -> None:
    document = compared(sides=(0.9, 0.5))
    ruling = judge(DROP, document, audit(), sha256="c" * 64)
    assert ruling.outcome == "pass"  # of the audits themselves: 0.9 and 0.9
    assert "comparison" not in ruling.items[0].words


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [change("accuracy", (0.9, 0.9), label="nurse")],
        [change("accuracy", (0.9, 0.9), clusters=19)],
        [change("accuracy", (0.9, 0.9), outcome="correct")],
    ],
    ids=["none", "another cell", "few", "another outcome"],
)
@pytest.mark.parametrize("given", [False, True])
def test_a_drop_that_is_missing_never_passes(changes: list[Any], given: bool) -> None:  # noqa: FBT001
    document = compared(changes=changes)
    for undecided, outcome in (("pass", "cannot tell"), ("cannot tell", "cannot tell"), ("fail", "fail")):
        assert judge(DROP, document, audit() if given else None, undecided=undecided).outcome == outcome


@pytest.mark.parametrize(
    ("then", "now", "fate", "outcome"),
    [
        ("R", "E3", "appeared", "fail"),
        ("R", "E3", "cannot tell", "cannot tell"),  # one audit shows it, the other does not: that is no difference
        (None, "E3", "cannot tell", "cannot tell"),
        ("E3", "E4", "grew", "pass"),  # it is not new
        ("E3", "E3'", "unchanged", "pass"),
        ("E4", "R", "disappeared", "pass"),
        ("E4", "I", "cannot tell", "pass"),
        ("I", "I", "cannot tell", "pass"),
        ("R", "I", "cannot tell", "cannot tell"),
        ("R", "I", "unchanged", "pass"),  # the paired difference says that nothing came to it
        ("R", "R", "cannot tell", "pass"),
        ("R", "E0", "cannot tell", "cannot tell"),
        ("E3", "E0", "cannot tell", "cannot tell"),
        ("R", "R", "appeared", "cannot tell"),  # does not fit together
    ],
)
@pytest.mark.parametrize("given", [False, True])
def test_what_is_new_follows_from_fates(
    then: Any,
    now: str,
    fate: str,
    outcome: str,
    given: bool,  # noqa: FBT001
) -> None:
    baseline = audit({("face", "gender"): then or "E0"}) if given else None
    ruling = judge(NEW, compared(now, then, fate), baseline)
    assert ruling.outcome == outcome, ruling.items
    assert "on the same images" in ruling.items[0].words


def test_where_one_false_finding_is_held_a_level_alone_does_not_do() -> None:
    document = compared("E3", "E3", "cannot tell")
    assert judge(NEW, document).outcome == "pass"
    assert judge(NEW, document, family="fwer").outcome == "cannot tell"
    assert judge(NEW, compared("E3", "E3", "unchanged"), family="fwer").outcome == "pass"
    assert judge(NEW, document, audit({("face", "gender"): "E3"}), family="fwer").outcome == "pass"


def test_findings_and_cues_that_are_gone_are_missed() -> None:
    whole = compared()
    assert judge({"no_new_findings": True}, whole).outcome == "pass"
    without = [one for one in whole.findings if one.region != "face"]
    assert judge({"no_new_findings": True}, whole.model_copy(update={"findings": without})).outcome == "cannot tell"
    assert judge({"no_new_findings": True}, compared(cues=[])).outcome == "cannot tell"
    extra = [*whole.findings, finding(("tag", "site"))]
    assert judge({"no_new_findings": True}, whole.model_copy(update={"findings": extra})).outcome == "cannot tell"


def test_whole_pictures_are_read_from_the_comparison_as_far_as_they_can_be() -> None:
    whole = compared()
    extra = [finding((name, None), "E0") for name in ("(sharpness)", "(jpeg_quality)")]
    document = whole.model_copy(update={"findings": [*whole.findings, *extra]})
    assert judge({"no_new_findings": True}, document).outcome == "pass"
    asked = document.model_copy(update={"findings": [*document.findings, finding(("(brightness)", None), "E3")]})
    assert judge({"no_new_findings": True}, asked).outcome == "cannot tell"
    for fate, outcome in (("appeared", "fail"), ("cannot tell", "cannot tell")):
        bright = cue("(brightness)", "cannot tell", fate=fate, baseline_level="R", candidate_level="E3")
        held = asked.comparison
        assert held is not None
        pairs = [pair.model_copy(update={"cues": [*pair.cues, bright]}) for pair in held.pairs]
        told = asked.model_copy(update={"comparison": held.model_copy(update={"pairs": pairs})})
        assert judge({"no_new_findings": True}, told).outcome == outcome


def test_without_comparison_and_baseline_nothing_passes() -> None:
    for rule in (DROP, NEW):
        ruling = judge(rule, audit(), undecided="pass")
        assert ruling.outcome == "cannot tell"
        assert "--baseline DIR, or a folder that `auditor compare` wrote" in ruling.items[0].words


@pytest.mark.parametrize("given", [False, True])
def test_nothing_taken_out_of_a_comparison_makes_a_rule_pass(given: bool) -> None:  # noqa: FBT001
    from tests.analysis.test_gate_properties import assert_none_comes_to_pass, take_out, walk

    levels: dict[Any, Any] = {("face", "gender"): "R"}
    baseline = audit(levels) if given else None
    rules = [DROP, {**DROP, "class": "*"}, NEW, {"no_new_findings": True}]
    policy = Policy.model_validate({"rule": rules, "undecided": "pass"})
    tried = 0
    for document in (compared("E3", "R", "appeared", sides=(0.9, 0.8)), compared("I", "R", "cannot tell")):
        tree = document.model_dump(mode="json")
        facts: dict[str, Any] = {"today": "2026-11-23", "baseline": baseline, "baseline_sha256": BASELINE}
        before = gate(document, policy, **facts)
        for path in walk(tree["comparison"]):
            poorer = take_out(tree, ("comparison", *path))
            if poorer is not None:
                assert_none_comes_to_pass(before, gate(poorer, policy, **facts))
                tried += 1
    assert tried > 30
