from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

import pytest

from auditor.analysis.headlines import tell_bound, tell_effect, tell_needed, tell_use, write_headline
from auditor.analysis.questions import list_cells
from auditor.analysis.uses import judge
from auditor.analysis.wording import listed, percent, span
from auditor.documents.ladder import Rung
from tests.analysis.asking import make_asked, planted
from tests.analysis.statistics.trialling import CLASSES

if TYPE_CHECKING:
    from auditor.analysis.uses import Use
    from auditor.documents.ladder import Answer


def ask(by: float, *, n: int = 300, alone: bool = False, spread: float = 0.3, seed: int = 0) -> Use:
    uses = judge(list_cells(make_asked(n, pushes=planted(by, "face"), spread=spread, seed=seed)))
    return next(use for use in uses if (use.cell.attribute is None) == alone)


def rungs(looks: Answer, uses: Answer) -> dict[str, Rung]:
    answers = {"opportunity": "found", "looks": looks, "uses": uses, "hurts": "found"}
    return {
        name: Rung.model_validate({"name": name, "answer": value, "sentence": f"<{name}>.", "estimates": []})
        for name, value in answers.items()
    }


def test_the_effect_is_told_from_the_side_that_loses() -> None:
    women, men = tell_effect(ask(0.35), CLASSES), tell_effect(ask(-0.35), CLASSES)
    assert "it takes evidence for nurse from woman and for doctor from man" in women
    assert "it takes evidence for nurse from man and for doctor from woman" in men
    use = ask(-0.35)
    part = use.cell.weakest
    low, high = part.interval(use.level)
    assert f"by {-part.estimate:.2f} SD [{-high:.2f}, {-low:.2f}]" in men
    own, control = percent(part.effect.flip_own.mean()), percent(part.effect.flip_control.mean())
    assert men.startswith(
        f"Hiding face changes the answer in {own} of images, hiding equally large other areas in {control}."
    )


@pytest.mark.parametrize("seed", range(6))
def test_an_effect_is_told_within_its_interval(seed: int) -> None:
    """An open shift has an interval across 0: where its sign is taken off, its limits are turned as well."""
    use = ask(-0.06, n=100, spread=0.8, seed=seed)
    found = re.search(r"apart by (\S+) SD \[(\S+), (\S+)\]", tell_effect(use, CLASSES))
    assert found is not None
    size, low, high = map(float, found.groups())
    part = use.cell.weakest
    ends = sorted(math.copysign(1, part.estimate) * end for end in part.interval(use.level))
    assert low <= size <= high
    assert (size, low, high) == pytest.approx((abs(part.estimate), *ends), abs=0.006)


@pytest.mark.parametrize(
    ("mean", "noise", "sides"),
    [
        (0.3, 0.02, "on different sides of the margin"),
        (-0.3, -0.02, "on different sides of the margin"),
        (0.3, -0.3, "in opposite directions"),
    ],
)
def test_ways_of_hiding_that_part_are_told_with_what_they_give(mean: float, noise: float, sides: str) -> None:
    pushes = {"face": {"mean": mean, "noise": noise}}
    cell = next(one for one in list_cells(make_asked(300, pushes=pushes)) if one.attribute)
    (use,) = judge([cell], guards=lambda _: "all is well")
    turn = math.copysign(1, cell.weakest.estimate)
    least, most = sorted(turn * part.estimate for part in cell.parts)
    told = (
        f"Ways of hiding give {least:.2f} SD to {most:.2f} SD, {sides}: if they are as far apart as they look, more "
        "images would not settle it."
    )
    assert use.answer == "not enough evidence"
    assert told in tell_use(use, CLASSES)
    headline = write_headline("I", use, role="protected", rungs=rungs("found", "not enough evidence"), classes=CLASSES)
    assert headline.endswith(told)
    assert "would settle it, if" not in headline
    assert "Ways of hiding give" not in tell_use(ask(0.03, n=100, spread=0.8, seed=4), CLASSES)


def test_controls_are_blamed_only_where_they_alone_keep_a_question_open() -> None:
    for seed in range(6):
        use = ask(0.03, n=100, spread=0.8, seed=seed)
        assert use.answer == "not enough evidence"
        assert "taken off for controls" not in tell_use(use, CLASSES)
    cells = list_cells(make_asked(400, pushes=planted(0.2, "face"), leak=0.2, attributes=("gender",)))
    leaking = next(one for one in judge(cells, guards=lambda _: "all is well") if one.cell.attribute)
    assert leaking.answer == "not enough evidence", "as small as its controls, and not small by itself"
    assert "taken off for controls" in tell_use(leaking, CLASSES)


def test_without_an_attribute_the_difference_is_told() -> None:
    use = ask(0.0, alone=True)
    text = tell_effect(use, CLASSES)
    low, high = use.cell.weakest.interval(0.95)
    assert f"The difference is {percent(use.cell.weakest.estimate)} [{percent(low)}, {percent(high)}]" in text
    assert "at most" in tell_bound(use)
    assert "margin 5.0 %" in tell_bound(use)


def test_a_bound_is_the_widest_of_all_ways() -> None:
    use = ask(0.0)
    widest = max(abs(end) for part in use.cell.parts for end in part.interval(0.95))
    assert use.answer == "ruled out"
    assert f"apart by at most {widest:.2f} SD (margin 0.10 SD)" in tell_bound(use)


def test_an_open_question_names_a_number_of_images() -> None:
    use = ask(0.03, n=100, spread=0.8, seed=4)
    assert f"About {use.needed:,} images would settle it" in tell_needed(use)
    assert tell_needed(use._replace(needed=None)) == ""
    assert tell_needed(use) in tell_use(use, CLASSES)
    assert "nothing shows that they did not" in tell_use(use, CLASSES)


def test_found_says_which_safeguard_and_what_the_strict_correction_says() -> None:
    use = ask(0.35)
    text = tell_use(use, CLASSES)
    assert "Smallest effect of 2 ways of hiding (mean and noise)." in text
    assert "it is still flagged; safeguard: the two sides are pushed in opposite directions." in text
    assert "it is no longer flagged" in tell_use(use._replace(by_value=0.06), CLASSES)


@pytest.mark.parametrize(
    ("level", "looks", "starts", "ends"),
    [
        ("E3", "found", "The model uses face (declared protected) with gender.", "from man."),
        ("E3'", "ruled out", "The model uses face", "The heat map does not show this."),
        ("E4", "found", "The model uses face", "<hurts>."),
        ("E4", "ruled out", "The model uses face", "The heat map does not show this. <hurts>."),
        ("E3", "withheld", "The model uses face", "from man."),
    ],
)
def test_use_is_said_level_by_level(level: str, looks: Answer, starts: str, ends: str) -> None:
    told = write_headline(level, ask(0.35), role="protected", rungs=rungs(looks, "found"), classes=CLASSES)  # type: ignore[arg-type]
    assert told.startswith(starts)
    assert told.endswith(ends)


def test_looking_is_not_using() -> None:
    facts = {"role": "context", "classes": CLASSES}
    told = [
        write_headline("E2", ask(by, n=n, spread=0.6), rungs=rungs("found", answer), **facts)  # type: ignore[arg-type]
        for by, n, answer in ((0.0, 400, "ruled out"), (0.1, 100, "not enough evidence"))
    ]
    assert told[0].endswith("hiding it did not materially change answers in connection with gender.")
    assert told[1].endswith("use was not shown in connection with gender.")


def test_what_was_not_evaluated_says_why() -> None:
    use = ask(0.5, n=60)
    facts = {"role": "context", "rungs": rungs("not evaluated", "not evaluated"), "classes": CLASSES}
    bare = write_headline("E0", use, **facts)  # type: ignore[arg-type]
    assert bare == f"face with gender: we could not check this: {use.cell.reason}."
    chance = write_headline("E1", use, **facts)  # type: ignore[arg-type]
    assert chance == f"<opportunity>. Whether the model does this could not be tested: {use.cell.reason}."


def test_numbers_in_words() -> None:
    shares = (0.0, -0.0, 0.05, 0.0999, 0.1, 1, -0.034, -0.0001)
    assert [percent(value) for value in shares] == ["0 %", "0 %", "5.0 %", "10 %", "10 %", "100 %", "-3.4 %", "0 %"]
    assert span(-0.1, 0.25) == "[-0.10, 0.25]"
    assert span(-0.001, -0.0) == "[0.00, 0.00]"
    assert listed(["a", "b"]) == "a and b"
