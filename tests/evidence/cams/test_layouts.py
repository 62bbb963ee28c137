"""Layouts read from shapes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import ModelError
from auditor.evidence.cams.layouts import Layout, find_layout, has_proportions


@pytest.mark.parametrize(
    ("shape", "frame", "expected"),
    [
        ((2, 512, 7, 7), (224, 224), Layout("nchw", (7, 7))),
        ((2, 7, 7, 7), (224, 224), Layout("nchw", (7, 7))),
        ((2, 7, 7, 768), (224, 224), Layout("nhwc", (7, 7))),
        ((2, 6, 8, 768), (192, 256), Layout("nhwc", (6, 8))),
        ((2, 768, 6, 8), (180, 240), Layout("nchw", (6, 8))),
        ((2, 96, 3, 9), (224, 224), Layout("nchw", (3, 9))),
        ((2, 196, 768), (224, 224), Layout("tokens", (14, 14))),
        ((2, 197, 768), (224, 224), Layout("tokens", (14, 14), 1)),
        ((2, 198, 768), (224, 224), Layout("tokens", (14, 14), 2)),
        ((2, 261, 384), (224, 224), Layout("tokens", (16, 16), 5)),
        ((2, 49, 768), (192, 256), Layout("tokens", (6, 8), 1)),
        ((2, 300, 64), (240, 320), Layout("tokens", (15, 20))),
        ((2, 512, 1, 1), (224, 224), None),
        ((2, 1, 1, 512), (224, 224), None),
        ((2, 2, 768), (224, 224), None),
        ((2, 1, 768), (224, 224), None),
        ((2, 199, 768), (224, 224), None),
        ((2, 512), (224, 224), None),
        ((2, 8, 4, 7, 7), (224, 224), None),
    ],
)
def test_layouts_of_known_shapes(shape: tuple[int, ...], frame: tuple[int, int], expected: Layout | None) -> None:
    assert find_layout(shape, frame) == expected


@given(st.integers(2, 30), st.integers(2, 30), st.integers(1, 64), st.sampled_from([0, 1, 2, 4, 5, 8]))
def test_views_put_each_cell_where_it_was(height: int, width: int, channels: int, prefix: int) -> None:
    images = torch.randn(2, channels, height, width)
    last = images.permute(0, 2, 3, 1)
    tokens = torch.cat([torch.zeros(2, prefix, channels), last.flatten(1, 2)], dim=1)
    assert torch.equal(Layout("nchw", (height, width)).to_images(images), images)
    assert torch.equal(Layout("nhwc", (height, width)).to_images(last), images)
    assert torch.equal(Layout("tokens", (height, width), prefix).to_images(tokens), images)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 32))
def test_every_strided_grid_has_the_proportions_of_its_frame(rows: int, columns: int, stride: int) -> None:
    frame = (rows * stride, columns * stride)
    assert has_proportions((rows, columns), frame)


@pytest.mark.parametrize("layout", [Layout("nchw", (7, 7)), Layout("nhwc", (7, 7)), Layout("tokens", (7, 7), 1)])
def test_another_shape_is_refused(layout: Layout) -> None:
    with pytest.raises(ModelError, match=r"found shape \(1, 3, 5, 6\)"):
        layout.to_images(torch.zeros(1, 3, 5, 6))
