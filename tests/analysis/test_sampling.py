from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from auditor.analysis.sampling import choose_probes, sample_images

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence

CELLS = {("doctor", "man"): 300, ("doctor", "woman"): 20, ("nurse", "man"): 7, ("nurse", "woman"): 500}


def fill_with_water(sizes: Sequence[int], total: int) -> list[int]:
    """One drop at a time into the lowest vessel that is not full."""
    level = [0] * len(sizes)
    for _ in range(min(total, sum(sizes))):
        lowest = min((i for i in range(len(sizes)) if level[i] < sizes[i]), key=lambda i: level[i])
        level[lowest] += 1
    return level


def make_cells(build: SimpleNamespace, sizes: dict[tuple[str, str], int], **settings: Any) -> Evidence:
    rows = [{"label": a, "predicted": a, "gender": b} for (a, b), size in sizes.items() for _ in range(size)]
    evidence: Evidence = build.evidence(build.images(rows), **settings)
    return evidence


def count_cells(evidence: Evidence, rows: Sequence[int]) -> Counter[tuple[str, str]]:
    table = evidence.read.iloc[list(rows)]
    return Counter(zip(table["label"], table["gender"], strict=True))


@pytest.mark.parametrize("images", [4, 40, 100, 329, 500, 826])
def test_cells_are_filled_as_vessels_with_water(build: SimpleNamespace, images: int) -> None:
    evidence = make_cells(build, CELLS)
    found = count_cells(evidence, sample_images(evidence, images=images))
    assert sum(found.values()) == images
    expected = fill_with_water(list(CELLS.values()), images)
    assert sorted(found[cell] for cell in CELLS) == sorted(expected)


def test_all_images_where_they_are_few(build: SimpleNamespace) -> None:
    evidence = make_cells(build, CELLS)
    assert sample_images(evidence, images=827).tolist() == list(range(827))
    some = np.arange(827) % 9 == 0
    assert sample_images(evidence, images=100, eligible=some).tolist() == np.flatnonzero(some).tolist()
    assert some[sample_images(evidence, images=50, eligible=some)].all()


def test_images_with_nothing_recorded_come_last(build: SimpleNamespace) -> None:
    evidence = make_cells(build, {("doctor", ""): 200, ("doctor", "man"): 30, ("doctor", "woman"): 30})
    assert count_cells(evidence, sample_images(evidence, images=60))["doctor", ""] == 0
    found = count_cells(evidence, sample_images(evidence, images=70))
    assert found == {("doctor", "man"): 30, ("doctor", "woman"): 30, ("doctor", ""): 10}


def test_no_attribute_means_equal_labels(build: SimpleNamespace) -> None:
    evidence = make_cells(build, CELLS, attributes=())
    found = Counter(evidence.texts("label")[sample_images(evidence, images=200)])
    assert found == {"doctor": 100, "nurse": 100}


def test_clusters_are_kept_or_left_whole(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    sizes = generator.integers(1, 9, 150)
    people = np.repeat(np.arange(150), sizes)
    images = build.random_images(len(people), generator)
    images["group_id"] = [f"person {i}" for i in people]
    evidence = build.evidence(images)
    taken = np.zeros(len(people), dtype=bool)
    taken[sample_images(evidence, images=300)] = True
    share = np.bincount(evidence.clusters, weights=taken) / np.bincount(evidence.clusters)
    assert set(share.tolist()) == {0.0, 1.0}
    assert 290 < taken.sum() <= 300


def test_a_cluster_larger_than_the_sample_is_passed_over(build: SimpleNamespace) -> None:
    images = build.random_images(100, np.random.default_rng(0))
    images.loc[:59, "group_id"] = "one"
    rows = sample_images(build.evidence(images), images=50)
    assert len(rows) == 40
    assert rows.min() == 60


def test_a_mixed_cluster_counts_for_its_rarest_cell(build: SimpleNamespace) -> None:
    rows = [{"label": "doctor", "predicted": "doctor", "gender": "man", "group_id": f"p{i}"} for i in range(40)]
    rows += [{"label": "nurse", "predicted": "nurse", "gender": "man", "group_id": f"p{i}"} for i in range(3)]
    evidence = build.evidence(build.images(rows))
    chosen = sample_images(evidence, images=12)
    assert set(evidence.texts("label")[chosen]) == {"doctor", "nurse"}
    assert {40, 41, 42} <= set(chosen.tolist())
    assert len(chosen) == 12


def test_another_seed_is_another_sample(build: SimpleNamespace) -> None:
    one, same, other = (make_cells(build, CELLS, seed=seed) for seed in (0, 0, 1))
    assert (sample_images(one, images=50) == sample_images(same, images=50)).all()
    assert (sample_images(one, images=50) != sample_images(other, images=50)).any()


def test_probes_have_a_map_and_share_the_labels(build: SimpleNamespace) -> None:
    evidence = build.sample(600, per_cluster=3)
    view = evidence.target("predicted")
    position = {name: i for i, name in enumerate(evidence.read["image_id"])}
    probes = choose_probes(evidence, images=40)
    rows = [position[name] for name in probes]
    assert probes == sorted(probes)
    assert len(set(probes)) == 40
    assert view.has_map[rows].all()
    assert not view.has_map.all()
    assert Counter(evidence.texts("label")[rows]) == {"doctor": 20, "nurse": 20}
    assert len(set(evidence.clusters[rows].tolist())) == 40
    more = choose_probes(evidence, images=250)
    assert set(probes) < set(more)
    assert len(set(evidence.clusters[[position[name] for name in more]].tolist())) > 190
    assert len(choose_probes(evidence, images=10_000)) == view.has_map.sum()


def test_no_map_no_probe(build: SimpleNamespace) -> None:
    images = build.random_images(5, np.random.default_rng(0))
    assert choose_probes(build.evidence(images, maps=np.zeros((5, 7, 7)))) == []
