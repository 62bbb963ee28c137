from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.grafting import pair_backgrounds, pair_by_attribute, pair_cues

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.grafting import Pairing
    from auditor.analysis.statistics.base import Evidence


def pair(evidence: Evidence, region: str) -> dict[str, Pairing]:
    rows = np.flatnonzero(evidence.region(region).seen)
    return {p.group: p for p in pair_by_attribute(evidence, region, rows=rows, attribute="gender")}


def test_donors_of_the_same_and_of_another_value(build: SimpleNamespace) -> None:
    evidence = build.sample(400, per_cluster=2)
    seen, gender, labels = evidence.region("face").seen, evidence.texts("gender"), evidence.texts("label")
    found = pair(evidence, "face")
    assert list(found) == ["same", "opposite"]
    for name, pairing in found.items():
        assert pairing.rows.tolist() == np.flatnonzero(seen).tolist()
        assert seen[pairing.donors].all()
        assert (labels[pairing.donors] == labels[pairing.rows]).all()
        assert ((gender[pairing.donors] == gender[pairing.rows]) == (name == "same")).all()
        assert (evidence.clusters[pairing.donors] != evidence.clusters[pairing.rows]).all()


def test_donors_are_alike_in_area_and_shape(build: SimpleNamespace) -> None:
    evidence = build.sample(800)
    boxes = evidence.region("coat").boxes
    size = boxes[:, 2:] - boxes[:, :2]
    for pairing in pair(evidence, "coat").values():
        for values in (np.log(size.prod(axis=1)), np.log(size[:, 1] / size[:, 0])):
            by_chance = np.abs(values - np.random.default_rng(0).permutation(values)).mean()
            assert np.abs(values[pairing.rows] - values[pairing.donors]).mean() < 0.4 * by_chance


def test_values_that_are_not_recorded_neither_give_nor_take(build: SimpleNamespace) -> None:
    images = build.random_images(200, np.random.default_rng(0))
    images.loc[::3, "gender"] = ""
    evidence = build.evidence(images, boxes={"coat": build.random_boxes(200, np.random.default_rng(1))})
    for pairing in pair(evidence, "coat").values():
        assert len(pairing.rows) == (images["gender"] != "").sum()
        for rows in (pairing.rows, pairing.donors):
            assert (evidence.texts("gender")[rows] != "").all()


def test_no_donor_no_pair(build: SimpleNamespace) -> None:
    genders = ["man"] * 30 + ["woman"]
    rows = [{"label": "doctor", "predicted": "doctor", "gender": gender} for gender in genders]
    evidence = build.evidence(build.images(rows), boxes={"coat": build.random_boxes(31, np.random.default_rng(0))})
    found = pair(evidence, "coat")
    assert found["same"].rows.tolist() == list(range(30))  # the only woman has no other woman
    assert found["opposite"].rows.tolist() == list(range(31))
    assert set(found["opposite"].donors[:30].tolist()) == {30}
    one_value = build.evidence(
        build.images(rows[:30]), boxes={"coat": build.random_boxes(30, np.random.default_rng(0))}
    )
    assert pair(one_value, "coat")["opposite"].rows.tolist() == []
    one_cluster = build.sample(20, per_cluster=20)
    assert [len(p.rows) for p in pair(one_cluster, "coat").values()] == [0, 0]


def test_each_other_value_is_as_likely(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    ages = generator.choice(["old", "middle", "young"], 3000, p=[0.8, 0.15, 0.05])
    rows = [{"label": "doctor", "predicted": "doctor", "gender": age} for age in ages]
    evidence = build.evidence(build.images(rows), boxes={"coat": build.random_boxes(3000, generator)})
    found = pair(evidence, "coat")["opposite"]
    of_old = Counter(ages[found.donors[ages[found.rows] == "old"]].tolist())
    assert of_old["young"] / of_old.total() == pytest.approx(0.5, abs=0.04)


def test_backgrounds_of_the_own_and_of_any_label(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    labels = generator.choice(["doctor", "nurse"], 1000, p=[0.9, 0.1])
    rows = [{"label": label, "predicted": label, "group_id": f"p{i // 2}"} for i, label in enumerate(labels)]
    evidence = build.evidence(build.images(rows), boxes={"room": build.random_boxes(1000, generator)})
    own, every = pair_backgrounds(evidence, "room", rows=np.arange(1000))
    assert (own.group, every.group) == ("own_label", "any_label")
    assert (labels[own.donors] == labels[own.rows]).all()
    assert (labels[every.donors] == "nurse").mean() == pytest.approx(0.5, abs=0.05)
    for pairing in (own, every):
        assert (evidence.clusters[pairing.donors] != evidence.clusters[pairing.rows]).all()
        assert len(pairing.rows) == 1000


def test_cues_come_from_images_that_show_them(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    labels = generator.choice(["doctor", "nurse"], 1000, p=[0.9, 0.1])
    boxes = build.random_boxes(1000, generator)
    boxes[::2] = np.nan
    rows = [{"label": label, "predicted": label} for label in labels]
    evidence = build.evidence(build.images(rows), boxes={"tag": boxes})
    found = pair_cues(evidence, "tag", rows=np.arange(0, 1000, 2))
    assert found.rows.tolist() == list(range(0, 1000, 2))
    assert (found.donors % 2 == 1).all()
    assert (labels[found.donors] == "nurse").mean() == pytest.approx(0.5, abs=0.07)


def test_a_region_that_no_image_shows(build: SimpleNamespace) -> None:
    evidence = build.evidence(build.random_images(6, np.random.default_rng(0)), boxes={"tag": np.full((6, 4), np.nan)})
    none, every = np.zeros(0, dtype=np.int64), np.arange(6)
    assert len(pair_cues(evidence, "tag", rows=every).rows) == 0
    assert [len(p.rows) for p in pair_backgrounds(evidence, "tag", rows=none)] == [0, 0]
    assert [len(p.rows) for p in pair_by_attribute(evidence, "tag", rows=none, attribute="gender")] == [0, 0]
