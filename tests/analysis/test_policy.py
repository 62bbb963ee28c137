"""The policy language: what a rule may say, what it is told when it says it wrongly, and how a verdict is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from auditor.analysis.conditions import CONDITIONS
from auditor.analysis.policy import Policy, gate
from auditor.analysis.rules import SELECTORS, WAIVABLE, Rule
from auditor.analysis.toml_lines import find_lines
from auditor.documents.document import PolicyLock
from auditor.errors import UsageError
from tests.analysis.gated import audit, numbers

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.documents.verdicts import Verdict

TODAY = "2026-11-23"
WAIVER = {"finding": "face:gender:woman:nurse", "reason": "retraining", "owner": "A", "expires": "2026-12-31"}
FAULTY = """\
titel = "x"
undecided = "maybe"

[[rule]]
region = ["face"]
max_levl = "E1"

[[rule]]
max_gap = 1.5
region = "face"

[[rule]]
max_level = "E5"
role = "protectd"

[[rule]]
min_n = 20
max_gap = 0.1

[[rule]]
min_accuracy = true

[[rule]]
min_accuracy = 0.8
region = "face"

[[rule]]
locked = false

[[waiver]]
finding = "x"
reason = ""
expires = "soon"
"""


def judge(
    *rules: dict[str, Any], document: Any = None, today: str = TODAY, baseline: Any = None, **top: Any
) -> Verdict:
    policy = Policy.model_validate({"rule": list(rules), **top})
    return gate(document or audit(), policy, today=today, baseline=baseline)


def parse(text: str) -> Policy:
    return Policy.parse(text.encode(), name="policy.toml")


def test_conditions_rules_and_selectors_name_the_same_things() -> None:
    assert list(CONDITIONS) == list(SELECTORS)
    fields = {field.alias or name for name, field in Rule.model_fields.items()}
    chosen = {name for names in SELECTORS.values() for name in names}
    assert fields == {*SELECTORS, *chosen, "name", "why", "unless", "undecided"}
    assert set(SELECTORS) > WAIVABLE
    assert all(condition.says.endswith(".") for condition in CONDITIONS.values())


def test_all_faults_are_told_at_once_with_line_and_nearest_word() -> None:
    with pytest.raises(UsageError) as caught:
        parse(FAULTY)
    lines = str(caught.value).splitlines()
    assert lines[0] == "policy.toml: 13 faults"
    assert [line.split(": ", 1)[0].strip() for line in lines[1:]] == [
        f"line {number}" for number in (1, 2, 6, 9, 13, 14, 16, 21, 25, 28, 30, 32, 33)
    ]
    told = "\n".join(lines)
    for words in (
        "titel: no such key; nearest: 'title'",
        "undecided: no such word: 'maybe'; known: cannot tell, pass, fail",
        "max_levl: no such key; nearest: 'max_level'",
        "max_level: no such word: 'E5'; nearest: 'E3'",
        "role: no such word: 'protectd'; nearest: 'protected'",
        "a rule has one condition, found max_gap and min_n",
        "region: says nothing of min_accuracy, which may be narrowed by class, attribute, subgroup",
        "locked: only true says something",
        "owner: is missing",
        "expires: a day such as 2027-01-31 is expected, found 'soon'",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "rule: is missing"),
        ("rule = []", "line 1: rule: a policy has at least one [[rule]]"),
        ("[[rule]]\nmin_n = ", "not valid TOML"),
        ("[[rule]]\nregion = 'face'", "line 1: a rule has one condition, found none; known: max_level"),
        ("[[rule]]\nmin_n = 20\nunless = 'waived'", "line 3: unless: only findings can be waived"),
        ("[[rule]]\nmin_accuracy = 0.8\nsubgroup = 'woman'", "line 3: subgroup: name the attribute"),
        (
            "[[rule]]\nmax_left_out = 0.1\nclass = 'x'",
            "line 3: class: says nothing of max_left_out, which nothing narrows",
        ),
        ("[[rule]]\nmax_flips = 0.1\nregion = []", "line 3: region: names nothing; leave it out, or give one name or"),
        ("[[rule]]\nmin_n = 2\nwhy = ' '", "line 3: why: is blank"),
        ("[[rule]]\nmin_n = 2\n[[waiver]]\nowner = '  '", "line 4: owner: is blank"),
        ("[[rule]]\nmin_n = 2\n[[waiver]]\nreason = ' \t'", "line 4: reason: is blank"),
        ("[[rule]]\nmin_n = 2.5", "line 2: min_n: input should be a valid integer"),
        ("[[rule]]\nmax_shift = inf", "line 2: max_shift: input should be a finite number"),
        ("[[rule]]\nmin_n = 1\n[[waiver]]\nexpires = 2027-01-31T00:00:00\n", "line 4: expires: a day such as"),
    ],
)
def test_a_fault_is_one_clear_line(text: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(text)
    assert fault in str(caught.value)


def test_a_file_that_is_no_policy_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read as a policy: No such file.*auditor policy init"):
        Policy.from_toml(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"title = '\xff'")
    with pytest.raises(UsageError, match="is not UTF-8 text"):
        Policy.from_toml(tmp_path / "latin.toml")
    (tmp_path / "large.toml").write_bytes(b"#" * 200_001)
    with pytest.raises(UsageError, match="larger than 200,000 bytes"):
        Policy.from_toml(tmp_path / "large.toml")


def test_lines_are_found_past_arrays_texts_and_comments() -> None:
    text = (
        '# a\n[[rule]]\nwhy = """\nmin_n = 3\n"""\nregion = [\n  "a]", # [\n  "b",\n]\n"min_n" = 20\n[[rule]]\nx = 1\n'
    )
    found = find_lines(text)
    assert found == {
        ("rule", 0): 2, ("rule", 0, "why"): 3, ("rule", 0, "region"): 6, ("rule", 0, "min_n"): 10,
        ("rule", 1): 11, ("rule", 1, "x"): 12,
    }  # fmt: skip


def test_a_policy_in_python_is_checked_as_one_in_a_file_is() -> None:
    with pytest.raises(ValidationError, match="a rule has one condition"):
        Policy.model_validate({"rule": [{"region": "face"}]})
    made = Policy.model_validate({"rule": [{"class": "doctor", "min_accuracy": 1}]})
    assert made.describe() == ["min_accuracy = 1.0 for class doctor"]
    assert len(made.sha256) == 64
    assert made.line(0) == 0


@pytest.mark.parametrize(("half", "outcome"), [(0.01, "pass"), (0.1, "cannot tell")])
def test_an_interval_decides_and_not_the_number(half: float, outcome: str) -> None:
    assert judge({"min_accuracy": 0.85}, document=audit(estimates=numbers(half=half))).outcome == outcome
    assert judge({"min_accuracy": 0.95}, document=audit(estimates=numbers(half=half))).outcome != "pass"


def test_a_rule_fails_beyond_its_bound_and_says_so() -> None:
    verdict = judge({"name": "right", "min_accuracy": 0.95}, {"min_n": 20})
    assert (verdict.outcome, verdict.passed, verdict.exit_code) == ("fail", False, 1)
    (broken,) = verdict.violations
    assert broken.name == "right"
    assert str(verdict).splitlines()[:3] == [
        "fail: policy policy on Stripes and dots (1 pass, 1 fail, 0 cannot tell)",
        "  fail         right: min_accuracy = 0.95",
        "               beyond: accuracy: 90 % [89 %, 91 %], n = 400; asked for: at least 95 %",
    ]


@pytest.mark.parametrize(
    ("undecided", "outcome", "code"), [(None, "cannot tell", 4), ("pass", "pass", 0), ("fail", "fail", 1)]
)
def test_what_is_open_is_the_policys_to_decide(undecided: str | None, outcome: str, code: int) -> None:
    top = {} if undecided is None else {"undecided": undecided}
    document = audit({("face", "gender"): "I"})
    for verdict in (
        judge({"region": "face", "max_level": "E2"}, document=document, **top),
        judge({"region": "face", "max_level": "E2", **top}, document=document),
    ):
        assert (verdict.outcome, verdict.exit_code) == (outcome, code)
        assert verdict.rules[0].lenient == (undecided == "pass")


@pytest.mark.parametrize(
    "rule",
    [
        {"region": "fase", "max_level": "E2"},
        {"region": "face", "attribute": "age", "max_level": "E2"},
        {"role": "context", "max_level": "E2"},
        {"region": "face", "role": "artefact", "max_level": "E2"},
        {"region": ["face", "hat"], "max_shift": 0.5},
        {"region": "hat", "max_flips": 0.5},
        {"attribute": "gender", "subgroup": "child", "min_accuracy": 0.1},
        {"class": "surgeon", "min_accuracy": 0.1},
        {"attribute": "age", "min_subgroup_accuracy": 0.1},
        {"attribute": "age", "max_gap": 0.9},
        {"attribute": "age", "max_miscalibration": 0.9},
        {"min_selection_ratio": 0.1},
        {"check": "positve control", "checks": "passed"},
        {"region": "hat", "checks": "passed"},
        {"no_new_findings": True},
        {"max_accuracy_drop": 0.9},
        {"locked": True},
    ],
)
@pytest.mark.parametrize("undecided", ["cannot tell", "pass"])
def test_no_rule_passes_because_its_subject_is_missing(rule: dict[str, Any], undecided: str) -> None:
    (ruling,) = judge(rule, undecided=undecided).rules
    assert ruling.outcome == "cannot tell"
    assert ruling.told[0].state == "missing"


def test_an_unknown_name_is_told_with_the_nearest() -> None:
    assert "region fase: this audit has no such region; nearest: 'face'" in str(
        judge({"region": "fase", "max_level": "E1"})
    )
    assert "there is: face, coat, tag" in str(judge({"region": "zzz", "max_level": "E1"}))


def test_a_waiver_lets_off_and_stays_in_sight() -> None:
    found, rule = audit({("face", "gender"): "E4"}), {"region": "face", "max_level": "E2", "unless": "waived"}
    verdict = judge(rule, document=found, waiver=[WAIVER])
    assert verdict.passed
    assert "waived: face with gender: E4" in str(verdict)
    assert "waived until 2026-12-31 by A: retraining" in str(verdict)
    assert any(note.startswith("waived until 2026-12-31: face:gender:woman:nurse") for note in verdict.notes)
    deaf = {name: value for name, value in rule.items() if name != "unless"}
    assert judge(deaf, document=found, waiver=[WAIVER]).outcome == "fail"


def test_a_waiver_holds_on_its_last_day_and_fails_after_it() -> None:
    found, rule = audit({("face", "gender"): "E4"}), {"region": "face", "max_level": "E2", "unless": "waived"}
    assert judge(rule, document=found, waiver=[WAIVER], today="2026-12-31").passed
    late = judge(rule, document=found, waiver=[WAIVER], today="2027-01-01")
    assert [one.name for one in late.violations] == [rule_name(rule), "waiver of face:gender:woman:nurse"]
    assert "expired on 2026-12-31; owner: A" in str(late)
    unneeded = judge({"min_n": 20}, waiver=[WAIVER], today="2027-01-01")
    assert unneeded.outcome == "fail"


def rule_name(rule: dict[str, Any]) -> str:
    return Rule.model_validate(rule).describe()


def test_a_waiver_that_meets_nothing_is_told() -> None:
    verdict = judge({"min_n": 20}, waiver=[{**WAIVER, "finding": "fase:gender:woman:nurse"}])
    assert verdict.passed
    assert "meets no finding of this audit; nearest: 'face:gender:woman:nurse'" in str(verdict)


def test_a_waiver_never_makes_up_for_what_is_missing() -> None:
    found = audit({("face", "gender"): "E0"})
    rule = {"region": "face", "max_level": "E2", "unless": "waived"}
    assert judge(rule, document=found, waiver=[WAIVER]).outcome == "cannot tell"


def lock(policy: Policy, **changes: str) -> PolicyLock:
    facts = {"name": "policy.toml", "sha256": policy.sha256, "locked_at": "2025-12-31T23:00:00Z", **changes}
    return PolicyLock(rules=policy.describe(), text=policy.source.decode(), **facts)


def test_a_policy_counts_as_locked_only_where_it_was_before_the_run() -> None:
    policy = parse("[[rule]]\nlocked = true\n")
    told = {
        "locked": gate(audit(policy=lock(policy)), policy, today=TODAY),
        "another": gate(audit(policy=lock(policy, sha256="0" * 64)), policy, today=TODAY),
        "late": gate(audit(policy=lock(policy, locked_at="2026-01-02T00:00:00Z")), policy, today=TODAY),
        "none": gate(audit(), policy, today=TODAY),
    }
    assert {name: verdict.outcome for name, verdict in told.items()} == {
        "locked": "pass", "another": "cannot tell", "late": "cannot tell", "none": "cannot tell"
    }  # fmt: skip
    assert told["locked"].notes[0] == "this policy was locked before the run, at 2025-12-31T23:00:00Z"
    assert "was not locked before the run: that was policy.toml, SHA-256 000000000000…" in told["another"].notes[0]
    assert "was not locked before the run: the audit's plan names none" in told["none"].notes[0]
