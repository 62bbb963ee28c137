"""Each condition: what it lets pass, what it fails, and where it cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from auditor.analysis import questions
from auditor.analysis.checks import EMPTY, FAITHFUL, POSITIVE, RESOLUTION, SPECIFIC
from auditor.analysis.conditions import effects, instruments
from auditor.analysis.conditions.ladders import find_reach
from auditor.analysis.conditions.rates import subtract
from auditor.analysis.overlap import OVERLAP
from auditor.analysis.policy import Policy, gate
from auditor.documents.document import Asked
from tests.analysis.gated import ROLES, WAYS, audit, finding, number, numbers, protocol

if TYPE_CHECKING:
    from auditor.documents.document import Document
    from auditor.documents.verdicts import Ruling


def judge(
    rule: dict[str, Any], document: Document | None = None, *, baseline: Document | None = None, **top: Any
) -> Ruling:
    policy = Policy.model_validate({"rule": [rule], **top})
    return gate(document or audit(), policy, today="2026-11-23", baseline=baseline).rules[0]


def states(ruling: Ruling) -> list[str]:
    return [item.state for item in ruling.items]


@pytest.mark.parametrize(
    ("level", "most", "outcome"),
    [
        ("R", "R", "pass"), ("R", "E1", "pass"), ("E2", "E2", "pass"), ("E2", "E1", "fail"), ("E3", "E2", "fail"),
        ("E3'", "E2", "fail"), ("E3", "E3", "pass"), ("E4", "E3", "fail"), ("I", "E2", "cannot tell"),
        ("E0", "E2", "cannot tell"), ("I", "E3", "pass"), ("E1", "E1", "cannot tell"), ("E1", "R", "fail"),
    ],
)  # fmt: skip
def test_a_level_is_judged_by_what_it_could_still_become(level: Any, most: str, outcome: str) -> None:
    if (level, most) == ("I", "E3"):
        outcome = "cannot tell"  # whether a group is worse off is open as well
    document = audit({("face", "gender"): level})
    assert judge({"region": "face", "max_level": most}, document).outcome == outcome


def test_the_reach_of_a_finding_follows_its_rungs() -> None:
    assert find_reach(finding(("face", "gender"), "E3"))[:2] == (3, 3)
    assert find_reach(finding(("face", "gender"), "I"))[:2] == (0, 4)
    assert find_reach(finding(("face", "gender"), "R"))[:2] == (0, 0)
    assert find_reach(finding(("(brightness)", None), "R", rungs=finding(("face", None), "R").rungs[1:]))[:2] == (0, 0)
    bare = finding(("face", "gender"), "R", rungs=[])
    assert find_reach(bare) == (0, 4, ("uses", "hurts"))


@pytest.mark.parametrize(
    ("level", "gate", "outcome", "state"),
    [
        ("E3", "found", "fail", "outside"),
        ("E3", "not enough evidence", "cannot tell", "open"),
        ("E3", "withheld", "cannot tell", "missing"),
        ("E3", None, "cannot tell", "missing"),  # an audit made before gate mode
        ("I", "found", "fail", "outside"),
        ("R", "ruled out", "pass", "inside"),
        ("R", None, "cannot tell", "missing"),
    ],
)
def test_the_strict_family_reads_what_holds_against_even_one_false_finding(
    level: Any, gate: Any, outcome: str, state: str
) -> None:
    document = audit(findings=[finding(("face", "gender"), level, gate=gate)])
    rule = {"region": "face", "attribute": "gender", "max_level": "E2"}
    strict = judge(rule, document, family="fwer")
    assert (strict.outcome, states(strict)) == (outcome, [state])
    assert judge(rule, document).outcome == {"E3": "fail", "I": "cannot tell", "R": "pass"}[level]


def test_a_rule_on_a_role_is_about_every_pair_that_should_have_been_asked() -> None:
    ruling = judge({"role": "artefact", "max_level": "E2"})
    assert sorted(item.subject for item in ruling.items) == ["tag", "tag with gender"]
    fewer = audit(findings=[finding(("tag", "gender"))])
    assert sorted(states(judge({"role": "artefact", "max_level": "E2"}, fewer))) == ["inside", "missing"]


def shifted(**by_way: tuple[float, float]) -> Document:
    keys = {"region": "face", "attribute": "gender", "subgroup": "woman", "predicted": "nurse", "unit": "SD"}
    rows = [number("aligned_shift", value, half, fill=way, **keys) for way, (value, half) in by_way.items()]
    rest = [row for row in numbers() if not (row.statistic == "aligned_shift" and row.region == "face")]
    return audit(estimates=[*rest, *rows])


@pytest.mark.parametrize(
    ("mean", "noise", "outcome"),
    [
        ((0.05, 0.04), (-0.05, 0.04), "pass"),
        ((0.30, 0.05), (0.20, 0.05), "fail"),
        ((-0.30, 0.05), (-0.20, 0.05), "fail"),
        ((0.30, 0.05), (-0.30, 0.05), "cannot tell"),  # the ways contradict each other
        ((0.30, 0.05), (0.05, 0.04), "cannot tell"),
        ((0.05, 0.20), (0.05, 0.04), "cannot tell"),
    ],
)
def test_a_shift_is_within_or_beyond_only_where_every_way_of_hiding_is(mean: Any, noise: Any, outcome: str) -> None:
    ruling = judge({"region": "face", "max_shift": 0.1}, shifted(mean=mean, noise=noise))
    assert ruling.outcome == outcome


def test_one_way_of_hiding_is_not_enough() -> None:
    assert states(judge({"region": "face", "max_shift": 0.1}, shifted(mean=(0.0, 0.01)))) == ["missing"]


@pytest.mark.parametrize("name", ["max_flips", "max_swaps"])
@pytest.mark.parametrize(("value", "outcome"), [(0.01, "pass"), (0.2, "fail"), (0.095, "cannot tell")])
def test_changed_answers_have_a_bound(name: str, value: float, outcome: str) -> None:
    statistic = {"max_flips": "flip_excess", "max_swaps": "cross_swap_excess"}[name]
    document = audit(estimates=numbers({statistic: value}))
    ruling = judge({"role": "protected", name: 0.1}, document)
    assert ruling.outcome == outcome


@pytest.mark.parametrize(
    ("rule", "statistic", "value", "subjects"),
    [
        ({"min_accuracy": 0.8}, "accuracy", 0.7, 1),
        ({"min_accuracy": 0.8, "class": "*"}, "accuracy", 0.7, 2),
        ({"min_accuracy": 0.8, "attribute": "gender"}, "accuracy", 0.7, 2),
        ({"min_accuracy": 0.8, "attribute": "gender", "subgroup": "man", "class": "*"}, "accuracy", 0.7, 2),
        ({"min_subgroup_accuracy": 0.6}, "worst_group_accuracy", 0.5, 1),
        ({"max_gap": 0.05}, "accuracy_gap", 0.2, 3),
        ({"max_gap": 0.05}, "accuracy_gap", -0.2, 3),
        ({"max_gap": 0.05, "class": "nurse", "attribute": "gender", "subgroup": "man"}, "accuracy_gap", -0.2, 1),
        ({"max_miscalibration": 0.05}, "overconfidence", 0.2, 1),
        ({"max_miscalibration": 0.05, "attribute": "*"}, "overconfidence", -0.2, 2),
        ({"min_selection_ratio": 0.8, "class": "*"}, "selection_ratio", 0.5, 2),
    ],
)
def test_rates_pass_where_they_are_well_and_fail_where_they_are_not(
    rule: dict[str, Any], statistic: str, value: float, subjects: int
) -> None:
    well, ill = judge(rule), judge(rule, audit(estimates=numbers({statistic: value})))
    assert (well.outcome, ill.outcome) == ("pass", "fail")
    assert states(well) == ["inside"] * subjects
    assert states(ill) == ["outside"] * subjects
    assert judge(rule, audit(estimates=[])).outcome == "cannot tell"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": None, "ci": None}, "could not be computed from 400 images"),
        ({"ci": None}, "has no interval to judge by"),
        ({"clusters": 19}, "19 independent images or persons; with fewer than 20 no number is relied on"),
    ],
)
def test_a_number_that_cannot_be_relied_on_is_missing(change: dict[str, Any], words: str) -> None:
    rows = [row if row.statistic != "accuracy" else row.model_copy(update=change) for row in numbers()]
    (item,) = judge({"min_accuracy": 0.1}, audit(estimates=rows), undecided="pass").items
    assert (item.state, item.words) == ("missing", words)


def test_the_answer_that_selects_comes_from_the_plan_and_is_crossed() -> None:
    keys = {"predicted": "doctor", "unit": "index"}
    rows = [number("impact_ratio", 0.9, attribute="gender", subgroup="woman", **keys)]
    rows += [number("selection_rate", 0.5, attribute="gender", subgroup=name, **keys) for name in ("man", "woman")]
    document = audit(estimates=[*numbers(), *rows], report=Asked(positive="doctor"))
    assert judge({"min_selection_ratio": 0.8}, document).outcome == "pass"
    assert judge({"min_selection_ratio": 0.95}, document).outcome == "fail"
    assert judge({"min_selection_ratio": 0.8}, audit()).items[0].words.startswith("name the answer that selects")


def test_too_few_images_are_no_fault_of_the_model() -> None:
    assert judge({"min_n": 100}).outcome == "pass"
    few = judge({"min_n": 101}, undecided="pass")
    assert (few.outcome, len(few.items)) == ("cannot tell", 4)
    assert "100 independent images or persons; asked for: at least 101" in few.items[0].words
    assert judge({"min_n": 400, "class": "*"}, audit()).outcome == "cannot tell"


def test_what_was_left_out_has_a_bound() -> None:
    document = audit()
    lost = document.model_copy(update={"data": document.data.model_copy(update={"n_read": 390, "n_faults": 10})})
    assert judge({"max_left_out": 0.0}).outcome == "pass"
    assert judge({"max_left_out": 0.05}, lost).outcome == "pass"
    ruling = judge({"max_left_out": 0.04}, lost)
    assert (ruling.outcome, ruling.items[0].words) == ("fail", "20 of 410 listed (4.9 %); asked for: at most 4.0 %")


def test_a_region_that_was_left_out_is_no_image_left_out() -> None:
    document = audit()
    data = document.data.model_copy(update={"n_listed": 400, "n_read": 400, "n_faults": 10, "n_skipped": 0})
    assert judge({"max_left_out": 0.0}, document.model_copy(update={"data": data})).outcome == "pass"
    data = data.model_copy(update={"n_listed": 404, "n_skipped": 4})
    ruling = judge({"max_left_out": 0.0}, document.model_copy(update={"data": data}))
    assert (ruling.outcome, ruling.items[0].words) == ("fail", "4 of 404 listed (1.0 %); asked for: at most 0 %")


@pytest.mark.parametrize(("passed", "outcome"), [(True, "pass"), (False, "cannot tell"), (None, "cannot tell")])
def test_a_check_that_did_not_pass_says_nothing_about_the_model(passed: bool | None, outcome: str) -> None:  # noqa: FBT001 -- a parameter
    document = audit(protocol=protocol((True, passed, True, True, True)))
    assert judge({"checks": "passed"}, document, undecided="pass").outcome == outcome
    assert judge({"checks": "passed", "check": "positive control"}, document).outcome == "pass"
    assert judge({"checks": "passed", "check": "resolution", "region": "*"}, document).outcome == "pass"
    assert judge({"checks": "passed"}, audit(protocol=None)).outcome == "cannot tell"


def test_false_alarms_have_a_bound() -> None:
    rule = {"max_false_alarms": 0.1}
    assert judge(rule).outcome == "pass"
    assert judge(rule, audit(protocol=protocol(alarms=(0, 16)))).outcome == "fail"
    assert judge(rule, audit(protocol=protocol(alarms=(7, 0)))).outcome == "cannot tell"
    assert states(judge(rule, audit(protocol=protocol().model_copy(update={"false_alarms": []})))) == ["missing"] * 2


@pytest.mark.parametrize(
    ("before", "now", "outcome"),
    [
        ("R", "R", "pass"), ("R", "E3", "fail"), ("E3", "E4", "pass"), ("E4", "R", "pass"), ("I", "I", "pass"),
        ("R", "I", "cannot tell"), ("I", "E0", "cannot tell"), ("E0", "I", "cannot tell"), ("E2", "E3'", "fail"),
    ],
)  # fmt: skip
def test_what_is_new_is_judged_against_the_baseline(before: Any, now: Any, outcome: str) -> None:
    then, new = audit({("face", "gender"): before}), audit({("face", "gender"): now})
    assert judge({"no_new_findings": True, "role": "protected"}, new, baseline=then).outcome == outcome


def test_what_no_audit_can_ask_is_never_new_and_says_so() -> None:
    kept = audit()
    asked, unasked = (finding((name, None), "E0") for name in ("(brightness)", "(sharpness)"))
    rule = {"no_new_findings": True, "region": "(sharpness)"}
    with_sharpness = audit(findings=[*kept.findings, unasked])
    ruling = judge(rule, with_sharpness, baseline=with_sharpness)
    assert ruling.outcome == "pass"
    assert "no audit asks whether it is used" in ruling.items[0].words
    assert judge({"no_new_findings": True}, with_sharpness, baseline=with_sharpness).outcome == "pass"
    without = unasked.model_copy(update={"rungs": [rung for rung in unasked.rungs if rung.name != "uses"]})
    gone = audit(findings=[*kept.findings, without])
    assert judge(rule, gone, baseline=with_sharpness).outcome == "cannot tell"
    with_brightness = audit(findings=[*kept.findings, asked])
    assert judge({**rule, "region": "(brightness)"}, with_brightness, baseline=kept).outcome == "cannot tell"


def test_a_finding_that_is_gone_with_its_subject_is_missed() -> None:
    kept = audit()
    gone = audit(findings=[one for one in kept.findings if one.region != "face"])
    assert judge({"no_new_findings": True}, gone, baseline=kept).outcome == "cannot tell"


@pytest.mark.parametrize(("now", "outcome"), [(0.9, "pass"), (0.8, "fail"), (0.87, "cannot tell")])
def test_accuracy_may_drop_so_far(now: float, outcome: str) -> None:
    document = audit(estimates=numbers({"accuracy": now}, half=0.02))
    assert judge({"max_accuracy_drop": 0.03}, document, baseline=audit()).outcome == outcome


def test_limits_of_a_difference_are_newcombes() -> None:
    """Of 56 in 70 less 48 in 80, by method 10 of Newcombe (1998), as statsmodels has it."""
    shares = [(56, 70), (48, 80)]
    one, two = (
        number("accuracy", k / n, None, n=n).model_copy(update={"ci": proportion_confint(k, n, method="wilson")})
        for k, n in shares
    )
    expected = confint_proportions_2indep(*shares[0], *shares[1], method="newcomb", compare="diff", correction=False)
    assert subtract(one, two) == pytest.approx(expected, abs=1e-9)


def test_what_is_written_again_is_written_alike() -> None:
    assert {SPECIFIC, FAITHFUL, EMPTY, POSITIVE} == set(instruments.OF_THE_AUDIT)
    assert {RESOLUTION, OVERLAP} == set(instruments.OF_REGIONS)
    assert effects.AGREEING == questions.AGREEING


def test_regions_of_the_sample_are_what_the_tests_think_they_are() -> None:
    assert set(ROLES) == {region.name for region in audit().data.regions}
    assert audit().protocol is not None
    assert tuple(audit().protocol.agreeing) == WAYS  # type: ignore[union-attr]  # just asserted
