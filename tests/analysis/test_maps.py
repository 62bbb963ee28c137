from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.maps import mean_maps

if TYPE_CHECKING:
    from types import SimpleNamespace


def test_means_against_a_plain_loop(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    images = build.random_images(40, generator)
    maps = generator.random((40, 7, 7))
    maps[::5] = 0
    found = mean_maps(build.evidence(images, maps=maps))
    assert len(found) == 2 * (2 + 4)
    for mean in found:
        total, n = np.zeros((7, 7)), 0
        for row, one in zip(images.itertuples(), maps, strict=True):
            if one.any() and row.label == mean.label and mean.subgroup in (None, row.gender):
                total += one / one.sum()
                n += 1
        assert mean.n == n
        assert np.array(mean.grid) == pytest.approx(total / n, abs=2e-4)
        assert np.sum(mean.grid) == pytest.approx(1, abs=1e-4)


def test_a_cell_without_maps_is_left_out(build: SimpleNamespace) -> None:
    images = build.random_images(10, np.random.default_rng(0))
    assert mean_maps(build.evidence(images, maps=np.zeros((10, 7, 7)))) == []
