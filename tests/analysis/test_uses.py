from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.joint_tests import adjust_jointly, margin_of
from auditor.analysis.multiplicity import fcr_level
from auditor.analysis.questions import AGREEING, Cell, Q, list_cells
from auditor.analysis.uses import Use, flag, hold, judge
from tests.analysis.asking import make_asked, planted


def of_attribute(uses: list[Use]) -> list[Use]:
    return [use for use in uses if use.cell.attribute is not None]


@pytest.mark.parametrize("direction", [1, -1])
def test_a_planted_use_is_found_in_its_direction(direction: int) -> None:
    uses = judge(list_cells(make_asked(pushes=planted(0.3 * direction, "face") | planted(0.0, "coat"))))
    coat, face = sorted(of_attribute(uses), key=lambda use: use.cell.region)
    assert (face.answer, coat.answer) == ("found", "ruled out")
    assert face.cell.weakest.estimate * direction > 0.2
    assert face.guarded == "the two sides are pushed in opposite directions"
    assert face.needed is None
    assert face.p_value < face.q_value < 0.001


@pytest.mark.parametrize("pushes", [{"mean": 0.5, "noise": 0.0}, {"mean": 0.5, "noise": -0.5}])
def test_ways_of_hiding_that_disagree_are_no_use(pushes: dict[str, float]) -> None:
    (use,) = of_attribute(judge(list_cells(make_asked(pushes={"face": pushes})), guards=lambda _: "all is well"))
    assert use.answer == "not enough evidence"
    assert use.q_value > 0.9


def test_one_way_of_hiding_is_not_evaluated() -> None:
    for use in judge(list_cells(make_asked(pushes=planted(0.5, "face"), fills=("mean", "blur")))):
        assert use.answer == "not evaluated"
        assert math.isnan(use.p_value)
    assert AGREEING == 2


def test_blur_changes_no_answer() -> None:
    pushes = {"face": {"mean": 0.3, "noise": 0.3, "blur": -0.5}}
    (use,) = of_attribute(judge(list_cells(make_asked(pushes=pushes, fills=("blur", "mean", "noise")))))
    assert use.answer == "found"


def test_many_images_rule_out_and_few_leave_open_with_a_number() -> None:
    (many,) = of_attribute(judge(list_cells(make_asked(400, pushes=planted(0.0, "face")))))
    assert many.answer == "ruled out"
    (few,) = of_attribute(judge(list_cells(make_asked(100, pushes=planted(0.03, "face"), spread=0.8, seed=4))))
    assert few.answer == "not enough evidence"
    assert few.needed is not None
    assert few.needed > 100
    part = few.cell.weakest
    assert few.needed < 100 * (max(p.interval(0.95)[1] - p.interval(0.95)[0] for p in few.cell.parts) / 0.002) ** 2
    assert part.n == 100


def slow_needed(cell: Cell, *, found: bool) -> float:
    """Of one answer: what the way of hiding that is furthest from it needs."""
    margin = margin_of(cell)[0 if found else 1]
    most = 0.0
    for part in cell.parts:
        low, high = part.interval(0.95)
        away = part.estimate - margin if found else margin - part.estimate
        reach = part.estimate - low if found else high - part.estimate
        most = max(most, part.n * (reach / away) ** 2 if away > 0 else math.inf)
    return math.ceil(most) if math.isfinite(most) else math.inf


@pytest.mark.parametrize("seed", range(8))
def test_the_number_needed_is_that_of_the_nearer_answer_for_all_ways(seed: int) -> None:
    """A region that flips no more than its controls is ruled out below .05; it need not fall below .02."""
    cells = list_cells(make_asked(120, drifts={"face": np.zeros(120)}, attributes=(), spread=0.8, seed=seed))
    (use,), (bare,) = judge(cells, guards=lambda _: "controls are equally large"), judge(cells)
    assert use.answer == bare.answer == "not enough evidence"
    assert margin_of(use.cell) == (0.02, 0.05)
    within, beyond = slow_needed(use.cell, found=False), slow_needed(use.cell, found=True)
    assert (use.needed or math.inf) == min(within, beyond)
    assert (bare.needed or math.inf) == within, "what nothing guards is not found with any number"
    (doubted,) = judge(cells, guards=lambda _: "controls are equally large", doubts=lambda _: "swaps say otherwise")
    assert (doubted.needed or math.inf) == beyond, "what is doubted is not ruled out with any number"


@pytest.mark.parametrize("pushes", [{"mean": 0.2, "noise": 0.04}, {"mean": 0.2, "noise": -0.2}])
def test_no_number_settles_ways_of_hiding_that_disagree(pushes: dict[str, float]) -> None:
    """One beyond the margin and one within it, or two in opposite directions: both get surer with every image."""
    cells = list_cells(make_asked(200, pushes={"face": pushes}, spread=0.4))
    (use,) = of_attribute(judge(cells, guards=lambda _: "all is well"))
    assert (use.answer, use.needed) == ("not enough evidence", None)


def test_fewer_than_twenty_clusters_are_not_evaluated() -> None:
    uses = judge(list_cells(make_asked(72, pushes=planted(0.6, "face"))))
    assert [use.answer for use in of_attribute(uses)] == ["not evaluated"]


def test_a_shift_without_a_safeguard_is_not_found() -> None:
    """Everyone loses, women more: unequal regions do that as well."""
    side = np.where(np.arange(300) % 4 >= 2, 1.0, 0.2)
    cells = [cell for cell in list_cells(make_asked(drifts={"face": side})) if cell.attribute]
    (bare,), (guarded,) = judge(cells), judge(cells, guards=lambda _: "swaps say so")
    assert bare.p_value < 1e-6
    assert (bare.answer, bare.guarded) == ("not enough evidence", None)
    assert (guarded.answer, guarded.guarded) == ("found", "swaps say so")


def test_the_family_is_corrected_as_scipy_does() -> None:
    evidence = make_asked(160, pushes=planted(0.18, "a", "b") | planted(0.12, "c") | planted(0.0, "d", "e"))
    uses = judge(list_cells(evidence))
    p = np.array([use.p_value for use in uses])  # one cell per family
    assert [use.q_value for use in uses] == pytest.approx(stats.false_discovery_control(p).tolist(), abs=1e-12)
    by = stats.false_discovery_control(p, method="by")
    assert [use.by_value for use in uses] == pytest.approx(by.tolist(), abs=1e-12)
    rejected = int((stats.false_discovery_control(p) <= Q).sum())
    level = fcr_level(rejected, len(uses))
    assert rejected > 0
    for use in uses:
        assert use.level == (level if use.answer == "found" else 1 - Q)
        assert use.p_value == max(part.p_value for part in use.cell.parts)


def test_the_joint_test_is_over_all_cells_whatever_their_attribute() -> None:
    cells = list_cells(make_asked(120, pushes=planted(0.25, "a") | planted(0.03, "b")))
    uses = judge(cells)
    assert [use.familywise for use in uses] == adjust_jointly(cells).tolist()
    assert uses[0].familywise >= uses[0].p_value


def test_gate_mode_asks_for_all_that_a_finding_asks_for() -> None:
    """The adjusted p-value in the place of the false discovery rate; the safeguards stay."""
    cells = [
        one for one in list_cells(make_asked(300, pushes=planted(0.4, "face") | planted(0.0, "coat"))) if one.attribute
    ]
    coat, face = sorted(judge(cells, guards=lambda _: "given"), key=lambda use: use.cell.region)
    assert (hold(coat), hold(face)) == ("ruled out", "found")
    assert hold(face._replace(familywise=0.051)) == hold(face._replace(familywise=math.nan)) == "not enough evidence"
    assert hold(coat._replace(doubt="swaps change answers")) == "not enough evidence"
    (few,) = of_attribute(judge(list_cells(make_asked(72, pushes=planted(0.6, "face")))))
    assert hold(few) == "not evaluated"
    side = np.where(np.arange(300) % 4 >= 2, 1.0, 0.2)
    (bare,) = judge([one for one in list_cells(make_asked(drifts={"face": side})) if one.attribute])
    assert (hold(bare), bare.familywise <= 0.05) == ("not enough evidence", True)


def test_nothing_asked_is_nothing_answered() -> None:
    assert judge([]) == []


def test_an_empty_guard_is_asked_once_per_cell() -> None:
    seen: list[Cell] = []
    cells = list_cells(make_asked(100, pushes=planted(0.3, "face", "hair")))
    judge(cells, guards=seen.append)  # type: ignore[arg-type]
    assert seen == cells


@pytest.mark.slow
def test_where_nothing_is_used_hardly_an_audit_finds_use() -> None:
    """A hundred audits of two regions that are not used, every safeguard given."""
    audits = 100
    flagged = 0
    for seed in range(audits):
        evidence = make_asked(120, pushes=planted(0.0, "face", "hair"), seed=seed, draws=300)
        uses = judge(list_cells(evidence, draws=1), guards=lambda _: "given")
        flagged += any(use.answer == "found" for use in uses)
    assert flagged / audits <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / audits)


def test_controls_that_lie_on_a_cue_do_not_make_a_region_used() -> None:
    evidence = make_asked(400, pushes=planted(0.0, "face"), leak=0.3)
    (use,) = of_attribute(judge(list_cells(evidence), guards=lambda _: "all is well"))
    assert use.q_value < 0.001  # the difference alone would be a finding, in both directions
    assert use.cell.weakest.estimate < -0.2
    assert use.answer == "not enough evidence"


def test_a_trace_of_a_shift_in_the_region_itself_is_no_use_however_much_controls_make_of_it() -> None:
    """A network each cell of which saw the whole picture was said to use a region that it did not use."""
    evidence = make_asked(800, pushes=planted(-0.012, "face"), leak=0.15, spread=0.05)
    (use,) = of_attribute(judge(list_cells(evidence), guards=lambda _: "all is well"))
    assert all(part.uncontrolled is not None and part.uncontrolled()[1] < 0 for part in use.cell.parts)
    assert use.cell.weakest.estimate < -0.13
    assert use.q_value < 0.001
    assert use.answer == "not enough evidence"
    assert hold(use) == "not enough evidence"


def test_a_region_that_is_used_is_found_although_controls_lie_on_another_cue() -> None:
    evidence = make_asked(400, pushes=planted(0.5, "face"), leak=0.15)
    (use,) = of_attribute(judge(list_cells(evidence), guards=lambda _: "all is well"))
    assert use.answer == "found"


def test_a_use_that_controls_on_another_cue_take_off_is_not_ruled_out() -> None:
    evidence = make_asked(800, pushes=planted(0.25, "face"), leak=0.25)
    (use,) = of_attribute(judge(list_cells(evidence), guards=lambda _: "all is well"))
    low, high = use.cell.weakest.interval(0.95)
    assert -0.1 < low < high < 0.1  # the difference alone would be ruled out
    assert use.answer == "not enough evidence"


@pytest.mark.parametrize("by", [0.0, 0.12, 0.5])
@pytest.mark.parametrize("guard", [None, "given"])
def test_flags_are_what_is_found(by: float, guard: str | None) -> None:
    """With few people some cells cannot be tested; controls that are used themselves keep others from being found."""
    for facts in ({"n": 300}, {"n": 72}, {"n": 300, "leak": 0.3}):
        evidence = make_asked(pushes=planted(by, "face", "tie") | planted(0.0, "coat"), seed=4, **facts)
        uses = judge(list_cells(evidence, draws=9), guards=lambda _: guard)
        expected = [None if use.answer == "not evaluated" else use.answer == "found" for use in uses]
        assert flag(list_cells(evidence, draws=0), guards=lambda _: guard) == expected


def test_without_permutations_only_the_joint_test_is_missing() -> None:
    evidence = make_asked(200, pushes=planted(0.4, "face"))
    with_draws, without = (judge(list_cells(evidence, draws=draws)) for draws in (9, 0))
    assert [use[1:5] for use in with_draws] == [use[1:5] for use in without]
    assert all(math.isnan(use.familywise) for use in without)
    assert flag([]) == judge([]) == []
