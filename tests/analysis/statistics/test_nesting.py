from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.statistics import nesting
from auditor.analysis.statistics.bootstrap import Ratio, draw_weights, ratios
from auditor.analysis.statistics.cells import Cells, Key
from auditor.analysis.statistics.nesting import ratios_by_margin

if TYPE_CHECKING:
    from auditor.analysis.statistics.intervals import Intervals

N = 400
FIELDS = ("estimate", "low", "high", "n", "clusters")


def margin(codes: np.ndarray, n_cells: int) -> Cells:
    return Cells(codes=codes, keys=(Key(),) * n_cells)


def margins_of(random: np.random.Generator) -> list[Cells]:
    """All; two labels; three groups, some images in none; both; and a cell that nobody is in."""
    label, group = random.integers(0, 2, N), random.integers(-1, 3, N)
    both = np.where(group < 0, -1, 3 * label + group)
    return [margin(np.zeros(N, dtype=int), 1), margin(label, 3), margin(group, 3), margin(both, 6)]


def assert_same(found: list[list[Intervals]], plain: list[list[Intervals]]) -> None:
    for ours, theirs in zip(found, plain, strict=True):
        for one, other in zip(ours, theirs, strict=True):
            for name in FIELDS:
                values, expected = getattr(one, name), getattr(other, name)
                tolerance = 1e-4 if name in {"low", "high"} else 0
                assert values == pytest.approx(expected, rel=tolerance, abs=tolerance, nan_ok=True), name


@pytest.mark.parametrize("per_person", [1, 3])
@pytest.mark.parametrize("most", [None, 1, 3 * 200 * 4])
def test_every_margin_has_the_numbers_that_it_has_alone(
    per_person: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Persons with pictures in several cells; and little room, so that margins are drawn in groups or one by one."""
    if most is not None:
        monkeypatch.setattr(nesting, "_MOST_NUMBERS", most)
    random = np.random.default_rng(per_person)
    clusters = random.permutation(np.arange(N) // per_person)
    weights = draw_weights(int(clusters.max()) + 1, draws=200, generator=random)
    mass, known = random.random((N, 2)), random.random((N, 2)) < 0.9
    columns = np.hstack([np.where(known, mass, 0), known])
    wanted = [Ratio(0, 2, 2), Ratio(1, 3, 3), Ratio(0, 1, 2)]
    margins = margins_of(random)
    shared = {"clusters": clusters, "weights": weights, "confidence": 0.9}
    found = ratios_by_margin(columns, wanted, margins, **shared)
    plain = [ratios(columns, wanted, codes=one.codes, n_cells=len(one.keys), **shared) for one in margins]
    assert_same(found, plain)
    assert np.isnan(found[1][0].estimate[2])


def test_parts_are_never_many_more_than_cells() -> None:
    """Five attributes of three values: all together they would cut 400 images into 243 parts."""
    random = np.random.default_rng(0)
    margins = [margin(random.integers(0, 3, N), 3) for _ in range(5)]
    groups = list(nesting._group(margins, numbers=1))
    assert [one for group in groups for one in group] == margins
    assert 1 < len(groups) < 5


def test_no_margins_no_numbers() -> None:
    weights = draw_weights(2, draws=10, generator=np.random.default_rng(0))
    empty = np.zeros((2, 2))
    assert ratios_by_margin(empty, [Ratio(0, 1, 1)], [], clusters=np.arange(2), weights=weights, confidence=0.95) == []
