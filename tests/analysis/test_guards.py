from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.doubts import find_doubt
from auditor.analysis.guards import MOST_SHARED, find_guard, share_on_core
from auditor.analysis.headlines import tell_use
from auditor.analysis.questions import Cell, list_cells
from auditor.analysis.uses import judge
from auditor.analysis.wording import percent
from auditor.records import RASTER, pack_raster
from tests.analysis.asking import FILLS, answer, drawn, make_asked, planted, row, table
from tests.analysis.statistics.trialling import make_read, make_told, make_trials

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence


def confounded() -> Evidence:
    """Women's regions are five times as large, and whoever's region is hidden loses as much as it is large."""
    generator = np.random.default_rng(0)
    areas = np.where(np.arange(300) % 4 >= 2, 0.25, 0.05) * generator.uniform(0.8, 1.2, 300)
    return make_asked(drifts={"face": 4 * areas}, areas={"face": areas})


def shift_cell(evidence: Evidence) -> Cell:
    return next(cell for cell in list_cells(evidence) if cell.attribute)


def test_unequal_regions_are_not_use() -> None:
    """Protocol, section 7.4: the plain shift is large and certain, and says nothing of what the region shows."""
    evidence = confounded()
    estimates = answer(evidence, "alignment")
    use = next(
        use
        for use in judge(list_cells(evidence), guards=lambda cell: find_guard(evidence, estimates, cell))
        if use.cell.attribute
    )
    assert abs(use.cell.weakest.estimate) > 0.2
    assert use.p_value < 1e-6
    assert (use.answer, use.guarded) == ("not enough evidence", None)


def test_equal_regions_are_a_safeguard() -> None:
    evidence = make_asked(200, pushes=planted(0.3, "face"))
    words = find_guard(evidence, answer(evidence, "alignment"), shift_cell(evidence))
    assert words == "the region is as large and lies as far out in both groups"


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.3, -0.3])
def test_balance_that_is_not_there_is_none(value: float) -> None:
    evidence = make_asked(100, pushes=planted(0.3, "face"))
    keys = {"region": "face", "attribute": "gender", "subgroup": "woman"}
    rows = [row("area_balance", value, **keys), row("eccentricity_balance", 0.0, **keys)]
    assert find_guard(evidence, table(*rows), shift_cell(evidence)) is None
    assert find_guard(evidence, table(rows[1]), shift_cell(evidence)) is None


@pytest.mark.parametrize(("low", "found"), [(0.01, True), (0.0, False), (-0.01, False), (np.nan, False)])
def test_swaps_that_change_more_answers_are_a_safeguard(low: float, *, found: bool) -> None:
    evidence = confounded()
    keys = {"region": "face", "attribute": "gender", "fill": "swap"}
    words = find_guard(evidence, table(row("cross_swap_excess", 0.1, low, 0.2, **keys)), shift_cell(evidence))
    assert (words is not None) == found
    other = table(row("cross_swap_excess", 0.1, 0.05, 0.2, **keys | {"region": "hair"}))
    assert find_guard(evidence, other, shift_cell(evidence)) is None


@pytest.mark.parametrize(("high", "ruled_out"), [(0.04, True), (0.05, False), (0.12, False), (np.nan, True)])
def test_swaps_that_change_answers_both_ways_are_a_doubt(high: float, *, ruled_out: bool) -> None:
    """Of trained networks, one answered 9 % of pictures otherwise when a patch was recoloured, with no shift at all."""
    evidence = make_asked(3000, pushes={"face": {}})
    keys = {"region": "face", "attribute": "gender", "fill": "swap"}
    estimates = table(row("cross_swap_excess", 0.03, high - 0.02, high, **keys))
    cells = [cell for cell in list_cells(evidence) if cell.attribute]
    for use in judge(cells, doubts=lambda cell: find_doubt(evidence, estimates, cell)):
        assert (use.answer == "ruled out") == ruled_out
        assert (use.doubt is None) == ruled_out
        assert ("may be 5.0 % or more" in tell_use(use, ("doctor", "nurse"))) != ruled_out


@pytest.mark.parametrize(("high", "answer"), [(0.04, "ruled out"), (0.06, "not enough evidence")])
def test_a_region_alone_is_doubted_by_the_swaps_of_any_attribute(high: float, answer: str) -> None:
    """Trained networks lost 1 % of answers when a patch was hidden, and 8 % when it was recoloured."""
    evidence = make_asked(1000, pushes={"face": {}}, attributes=(), spread=0.02)
    swaps = [
        row("cross_swap_excess", 0.03, 0.02, limit, region="face", attribute=name, fill="swap")
        for name, limit in (("age", 0.01), ("gender", high))
    ]
    (cell,) = list_cells(evidence)
    (use,) = judge([cell], doubts=lambda cell: find_doubt(evidence, table(*swaps), cell))
    assert use.answer == answer
    assert (use.doubt or "").startswith(
        "Swapping does not rule it out: regions of the opposite value of gender change 3.0 %" if high > 0.05 else ""
    )
    assert find_doubt(evidence, table(), cell) is None
    assert find_doubt(evidence, table(*(part | {"region": "hair"} for part in swaps)), cell) is None


@pytest.mark.parametrize(("limits", "found"), [((0.02, 0.3), True), ((-0.3, -0.02), False), ((-0.1, 0.3), False)])
def test_swaps_that_shift_the_other_way_are_none(limits: tuple[float, float], *, found: bool) -> None:
    evidence = confounded()
    cell = shift_cell(evidence)
    assert cell.weakest.estimate > 0
    keys = {"region": "face", "attribute": "gender", "subgroup": "woman", "predicted": "nurse", "fill": "swap"}
    words = find_guard(evidence, table(row("cross_swap_shift", sum(limits) / 2, *limits, **keys)), cell)
    assert (words is not None) == found


def bent(n: int = 600) -> Evidence:
    """Three classes: the face, whoever it shows, speaks against nurses; women are known as such by something else.

    The margin of a doctor is that against the better of two others. Hiding the face brings nurses into play, and that
    more often among women: the margins of the groups shift apart, by a face that shows nothing of them.
    """
    generator = np.random.default_rng(0)
    classes = ("doctor", "nurse", "surgeon")
    label, woman = np.arange(n) % 3, np.arange(n) // 3 % 2
    before = 2.5 * (label[:, None] == np.arange(3)) + generator.normal(scale=0.7, size=(n, 3))
    before[:, 1] += np.where(woman, 1.5, -1.5) - 3
    images = make_read(before, labels=np.take(classes, label), gender=np.take(["man", "woman"], woman), classes=classes)
    trials = []
    for fill in FILLS:
        for place in range(3):
            after = before + generator.normal(scale=0.3, size=(n, 3))
            after[:, 1] += 3 * (place == 0)
            trials.append(make_trials(images, after, at=range(n), fill=fill, place=place, classes=classes))
    return drawn(make_told(images, trials, areas={"face": np.full(n, 0.1)}, classes=classes))


def test_of_three_classes_equal_regions_are_no_safeguard() -> None:
    evidence = bent()
    estimates = answer(evidence, "alignment")
    cells = [cell for cell in list_cells(evidence) if cell.attribute]
    uses = judge(cells, guards=lambda cell: find_guard(evidence, estimates, cell))
    largest = max(uses, key=lambda use: use.cell.weakest.size)
    assert largest.cell.weakest.size > 0.15, "a shift that equal regions would have let pass"
    assert largest.p_value < 1e-6
    assert {use.answer for use in uses} <= {"not enough evidence", "ruled out"}
    assert "no swap shows otherwise" in tell_use(largest, evidence.settings.classes)
    cell = largest.cell
    keys = {"region": "face", "attribute": "gender", "fill": "swap"}
    more = table(row("cross_swap_excess", 0.1, 0.05, 0.2, **keys))
    assert find_guard(evidence, more, cell) is None, "answers are not the margin that was asked about"
    way = math.copysign(1, cell.weakest.estimate)
    keys |= {"subgroup": cell.subgroup, "predicted": cell.favours}
    shift = table(row("cross_swap_shift", 0.2 * way, *sorted((0.1 * way, 0.3 * way)), **keys))
    assert "shift the margin further" in str(find_guard(evidence, shift, cell))


def by_label(statistic: str, label: str, value: float, half: float, **keys: Any) -> dict[str, Any]:
    facts = {"region": "face", "label": label, "n": 100, "clusters": 100, **keys}
    return row(statistic, value, value - half, value + half, **facts)


def shifts(label: str, *values: float, half: float = 0.05, **keys: Any) -> list[dict[str, Any]]:
    who = {"attribute": "gender", "subgroup": "woman", "predicted": "nurse"}
    return [
        by_label("aligned_shift", label, value, half, fill=fill, **who | keys)
        for fill, value in zip(FILLS, values, strict=True)
    ]


@pytest.mark.parametrize(
    ("rows", "doubted"),
    [
        (shifts("doctor", -0.3, -0.25), True),
        (shifts("doctor", -0.3, -0.25) + shifts("nurse", 0.4, 0.1), True),
        (shifts("doctor", 0.3, -0.25), False),
        (shifts("doctor", 0.3, 0.14), False),
        (shifts("doctor", 0.3, 0.25, clusters=19), False),
        (shifts("doctor", 0.3, 0.25, subgroup="man"), False),
        (shifts("doctor", 0.3, 0.155), True),
        (shifts("doctor", 0.3, 0.155) + shifts("nurse", 0.0, 0.0), False),
        ([by_label("cross_swap_excess", "doctor", 0.2, 0.1, fill="swap", attribute="gender")], True),
        ([by_label("cross_swap_excess", "doctor", 0.2, 0.16, fill="swap", attribute="gender")], False),
        ([by_label("cross_swap_excess", "doctor", 0.2, 0.1, fill="swap", attribute="age")], False),
        ([by_label("flip_excess", "doctor", 0.2, 0.05, fill=fill) for fill in FILLS], False),
    ],
)
def test_one_label_may_speak_against_what_all_rule_out(rows: list[dict[str, Any]], *, doubted: bool) -> None:
    """Of twenty classes two may be told apart by a region that all others pass over; limits hold for all labels."""
    evidence = make_asked(400, pushes=planted(0.0, "face"))
    cell = shift_cell(evidence)
    (use,) = judge([cell], doubts=lambda cell: find_doubt(evidence, table(*rows), cell))
    assert use.answer == ("not enough evidence" if doubted else "ruled out")
    text = tell_use(use, ("doctor", "nurse"))
    assert ("One label speaks against ruling it out: among images labelled doctor, " in text) == doubted
    assert use.needed is None


def slow_reach(evidence: Evidence, cell: Cell) -> float:
    """Image by image: another answer, once the margin has moved by twice the limit against its own group."""
    shares = []
    for part in cell.parts:
        low, high = part.interval(0.95)
        limit = low if abs(low) > abs(high) else high
        changed = []
        for margin, value in zip(part.effect.contrast.before, evidence.texts("gender"), strict=True):
            after = margin - 2 * limit * part.effect.contrast.spread * (1 if value == "woman" else -1)
            changed.append((margin > 0) != (after > 0))
        shares.append(sum(changed) / len(changed))
    return max(shares)


@pytest.mark.parametrize(("sure", "answer"), [(0.0, "not enough evidence"), (6.0, "ruled out")])
def test_a_shift_below_its_margin_is_not_ruled_out_where_it_may_change_many_answers(sure: float, answer: str) -> None:
    """Of three classes a cue that changed 7 % of answers shifted groups apart by less than 0.10 SD."""
    evidence = make_asked(200, pushes=planted(0.05, "face"), spread=0.12, sure=sure, seed=1)
    cell = shift_cell(evidence)
    (small,) = judge([cell])
    assert small.answer == "ruled out", "by the shift alone"
    (use,) = judge([cell], doubts=lambda cell: find_doubt(evidence, table(), cell))
    share = slow_reach(evidence, cell)
    assert use.answer == answer
    assert (share >= 0.05) == (answer != "ruled out")
    told = f"A shift as large as its interval allows would change {percent(share)} of answers, which is 5.0 % or more."
    assert (told in tell_use(use, ("doctor", "nurse"))) == (answer != "ruled out")


def test_images_without_a_recorded_value_do_not_count_among_the_answers_that_a_shift_may_change() -> None:
    """Half of the images at the line of the decision, and none of them with a value: nothing of theirs is swapped."""
    evidence = make_asked(400, pushes=planted(0.03, "face"), spread=0.12, sure=6.0, seed=1)
    images = evidence.images.copy()
    even = np.arange(len(images)) % 8 < 4
    near = [np.array([0.0, 0.01 * (-1) ** k], dtype="<f4").tobytes() for k in range(int(even.sum()))]
    images.loc[even, "logits"] = pd.Series(near, index=images.index[even])
    images.loc[even, "gender"] = ""
    unknown = replace(evidence, images=images)
    told = replace(evidence, images=images.assign(gender=evidence.images["gender"]))
    assert "would change" in str(find_doubt(told, table(), shift_cell(told))), "else nothing is at the line"
    assert find_doubt(unknown, table(), shift_cell(unknown)) is None


def test_of_a_region_alone_one_label_may_speak_as_well() -> None:
    evidence = make_asked(1000, pushes={"face": {}}, attributes=(), spread=0.02)
    (cell,) = list_cells(evidence)
    flips = [
        by_label("flip_excess", "nurse", value, 0.05, fill=fill) for fill, value in zip(FILLS, (0.4, 0.2), strict=True)
    ]
    found = find_doubt(evidence, table(*flips), cell)
    assert found == (
        "One label speaks against ruling it out: among images labelled nurse, hiding it changes 20 % more answers than "
        "hiding equally large other areas [15 %, 25 %]."
    )
    fewer = [one | {"estimate": -0.4, "ci_low": -0.5, "ci_high": -0.3} for one in flips]
    assert find_doubt(evidence, table(*fewer), cell) is None, "fewer changed answers are no effect"


def overlapping(build: SimpleNamespace, share: float) -> Evidence:
    """A tag of which a share lies on the core region."""
    images = build.random_images(30, np.random.default_rng(0))
    coat = np.tile([0.0, 0.0, 0.5, 0.5], (30, 1))
    tag = np.tile([0.5 - 0.25 * share, 0.0, 0.75 - 0.25 * share, 0.25], (30, 1))
    evidence: Evidence = build.evidence(images, boxes={"coat": coat, "tag": tag}, roles={"coat": "core"})
    return evidence


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_on_core_is_that_of_the_rasters(build: SimpleNamespace, share: float) -> None:
    evidence = overlapping(build, share)
    assert share_on_core(evidence, "tag") == pytest.approx(share, abs=0.05)
    assert share_on_core(evidence, "coat") == 0
    assert share_on_core(replace(evidence, settings=replace(evidence.settings, roles={})), "tag") == 0


def test_a_region_on_core_regions_says_nothing_alone() -> None:
    n = 200
    evidence = make_asked(
        n, pushes=planted(0.0, "coat", "tag"), drifts={"tag": np.full(n, -3.0)}, roles={"coat": "core"}
    )
    full, empty = np.ones(RASTER), np.zeros(RASTER)
    for covered, apart in ((full, False), (empty, True)):
        rasters = {"coat": pack_raster(covered), "tag": pack_raster(full)}
        regions = evidence.regions.assign(raster=evidence.regions["region"].map(rasters))
        told = replace(evidence, regions=regions)
        (cell,) = (cell for cell in list_cells(told) if cell.attribute is None)
        (use,) = judge([cell], guards=lambda cell, told=told: find_guard(told, table(), cell))  # type: ignore[misc]
        assert (use.answer == "found") == apart
        assert (use.guarded == "controls are equally large") == apart
    assert MOST_SHARED == 0.1


def test_a_region_without_rasters_lies_on_nothing() -> None:
    evidence = make_asked(40, pushes=planted(0.3, "coat", "face"), roles={"coat": "core"})
    assert share_on_core(evidence, "face") == 0
    unseen = replace(evidence, regions=pd.DataFrame(columns=evidence.regions.columns))
    assert share_on_core(unseen, "face") == 0
