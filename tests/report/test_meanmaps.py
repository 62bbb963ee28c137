"""Mean maps: one scale for all, and one difference for two subgroups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.documents.document import MeanMap
from auditor.report.meanmaps import _contrasts, _density, mean_maps

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.document import Document

    Make = Callable[..., Document]


def part(subgroup: str, n: int, corner: float) -> MeanMap:
    grid = np.full((2, 2), (1 - corner) / 3)
    grid[0, 0] = corner
    return MeanMap(target="label", label="doctor", attribute="gender", subgroup=subgroup, n=n, grid=grid.tolist())


def test_an_even_map_is_one_everywhere() -> None:
    np.testing.assert_allclose(_density(part("man", 9, 0.25)), 1)


def test_two_subgroups_give_one_difference_and_not_its_mirror() -> None:
    ((difference, name),) = _contrasts([part("man", 10, 0.25), part("woman", 30, 0.55), part("", 5, 1.0)])
    assert name == "woman − man"
    assert difference[0, 0] == pytest.approx(4 * 0.55 - 4 * 0.25)
    assert difference.sum() == pytest.approx(0)


def test_of_three_subgroups_each_is_set_against_the_others_by_image() -> None:
    parts = [part("a", 10, 0.4), part("b", 30, 0.4), part("c", 10, 0.8)]
    found = {name: difference for difference, name in _contrasts(parts)}
    assert list(found) == ["a − others", "b − others", "c − others"]
    assert found["a − others"][0, 0] == pytest.approx(4 * (0.4 - (30 * 0.4 + 10 * 0.8) / 40))


def test_one_subgroup_has_nothing_to_be_set_against() -> None:
    assert _contrasts([part("woman", 10, 0.4), part("", 10, 0.9)]) == []


def test_all_tiles_share_one_scale(make_document: Make) -> None:
    maps = [part("man", 30, 0.25), part("woman", 30, 0.9)]
    made = mean_maps(make_document(pairs=0, mean_maps=maps))
    assert made is not None
    assert "3.6×" in str(made.bar)
    man, woman, difference = made.sheets[0].rows[0].tiles
    assert (man.heading, woman.heading, difference.heading) == ("man", "woman", "woman − man")
    assert man.picture != woman.picture


def test_empty_mean_maps_are_left_out(make_document: Make) -> None:
    empty = part("man", 0, 0.25)
    assert mean_maps(make_document(pairs=0, mean_maps=[empty])) is None


def test_few_maps_are_marked(make_document: Make) -> None:
    made = mean_maps(make_document(pairs=0, mean_maps=[part("man", 7, 0.25)]))
    assert made is not None
    assert made.sheets[0].rows[0].tiles[0].note.endswith("few cases")
