from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

from auditor.analysis.statistics.background import measure_background
from auditor.analysis.statistics.exchange import measure_exchange
from auditor.analysis.statistics.insertion import align_class, measure_insertion
from tests.analysis.statistics.trialling import CLASSES, make_read, make_told, make_trials

if TYPE_CHECKING:
    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row

MEASURES = (measure_exchange, measure_insertion, measure_background)


def make_donated(groups: tuple[str, str], *, n: int = 120, seed: int = 0, repeats: int = 2, **donor: str) -> Evidence:
    """Two donor groups, the second missing from some images, several donors each."""
    generator = np.random.default_rng(seed)
    before = generator.normal(size=(n, 2))
    gender = generator.choice(["man", "woman", ""], n, p=[0.45, 0.45, 0.1])
    images = make_read(before, labels=generator.choice(CLASSES, n).tolist(), gender=gender.tolist())
    trials = []
    for number, group in enumerate(groups):
        for _ in range(repeats):
            at = np.flatnonzero(generator.random(n) < 0.8)
            after = before[at] + generator.normal(size=(len(at), 2)) * (1 - number / 2)
            trials.append(make_trials(images, after, at=at.tolist(), donor_group=group, **donor))
    area = np.where(generator.random(n) < 0.3 + 0.4 * (images["label"] == "nurse"), 0.1, np.nan)
    return make_told(images, trials, areas={"face": area})


def pick(rows: list[Row], statistic: str, **keys: str | None) -> Row:
    wanted = {"region": "face", "label": None} | keys
    (row,) = (r for r in rows if r.statistic == statistic and all(getattr(r, k) == v for k, v in wanted.items()))
    return row


def collect(
    evidence: Evidence, groups: tuple[str, str], label: str | None
) -> list[tuple[pd.Series, list[pd.DataFrame]]]:
    """Each image of a label that has both groups, with its trials of either."""
    found = []
    for _, image in evidence.read.iterrows():
        mine = evidence.interventions[evidence.interventions["image_id"] == image["image_id"]]
        parts = [mine[mine["donor_group"] == group] for group in groups]
        if label in (None, image["label"]) and all(len(part) for part in parts):
            found.append((image, parts))
    return found


def margin(packed: bytes, favoured: int = 1) -> float:
    logits = np.frombuffer(packed, dtype="<f4").astype(float)
    return float(logits[favoured] - logits[1 - favoured])


@pytest.mark.parametrize("label", [None, "doctor", "nurse"])
def test_swaps_against_plain_loops(label: str | None) -> None:
    evidence = make_donated(("opposite", "same"), fill="swap", attribute="gender")
    rows = measure_exchange(evidence)
    spread = np.std([margin(packed) for packed in evidence.read["logits"]])
    flips, shifts = [], []
    for image, parts in collect(evidence, ("opposite", "same"), label):
        flips.append([(part["margin"] < 0).mean() for part in parts])
        lost = [np.mean([margin(image["logits"]) - margin(packed) for packed in part["logits"]]) for part in parts]
        if image["gender"]:
            shifts.append((lost[0] - lost[1]) * (1 if image["gender"] == "woman" else -1) / spread)
    row = pick(rows, "cross_swap_excess", label=label, subgroup=None)
    one, two = np.mean(flips, axis=0)
    assert (row.estimate, row.n, row.unit) == (pytest.approx(one - two), len(flips), "difference")
    assert (row.attribute, row.fill) == ("gender", "swap")
    assert pick(rows, "opposite_flips", label=label, subgroup=None).estimate == pytest.approx(one)
    assert pick(rows, "same_flips", label=label, subgroup=None).estimate == pytest.approx(two)
    shift = pick(rows, "cross_swap_shift", label=label)
    assert (shift.estimate, shift.n) == (pytest.approx(np.mean(shifts)), len(shifts))
    assert (shift.predicted, shift.subgroup, shift.unit) == ("nurse", "woman", "SD")
    assert row.ci_low < row.estimate < row.ci_high


def test_swaps_by_subgroup_and_of_one_donor_each_are_mcnemars() -> None:
    evidence = make_donated(("opposite", "same"), fill="swap", attribute="gender", repeats=1)
    row = pick(measure_exchange(evidence), "cross_swap_excess", subgroup="woman")
    pairs = [
        [float((part["margin"] < 0).iloc[0]) for part in parts]
        for image, parts in collect(evidence, ("opposite", "same"), None)
        if image["gender"] == "woman"
    ]
    table = [[0, pairs.count([1, 0])], [pairs.count([0, 1]), 0]]
    assert row.n == len(pairs)
    assert row.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)


def test_of_many_values_only_the_subgroups_own_images_count() -> None:
    evidence = make_donated(("opposite", "same"), fill="swap", attribute="gender")
    ages = np.random.default_rng(1).choice(["old", "middle", "young"], 120)
    told = replace(evidence, images=evidence.images.assign(gender=ages))
    rows = measure_exchange(told)
    assert [r.subgroup for r in rows if r.statistic == "cross_swap_shift" and r.label is None] == [
        "middle",
        "old",
        "young",
    ]
    assert sum(pick(rows, "cross_swap_shift", subgroup=age).n for age in ("middle", "old", "young")) == len(
        collect(told, ("opposite", "same"), None)
    )


@pytest.mark.parametrize("label", [None, "doctor", "nurse"])
def test_insertion_against_plain_loops(label: str | None) -> None:
    evidence = make_donated(("cue", "sham"), fill="insert")
    rows = measure_insertion(evidence)
    seen = evidence.read["image_id"].isin(evidence.regions["image_id"])
    shares = seen.groupby(evidence.read["label"]).mean()
    assert shares["nurse"] > shares["doctor"]
    spread = np.std([margin(packed) for packed in evidence.read["logits"]])
    turns, gains = [], []
    for image, parts in collect(evidence, ("cue", "sham"), label):
        gained = [np.mean([margin(packed) - margin(image["logits"]) for packed in part["logits"]]) for part in parts]
        gains.append((gained[0] - gained[1]) / spread)
        if image["predicted"] != "nurse":
            turns.append([(part["predicted"] == "nurse").mean() for part in parts])
    one, two = np.mean(turns, axis=0)
    row = pick(rows, "insertion_excess", label=label)
    assert (row.estimate, row.n, row.predicted) == (pytest.approx(one - two), len(turns), "nurse")
    assert pick(rows, "cue_flips", label=label).estimate == pytest.approx(one)
    assert pick(rows, "sham_flips", label=label).estimate == pytest.approx(two)
    shift = pick(rows, "insertion_shift", label=label)
    assert (shift.estimate, shift.n, shift.unit) == (pytest.approx(np.mean(gains)), len(gains), "SD")


def test_a_cue_of_the_first_class_is_measured_in_its_margin() -> None:
    evidence = make_donated(("cue", "sham"), fill="insert")
    turned = evidence.images.assign(
        label=["doctor" if name == "nurse" else "nurse" for name in evidence.images["label"]]
    )
    other = replace(evidence, images=turned)
    assert (align_class(evidence, "face"), align_class(other, "face")) == ("nurse", "doctor")
    one, two = (pick(measure_insertion(e), "insertion_shift") for e in (evidence, other))
    assert two.estimate == pytest.approx(-one.estimate)
    assert two.predicted == "doctor"


def test_a_cue_that_no_class_shows_has_no_class() -> None:
    evidence = make_donated(("cue", "sham"), fill="insert")
    hidden = replace(evidence, regions=evidence.regions.iloc[:0])
    assert align_class(hidden, "face") is None
    assert measure_insertion(hidden) == []


@pytest.mark.parametrize("label", [None, "doctor", "nurse"])
def test_backgrounds_against_plain_loops(label: str | None) -> None:
    groups = ("own_label", "any_label")
    evidence = make_donated(groups, fill="swap")
    rows = measure_background(evidence)
    right = [
        [(part["predicted"] == image["label"]).mean() for part in parts]
        for image, parts in collect(evidence, groups, label)
    ]
    one, two = np.mean(right, axis=0)
    row = pick(rows, "background_gap", label=label, subgroup=None)
    assert (row.estimate, row.n, row.unit) == (pytest.approx(one - two), len(right), "difference")
    assert pick(rows, "own_label_accuracy", label=label, subgroup=None).estimate == pytest.approx(one)
    assert pick(rows, "any_label_accuracy", label=label, subgroup=None).estimate == pytest.approx(two)
    assert {r.subgroup for r in rows if r.attribute == "gender"} == {"", "man", "woman"}


def test_backgrounds_of_one_donor_each_are_mcnemars() -> None:
    groups = ("own_label", "any_label")
    evidence = make_donated(groups, fill="swap", repeats=1)
    pairs = [
        [float((part["predicted"] == image["label"]).iloc[0]) for part in parts]
        for image, parts in collect(evidence, groups, None)
    ]
    table = [[0, pairs.count([1, 0])], [pairs.count([0, 1]), 0]]
    row = pick(measure_background(evidence), "background_gap", subgroup=None)
    assert row.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)


@pytest.mark.parametrize("measure", MEASURES)
def test_other_trials_are_not_taken_for_these(measure: object) -> None:
    evidence = make_donated(("x", "y"), fill="noise")
    hidden = evidence.interventions.assign(donor_group=None)
    assert measure(replace(evidence, interventions=hidden)) == []
    assert measure(replace(evidence, interventions=hidden.iloc[:0])) == []


@pytest.mark.parametrize("measure", MEASURES)
def test_the_order_of_rows_changes_nothing(measure: object) -> None:
    groups = dict(zip(MEASURES, (("opposite", "same"), ("cue", "sham"), ("own_label", "any_label")), strict=True))[
        measure
    ]
    facts = {"fill": "insert" if groups[0] == "cue" else "swap"}
    facts |= {"attribute": "gender"} if groups[0] == "opposite" else {}
    evidence = make_donated(groups, n=60, **facts)
    shuffled = {n: getattr(evidence, n).sample(frac=1, random_state=3) for n in ("images", "regions", "interventions")}
    rows, again = measure(evidence), measure(replace(evidence, **shuffled))
    assert len(rows) > 0
    for one, two in zip(rows, again, strict=True):
        assert one[:9] == two[:9]
        assert two[9:15] == pytest.approx(one[9:15], nan_ok=True)
