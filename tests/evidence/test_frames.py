"""Which pixels a region covers, and how many frames are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import DataError
from auditor.evidence.dataset import AnnotatedDataset
from auditor.evidence.frames import FrameLoader, cover_box, cover_region
from auditor.evidence.preprocessing import PreparedRegion, Preprocessing
from auditor.testing import SIZE, plant

if TYPE_CHECKING:
    from pathlib import Path

FRAME = (9, 12)
STEPS = Preprocessing(resize=None, crop=SIZE, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
ONE = SIZE[0] * SIZE[1] * (3 * 4 + 2)  # bytes of an image and two masks


@given(st.tuples(st.floats(0, 11), st.floats(0, 8), st.floats(1.01, 12), st.floats(1.01, 9)))
def test_a_box_covers_what_it_covers_by_half(box: tuple[float, float, float, float]) -> None:
    x, y = box[0], box[1]
    edges = np.array([x, y, min(x + box[2], 12.5), min(y + box[3], 9.5)])
    slow = np.zeros(FRAME, dtype=bool)
    for row in range(9):
        for column in range(12):
            high = max(0.0, min(edges[3], row + 1) - max(edges[1], row))
            wide = max(0.0, min(edges[2], column + 1) - max(edges[0], column))
            slow[row, column] = high * wide >= 0.5
    if slow.any():
        np.testing.assert_array_equal(cover_box(edges, frame=FRAME), slow)


@pytest.mark.parametrize(
    ("box", "inside"),
    [
        ((3.2, 4.1, 3.4, 4.3), [(4, 3)]),
        ((3.9, 4.0, 4.3, 5.0), [(4, 4)]),
        ((3.5, 4.5, 4.5, 5.5), [(5, 4)]),  # a quarter of each of four pixels
        ((3.4, 4.4, 4.6, 5.6), [(5, 4)]),
        ((5.1, 2.0, 5.3, 5.0), [(2, 5), (3, 5), (4, 5)]),  # a thin one keeps its length
        ((11.9, 8.9, 12.0, 9.0), [(8, 11)]),
        ((12.0, 9.0, 12.0, 9.0), [(8, 11)]),
        ((0.0, 0.0, 0.1, 0.1), [(0, 0)]),
    ],
)
def test_a_small_box_covers_the_nearest_pixel(
    box: tuple[float, float, float, float], inside: list[tuple[int, int]]
) -> None:
    assert [tuple(pixel) for pixel in np.argwhere(cover_box(np.array(box), frame=FRAME))] == inside


def test_a_region_is_the_union_of_its_boxes_and_its_mask() -> None:
    mask = np.zeros(FRAME, dtype=bool)
    mask[8, 0] = True
    region = PreparedRegion("face", np.array([[0, 0, 2, 2], [1, 1, 3, 2], [6.1, 6.1, 6.2, 6.2]]), mask)
    assert cover_region(region, frame=FRAME).sum() == 1 + 4 + 1 + 1
    assert mask.sum() == 1
    assert not cover_region(PreparedRegion("face", np.zeros((0, 4)), None), frame=FRAME).any()


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> AnnotatedDataset:
    folder = plant(tmp_path_factory.mktemp("planted"), count=6)
    return AnnotatedDataset.from_csv(
        folder / "annotations.csv", images=folder / "photos", regions=folder / "regions.csv"
    )


def test_a_frame_is_the_photograph_with_its_regions(dataset: AnnotatedDataset) -> None:
    frame = FrameLoader(dataset, STEPS).load("0000.png")
    assert frame.image.shape == (3, *SIZE)
    x, y, _, _ = map(int, dataset.samples[0].regions[0].boxes[0])
    assert frame.regions["patch"].nonzero()[0].tolist() == [y, x]
    assert int(frame.regions["patch"].sum()) == 14**2
    assert set(frame.regions) == {"patch", "tag"}
    assert frame.size == ONE


def test_what_was_used_last_is_kept(dataset: AnnotatedDataset) -> None:
    loader = FrameLoader(dataset, STEPS, kept=2 * ONE)
    first, second = loader.load("0000.png"), loader.load("0001.png")
    assert loader.load("0000.png") is first
    loader.load("0004.png")
    assert loader.load("0000.png") is first
    assert loader.load("0001.png") is not second
    assert loader._held == sum(frame.size for frame in loader._frames.values()) <= 2 * ONE


def test_a_bound_below_one_frame_keeps_none(dataset: AnnotatedDataset) -> None:
    loader = FrameLoader(dataset, STEPS, kept=10)
    assert loader.load("0000.png") is not loader.load("0000.png")
    assert loader._held == 0


def test_a_frame_that_cannot_be_read_is_named(dataset: AnnotatedDataset, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no image 'x.png'"):
        FrameLoader(dataset, STEPS).load("x.png")
    folder = plant(tmp_path, count=2)
    own = AnnotatedDataset.from_csv(folder / "annotations.csv", images=folder / "photos")
    (folder / "photos" / "0001.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"0001.png: empty file"):
        FrameLoader(own, STEPS).load("0001.png")
