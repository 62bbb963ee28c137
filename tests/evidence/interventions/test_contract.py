"""What every fill of the registry must keep to, whatever the mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from auditor.errors import DataError, UsageError
from auditor.evidence.interventions import FILLS, Context, Donor

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from auditor.evidence.interventions import Fill

    Build = Callable[..., Context]
    Shapes = dict[str, Tensor]

SHAPES = ("nothing", "one pixel", "a corner pixel", "a box", "an edge", "a disc", "scattered", "nearly all", "all")


@pytest.fixture(params=list(FILLS))
def fill(request: pytest.FixtureRequest) -> Fill:
    return FILLS[request.param]


@pytest.fixture(params=SHAPES)
def mask(request: pytest.FixtureRequest, shapes: Shapes) -> Tensor:
    return shapes[request.param]


@pytest.fixture(params=[0, 2], ids=["region", "control"])
def place(request: pytest.FixtureRequest) -> int:
    return request.param


def test_only_the_inside_changes(fill: Fill, image: Tensor, mask: Tensor, *, context: Build, place: int) -> None:
    untouched, mask_untouched = image.clone(), mask.clone()
    changed = fill(image, mask, context=context(place=place))
    assert changed.shape == image.shape
    assert changed.dtype is torch.float32
    assert torch.isfinite(changed).all()
    assert torch.equal(changed[:, ~mask], image[:, ~mask])
    assert torch.equal(image, untouched)
    assert torch.equal(mask, mask_untouched)
    assert changed.data_ptr() != image.data_ptr()
    where = fill.shape(mask, context=context(place=place))
    assert torch.equal(where & mask, where)
    assert torch.equal(changed[:, ~where], image[:, ~where])
    assert bool(where.any()) == bool(mask.any())


def test_the_inside_does_change(fill: Fill, image: Tensor, shapes: Shapes, *, context: Build, place: int) -> None:
    mask = shapes["a disc"]
    where = fill.shape(mask, context=context(place=place))
    assert (fill(image, mask, context=context(place=place)) != image).any(dim=0)[where].float().mean() > 0.95


def test_chance_comes_from_the_context(fill: Fill, image: Tensor, mask: Tensor, *, context: Build, place: int) -> None:
    torch.manual_seed(0)
    first = fill(image, mask, context=context(seed=5, place=place))
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002 -- nothing may hang on it
    assert torch.equal(fill(image, mask, context=context(seed=5, place=place)), first)


def test_what_is_hidden_leaves_no_trace(fill: Fill, image: Tensor, mask: Tensor, *, context: Build, place: int) -> None:
    where = fill.shape(mask, context=context(place=place))
    other = torch.where(where, -3 * image + 1, image)
    same = torch.equal(fill(image, mask, context=context(place=place)), fill(other, mask, context=context(place=place)))
    assert same == (fill.removes_information or not mask.any())


def test_the_layout_in_memory_does_not_matter(fill: Fill, image: Tensor, mask: Tensor, *, context: Build) -> None:
    assert not image.is_contiguous()
    torch.testing.assert_close(
        fill(image.contiguous(), mask, context=context()), fill(image, mask, context=context()), rtol=0, atol=1e-5
    )


def test_colours_stay_between_black_and_white(fill: Fill, image: Tensor, mask: Tensor, *, context: Build) -> None:
    scene = context()
    changed = fill(image, mask, context=scene)
    assert (changed >= scene.scale(0.0) - 1e-5).all()
    assert (changed <= scene.scale(1.0) + 1e-5).all()


def test_a_donor_is_asked_for_where_it_is_needed(fill: Fill, image: Tensor, shapes: Shapes, *, context: Build) -> None:
    if fill.needs_donor:
        with pytest.raises(DataError, match="takes its content from a donor"):
            fill(image, shapes["a box"], context=context(donor=None))
    else:
        torch.testing.assert_close(
            fill(image, shapes["a box"], context=context(donor=None)),
            fill(image, shapes["a box"], context=context()),
            rtol=0,
            atol=0,
        )


def test_the_donor_stays_as_it_is(fill: Fill, image: Tensor, mask: Tensor, *, context: Build, donor: Donor) -> None:
    kept = donor.image.clone(), donor.region.clone()
    fill(image, mask, context=context())
    assert torch.equal(donor.image, kept[0])
    assert torch.equal(donor.region, kept[1])


def test_blur_alone_keeps_information() -> None:
    assert [name for name, fill in FILLS.items() if not fill.removes_information] == ["blur"]
    assert [name for name, fill in FILLS.items() if fill.needs_donor] == ["swap", "insert"]


def test_an_unknown_fill_is_named_with_its_neighbour() -> None:
    with pytest.raises(UsageError, match="no 'noize'; nearest: 'noise'"):
        FILLS.find("noize")
