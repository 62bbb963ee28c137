from __future__ import annotations

import math
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.joint_tests import FWER, adjust_jointly, margin_of
from auditor.analysis.multiplicity import step_down, step_down_by_part
from auditor.analysis.questions import Cell, Part, list_cells
from auditor.analysis.uses import hold, judge
from tests.analysis.asking import make_asked, planted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.geometry import FloatArray

DELTA = 0.1


def nowhere(*_: Any) -> tuple[float, float]:
    return math.nan, math.nan


def part(estimate: float, null: FloatArray | None, *, error: float, signed: bool = True, **facts: Any) -> Part:
    """One way of hiding, with only what the joint test reads."""
    made: dict[str, Any] = {"effect": SimpleNamespace(fill="noise"), "interval": nowhere, "uncontrolled": None}
    made |= {"both_ways": nowhere if signed else None, "n": 100, "clusters": 100, "remark": "", "freedom": math.inf}
    made |= {"p_value": 0.5, **facts}
    return Part(estimate=estimate, null=null, error=error, **made)


def cell(name: str, *parts: Part, attribute: str | None = "gender") -> Cell:
    return Cell(name, attribute, None, None, None, parts)


def plain(cells: Sequence[Cell]) -> list[float]:
    """By the book: two tests of every way, each adjusted by taking maxima over what is left, draw by draw."""
    ways = [(one, way) for one in cells for way in one.parts]
    p = np.zeros(len(ways))
    for at_margin in (False, True):
        observed, draws = [], []
        for one, way in ways:
            delta, pivot = margin_of(one)[0], (way.null - way.null.mean()) / way.null.std()
            side = np.sign(way.estimate) if one.attribute else 1
            if at_margin:
                t = (side * way.estimate - delta) / way.error
                observed.append(stats.norm.isf(stats.t.sf(t, way.freedom)))
                moved = side * delta / way.error + pivot
                draws.append(abs(moved) - delta / way.error if one.attribute else pivot)
            else:
                observed.append(side * (way.estimate - way.null.mean()) / way.null.std())
                draws.append(abs(pivot) if one.attribute else pivot)
        left, most = list(range(len(ways))), 0.0
        while left:
            leader = max(left, key=lambda i: observed[i])
            largest = [max(draws[i][b] for i in left) for b in range(len(draws[0]))]
            most = max(most, (1 + sum(x >= observed[leader] for x in largest)) / (len(largest) + 1))
            p[leader] = max(p[leader], most)
            left.remove(leader)
    found = iter(p)
    return [max(next(found) for _ in one.parts) for one in cells]


def test_against_a_plain_loop() -> None:
    """Three regions with an attribute, one without, two ways each; none of them clear."""
    random = np.random.default_rng(0)
    for _ in range(5):
        common = random.normal(size=(80, 1))
        nulls = (0.6 * common + 0.8 * random.normal(size=(80, 8))) * random.uniform(0.02, 0.06, 8)
        size = random.uniform(0.1, 0.28, 8)
        ways = [
            part(float(size[k]), nulls[:, k], error=float(random.uniform(0.02, 0.06)), freedom=9, signed=k < 6)
            for k in range(8)
        ]
        ways[2:4] = [replace(way, estimate=-way.estimate) for way in ways[2:4]]
        cells = [cell(str(k), *ways[k : k + 2], attribute="gender" if k < 6 else None) for k in range(0, 8, 2)]
        assert adjust_jointly(cells) == pytest.approx(plain(cells), abs=1e-12)


def test_a_question_in_one_way_without_a_margin_is_the_plain_step_down() -> None:
    """Far beyond the margin only the test against no effect is left."""
    random = np.random.default_rng(1)
    null = random.normal(size=(200, 3))
    null = (null - null.mean(axis=0)) / null.std(axis=0)
    estimate = np.array([5.0, 2.1, 1.2])
    ways = [part(float(estimate[k]), null[:, k], error=1e-3) for k in range(3)]
    found = adjust_jointly([cell(str(k), way, way) for k, way in enumerate(ways)])
    assert found == pytest.approx(step_down(estimate, np.abs(null)))


def test_what_unequal_areas_make_is_no_use_and_hides_no_other() -> None:
    """Hair covers more of women: permuted within fifths of its area, most of its shift stays, and is not found."""
    random = np.random.default_rng(4)
    null = random.normal(scale=0.02, size=(500, 2))
    hair, face = part(0.37, null[:, 0] + 0.36, error=0.03), part(0.3, null[:, 1], error=0.03)
    further, less = replace(hair, estimate=0.5), replace(hair, estimate=0.2)
    found = [adjust_jointly([cell("hair", way, way), cell("face", face, face)]) for way in (hair, further, less)]
    assert [p[0] <= FWER for p in found] == [False, True, False]
    assert [p[1] for p in found] == pytest.approx([1 / 501] * 3)


def test_what_cannot_be_tested_is_in_no_family() -> None:
    random = np.random.default_rng(2)
    good = part(0.5, random.normal(scale=0.05, size=50), error=0.05)
    against, undrawn = replace(good, estimate=-0.5), replace(good, null=None)
    silent = replace(good, p_value=math.nan)
    still = part(0.0, np.zeros(50), error=0.0, p_value=1.0)
    cells = [cell("found", good, good), cell("contrary", good, against), cell("few", silent, good)]
    cells += [cell("undrawn", good, undrawn), cell("still", still, still), cell("one way", good)]
    found = adjust_jointly(cells)
    assert found[[0, 1, 4]] == pytest.approx([1 / 51, 1, 1])
    assert np.isnan(found[[2, 3, 5]]).all()
    assert adjust_jointly([]).shape == (0,)
    assert np.isnan(adjust_jointly([cell("undrawn", undrawn, undrawn)])).all()


def test_draws_in_parts_are_draws_at_once() -> None:
    random = np.random.default_rng(3)
    observed, permuted = random.normal(size=6) + 1, random.normal(size=(90, 6))
    observed[2] = permuted[5, 3] = math.nan
    found = step_down_by_part(observed, (permuted[start : start + 40] for start in (0, 40, 80)))
    assert found == pytest.approx(step_down(observed, permuted), nan_ok=True)


SIDE = np.tile([-1.0, 1.0], 60)


def family(truth: FloatArray, *, generator: np.random.Generator, draws: int = 299) -> list[Cell]:
    """Regions by ways: shifts of 120 images that hang together, permuted together.

    Each image loses its side's part of the truth, and noise of which 0.8 is common to all regions and ways.
    """
    n, k = len(SIDE), truth.size
    noise = np.sqrt(0.8) * generator.normal(size=(n, 1)) + np.sqrt(0.2) * generator.normal(size=(n, k))
    lost = SIDE[:, None] * truth.reshape(1, k) + 0.4 * noise
    signs = generator.permuted(np.tile(SIDE, (draws, 1)), axis=1)
    null, estimate = signs @ lost / n, SIDE @ lost / n
    sides = np.stack([lost[side == SIDE] for side in (-1, 1)])
    error = np.sqrt((sides.var(axis=1, ddof=1) / (n / 2)).sum(axis=0)) / 2
    ways = [part(float(estimate[i]), null[:, i], error=float(error[i]), freedom=n - 2) for i in range(k)]
    per = truth.shape[1]
    return [cell(str(row), *ways[row * per : (row + 1) * per]) for row in range(len(truth))]


NOTHING, BEYOND = np.zeros((6, 2)), np.full((6, 2), 0.5)
CROSSED = np.where(np.arange(2) == np.arange(6)[:, None] % 2, 0.5, DELTA)
"""Of each region one way moves it far and the other not beyond the margin; in turn, so that both ways err."""


@pytest.mark.parametrize(
    "truth",
    [NOTHING, np.full((6, 2), DELTA), CROSSED, np.vstack([BEYOND[:3], np.full((3, 2), DELTA)])],
    ids=["nothing", "at the margin", "one way each", "half are used"],
)
def test_the_chance_of_even_one_false_finding_is_held(truth: FloatArray) -> None:
    """A thousand families of six regions in two ways; false is what is not beyond the margin in both ways."""
    generator, families = np.random.default_rng(7), 1000
    false = (truth <= DELTA).any(axis=1)
    wrong = sum(
        bool((adjust_jointly(family(truth, generator=generator)) <= FWER)[false].any()) for _ in range(families)
    )
    assert wrong / families <= FWER + 2.5 * math.sqrt(FWER * (1 - FWER) / families)
    if (truth == DELTA).any():
        assert wrong / families > 0.005  # not held by finding nothing at all


def test_what_questions_have_in_common_costs_nothing() -> None:
    """Twelve tests that are nearly one: Bonferroni would ask each for a twelfth of the level."""
    generator, found, strict = np.random.default_rng(8), 0, 0
    truth = np.full((6, 2), DELTA + 0.11)
    for _ in range(200):
        cells = family(truth, generator=generator)
        found += int((adjust_jointly(cells) <= FWER).sum())
        p = [max(stats.t.sf((way.estimate - DELTA) / way.error, way.freedom) for way in one.parts) for one in cells]
        strict += int((np.array(p) * 12 <= FWER).sum())
    assert found > 1.15 * strict


def test_shared_draws_go_through_the_whole_procedure() -> None:
    """Of a region that is used and one that is not, with a second attribute and a third region without."""
    evidence = make_asked(300, pushes=planted(0.4, "face") | planted(0.0, "coat"), attributes=("gender",))
    uses = judge(list_cells(evidence), guards=lambda _: "all is well")
    answers = {(use.cell.region, use.cell.attribute): (hold(use), use.familywise) for use in uses}
    assert answers["face", "gender"][0] == "found"
    assert answers["face", "gender"][1] <= 0.001
    assert answers["coat", "gender"][0] == "ruled out"
    assert answers["coat", "gender"][1] > 0.5
    for use in uses:
        assert use.familywise >= use.p_value - 1e-9 or use.familywise < 0.001


@pytest.mark.parametrize("flips", [0.0, 1.5])
def test_regions_without_an_attribute_are_in_the_family(flips: float) -> None:
    evidence = make_asked(200, drifts={"sign": np.full(200, flips), "wall": np.zeros(200)}, attributes=(), spread=0.2)
    uses = judge(list_cells(evidence), guards=lambda _: "areas are equal")
    by_region = {use.cell.region: use for use in uses}
    assert all(len(way.null) == 9999 for use in uses for way in use.cell.parts)
    assert all(0 < use.familywise <= 1 for use in uses)
    assert (by_region["sign"].familywise <= FWER) == (flips > 0) == (hold(by_region["sign"]) == "found")
    assert by_region["wall"].familywise > 0.5
