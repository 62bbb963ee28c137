"""Preprocessing: the model's input as torchvision makes it, and regions that stay where they were on the picture."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from torchvision import tv_tensors
from torchvision.transforms import v2

from auditor.errors import DataError, UsageError
from auditor.evidence.dataset import Region
from auditor.evidence.photographs import Photograph, read_photograph
from auditor.evidence.preprocessing import Preprocessing

if TYPE_CHECKING:
    from pathlib import Path

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def make(**changes: Any) -> Preprocessing:
    return Preprocessing(**{"resize": 256, "crop": 224, "mean": MEAN, "std": STD, **changes})


def photograph(pixels: torch.Tensor) -> Photograph:
    """From (3, H, W)."""
    return Photograph(pixels, sha256="", width=pixels.shape[2], height=pixels.shape[1], notes=())


def noise(height: int, width: int) -> torch.Tensor:
    return torch.randint(0, 256, (3, height, width), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("size", [(300, 400), (400, 300), (100, 90), (224, 224), (231, 517)])
@pytest.mark.parametrize(
    ("resize", "crop"), [(256, 224), ((224, 224), None), (None, 64), (64, 96), ((90, 50), (31, 70)), (100, (80, 51))]
)
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "nearest"])
def test_input_is_that_of_the_usual_pipeline(size: tuple[int, int], resize: Any, crop: Any, interpolation: str) -> None:
    steps: list[Any] = [v2.Resize(resize, v2.InterpolationMode(interpolation), antialias=True)] if resize else []
    steps += [v2.CenterCrop(crop)] if crop else []
    usual = v2.Compose([*steps, v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])
    ours = make(resize=resize, crop=crop, interpolation=interpolation)
    pixels = noise(*size)
    prepared = ours(photograph(pixels.permute(1, 2, 0).contiguous().permute(2, 0, 1)), [])
    assert prepared.image.dtype is torch.float32
    assert tuple(prepared.image.shape[1:]) == ours.frame
    torch.testing.assert_close(prepared.image, usual(pixels), rtol=0, atol=1e-6)


def test_the_photograph_is_left_alone() -> None:
    pixels = noise(64, 64)
    before = pixels.clone()
    make(resize=None, crop=64)(photograph(pixels), [])
    assert torch.equal(pixels, before)


SIDES = st.integers(20, 90)
RESIZES = st.one_of(st.none(), st.integers(16, 120), st.tuples(st.integers(16, 120), st.integers(16, 120)))
CROPS = st.tuples(st.integers(8, 140), st.integers(8, 140))


@st.composite
def rectangles(draw: st.DrawFn) -> tuple[int, int, tuple[int, int, int, int]]:
    """Height and width of a picture, and a rectangle on it: x_min, y_min, x_max, y_max."""
    height, width = draw(SIDES), draw(SIDES)
    left, top = draw(st.integers(0, width - 4)), draw(st.integers(0, height - 4))
    return height, width, (left, top, draw(st.integers(left + 3, width)), draw(st.integers(top + 3, height)))


def painted(height: int, width: int, box: tuple[int, int, int, int]) -> torch.Tensor:
    pixels = torch.zeros(3, height, width, dtype=torch.uint8)
    pixels[:, box[1] : box[3], box[0] : box[2]] = 255
    return pixels


def origins(original: tuple[int, int], ours: Preprocessing) -> list[tuple[np.ndarray[Any, Any], float]]:
    """Per axis, which cell of the resized image each cell of the frame shows (-1: padding), and a cell's size."""
    blank = torch.zeros(1, *original)
    rows, columns = (blank if ours.resize is None else v2.Resize(ours.resize)(blank)).shape[1:]
    index = torch.arange(1, rows * columns + 1, dtype=torch.float64).reshape(1, rows, columns)
    shown = v2.functional.center_crop(index, list(ours.frame))[0].numpy().astype(int) - 1
    y = np.where(shown >= 0, shown // columns, -1).max(axis=1)
    x = np.where(shown >= 0, shown % columns, -1).max(axis=0)
    return [(y, original[0] / rows), (x, original[1] / columns)]


@settings(max_examples=100, deadline=None)
@given(drawn=rectangles(), resize=RESIZES, crop=CROPS)
def test_boxes_and_masks_against_a_slow_reference(
    tmp_path_factory: pytest.TempPathFactory, drawn: Any, resize: Any, crop: tuple[int, int]
) -> None:
    height, width, box = drawn
    pixels = painted(height, width, box)
    mask = tmp_path_factory.mktemp("masks") / "a.png"
    Image.fromarray(pixels[0].numpy()).save(mask)
    ours = make(resize=resize, crop=crop)
    region = ours(photograph(pixels), [Region("face", (box,), mask)]).regions[0]
    expected, inside = [], []
    for axis, (index, scale) in enumerate(origins((height, width), ours)):
        low, high = box[1 - axis], box[3 - axis]
        starts, shown = index * scale, index >= 0
        expected.append(np.clip(np.minimum(high, starts + scale) - np.maximum(low, starts), 0, None) / scale * shown)
        centre = np.floor((index + 0.5) * scale + 1e-9)
        inside.append((centre >= low) & (centre < high) & shown)
    x_min, y_min, x_max, y_max = region.boxes[0] if len(region.boxes) else (0, 0, 0, 0)
    for (low, high), profile in zip(((y_min, y_max), (x_min, x_max)), expected, strict=True):
        cells = np.arange(len(profile))
        if len(region.boxes):
            np.testing.assert_allclose(
                np.clip(np.minimum(high, cells + 1) - np.maximum(low, cells), 0, None), profile, atol=1e-9
            )
    assert bool(len(region.boxes)) == bool(expected[0].any() and expected[1].any())
    whole = np.outer(*inside)
    np.testing.assert_array_equal(np.zeros(crop, dtype=bool) if region.mask is None else region.mask, whole)
    assert region.mask is None or region.mask.any()


@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(60, 90), st.integers(60, 90)),
    box=st.tuples(*[st.integers(20, 28)] * 2, *[st.integers(32, 40)] * 2),
    resize=st.one_of(st.integers(40, 120), st.tuples(st.integers(40, 120), st.integers(40, 120))),
    crop=st.tuples(st.integers(150, 260), st.integers(150, 260)),
)
def test_boxes_lie_where_the_painted_rectangle_lies(size: Any, box: Any, resize: Any, crop: tuple[int, int]) -> None:
    ours = make(resize=resize, crop=crop, mean=(0, 0, 0), std=(1, 1, 1))
    prepared = ours(photograph(painted(*size, box)), [Region("face", (box,))])
    frame = prepared.image[0].double().numpy()
    ((x_min, y_min, x_max, y_max),) = prepared.regions[0].boxes
    mass = frame.sum()
    assert mass == pytest.approx((x_max - x_min) * (y_max - y_min), rel=0.03)
    assert (frame.sum(axis=0) * (np.arange(crop[1]) + 0.5)).sum() / mass == pytest.approx((x_min + x_max) / 2, abs=0.15)
    assert (frame.sum(axis=1) * (np.arange(crop[0]) + 0.5)).sum() / mass == pytest.approx((y_min + y_max) / 2, abs=0.15)


@pytest.mark.parametrize("crop", [(40, 50), (63, 84)])
def test_boxes_are_those_of_torchvision_where_it_does_not_pad(crop: tuple[int, int]) -> None:
    boxes = ((3.0, 5.0, 40.0, 61.0), (80.0, 10.0, 120.0, 90.0))
    wrapped = tv_tensors.BoundingBoxes(torch.tensor(boxes), format="XYXY", canvas_size=(90, 120))
    expected = v2.Compose([v2.Resize(63), v2.CenterCrop(crop)])(wrapped)
    prepared = make(resize=63, crop=crop)(photograph(noise(90, 120)), [Region("face", boxes)])
    np.testing.assert_allclose(prepared.regions[0].boxes, expected.numpy(), atol=1e-4)


def test_what_the_crop_removes_is_gone_but_named() -> None:
    regions = [Region("left", ((0, 0, 10, 10), (40, 40, 60, 60))), Region("corner", ((0, 0, 5, 5),)), Region("none")]
    prepared = make(resize=None, crop=50)(photograph(noise(100, 100)), regions)
    assert [region.name for region in prepared.regions] == ["left", "corner", "none"]
    assert prepared.regions[0].boxes.tolist() == [[15, 15, 35, 35]]
    assert prepared.regions[1].boxes.shape == prepared.regions[2].boxes.shape == (0, 4)
    assert all(region.mask is None for region in prepared.regions)


@pytest.mark.parametrize("mode", ["empty", "cropped away"])
def test_a_mask_without_a_pixel_in_the_frame_is_none(tmp_path: Path, mode: str) -> None:
    mask = np.zeros((100, 100), dtype=np.uint8)
    mask[:5, :5] = mode != "empty"
    Image.fromarray(mask).save(tmp_path / "a.png")
    prepared = make(resize=None, crop=50)(photograph(noise(100, 100)), [Region("face", (), tmp_path / "a.png")])
    assert prepared.regions[0].mask is None


def test_a_mask_of_another_size_is_refused(tmp_path: Path) -> None:
    Image.new("L", (5, 4)).save(tmp_path / "a.png")
    with pytest.raises(DataError, match=r"mask a\.png: 5 × 4 pixels, the image has 6 × 4"):
        make()(photograph(noise(4, 6)), [Region("face", (), tmp_path / "a.png")])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_regions_stay_on_a_rotated_picture(tmp_path: Path, orientation: int) -> None:
    """The box is drawn on the upright picture, in which a white rectangle lies at 10, 4 to 30, 12."""
    upright = painted(40, 60, (10, 4, 30, 12)).permute(1, 2, 0).numpy()
    undo = {
        2: "FLIP_LEFT_RIGHT",
        3: "ROTATE_180",
        4: "FLIP_TOP_BOTTOM",
        5: "TRANSPOSE",
        6: "ROTATE_90",
        7: "TRANSVERSE",
        8: "ROTATE_270",
    }
    stored = Image.fromarray(upright)
    if orientation in undo:
        stored = stored.transpose(Image.Transpose[undo[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    ours = make(resize=80, crop=(80, 120), mean=(0, 0, 0), std=(1, 1, 1))
    prepared = ours(read_photograph(tmp_path / "a.png", apply_exif=True), [Region("face", ((10, 4, 30, 12),))])
    x_min, y_min, x_max, y_max = prepared.regions[0].boxes[0].astype(int)
    assert (x_min, y_min, x_max, y_max) == (20, 8, 60, 24)
    assert prepared.image[0, y_min + 1 : y_max - 1, x_min + 1 : x_max - 1].min() == 1
    assert prepared.image[0].sum() == pytest.approx((x_max - x_min) * (y_max - y_min), rel=0.02)


@pytest.mark.parametrize(
    ("changes", "frame"),
    [
        ({}, (224, 224)),
        ({"crop": (20, 30)}, (20, 30)),
        ({"resize": (9, 8), "crop": None}, (9, 8)),
        ({"resize": [9, 8], "crop": None}, (9, 8)),
    ],
)
def test_frame(changes: dict[str, Any], frame: tuple[int, int]) -> None:
    assert make(**changes).frame == frame


def test_a_frame_of_no_fixed_size_is_refused() -> None:
    with pytest.raises(UsageError, match=r"needs crop, or resize = \[height, width\]"):
        _ = make(crop=None).frame


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"resize": 0}, "resize is 0, expected a number of pixels"),
        ({"crop": (1, 2, 3)}, r"crop is \(1, 2, 3\), expected"),
        ({"crop": True}, "crop is True"),
        ({"crop": 2.5}, r"crop is 2\.5"),
        ({"mean": (0.5, 0.5)}, r"mean is \[0\.5, 0\.5\], expected 3 numbers"),
        ({"std": (1, 0, 1)}, "expected numbers above 0"),
        ({"std": (1, float("nan"), 1)}, "expected 3 numbers"),
        ({"interpolation": "bilinaer"}, "interpolation 'bilinaer' is none of .*nearest: 'bilinear'"),
    ],
)
def test_numbers_out_of_range_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make(**changes)


def test_describe_is_plain_and_whole() -> None:
    assert make(crop=(20, 30)).describe() == {
        "resize": 256,
        "crop": [20, 30],
        "mean": list(MEAN),
        "std": list(STD),
        "interpolation": "bilinear",
        "antialias": True,
    }


def test_it_travels_to_other_processes() -> None:
    ours = make()
    assert ours.frame
    assert pickle.loads(pickle.dumps(ours)) == ours  # noqa: S301 -- our own bytes
