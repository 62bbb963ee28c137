"""Pictures: the frame that the model saw, the map on it, and outlines where the regions are."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile

from auditor.documents.document import Example, ExampleRegion
from auditor.records import RASTER, pack_raster
from auditor.report.frames import LONGEST, Geometry, photograph
from auditor.report.images import embedded, outlined, overlay, tile, upsampled

if TYPE_CHECKING:
    from pathlib import Path

IMAGENET = {"resize": 256, "crop": 224}


def gradient(width: int, height: int) -> Image.Image:
    """Red grows to the right, green downwards: a pixel tells where it came from."""
    across = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    down = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    return Image.fromarray(np.stack([across, down, np.full((height, width), 60.0)], axis=-1).astype(np.uint8))


def slow_upsampled(grid: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bilinear with half-pixel centres, pixel by pixel."""
    made = np.zeros(size)
    for y in range(size[0]):
        for x in range(size[1]):
            row = min(max((y + 0.5) * grid.shape[0] / size[0] - 0.5, 0), grid.shape[0] - 1)
            column = min(max((x + 0.5) * grid.shape[1] / size[1] - 0.5, 0), grid.shape[1] - 1)
            top, left = int(row), int(column)
            below, right = min(top + 1, grid.shape[0] - 1), min(left + 1, grid.shape[1] - 1)
            down, across = row - top, column - left
            upper = grid[top, left] * (1 - across) + grid[top, right] * across
            lower = grid[below, left] * (1 - across) + grid[below, right] * across
            made[y, x] = upper * (1 - down) + lower * down
    return made


@pytest.mark.parametrize(("grid", "size"), [((7, 7), (24, 20)), ((1, 1), (5, 5)), ((3, 5), (5, 3))])
def test_upsampling(grid: tuple[int, int], size: tuple[int, int]) -> None:
    values = np.random.default_rng(0).random(grid)
    np.testing.assert_allclose(upsampled(values, size), slow_upsampled(values, size), atol=1e-12)


@pytest.mark.parametrize("size", [(640, 400), (300, 500), (224, 224), (100, 100), (1000, 257)])
@pytest.mark.parametrize(
    "preprocessing",
    [IMAGENET, {"resize": [224, 224], "crop": None}, {"resize": None, "crop": 224}, {"resize": 224, "crop": 224}],
)
def test_the_frame_is_that_of_the_model(tmp_path: Path, size: tuple[int, int], preprocessing: dict[str, Any]) -> None:
    functional = pytest.importorskip("torchvision.transforms.v2.functional")
    image = gradient(*size)
    image.save(tmp_path / "a.png")
    seen = image
    if preprocessing["resize"] is not None:
        seen = functional.resize(
            seen, preprocessing["resize"] if isinstance(preprocessing["resize"], list) else [preprocessing["resize"]]
        )
    if preprocessing["crop"] is not None:
        seen = functional.center_crop(seen, [preprocessing["crop"]] * 2)
    shown = photograph(tmp_path, "a.png", Geometry.of(preprocessing, frame=(224, 224), exif=False))
    assert shown is not None
    assert shown.size == (224, 224)
    difference = np.abs(np.asarray(shown, dtype=float) - np.asarray(seen, dtype=float))
    assert np.percentile(difference, 97) <= 4


def test_other_frames_keep_their_shape(tmp_path: Path) -> None:
    gradient(300, 200).save(tmp_path / "a.png")
    shown = photograph(tmp_path, "a.png", Geometry.of({"resize": [96, 48]}, frame=(96, 48), exif=False))
    assert shown is not None
    assert shown.size == (LONGEST // 2, LONGEST)


def test_orientation_is_applied_only_where_it_was(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    gradient(60, 40).save(tmp_path / "a.jpg", exif=exif, quality=98)
    stored, upright = (
        photograph(tmp_path, "a.jpg", Geometry.of({"resize": [64, 64]}, frame=(64, 64), exif=exif))
        for exif in (False, True)
    )
    assert stored is not None
    assert upright is not None
    np.testing.assert_allclose(np.asarray(upright), np.rot90(np.asarray(stored), k=-1), atol=8)


@pytest.mark.parametrize("orientation", [1, 6, 8])
@pytest.mark.parametrize("preprocessing", [IMAGENET, {"resize": None}, {"resize": [224, 160]}])
def test_large_photographs_are_decoded_in_part_and_look_the_same(
    tmp_path: Path, orientation: int, preprocessing: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    gradient(1603, 1201).save(tmp_path / "a.jpg", exif=exif, quality=95)
    frame = (1000, 800) if preprocessing["resize"] is None else (224, 160)
    geometry = Geometry.of(preprocessing, frame=frame, exif=True)
    spared = photograph(tmp_path, "a.jpg", geometry)
    monkeypatch.setattr(JpegImageFile, "draft", lambda *_: None)
    whole = photograph(tmp_path, "a.jpg", geometry)
    assert spared is not None
    assert whole is not None
    assert spared.size == whole.size
    assert spared.tobytes() != whole.tobytes(), "the same, so nothing was spared"
    np.testing.assert_allclose(np.asarray(spared, dtype=float), np.asarray(whole, dtype=float), atol=6)


@pytest.mark.parametrize("path", ["../secret.png", "/etc/hostname", "a/../../secret.png"])
def test_paths_that_leave_the_folder_are_not_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "photos").mkdir()
    gradient(30, 30).save(tmp_path / "secret.png")
    assert photograph(tmp_path / "photos", path, Geometry.of(IMAGENET, frame=(224, 224), exif=False)) is None


@pytest.mark.parametrize("content", [b"", b"not an image", b"\xff\xd8\xff\xe0 broken"])
def test_damaged_files_are_missing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    geometry = Geometry.of(IMAGENET, frame=(224, 224), exif=False)
    assert photograph(tmp_path, "a.jpg", geometry) is None
    assert photograph(tmp_path, "none.jpg", geometry) is None
    assert photograph(None, "a.jpg", geometry) is None


@pytest.mark.parametrize("mode", ["CMYK", "L", "P", "RGBA", "LA", "1", "I;16"])
def test_every_kind_of_image_is_shown_in_colour(tmp_path: Path, mode: str) -> None:
    base = gradient(64, 64)
    name = "a.tif" if mode in {"CMYK", "I;16"} else "a.png"
    if mode == "I;16":
        Image.fromarray(np.full((64, 64), 257 * 120, dtype=np.uint16)).save(tmp_path / name)
    else:
        base.convert(mode).save(tmp_path / name)
    shown = photograph(tmp_path, name, Geometry.of({"resize": [64, 64]}, frame=(64, 64), exif=False))
    assert shown is not None
    assert shown.mode == "RGB"
    if mode == "I;16":
        assert np.asarray(shown)[30, 30].tolist() == [120, 120, 120]


def test_overlay_is_grey_where_the_map_is_zero_and_bright_at_its_maximum() -> None:
    image = Image.new("RGB", (224, 224), (200, 40, 40))
    cam = np.zeros((7, 7))
    cam[1, 1] = 1.0
    pixels = np.asarray(overlay(image, cam.tolist())).astype(int)
    far, peak = pixels[200, 200], pixels[48, 48]
    assert far.max() - far.min() <= 1
    assert peak.sum() > far.sum()
    assert peak[0] > peak[2]


def test_the_contour_runs_at_half_of_the_maximum() -> None:
    cam = np.zeros((7, 7))
    cam[3, 3] = 0.8
    pixels = np.asarray(overlay(Image.new("RGB", (224, 224), (90, 90, 90)), cam.tolist())).astype(int)
    field = upsampled(cam, (224, 224))
    white = np.argwhere(pixels.min(axis=-1) > 225)
    assert len(white) > 40
    assert np.abs(field[white[:, 0], white[:, 1]] - 0.4).max() < 0.06


def test_an_even_map_has_no_contour_and_does_not_fail() -> None:
    pixels = np.asarray(overlay(Image.new("RGB", (64, 64), (90, 90, 90)), [[1.0, 1.0], [1.0, 1.0]]))
    assert pixels.std(axis=(0, 1)).max() < 1


def test_outlines_run_along_the_region() -> None:
    centres = (np.arange(RASTER[0]) + 0.5) / RASTER[0]
    inside = np.outer((centres > 0.25) & (centres < 0.75), (centres > 0.25) & (centres < 0.5)).astype(float)
    region = ExampleRegion(region="face", raster=base64.b64encode(pack_raster(inside)).decode())
    example = Example(
        image_id="a", path="a", kind="control", label="x", predicted="x", score=1.0, attributes={}, regions=[region],
        cam=None, cam_label=None,
    )  # fmt: skip
    image = Image.new("RGB", (224, 224), (120, 120, 120))
    changed = np.argwhere(
        np.abs(np.asarray(outlined(image, example.regions, ["face"])).astype(int) - 120).max(axis=-1) > 30
    )
    assert changed.min(axis=0) == pytest.approx([56, 56], abs=4)
    assert changed.max(axis=0) == pytest.approx([168, 112], abs=4)
    middle = np.asarray(outlined(image, example.regions, ["face"]))[112, 84]
    assert middle.tolist() == [120, 120, 120]


def test_tiles_share_a_scale() -> None:
    weak, strong = np.full((7, 7), 0.5), np.full((7, 7), 2.0)
    tones = [np.asarray(tile(grid, limit=2.0, frame=(224, 224))).mean() for grid in (weak, strong)]
    assert tones[0] < tones[1]
    assert np.asarray(tile(np.zeros((7, 7)), limit=2.0, frame=(224, 224), signed=True)).min() > 230


def test_embedded_pictures_are_plain_jpeg_without_metadata() -> None:
    image = gradient(50, 40)
    image.info["exif"] = b"Exif\x00\x00secret"
    picture = embedded(image, alt="a picture", sharp=True)
    data = base64.b64decode(picture.uri.removeprefix("data:image/jpeg;base64,"))
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "JPEG"
        assert opened.size == (50, 40)
        assert "exif" not in opened.info
