from __future__ import annotations

from dataclasses import replace

import pytest

from auditor.analysis.illustrations import EXAMPLE_RULE
from auditor.analysis.margins import MARGINS
from auditor.analysis.protocol import _own_family, follow_protocol
from tests.analysis.asking import answer, make_asked, planted, table


def test_where_nothing_was_hidden_there_is_no_protocol() -> None:
    evidence = make_asked(60, pushes=planted(0.5, "face"))
    nothing = replace(evidence, interventions=evidence.interventions[:0])
    assert follow_protocol(nothing, table()) == ([], None)
    unread = replace(evidence, images=evidence.images.assign(status="truncated"))
    assert follow_protocol(unread, table()) == ([], None)


def test_the_protocol_says_what_was_done_and_by_what_rules() -> None:
    evidence = make_asked(160, pushes=planted(0.4, "face"), fills=("blur", "mean", "noise"), controls=2)
    trials = evidence.interventions
    lacking = trials["image_id"].isin(evidence.read["image_id"][:16]) & (trials["place"] > 0)
    evidence = replace(evidence, interventions=trials[~lacking])
    findings, protocol = follow_protocol(evidence, answer(evidence, "alignment", "occlusion"))
    assert protocol is not None
    assert findings[0].level == "E3"
    assert (protocol.fills, protocol.agreeing) == (["blur", "mean", "noise"], ["mean", "noise"])
    assert (protocol.controls, protocol.images, protocol.passes) == (2, 160, len(evidence.interventions))
    assert (protocol.q, protocol.family) == (0.05, 2)
    assert protocol.margins == {name: (margin.minor, margin.material) for name, margin in MARGINS.items()}
    assert protocol.example_rule == EXAMPLE_RULE
    assert protocol.notes == ["face: 16 of 160 images have no room for an equally large area elsewhere."]
    assert {alarm.kind for alarm in protocol.false_alarms} == {"sham regions", "permuted attributes"}
    assert {check.name for check in protocol.checks} >= {"faithful maps", "positive control"}


def test_cells_that_were_not_tested_are_in_no_family() -> None:
    evidence = make_asked(60, pushes=planted(0.4, "face"))
    _, protocol = follow_protocol(evidence, table())
    assert protocol is not None
    assert protocol.family == 1  # fifteen on a side are too few to set against each other; sixty images are not too few


@pytest.mark.parametrize(("tested", "begins"), [(1, "This question, asked"), (0, "These 0 questions"), (3, "These 3")])
def test_questions_that_nobody_declared_are_counted_in_words(tested: int, begins: str) -> None:
    assert _own_family(tested).startswith(begins)
