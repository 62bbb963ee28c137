from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.statistics.permutations import Units, afford_draws, arrange, form_units, permute

if TYPE_CHECKING:
    from auditor.analysis.statistics.intervals import IntArray


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def units_of(strata: list[int], values: list[int]) -> Units:
    n = len(strata)
    return arrange(Units(np.arange(n), np.array(strata), np.array(values), np.arange(n)))


def deal(units: Units, *, draws: int, seed: int) -> IntArray:
    """Values of the units in the order of the images."""
    return np.concatenate(list(permute(units, draws=draws, generator=generator(seed))))[:, units.unit]


def test_each_draw_keeps_the_values_of_each_stratum() -> None:
    draw = generator(1)
    strata, values = draw.integers(0, 12, 200), draw.integers(0, 4, 200)
    dealt = deal(units_of(strata.tolist(), values.tolist()), draws=50, seed=8)
    assert dealt.shape == (50, 200)
    for stratum in range(12):
        mine = strata == stratum
        assert (np.sort(dealt[:, mine], axis=1) == np.sort(values[mine])).all()
    assert len(np.unique(dealt, axis=0)) == 50


def test_every_arrangement_is_as_likely() -> None:
    units = units_of([0, 0, 0, 0, 1, 1], [0, 1, 2, 1, 0, 1])
    dealt = deal(units, draws=24_000, seed=2)
    _, counts = np.unique(dealt, axis=0, return_counts=True)
    assert len(counts) == 12 * 2
    assert stats.chisquare(counts).pvalue > 0.001


def test_strata_of_one_value_stay_as_they_are() -> None:
    units = units_of([0, 0, 1, 2], [1, 1, 0, 1])
    assert (deal(units, draws=10, seed=0) == [1, 1, 0, 1]).all()


def test_the_same_seed_deals_the_same_where_strata_are_the_same() -> None:
    draw = generator(3)
    n = 300
    labels, areas, clusters = draw.integers(0, 2, n), draw.random(n), np.arange(n)
    values = draw.integers(0, 2, n)
    one, two = (form_units(values, labels=labels, areas=area, clusters=clusters) for area in (areas, draw.random(n)))
    dealt = [deal(u, draws=200, seed=4) for u in (one, one, two)]
    assert (dealt[0] == dealt[1]).all()
    other = deal(two, draws=200, seed=5)
    assert (dealt[0] == dealt[2]).mean() > 0.8 > (dealt[0] == other).mean()


def test_images_on_their_own_change_places_within_label_and_fifth_of_area() -> None:
    draw = generator(6)
    n = 500
    labels, areas = draw.integers(0, 2, n), draw.random(n)
    units = form_units(draw.integers(0, 2, n), labels=labels, areas=areas, clusters=draw.permutation(n))
    assert len(units.value) == n
    assert len(np.unique(units.stratum)) == 10
    for label in range(2):
        mine = np.flatnonzero(labels == label)
        ranks = np.argsort(np.argsort(areas[mine]))
        found = defaultdict(list)
        for image, rank in zip(mine, ranks, strict=True):
            found[units.stratum[units.unit[image]]].append(rank)
        spans = sorted((min(part), max(part)) for part in found.values())
        assert len(spans) == 5
        assert all(low[1] < high[0] for low, high in itertools.pairwise(spans))
        assert max(len(part) for part in found.values()) - min(len(part) for part in found.values()) <= 1


def test_equal_areas_are_one_stratum() -> None:
    units = form_units(np.array([0, 1, 0]), labels=np.zeros(3, int), areas=np.full(3, 0.1), clusters=np.arange(3))
    assert len(np.unique(units.stratum)) == 1


def test_persons_of_one_value_move_as_a_whole_among_those_with_the_same_labels() -> None:
    clusters = np.array([0, 0, 1, 1, 2, 3, 3, 4])
    labels = np.array([0, 1, 1, 0, 0, 0, 0, 1])
    values = np.array([1, 1, 0, 0, 1, 0, 0, 1])
    units = form_units(values, labels=labels, areas=np.full(8, 0.2), clusters=clusters)
    assert len(units.value) == 5
    assert len({(unit, cluster) for unit, cluster in zip(units.unit, clusters, strict=True)}) == 5
    assert units.value[units.unit].tolist() == values.tolist()
    stratum = units.stratum[units.unit]
    assert stratum[0] == stratum[2]
    assert stratum[4] == stratum[5]
    assert len(set(units.stratum.tolist())) == 3


def test_where_a_person_has_several_values_images_stay_within_person_and_label() -> None:
    clusters = np.array([0, 0, 0, 1, 2, 3, 3, 4, 4])
    labels = np.array([0, 0, 1, 0, 0, 0, 0, 0, 0])
    values = np.array([1, 0, 1, 0, 1, 1, 1, 0, 0])
    units = form_units(values, labels=labels, areas=np.full(9, 0.2), clusters=clusters)
    stratum = units.stratum[units.unit]
    assert len(units.value) == 7
    assert stratum[0] == stratum[1] != stratum[2]
    assert stratum[3] == stratum[4] != stratum[0]
    assert stratum[5] == stratum[7] != stratum[3]
    assert units.unit[5] == units.unit[6]


def test_images_without_a_value_are_in_no_unit() -> None:
    units = form_units(np.array([-1, 1, 0]), labels=np.zeros(3, int), areas=np.ones(3), clusters=np.arange(3))
    assert units.unit[0] == -1
    assert units.value[units.unit[1:]].tolist() == [1, 0]
    nobody = form_units(np.full(2, -1), labels=np.zeros(2, int), areas=np.ones(2), clusters=np.arange(2))
    assert [part.shape for part in permute(nobody, draws=3, generator=generator())] == [(3, 0)]


@pytest.mark.parametrize(("units", "draws"), [(10, 9999), (20_000, 5000), (10**6, 1999)])
def test_very_many_units_get_fewer_draws(units: int, draws: int) -> None:
    assert afford_draws(units) == draws
