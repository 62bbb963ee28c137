from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditor.analysis.margins import MARGINS
from auditor.analysis.questions import list_cells
from tests.analysis.asking import drawn, make_asked, planted
from tests.analysis.statistics.trialling import make_read, make_told, make_trials


def test_each_region_is_asked_with_the_attribute_and_alone() -> None:
    evidence = make_asked(160, pushes=planted(0.2, "coat", "face", "hair"), roles={"coat": "core", "hair": "protected"})
    asked = [(cell.region, cell.attribute, cell.subgroup, cell.others, cell.favours) for cell in list_cells(evidence)]
    with_gender = ("gender", "woman", "man", "nurse")
    assert asked == [
        ("coat", *with_gender),
        ("face", *with_gender),
        ("face", None, None, None, None),
        ("hair", *with_gender),
    ]


def test_a_protected_region_is_asked_alone_where_there_is_no_attribute() -> None:
    evidence = make_asked(80, pushes=planted(0.2, "hair"), roles={"hair": "protected"}, attributes=())
    assert [(cell.region, cell.attribute) for cell in list_cells(evidence)] == [("hair", None)]


def test_blur_is_in_no_part_and_one_way_is_not_enough() -> None:
    evidence = make_asked(160, pushes=planted(0.5, "face"), fills=("blur", "mean"))
    for cell in list_cells(evidence):
        assert [part.effect.fill for part in cell.parts] == ["mean"]
        assert cell.reason == "regions were hidden in 1 way that counts; 2 must agree"
    assert list_cells(make_asked(80, pushes=planted(0.5, "face"), fills=("blur",))) == []


def test_nothing_hidden_asks_nothing() -> None:
    assert list_cells(make_asked(80, pushes={})) == []


def test_the_shift_and_its_p_value_are_those_of_the_definition() -> None:
    evidence = make_asked(240, pushes=planted(0.15, "face"))
    (cell,) = (cell for cell in list_cells(evidence) if cell.attribute)
    gender, label = evidence.texts("gender"), evidence.texts("label")
    for part in cell.parts:
        effect = part.effect
        lost = (effect.own - effect.controls.mean(axis=1)) / effect.contrast.before.std()
        theta, whole = 0.0, 0.0
        for name in evidence.labels:
            one, zero = (lost[(label == name) & (gender == value)] for value in ("woman", "man"))
            weight = len(one) * len(zero) / (len(one) + len(zero))
            theta, whole = theta + weight * (one.mean() - zero.mean()) / 2, whole + weight
        assert part.estimate == pytest.approx(theta / whole, abs=1e-6)
        low, high = part.interval(0.95)
        error = (high - low) / (2 * stats.t.ppf(0.975, 239))
        delta = MARGINS["alignment"].material
        near, far = (abs(part.estimate) - delta) / error, (abs(part.estimate) + delta) / error
        by_t = stats.t.sf(near, 239) + stats.t.sf(far, 239)
        assert math.log(part.p_value) == pytest.approx(math.log(by_t), rel=0.35)
        assert (part.n, part.clusters) == (240, 240)


def test_flips_are_counted_beyond_controls_and_only_more_of_them_count() -> None:
    never = make_asked(160, drifts={"face": np.zeros(160)}, spread=0.9)
    (alone,) = (cell for cell in list_cells(never) if cell.attribute is None)
    for part in alone.parts:
        effect = part.effect
        assert part.estimate == pytest.approx(np.mean(effect.flip_own - effect.flip_controls.mean(axis=1)))
        assert part.both_ways is None
        assert part.null is not None
        assert part.null.mean() == pytest.approx(0, abs=0.01)
    shams = [effect.as_sham(0) for effect in (part.effect for part in alone.parts)]
    reverse = [replace(effect, flip_own=np.zeros(160), flip_controls=np.ones((160, 1))) for effect in shams]
    (cell,) = list_cells(never, reverse, draws=1)[1:]
    assert cell.weakest.estimate == -1
    assert cell.weakest.size == -1
    assert cell.weakest.p_value == 1


def test_a_region_that_moves_nothing_has_an_answer() -> None:
    """Every margin stays to the last digit: there is nothing to resample, and no effect either."""
    evidence = make_asked(120, drifts={"face": np.zeros(120)}, spread=0.0)
    for cell in list_cells(evidence):
        assert cell.reason is None
        assert [part.p_value for part in cell.parts] == [1.0, 1.0]
        low, high = cell.parts[0].interval(0.95)
        assert low <= 0 <= high
        assert high < 0.05


def test_few_clusters_are_a_reason() -> None:
    cells = list_cells(make_asked(76, pushes=planted(0.5, "face")))
    assert [cell.reason for cell in cells if cell.attribute] == [
        "at most 19 independent images or persons on one side; more are needed"
    ]
    few = list_cells(make_asked(16, pushes=planted(0.5, "face"), attributes=()))
    assert few[0].reason == (
        "16 independent images or persons have room for an equally large area elsewhere; more are needed"
    )
    repeated = list_cells(make_asked(400, pushes=planted(0.5, "face"), per_cluster=10))
    assert all(cell.reason is not None for cell in repeated if cell.attribute)


def test_no_room_for_controls_leaves_the_region_alone_untested() -> None:
    cells = list_cells(make_asked(120, pushes=planted(0.3, "face"), controls=0))
    reasons = {cell.attribute: cell.reason for cell in cells}
    assert reasons["gender"] is None
    assert reasons[None] is not None
    assert reasons[None].startswith("0 independent images")


def test_the_weakest_way_is_the_one_that_shows_least() -> None:
    evidence = make_asked(160, pushes={"face": {"mean": 0.6, "noise": 0.3}})
    cell = list_cells(evidence)[0]
    assert cell.weakest.effect.fill == "noise"
    assert cell.one_way
    opposed = list_cells(make_asked(160, pushes={"face": {"mean": 0.6, "noise": -0.3}}))[0]
    assert not opposed.one_way


def test_three_classes_and_three_values_ask_each_class_and_each_value() -> None:
    generator, classes, n = np.random.default_rng(0), ("cat", "dog", "emu"), 360
    before = generator.normal(size=(n, 3))
    images = make_read(before, labels=[classes[i % 3] for i in range(n)], gender=["a"] * n, classes=classes)
    images = images.assign(age=np.repeat(["mid", "old", "young"], 3)[np.arange(n) % 9], path=images["image_id"])
    trials = [
        make_trials(
            images, before + generator.normal(size=(n, 3)) / 5, at=range(n), fill=fill, place=k, classes=classes
        )
        for fill in ("mean", "noise")
        for k in (0, 1)
    ]
    evidence = drawn(make_told(images, trials, classes=classes, attributes=("age",)))
    asked = [(cell.subgroup, cell.favours) for cell in list_cells(evidence) if cell.attribute]
    assert sorted(asked) == sorted((value, name) for value in ("mid", "old", "young") for name in classes)
    assert all(len(cell.parts) == 2 for cell in list_cells(evidence))


def test_values_not_recorded_are_on_neither_side() -> None:
    evidence = make_asked(240, pushes=planted(0.3, "face"))
    images = evidence.images.copy()
    images.loc[images.index % 3 == 0, "gender"] = ""
    gone = images["gender"] == ""
    fewer = replace(evidence, images=images)
    (cell,) = (cell for cell in list_cells(fewer) if cell.attribute)
    assert cell.parts[0].n == 240 - int(gone.sum())
    nobody = replace(evidence, images=images.assign(gender=""))
    assert all(cell.attribute is None for cell in list_cells(nobody))


def test_trials_in_another_order_ask_the_same() -> None:
    evidence = make_asked(120, pushes=planted(0.3, "face"))
    shuffled = replace(
        evidence,
        images=evidence.images.sample(frac=1, random_state=1),
        interventions=evidence.interventions.sample(frac=1, random_state=2),
    )
    for one, other in zip(list_cells(evidence), list_cells(shuffled), strict=True):
        numbers = [[(p.estimate, p.p_value, *p.interval(0.99)) for p in cell.parts] for cell in (one, other)]
        pd.testing.assert_frame_equal(*(pd.DataFrame(part) for part in numbers), check_exact=True)
