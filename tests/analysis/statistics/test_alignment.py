from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditor.analysis.statistics.alignment import measure_alignment, read_alignments
from auditor.analysis.statistics.bootstrap import draw_weights
from auditor.analysis.statistics.contrasts import measure_scale
from auditor.analysis.statistics.dealing import Board, compare_values
from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.layouts import difference, lay_out
from tests.analysis.statistics.test_shifts import plain_sides
from tests.analysis.statistics.trialling import CLASSES, make_random, make_read, make_told, make_trials

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row


def pick(rows: list[Row], statistic: str, **keys: str | None) -> Row:
    wanted = {"region": "face", "fill": "noise", "label": None} | keys
    (row,) = (r for r in rows if r.statistic == statistic and all(getattr(r, k) == v for k, v in wanted.items()))
    return row


def make_linear(
    n: int = 400, *, cue: float = 0.5, salience: float = 0.0, seed: int = 0, room: float = 1.0, draws: int = 2000
) -> Evidence:
    """A linear read-out: a core, a cue worth +cue or -cue by gender, and what hiding does to every image alike."""
    generator = np.random.default_rng(seed)
    woman = generator.random(n) < 0.5
    label = generator.integers(0, 2, n)
    margin = (2 * label - 1) + generator.normal(size=n) + cue * np.where(woman, 1, -1)
    control = generator.normal(0, 0.3, n)
    own = cue * np.where(woman, 1, -1) + generator.normal(0, 0.3, n) + salience
    images = make_read(
        np.column_stack([-margin / 2, margin / 2]),
        labels=np.asarray(CLASSES)[label].tolist(),
        gender=np.where(woman, "woman", "man").tolist(),
    )
    trials = []
    for place, lost in enumerate((own, control)):
        after = margin - lost
        at = np.arange(n if place == 0 else round(room * n))
        logits = np.column_stack([-after / 2, after / 2])[at]
        trials.append(make_trials(images, logits, at=at.tolist(), place=place))
    return make_told(images, trials, draws=draws)


def test_a_linear_model_has_the_shift_that_it_was_given() -> None:
    evidence = make_linear(4000, cue=0.5, salience=0.2)
    rows = measure_alignment(evidence)
    spread = float(np.sqrt(1 + 1 + 0.25))
    row, both = pick(rows, "aligned_shift"), pick(rows, "both_ways_shift")
    assert row.estimate == pytest.approx(0.5 / spread, abs=0.02)
    assert row.ci_low < 0.5 / spread < row.ci_high
    assert both.estimate == pytest.approx(0.3 / spread, abs=0.02)
    assert both.ci_low < 0.3 / spread < both.ci_high
    assert (row.predicted, row.attribute, row.subgroup, row.unit) == ("nurse", "gender", "woman", "SD")
    assert row.p_value == pytest.approx(1 / 10_000)


def test_a_model_without_noise_has_exactly_its_shift() -> None:
    woman = np.tile([True, True, False, False], 25)
    margin = np.where(np.tile([True, False], 50), 1.0, -1.0) + np.where(woman, 0.25, -0.25)
    images = make_read(
        np.column_stack([0 * margin, margin]),
        labels=np.where(np.tile([True, False], 50), "nurse", "doctor").tolist(),
        gender=np.where(woman, "woman", "man").tolist(),
    )
    hidden = margin - np.where(woman, 0.25, -0.25)
    trials = [
        make_trials(images, np.column_stack([0 * m, m]), at=range(100), place=place)
        for place, m in enumerate((hidden, margin))
    ]
    rows = measure_alignment(make_told(images, trials))
    for label in (None, "doctor", "nurse"):
        assert pick(rows, "aligned_shift", label=label).estimate == pytest.approx(0.25 / np.std(margin))
        assert pick(rows, "both_ways_shift", label=label).estimate == pytest.approx(0.25 / np.std(margin))


def test_rows_against_the_letter_of_the_formula() -> None:
    evidence = make_random(220, per_cluster=2)
    rows = measure_alignment(evidence)
    gender, labels = evidence.texts("gender"), evidence.texts("label")
    for effect in read_effects(evidence):
        lost = effect.own - effect.control
        for label in (None, "doctor", "nurse"):
            ours = (gender != "") & ((label is None) | (labels == label))
            numbers = np.where(ours, labels == "nurse", -1)
            rest, members = plain_sides(lost, gender == "woman", numbers)
            row = pick(rows, "aligned_shift", region=effect.region, fill=effect.fill, label=label)
            assert row.estimate == pytest.approx((members - rest) / 2 / np.std(effect.contrast.before))
            assert row.n == (np.isfinite(lost) & ours).sum()
            assert row.ci_low < row.estimate < row.ci_high


def test_every_value_of_many_against_the_rest() -> None:
    evidence = make_random(300)
    ages = np.random.default_rng(4).choice(["old", "middle", "young", ""], 300)
    images = evidence.images.assign(gender=ages)
    rows = measure_alignment(replace(evidence, images=images))
    found = [row.subgroup for row in rows if row.statistic == "aligned_shift" and row.label is None]
    assert sorted(set(found)) == ["middle", "old", "young"]
    effect = next(e for e in read_effects(evidence) if (e.region, e.fill) == ("face", "noise"))
    numbers = np.where(ages == "", -1, evidence.texts("label") == "nurse")
    rest, members = plain_sides(effect.own - effect.control, ages == "old", numbers)
    row = pick(rows, "aligned_shift", subgroup="old")
    assert row.estimate == pytest.approx((members - rest) / 2 / effect.contrast.spread)
    assert "old against all other recorded subgroups" in row.method


def test_of_three_classes_each_contrast_is_seen_in_its_own_label() -> None:
    generator, classes = np.random.default_rng(5), ("cat", "dog", "owl")
    before = generator.normal(size=(240, 3))
    images = make_read(
        before, labels=generator.choice(classes, 240).tolist(), gender=["man", "woman"] * 120, classes=classes
    )
    trials = [
        make_trials(images, before + generator.normal(size=(240, 3)), at=range(240), place=p, classes=classes)
        for p in (0, 1)
    ]
    rows = measure_alignment(make_told(images, trials, classes=classes))
    found = {(row.predicted, row.label) for row in rows if row.statistic == "aligned_shift"}
    assert found == {(c, None) for c in classes} | {(c, c) for c in classes}


def test_controls_enter_where_there_are_any_and_that_is_said() -> None:
    for room, words in (
        (1.0, "less the mean of the controls;"),
        (0.9, "controls;"),
        (0.5, "only 50% of the images"),
        (0, "without controls"),
    ):
        evidence = make_linear(200, room=room or 0.5)
        if room == 0:
            only = evidence.interventions[evidence.interventions["place"] == 0]
            evidence = replace(evidence, interventions=only)
        (effect,) = read_effects(evidence)
        lost, remark = difference(effect)
        assert np.isfinite(lost).sum() == (200 if room in (0, 1) else 200 * room)
        assert words.rstrip(";") in remark
        assert words in pick(measure_alignment(evidence), "aligned_shift").method


def test_too_few_clusters_are_not_evaluated_and_that_is_said() -> None:
    evidence = make_linear(60)
    strict = replace(evidence, settings=replace(evidence.settings, min_clusters=40))
    row = pick(measure_alignment(strict), "aligned_shift")
    assert np.isnan([row.estimate, row.ci_low, row.p_value]).all()
    assert row.method.split("; ")[-1].startswith("not evaluated: needs 40 clusters on each side of a label, found")


def test_the_order_of_rows_changes_nothing() -> None:
    evidence = make_random(80, per_cluster=2)
    shuffled = {n: getattr(evidence, n).sample(frac=1, random_state=3) for n in ("images", "regions", "interventions")}
    assert str(measure_alignment(evidence)) == str(measure_alignment(replace(evidence, **shuffled)))


def test_every_image_twice_in_its_cluster_leaves_interval_and_p() -> None:
    evidence = make_random(120, controls=1)
    both = {}
    for name in ("images", "regions", "interventions"):
        table = getattr(evidence, name)
        both[name] = pd.concat([table, table.assign(image_id="twin " + table["image_id"])], ignore_index=True)
    once, twice = measure_alignment(evidence), measure_alignment(replace(evidence, **both))
    for one, two in zip(once, twice, strict=True):
        numbers = [(r.estimate, r.ci_low, r.ci_high, r.clusters) for r in (one, two)]
        assert numbers[1] == pytest.approx(numbers[0], nan_ok=True, abs=1e-5)
        assert two.n == 2 * one.n
        assert two.p_value == pytest.approx(one.p_value, nan_ok=True, abs=0.03)


def test_all_cells_of_an_attribute_share_their_permutations() -> None:
    evidence = make_random(200)
    alignments = [a for a in read_alignments(evidence, draws=500) if a.label is None]
    null = np.column_stack([a.cell.null for a in alignments])
    assert null.shape == (500, 4)
    twin = [replace(e, fill="twin") for e in read_effects(evidence)[:1]]
    again = read_alignments(evidence, [*read_effects(evidence)[:1], *twin], draws=500)
    np.testing.assert_allclose(again[0].cell.null, again[1].cell.null)


def test_regions_on_other_images_still_share_their_draws() -> None:
    evidence = make_random(400, controls=1)
    first = read_effects(evidence)[0]
    most = np.where(np.arange(400) % 20, first.own, np.nan)
    twin = replace(first, region="face", own=most)
    one, two = (a for a in read_alignments(evidence, [first, twin], draws=500) if a.label is None)
    assert np.corrcoef(one.cell.null, two.cell.null)[0, 1] > 0.6


def test_shams_can_be_put_in_the_place_of_the_region() -> None:
    evidence = make_random(200)
    shams = [effect.as_sham(0) for effect in read_effects(evidence)]
    assert len(read_alignments(evidence, shams, draws=99)) == len(read_alignments(evidence, draws=99))


def test_without_trials_attributes_or_two_subgroups_there_is_nothing() -> None:
    evidence = make_random(40)
    assert measure_alignment(replace(evidence, interventions=evidence.interventions.iloc[:0])) == []
    assert measure_alignment(replace(evidence, settings=replace(evidence.settings, attributes=()))) == []
    assert measure_alignment(replace(evidence, images=evidence.images.assign(gender="man"))) == []


def simulate(
    cells: int, *, n: int, persons: int, effect: float, seed: int, draws: int = 600
) -> tuple[list[tuple[float, float]], list[float], list[float]]:
    """Intervals, p-values and both-ways pushes of audits of a model whose shift is known: effect / 2."""
    generator = np.random.default_rng(seed)
    clusters = np.arange(n) % persons
    weights = draw_weights(persons, draws=draws, generator=generator)
    spans, p, pushes = [], [], []
    for _ in range(cells):
        woman = (generator.random(persons) < 0.4)[clusters]
        labels = generator.integers(0, 2, n)
        area = generator.random(n)
        noise = generator.normal(size=persons)[clusters] + generator.gamma(1, 1, n)
        lost = np.where(woman, effect, -effect) + noise * (0.3 + area) + labels
        margins = generator.normal(size=n) * 2
        board = Board(
            shifts=lost[:, None],
            labels=labels,
            clusters=clusters,
            areas=area,
            scales=[measure_scale(margins, clusters=clusters, weights=weights)],
            weights=weights,
            min_clusters=10,
        )
        ((cell,),) = compare_values(board, woman.astype(int), wanted=[1], draws=199, generator=generator)
        spans.append(cell.shift.interval(0.95))
        p.append(cell.p_value)
        pushes.append(cell.shift.both_ways)
    return spans, p, pushes


@pytest.mark.parametrize(("n", "persons", "cells"), [(120, 120, 500), (160, 80, 500)])
def test_the_interval_covers_the_truth_as_often_as_it_says(n: int, persons: int, cells: int) -> None:
    spans, p, _ = simulate(cells, n=n, persons=persons, effect=0.6, seed=21)
    covered = np.mean([low <= 0.3 <= high for low, high in spans])
    assert 0.93 <= covered <= 0.97
    assert np.mean(np.array(p) < 0.05) > 0.5


@pytest.mark.parametrize(("n", "persons"), [(100, 100), (120, 60)])
def test_p_is_uniform_where_the_attribute_plays_no_part(n: int, persons: int) -> None:
    spans, p, _ = simulate(400, n=n, persons=persons, effect=0.0, seed=22, draws=300)
    assert stats.kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) <= 0.05) <= 0.08
    assert np.mean([low <= 0 <= high for low, high in spans]) >= 0.92


@pytest.mark.slow
def test_coverage_and_calibration_at_length() -> None:
    for n, persons in ((200, 200), (200, 70), (1000, 1000)):
        spans, p, _ = simulate(2000, n=n, persons=persons, effect=0.0, seed=23, draws=1000)
        assert 0.935 <= np.mean([low <= 0 <= high for low, high in spans]) <= 0.965
        assert stats.kstest(p, "uniform").pvalue > 0.001


def test_unequal_region_size_pulls_the_shift_but_not_the_push_of_both_sides() -> None:
    generator = np.random.default_rng(24)
    n = 800
    woman, labels = generator.random(n) < 0.5, generator.integers(0, 2, n)
    area = np.where(woman, 0.05, 0.01)
    margin = 2.0 * labels - 1 + generator.normal(size=n)
    images = make_read(
        np.column_stack([-margin / 2, margin / 2]),
        labels=np.asarray(CLASSES)[labels].tolist(),
        gender=np.where(woman, "woman", "man").tolist(),
    )
    trials = []
    for place, strength in enumerate((8.0, 2.0)):  # the larger the area, the more of 'nurse' goes with it, for everyone
        after = margin - strength * area * (1 + 0.3 * generator.normal(size=n))
        trials.append(make_trials(images, np.column_stack([-after / 2, after / 2]), at=range(n), place=place))
    rows = measure_alignment(make_told(images, trials, areas={"face": area}))
    plain, both = pick(rows, "aligned_shift"), pick(rows, "both_ways_shift")
    assert plain.ci_low > 0.05
    assert both.estimate < 0.002
    assert both.ci_high < 0.05
    assert plain.p_value == 1  # no permutation within a fifth of area can tell size from attribute
    assert abs(pick(rows, "area_balance", fill=None).estimate) > 0.25


def test_without_permutations_or_labels_the_shifts_are_the_same() -> None:
    evidence = make_random(160)
    full = [one for one in read_alignments(evidence, draws=99) if one.label is None]
    bare = read_alignments(evidence, layouts=lay_out(evidence, read_effects(evidence)), draws=0, by_label=False)
    assert [one.effect for one in bare] == [one.effect for one in full]
    for one, other in zip(bare, full, strict=True):
        assert np.array_equal(one.cell.shift.draws, other.cell.shift.draws, equal_nan=True)
        assert np.array_equal(one.cell.shift.jackknife, other.cell.shift.jackknife, equal_nan=True)
        assert one.cell.shift.interval(0.9) == other.cell.shift.interval(0.9)
        assert len(one.cell.null) == 0
        assert np.isnan(one.cell.p_value) > np.isnan(other.cell.p_value)
