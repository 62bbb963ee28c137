"""No rule passes because its subject is missing: whatever is taken out of an audit, no rule comes to pass by it."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from auditor.analysis.policy import Policy, gate
from auditor.documents.document import Asked, Document, PolicyLock
from tests.analysis.gated import PAIRS, audit, finding, number, numbers, protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.ladder import Estimate
    from auditor.documents.verdicts import Verdict

RULES: list[dict[str, Any]] = [
    {"region": "face", "max_level": "E2"},
    {"role": ["protected", "artefact"], "max_level": "E1"},
    {"role": "artefact", "max_level": "E3"},
    {"attribute": "gender", "max_level": "R"},
    {"role": "protected", "max_shift": 0.1},
    {"region": "*", "max_shift": 0.1, "class": "nurse"},
    {"region": "face", "max_swaps": 0.1},
    {"max_flips": 0.1},
    {"min_accuracy": 0.8},
    {"min_accuracy": 0.8, "class": "*"},
    {"min_accuracy": 0.8, "attribute": "gender", "class": "*"},
    {"min_subgroup_accuracy": 0.7},
    {"max_gap": 0.05},
    {"max_gap": 0.05, "class": "nurse", "attribute": "gender", "subgroup": "man"},
    {"max_miscalibration": 0.05, "attribute": "*"},
    {"min_selection_ratio": 0.8, "class": "doctor"},
    {"min_selection_ratio": 0.8},
    {"min_n": 60},
    {"min_n": 60, "class": "doctor", "attribute": "gender"},
    {"max_left_out": 0.05},
    {"checks": "passed"},
    {"checks": "passed", "check": "faithful maps"},
    {"checks": "passed", "region": "face"},
    {"max_false_alarms": 0.1},
    {"locked": True},
    {"no_new_findings": True},
    {"no_new_findings": True, "role": "protected"},
    {"max_accuracy_drop": 0.05},
    {"max_accuracy_drop": 0.05, "class": "*"},
]
LEVELS = ("R", "I", "E0", "E1", "E2", "E3", "E3'", "E4")


@st.composite
def audits(draw: st.DrawFn) -> Document:
    """Audits in which anything may be well, ill, open or not known."""
    wide = st.sampled_from([0.005, 0.04, 0.3])
    rows = [_vary(draw, row) for row in numbers({"accuracy": draw(st.sampled_from([0.7, 0.8, 0.9]))}, draw(wide))]
    keys = {"predicted": "doctor", "attribute": "gender", "unit": "index"}
    rows.append(number("impact_ratio", draw(st.sampled_from([0.5, 0.9])), subgroup="woman", **keys))
    rows += [number("selection_rate", 0.5, subgroup=name, **keys) for name in ("man", "woman")]
    found = [finding(pair, draw(st.sampled_from(LEVELS)), gate=draw(_gates)) for pair in PAIRS]
    passed = draw(st.tuples(*[st.sampled_from([True, True, True, False, None])] * 5))
    alarms = draw(st.tuples(*[st.sampled_from([0, 7, 20])] * 2))
    positive = Asked(positive=draw(st.sampled_from(["doctor", None])))
    lock = PolicyLock(name="p", sha256="0", locked_at="2025", rules=[], text="")
    return audit(
        estimates=rows, findings=found, protocol=protocol(passed, alarms), report=positive,
        policy=draw(st.sampled_from([None, lock])),
    )  # fmt: skip


_gates = st.sampled_from(["found", "not enough evidence", "ruled out", "withheld", None])


def _vary(draw: st.DrawFn, row: Estimate) -> Estimate:
    """One number in a few is moved beyond any bound, widened, or has no interval."""
    kind = draw(st.sampled_from(["as it is"] * 12 + ["beyond", "open", "silent", "few"]))
    value = row.value or 0.0
    changes: dict[str, dict[str, Any]] = {
        "as it is": {},
        "beyond": {"value": 0.4, "ci": (0.39, 0.41)},
        "open": {"ci": (value - 1, value + 1)},
        "silent": {"ci": None},
        "few": {"clusters": 3},
    }
    return row.model_copy(update=changes[kind])


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    rules = draw(st.lists(st.sampled_from(RULES), min_size=1, max_size=6))
    undecided, family = draw(st.sampled_from(["cannot tell", "pass", "fail"])), draw(st.sampled_from(["fdr", "fwer"]))
    return Policy.model_validate({"rule": rules, "undecided": undecided, "family": family})


def judge(document: Document, policy: Policy, baseline: Document) -> Verdict:
    return gate(document, policy, today="2026-11-23", baseline=baseline)


def assert_none_comes_to_pass(before: Verdict, after: Verdict) -> None:
    for old, new in zip(before.rules, after.rules, strict=True):
        assert old.outcome == "pass" or new.outcome != "pass", f"{old.says}: {old.items} -> {new.items}"
    assert before.passed or not after.passed


LISTS = (
    ("estimates",), ("findings",), ("protocol", "checks"), ("protocol", "false_alarms"), ("data", "attributes"),
    ("data", "regions"),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(audits(), audits(), policies(), st.data())
def test_taking_out_any_number_of_rows_makes_no_rule_pass(
    document: Document, baseline: Document, policy: Policy, data: st.DataObject
) -> None:
    tree = document.model_dump(mode="json")
    for path in data.draw(st.lists(st.sampled_from(LISTS), min_size=1, unique=True)):
        holder = tree if len(path) == 1 else tree[path[0]]
        kept = data.draw(st.floats(0, 1))
        random = data.draw(st.randoms(use_true_random=False))
        holder[path[-1]] = [row for row in holder[path[-1]] if random.random() < kept]
    poorer = Document.model_validate(tree)
    assert_none_comes_to_pass(judge(document, policy, baseline), judge(poorer, policy, baseline))


@settings(max_examples=40, deadline=None)
@given(audits(), audits(), policies(), st.data())
def test_taking_out_any_one_thing_makes_no_rule_pass(
    document: Document, baseline: Document, policy: Policy, data: st.DataObject
) -> None:
    before = judge(document, policy, baseline)
    tree = document.model_dump(mode="json")
    paths = list(walk(tree))
    for path in data.draw(st.lists(st.sampled_from(paths), min_size=1, max_size=12, unique=True)):
        poorer = take_out(tree, path)
        if poorer is not None:
            assert_none_comes_to_pass(before, judge(poorer, policy, baseline))


@settings(max_examples=40, deadline=None)
@given(audits(), audits(), policies(), st.data())
def test_taking_anything_out_of_the_baseline_makes_no_rule_pass(
    document: Document, baseline: Document, policy: Policy, data: st.DataObject
) -> None:
    before = judge(document, policy, baseline)
    tree = baseline.model_dump(mode="json")
    for path in data.draw(st.lists(st.sampled_from(list(walk(tree))), min_size=1, max_size=12, unique=True)):
        poorer = take_out(tree, path)
        if poorer is not None:
            assert_none_comes_to_pass(before, judge(document, policy, poorer))


def test_each_thing_in_turn_taken_out_of_one_audit() -> None:
    """Not a sample: every key and every item of an audit that has one of each trouble."""
    levels = dict(zip(PAIRS, ("E4", "I", "E0", "E2"), strict=True))
    document = audit(
        levels,  # type: ignore[arg-type]  # levels of the ladder
        estimates=numbers({"accuracy": 0.78, "accuracy_gap": 0.2, "aligned_shift": 0.3}, half=0.02),
        protocol=protocol((True, False, True, True, None), (0, 20)),
    )
    policy = Policy.model_validate({"rule": RULES, "undecided": "pass"})
    tree = document.model_dump(mode="json")
    before, tried = judge(document, policy, document), 0
    for path in walk(tree):
        poorer = take_out(tree, path)
        if poorer is not None:
            assert_none_comes_to_pass(before, judge(poorer, policy, document))
            tried += 1
    assert tried > 500


def walk(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Ways to everything in a document."""
    children = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from walk(child, (*path, key))


def take_out(tree: dict[str, Any], path: tuple[Any, ...]) -> Document | None:
    """The document without one thing; None where it is no document any more, and is refused."""
    poorer = copy.deepcopy(tree)
    holder = poorer
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    try:
        return Document.model_validate(poorer)
    except ValidationError:
        return None
