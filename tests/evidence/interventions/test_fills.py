"""Each fill against a slow, plain way to say the same, and against numbers worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from auditor.evidence.interventions import FILLS, Context, Donor
from auditor.evidence.interventions.base import find_window
from auditor.evidence.interventions.colours import draw_noise
from auditor.evidence.interventions.insert import find_sham
from auditor.evidence.interventions.noise import find_ring
from auditor.evidence.interventions.patches import cut_patch, resize_mask

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Build = Callable[..., Context]
    Shapes = dict[str, Tensor]

PLAIN = {"mean": (0.0, 0.0, 0.0), "std": (1.0, 1.0, 1.0)}


def plain(*, seed: int = 0, place: int = 0, donor: Donor | None = None) -> Context:
    """Colours as they are."""
    return Context(random=np.random.default_rng(seed), **PLAIN, place=place, donor=donor)


def flat(colour: tuple[float, float, float], size: tuple[int, int] = (30, 40)) -> Tensor:
    return torch.tensor(colour)[:, None, None].expand(3, *size).clone()


def box(x_min: int, y_min: int, x_max: int, y_max: int, size: tuple[int, int] = (30, 40)) -> Tensor:
    mask = torch.zeros(size, dtype=torch.bool)
    mask[y_min:y_max, x_min:x_max] = True
    return mask


@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.floats(0.01, 0.4))
def test_the_ring_is_what_lies_near(seed: int, reach: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((13, 17)) < share
    inside = np.argwhere(mask)
    slow = np.array(
        [
            [any(max(abs(y - a), abs(x - b)) <= reach for a, b in inside) and not mask[y, x] for x in range(17)]
            for y in range(13)
        ]
    )
    np.testing.assert_array_equal(find_ring(mask, reach=reach), slow)


def test_noise_takes_the_colours_of_the_ring_alone() -> None:
    image, mask = flat((0.1, 0.2, 0.3)), box(10, 10, 20, 20)
    image[:, 7:23, 7:23] = flat((0.6, 0.5, 0.4))[:, 7:23, 7:23]  # the ring: three pixels for a side of ten
    hidden = FILLS["noise"](image, mask, context=plain())
    torch.testing.assert_close(hidden[:, mask], torch.tensor([0.6, 0.5, 0.4])[:, None].expand(3, 100))
    wide = box(5, 5, 35, 28)
    assert FILLS["noise"](flat((0.6, 0.5, 0.4)), wide, context=plain())[0, 10, 10] == pytest.approx(0.6)


def test_noise_has_the_mean_and_the_spread_of_the_ring() -> None:
    random = np.random.default_rng(0)
    level = random.normal(0.5, 0.05, 4000)
    pixels = torch.tensor(np.stack([level, 0.5 * level + 0.1, random.normal(0.4, 0.02, 4000)]), dtype=torch.float32)
    noise = draw_noise(pixels, (200, 200), context=plain()).reshape(3, -1)
    np.testing.assert_allclose(noise.mean(dim=1), pixels.mean(dim=1), atol=0.001)
    np.testing.assert_allclose(np.cov(noise), np.cov(pixels), atol=1e-4)


def test_noise_on_a_grey_photograph_is_grey() -> None:
    grey = torch.rand(1, 30, 40, generator=torch.Generator().manual_seed(0)).expand(3, 30, 40).clone()
    hidden = FILLS["noise"](grey, box(10, 10, 20, 20), context=plain())
    torch.testing.assert_close(hidden[0], hidden[1], atol=1e-5, rtol=0)
    assert hidden[0, 10:20, 10:20].std() > 0.1


def test_noise_differs_between_seeds(image: Tensor, shapes: Shapes, context: Build) -> None:
    first, second = (FILLS["noise"](image, shapes["a box"], context=context(seed=seed)) for seed in (1, 2))
    assert not torch.equal(first, second)


def test_the_mean_is_that_of_the_outside(image: Tensor, shapes: Shapes, context: Build) -> None:
    mask = shapes["a disc"]
    hidden = FILLS["mean"](image, mask, context=context())
    expected = image[:, ~mask].double().mean(dim=1).float()
    torch.testing.assert_close(hidden[:, mask], expected[:, None].expand(3, int(mask.sum())))


@pytest.mark.parametrize("name", ["noise", "mean", "inpaint"])
def test_where_nothing_is_outside_all_is_grey(name: str, image: Tensor, shapes: Shapes, *, context: Build) -> None:
    scene = context()
    hidden = FILLS[name](image, shapes["all"], context=scene)
    torch.testing.assert_close(hidden, scene.scale(0.5).expand_as(image))
    back = hidden * torch.tensor(scene.std)[:, None, None] + torch.tensor(scene.mean)[:, None, None]
    torch.testing.assert_close(back, torch.full_like(back, 0.5))


@pytest.mark.parametrize("shape", ["one pixel", "a box", "an edge", "a disc", "scattered"])
def test_inpainting_needs_no_more_than_the_surroundings(
    shape: str, image: Tensor, shapes: Shapes, *, context: Build
) -> None:
    mask, scene = shapes[shape], context()
    mean, std = torch.tensor(scene.mean)[:, None, None], torch.tensor(scene.std)[:, None, None]
    hidden = image.masked_fill(mask, 0.0)  # OpenCV lets what is hidden seep through by a level or two
    levels = ((hidden * std + mean) * 255).round().to(torch.uint8).permute(1, 2, 0).contiguous().numpy()
    whole = cv2.inpaint(levels, mask.numpy().astype(np.uint8), 3, cv2.INPAINT_TELEA)
    expected = (torch.from_numpy(whole).permute(2, 0, 1).float() / 255 - mean) / std
    torch.testing.assert_close(FILLS["inpaint"](image, mask, context=scene)[:, mask], expected[:, mask])


def test_inpainting_goes_on_with_what_is_there() -> None:
    image = flat((51 / 255, 102 / 255, 204 / 255))
    painted = FILLS["inpaint"](image, box(10, 10, 20, 20), context=plain())
    torch.testing.assert_close(painted, image, atol=3 / 255, rtol=0)  # OpenCV's rounding


def test_blur_keeps_the_mean_colour_and_loses_the_detail() -> None:
    rows, columns = torch.meshgrid(torch.arange(30), torch.arange(40), indexing="ij")
    board = ((rows + columns) % 2).float().expand(3, 30, 40).clone()
    blurred = FILLS["blur"](board, box(10, 8, 26, 24), context=plain())[:, 8:24, 10:26]
    torch.testing.assert_close(blurred, torch.full_like(blurred, 0.5), atol=0.01, rtol=0)


def test_blur_is_a_gaussian_of_a_quarter_of_the_side(image: Tensor, context: Build) -> None:
    mask = torch.zeros(40, 56, dtype=torch.bool)
    mask[10:26, 20:36] = True  # a side of 16: a standard deviation of 4
    offsets = np.arange(-12, 13)
    weights = np.exp(-(offsets**2) / (2 * 4.0**2))
    weights /= weights.sum()
    padded = np.pad(image.numpy().astype(float), ((0, 0), (12, 12), (12, 12)), mode="edge")
    window = padded[:, 15 : 15 + 25, 25 : 25 + 25]  # around row 15, column 25
    slow = np.einsum("i,j,cij->c", weights, weights, window)
    blurred = FILLS["blur"](image, mask, context=context())
    np.testing.assert_allclose(blurred[:, 15, 25], slow, atol=1e-4)


def test_swap_brings_the_region_to_size() -> None:
    donor = Donor(image=flat((0.9, 0.8, 0.7)), region=box(2, 3, 8, 9))
    donor.image[:, 3:9, 2:5] = 0.0  # its left half is black
    swapped = FILLS["swap"](flat((0.5, 0.5, 0.5)), box(10, 10, 22, 22), context=plain(donor=donor))
    assert (swapped[:, 10:22, 10:14] == 0).all()
    torch.testing.assert_close(swapped[:, 10:22, 18:22], flat((0.9, 0.8, 0.7))[:, 10:22, 18:22])


def test_swap_of_the_same_size_is_a_copy(donor: Donor, image: Tensor, context: Build) -> None:
    region = torch.zeros_like(donor.region)
    region[5:12, 30:41] = True
    mask = torch.zeros_like(region)
    mask[20:27, 3:14] = True
    swapped = FILLS["swap"](image, mask, context=context(donor=Donor(image=donor.image, region=region)))
    assert torch.equal(swapped[:, 20:27, 3:14], donor.image[:, 5:12, 30:41])


def test_a_control_takes_the_same_place_of_the_donor(
    image: Tensor, shapes: Shapes, context: Build, *, donor: Donor
) -> None:
    mask = shapes["a box"]
    swapped = FILLS["swap"](image, mask, context=context(place=1))
    assert torch.equal(swapped[:, mask], donor.image[:, mask])


@pytest.mark.parametrize("name", ["swap", "insert"])
def test_nothing_beside_the_donors_region_is_handed_on(
    name: str, image: Tensor, shapes: Shapes, *, context: Build, donor: Donor
) -> None:
    """A background that is pasted must not carry the person who stood in front of it."""
    other = Donor(image=torch.where(donor.region, donor.image, -donor.image + 1), region=donor.region)
    for mask in (shapes["a box"], shapes["all"]):
        first, second = (FILLS[name](image, mask, context=context(donor=one)) for one in (donor, other))
        assert torch.equal(first, second)


def test_a_hole_in_the_donors_region_takes_its_colours() -> None:
    image, region = flat((0.2, 0.6, 0.4)), box(5, 5, 15, 15)
    region[8:12, 8:12] = False
    image[:, 8:12, 8:12] = 1.0
    torch.testing.assert_close(cut_patch(image, region, context=plain()), flat((0.2, 0.6, 0.4))[:, :10, :10])


def test_a_cue_is_pasted_in_its_own_outline(image: Tensor, context: Build, donor: Donor) -> None:
    mask = torch.zeros_like(donor.region)
    mask[20:35, 30:45] = True  # as large as the cue's bounding box
    assert [edge.stop - edge.start for edge in find_window(donor.region)] == [15, 15]
    outline = FILLS["insert"].shape(mask, context=context())
    assert int(outline.sum()) == int(donor.region.sum()) < 225
    pasted = FILLS["insert"](image, mask, context=context())
    assert torch.equal(pasted[:, outline], donor.image[:, donor.region])
    sham = FILLS["insert"](image, mask, context=context(place=1))
    assert torch.equal(FILLS["insert"].shape(mask, context=context(place=1)), outline)
    assert not torch.equal(sham[:, outline], pasted[:, outline])


@pytest.mark.parametrize("seed", range(20))
def test_a_sham_is_as_large_and_beside_the_cue(seed: int, donor: Donor) -> None:
    rows, columns = find_sham(donor.region, random=np.random.default_rng(seed))
    assert (rows.stop - rows.start, columns.stop - columns.start) == (15, 15)
    assert rows.start >= 0
    assert columns.start >= 0
    assert rows.stop <= donor.region.shape[0]
    assert columns.stop <= donor.region.shape[1]
    assert int(donor.region[rows, columns].sum()) <= 0.1 * int(donor.region.sum())


def test_shams_lie_all_over() -> None:
    cue = box(0, 0, 4, 4)
    random = np.random.default_rng(0)
    found = {tuple(edge.start for edge in find_sham(cue, random=random)) for _ in range(3000)}
    allowed = {(y, x) for y in range(27) for x in range(37) if max(0, 4 - y) * max(0, 4 - x) <= 0.1 * 16}
    assert found <= allowed
    assert len(found) > 0.8 * len(allowed)


def test_a_cue_that_leaves_no_room_has_the_sham_that_holds_least_of_it() -> None:
    cue = box(0, 0, 40, 29)
    rows, columns = find_sham(cue, random=np.random.default_rng(0))
    assert (rows, columns) == (slice(1, 30), slice(0, 40))


def test_masks_keep_their_form_in_another_size() -> None:
    half = box(0, 0, 20, 30)
    assert torch.equal(resize_mask(half, (15, 20)), box(0, 0, 10, 15, size=(15, 20)))


def test_a_cue_too_small_to_show_its_outline_fills_the_place() -> None:
    cue = torch.zeros(30, 40, dtype=torch.bool)
    cue[5, 5:8] = cue[7, 5:8] = True
    cue[6, 5] = True  # its middle is empty
    donor = Donor(image=flat((0.9, 0.1, 0.1)), region=cue)
    mask = box(20, 20, 21, 21)
    assert torch.equal(FILLS["insert"].shape(mask, context=plain(donor=donor)), mask)
