"""Whole pictures brought to one value: shifts by hand, the mirrored way, and what cannot be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.statistics.mirroring import MIRRORED, read_values, split_sides
from auditor.analysis.statistics.neutralising import measure_neutralising, read_neutrals
from auditor.analysis.statistics.property_errors import measure_property_errors
from auditor.properties import NEUTRAL
from tests.analysis.statistics.trialling import CLASSES, make_read, make_told, make_trials

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.geometry import FloatArray

N = 160


def make_lit(
    slope: float, *, n: int = N, seed: int = 0, noise: float = 0.0, own: FloatArray | None = None, **settings: object
) -> Evidence:
    """Evidence on a model whose margin for nurse rises with brightness by a slope; labels go with nothing."""
    generator = np.random.default_rng(seed)
    light = np.linspace(0.2, 0.8, n + 1)[generator.permutation(n)] if own is None else own
    other = generator.normal(size=n)
    before = np.column_stack([np.zeros(n), other + slope * np.nan_to_num(light - 0.5)])
    images = make_read(before, labels=generator.choice(CLASSES, n).tolist(), gender=["man"] * n)
    target = float(np.quantile(light[np.isfinite(light)], 0.5, method="inverted_cdf"))
    at = np.flatnonzero(np.isfinite(light))
    trials = []
    for place, goal in ((0, np.full(n, target)), (1, 2 * light - target)):
        shock = noise * generator.normal(size=n)
        after = np.column_stack([np.zeros(n), other + slope * (goal - 0.5) + shock])[at]
        facts = {"region": "(brightness)", "fill": NEUTRAL, "place": place, "donor_group": f"{target:.6g}"}
        trials.append(make_trials(images, after, at=at.tolist(), **facts))
    return make_told(images.assign(brightness=light), trials, **({"attributes": ()} | settings))


def pick(rows: list[Row], statistic: str, fill: str = NEUTRAL) -> Row:
    (row,) = [row for row in rows if row.statistic == statistic and row.fill == fill]
    return row


def plain_shift(evidence: Evidence, lost: FloatArray) -> float:
    """Half the difference of means within label, weighted by n1 n0 / n, over the spread of the margin."""
    light, labels = evidence.read["brightness"].to_numpy(), evidence.read["label"].to_numpy()
    middle = float(evidence.interventions["donor_group"].iloc[0])
    total, weights = 0.0, 0.0
    for label in CLASSES:
        above, below = (lost[(labels == label) & side] for side in (light > middle + 1e-5, light < middle - 1e-5))
        weight = len(above) * len(below) / (len(above) + len(below))
        total += weight * (above.mean() - below.mean()) / 2
        weights += weight
    logits = np.stack([np.frombuffer(part, "<f4") for part in evidence.read["logits"]]).astype(float)
    return float(total / weights / (logits[:, 1] - logits[:, 0]).std())


def test_shift_against_a_plain_computation() -> None:
    evidence = make_lit(3.0)
    rows = measure_neutralising(evidence)
    light = evidence.read["brightness"].to_numpy()
    lost = 3.0 * (light - float(evidence.interventions["donor_group"].iloc[0]))
    assert pick(rows, "property_shift").estimate == pytest.approx(plain_shift(evidence, lost), rel=1e-4)
    mirrored = pick(rows, "property_shift", MIRRORED)
    assert mirrored.estimate == pytest.approx(pick(rows, "property_shift").estimate, rel=1e-4)  # the model is linear
    assert pick(rows, "property_shift").predicted == "nurse"
    assert pick(rows, "property_shift").n == N - 1  # the image at the median has no side
    assert pick(rows, "property_both_ways").ci_low > 0
    assert pick(rows, "property_shift").p_value < 0.001


def test_sign_says_for_which_class_more_of_it_speaks() -> None:
    assert pick(measure_neutralising(make_lit(-3.0)), "property_shift").estimate < 0


def test_a_shock_to_both_sides_is_no_shift() -> None:
    evidence = make_lit(0.0)
    shocked = evidence.interventions.copy()
    logits = np.stack([np.frombuffer(part, "<f4") for part in shocked["logits"]]) + np.array([0, 2], "<f4")
    shocked["logits"] = [row.tobytes() for row in logits.astype("<f4")]
    vars(evidence)["interventions"] = shocked
    rows = measure_neutralising(evidence)
    assert pick(rows, "property_shift").estimate == pytest.approx(0, abs=1e-6)
    assert pick(rows, "property_both_ways").estimate < 0  # one side goes against its direction


def test_a_shock_by_size_contradicts_its_mirror() -> None:
    evidence = make_lit(0.0)
    table = evidence.interventions
    light = evidence.read.set_index("image_id")["brightness"].reindex(table["image_id"]).to_numpy()
    logits = np.stack([np.frombuffer(part, "<f4") for part in table["logits"]]).astype(float)
    logits[:, 1] -= 3 * (light - float(table["donor_group"].iloc[0]))  # whatever the edit, bright ones lose
    vars(evidence)["interventions"] = table.assign(logits=[row.tobytes() for row in logits.astype("<f4")])
    rows = measure_neutralising(evidence)
    there, back = (pick(rows, "property_shift", fill).estimate for fill in (NEUTRAL, MIRRORED))
    assert there > 0.1
    assert back < -0.1


def test_flips_are_shares_of_changed_answers() -> None:
    evidence = make_lit(6.0)
    row = pick(measure_neutralising(evidence), "property_flips")
    trials = evidence.interventions[evidence.interventions["place"] == 0]
    assert row.estimate == pytest.approx((trials["margin"] < 0).mean())
    assert row.n == N


def test_one_way_properties_have_a_mean_and_no_sides() -> None:
    evidence = make_lit(1.0)
    table = evidence.interventions
    first = table[table["place"] == 0].assign(region="(sharpness)", donor_group="-8")
    vars(evidence)["interventions"] = first
    (item,) = read_neutrals(evidence)
    assert item.cell is None
    rows = measure_neutralising(evidence)
    assert {row.statistic for row in rows} == {"property_shift", "property_flips"}
    own, contrast = item.effect.own, item.effect.contrast
    assert pick(rows, "property_shift").estimate == pytest.approx(own.mean() / contrast.spread)


def test_images_without_the_property_take_no_part() -> None:
    light = np.linspace(0.2, 0.8, 2 * N)
    light[::4] = np.nan
    evidence = make_lit(3.0, n=2 * N, own=light)
    row = pick(measure_neutralising(evidence), "property_shift")
    assert row.n == 239  # of 240, one is the median
    assert row.estimate > 0.1


def test_too_few_clusters_are_not_evaluated() -> None:
    row = pick(measure_neutralising(make_lit(3.0, n=60)), "property_shift")
    assert np.isnan(row.estimate)
    assert "needs 20 clusters on each side of a label" in row.method


def test_nothing_changed_gives_nothing() -> None:
    evidence = make_lit(1.0)
    vars(evidence)["interventions"] = evidence.interventions.iloc[:0]
    assert read_neutrals(evidence) == []
    assert measure_neutralising(evidence) == []


def test_sides() -> None:
    assert split_sides(np.array([0.1, 0.3, 0.3000001, 0.5, np.nan]), 0.3).tolist() == [0, -1, -1, 1, -1]
    assert split_sides(np.array([-8.0, -7.0]), -7.5).tolist() == [0, 1]


def test_missing_columns_have_no_values() -> None:
    assert np.isnan(read_values(make_lit(1.0), "jpeg_quality")).all()


def test_gap_in_accuracy_by_label() -> None:
    evidence = make_lit(8.0, n=400)
    rows = {row.label: row for row in measure_property_errors(evidence)}
    read = evidence.read
    bright = read["brightness"] > read["brightness"].median()
    right = read["label"] == read["predicted"]
    for label in CLASSES:
        ours = read["label"] == label
        assert rows[label].estimate == pytest.approx(right[ours & bright].mean() - right[ours & ~bright].mean())
        assert rows[label].region == "(brightness)"
        assert "0.975" in rows[label].method  # two labels together at 95 %
    assert rows["nurse"].ci_low > 0 > rows["doctor"].ci_high  # brightness speaks for nurses


@pytest.mark.parametrize("values", [np.full(N, np.nan), np.full(N, 0.4)])
def test_gap_needs_values_that_differ(values: FloatArray) -> None:
    evidence = make_lit(1.0)
    vars(evidence)["images"] = evidence.images.assign(brightness=pd.Series(values))
    vars(evidence).pop("read", None)
    assert measure_property_errors(evidence) == []
