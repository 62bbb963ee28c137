from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.statistics.contrasts import contrasts, measure_scale, signed_margins
from auditor.analysis.statistics.effects import average, read_effects
from auditor.errors import DataError
from tests.analysis.statistics.trialling import make_random, make_read, make_told, make_trials


def plain_margin(logits: list[float], favoured: int) -> float:
    return logits[favoured] - max(value for i, value in enumerate(logits) if i != favoured)


def read_logits(packed: bytes) -> list[float]:
    return np.frombuffer(packed, dtype="<f4").astype(float).tolist()


def test_signed_margins_against_a_plain_loop() -> None:
    logits = np.random.default_rng(0).normal(size=(40, 4))
    for favoured in range(4):
        assert signed_margins(logits, favoured).tolist() == [plain_margin(row, favoured) for row in logits.tolist()]


def test_effects_against_a_plain_loop_in_any_order_of_rows() -> None:
    evidence = make_random(60)
    shuffled = replace(
        evidence,
        images=evidence.images.sample(frac=1, random_state=1),
        interventions=evidence.interventions.sample(frac=1, random_state=2),
    )
    effects = read_effects(shuffled)
    assert [(e.region, e.fill) for e in effects] == [(r, f) for r in ("coat", "face") for f in ("mean", "noise")]
    before = {row.image_id: plain_margin(read_logits(row.logits), 1) for row in evidence.images.itertuples()}
    for effect in effects:
        rows = evidence.interventions
        rows = rows[(rows["region"] == effect.region) & (rows["fill"] == effect.fill)]
        for i, name in enumerate(sorted(before)):
            mine = rows[rows["image_id"] == name]
            lost = {row.place: before[name] - plain_margin(read_logits(row.logits), 1) for row in mine.itertuples()}
            flips = {row.place: float(row.predicted != row.predicted_before) for row in mine.itertuples()}
            controls = [value for place, value in lost.items() if place > 0]
            assert effect.own[i] == pytest.approx(lost.get(0, np.nan), nan_ok=True)
            assert effect.flip_own[i] == pytest.approx(flips.get(0, np.nan), nan_ok=True)
            assert effect.control[i] == pytest.approx(np.mean(controls) if controls else np.nan, nan_ok=True)
            assert effect.control_size[i] == pytest.approx(
                np.mean(np.abs(controls)) if controls else np.nan, nan_ok=True
            )
            for k in (1, 2):
                assert effect.controls[i, k - 1] == pytest.approx(lost.get(k, np.nan), nan_ok=True)
                assert effect.flip_controls[i, k - 1] == pytest.approx(flips.get(k, np.nan), nan_ok=True)
            assert effect.paired[i] == (0 in lost and len(controls) > 0)


def test_two_classes_have_one_contrast_and_more_have_one_per_label() -> None:
    evidence = make_random(50)
    (only,) = contrasts(evidence)
    assert (only.name, only.favours) == ("nurse over doctor", "nurse")
    logits = np.stack([read_logits(packed) for packed in evidence.read["logits"]])
    assert only.before == pytest.approx(logits[:, 1] - logits[:, 0])
    assert only.spread == pytest.approx(np.std(logits[:, 1] - logits[:, 0]))
    classes = ("cat", "dog", "owl")
    generator = np.random.default_rng(1)
    images = make_read(
        generator.normal(size=(9, 3)), labels=["owl", "cat", "cat"] * 3, gender=[""] * 9, classes=classes
    )
    several = contrasts(make_told(images, [], classes=classes))
    assert [c.favours for c in several] == ["cat", "owl"]
    assert several[1].name == "owl over the best of the others"


def test_trials_on_images_that_were_not_read_and_with_donors_are_left_out() -> None:
    evidence = make_random(30)
    gone = evidence.images.assign(status=["truncated"] * 5 + ["read"] * 25)
    pasted = evidence.interventions.iloc[:40].assign(donor_group="same", fill="swap", attribute="gender")
    told = replace(evidence, images=gone, interventions=pd.concat([evidence.interventions, pasted]))
    effects = read_effects(told)
    assert {effect.fill for effect in effects} == {"mean", "noise"}
    whole = read_effects(evidence)
    for some, all_of_them in zip(effects, whole, strict=True):
        np.testing.assert_array_equal(some.own, all_of_them.own[5:])


def test_a_sham_is_a_control_against_the_others() -> None:
    effect = read_effects(make_random(40))[0]
    sham = effect.as_sham(0)
    np.testing.assert_array_equal(sham.own, effect.controls[:, 0])
    np.testing.assert_array_equal(sham.control, effect.controls[:, 1])
    np.testing.assert_array_equal(sham.flip_own, effect.flip_controls[:, 0])
    assert np.isnan(sham.as_sham(0).control).all()


def test_no_trials_no_effects() -> None:
    assert read_effects(make_told(make_random(5).images, [])) == []
    assert np.isnan(average(np.empty((3, 0)))).all()


def test_images_without_logits_are_a_clear_error() -> None:
    evidence = make_random(10)
    with pytest.raises(DataError, match="expected logits in every row"):
        read_effects(replace(evidence, images=evidence.images.drop(columns="logits")))
    with pytest.raises(DataError, match="run the audit again"):
        contrasts(replace(evidence, images=evidence.images.assign(logits=None)))


def test_a_property_of_the_whole_picture_can_be_asked_for_by_name() -> None:
    before = np.random.default_rng(2).normal(size=(6, 2))
    images = make_read(before, labels=["nurse"] * 6, gender=["man"] * 6)
    named = {"region": "(warmth)", "fill": "neutral", "donor_group": "0.02"}
    trials = [
        make_trials(images, before + shift, at=range(6), place=place, **named) for place, shift in enumerate((1, 2))
    ]
    evidence = make_told(images, trials)
    assert read_effects(evidence) == []
    (effect,) = read_effects(evidence, ["(warmth)"])
    assert effect.paired.all()


def test_spread_in_each_draw_and_without_each_cluster() -> None:
    generator = np.random.default_rng(3)
    margins, clusters = generator.normal(5, 2, 30), np.repeat(np.arange(10), 3)
    weights = np.array([np.bincount(generator.integers(0, 10, 10), minlength=10) for _ in range(4)], dtype=np.uint8)
    scale = measure_scale(margins, clusters=clusters, weights=weights)
    assert scale.value == pytest.approx(np.std(margins))
    for draw, row in zip(scale.draws, weights, strict=True):
        assert draw == pytest.approx(np.std(np.repeat(margins, row[clusters])), rel=1e-5)
    for cluster, left in enumerate(scale.left):
        assert left == pytest.approx(np.std(margins[clusters != cluster]))
