"""Which tenth is deleted: as many pixels every time, where each kind says, in shapes and not strewn about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from scipy import ndimage

from auditor.evidence.deletion import choose_places, upsample
from auditor.trials import DELETION_KINDS

if TYPE_CHECKING:
    from auditor.geometry import Size


@pytest.mark.parametrize(("frame", "grid"), [((224, 224), (7, 7)), ((48, 64), (6, 8)), ((37, 23), (2, 3))])
@pytest.mark.parametrize("share", [0.0, 0.03, 0.5, 1.0])
def test_places_are_equally_large_whatever_the_map(frame: Size, grid: Size, share: float) -> None:
    random = np.random.default_rng(0)
    cam = random.random(grid) * (random.random(grid) < share)
    places = choose_places(cam, random.random(frame), random=random)
    assert tuple(places) == DELETION_KINDS
    assert {int(place.sum()) for place in places.values()} == {round(0.1 * frame[0] * frame[1])}


def test_the_map_is_enlarged_as_torch_does() -> None:
    cam = np.random.default_rng(0).random((3, 5))
    big = torch.nn.functional.interpolate(torch.from_numpy(cam)[None, None], (20, 33), mode="bilinear")
    np.testing.assert_allclose(upsample(cam, (20, 33)), big[0, 0].numpy(), atol=1e-12)


def test_the_top_of_the_map_is_taken() -> None:
    random = np.random.default_rng(1)
    cam = random.random((7, 7))
    place = choose_places(cam, random.random((70, 70)), random=random)["map"]
    big = upsample(cam, (70, 70))
    assert big[place].min() >= big[~place].max() - 1e-9


def test_where_the_map_is_zero_the_rest_hangs_together() -> None:
    random = np.random.default_rng(2)
    place = choose_places(np.zeros((7, 7)), random.random((112, 112)), random=random)["map"]
    parts = ndimage.label(place)[1]
    scattered = ndimage.label(random.random((112, 112)) < 0.1)[1]
    assert parts < 15
    assert scattered > 500


def test_a_flat_map_is_all_ties() -> None:
    grey = np.random.default_rng(0).random((75, 91))
    flat, zero = (
        choose_places(cam, grey, random=np.random.default_rng(1))["map"]
        for cam in (0.3 + np.zeros((7, 9)), np.zeros((7, 9)))
    )
    np.testing.assert_array_equal(flat, zero)


def test_edges_are_found_and_the_middle_is_the_middle() -> None:
    grey = np.zeros((64, 64))
    grey[:, 48:] = 1
    places = choose_places(np.ones((8, 8)), grey, random=np.random.default_rng(0))
    assert abs(np.flatnonzero(places["edges"].any(axis=0)).mean() - 47.5) < 1
    y, x = np.nonzero(places["centre"])
    assert abs(y.mean() - 31.5) < 1e-9
    assert np.hypot(y - 31.5, x - 31.5).max() < np.sqrt(0.1 * 64**2 / np.pi) + 1


def test_chance_follows_from_the_generator() -> None:
    grey = np.random.default_rng(0).random((32, 32))
    first, again, other = (
        choose_places(np.eye(4), grey, random=np.random.default_rng(seed))["blob"] for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
