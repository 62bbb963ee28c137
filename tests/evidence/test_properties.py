"""Properties of photographs: each against a plain loop, and steady where the picture is the same."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from auditor.evidence.photographs import Photograph, read_photograph
from auditor.evidence.properties import (
    estimate_quality,
    hash_steps,
    measure_colours,
    measure_photograph,
    measure_sharpness,
    scale_table,
    shrink,
)
from auditor.properties import PROPERTIES

if TYPE_CHECKING:
    from pathlib import Path


def scene(seed: int = 0, size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Soft blobs of colour: structure at all scales, as photographs have."""
    random = np.random.default_rng(seed)
    total = np.zeros((size[1], size[0], 3))
    for cells in (4, 9, 20, 45):
        coarse = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        total += np.asarray(coarse.resize(size, Image.Resampling.BICUBIC), dtype=float)
    return Image.fromarray((total / 4).round().astype(np.uint8))


def photograph(image: Image.Image, quality: float = math.nan) -> Photograph:
    pixels = torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1)
    return Photograph(pixels, "", image.width, image.height, (), quality)


def distance(first: Image.Image, second: Image.Image) -> int:
    one, two = (int.from_bytes(hash_steps(shrink(image)), "big") for image in (first, second))
    return (one ^ two).bit_count()


def test_every_property_is_measured() -> None:
    found = measure_photograph(photograph(scene(), quality=80.0))
    assert set(found) == {"hash", *PROPERTIES}
    assert found["jpeg_quality"] == 80
    assert found["megapixels"] == 320 * 240 / 1e6


def test_colours_are_those_of_a_plain_loop() -> None:
    pixels = np.random.default_rng(0).random((6, 5, 3), dtype=np.float32)
    flat = [tuple(map(float, pixel)) for row in pixels for pixel in row]
    luma = [0.299 * r + 0.587 * g + 0.114 * b for r, g, b in flat]
    mean = sum(luma) / len(luma)
    expected = {
        "brightness": mean,
        "contrast": math.sqrt(sum((value - mean) ** 2 for value in luma) / len(luma)),
        "saturation": sum(max(pixel) - min(pixel) for pixel in flat) / len(flat),
        "warmth": sum(r - b for r, _, b in flat) / len(flat),
        "tint": sum(g - (r + b) / 2 for r, g, b in flat) / len(flat),
    }
    assert measure_colours(pixels) == pytest.approx(expected, abs=1e-6)


def test_sharpness_is_that_of_a_plain_loop() -> None:
    thumbnail = shrink(scene())
    grey = np.asarray(thumbnail.convert("L"), dtype=float) / 255
    edges = [
        grey[i - 1, j] + grey[i + 1, j] + grey[i, j - 1] + grey[i, j + 1] - 4 * grey[i, j]
        for i in range(1, 127)
        for j in range(1, 127)
    ]
    assert measure_sharpness(thumbnail) == pytest.approx(math.log(np.var(edges) + 1e-6), abs=1e-4)


def test_blur_lowers_sharpness_and_resolution_does_not() -> None:
    large = scene(size=(640, 480))
    sharp = measure_sharpness(shrink(large))
    assert measure_sharpness(shrink(large.filter(ImageFilter.GaussianBlur(6)))) < sharp - 0.5
    assert measure_sharpness(shrink(large.resize((320, 240), Image.Resampling.BOX))) == pytest.approx(sharp, abs=0.1)


def test_a_plain_picture_has_numbers_too() -> None:
    found = measure_photograph(photograph(Image.new("RGB", (3, 200), (255, 0, 0))))
    assert found["hash"] == bytes(32)
    assert found["warmth"] == 1
    assert found["contrast"] == pytest.approx(0, abs=1e-6)
    assert found["sharpness"] == pytest.approx(math.log(1e-6))
    assert math.isnan(found["jpeg_quality"])  # type: ignore[arg-type]


@pytest.mark.parametrize("quality", [1, 10, 37, 49, 50, 51, 75, 90, 95, 100])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_jpeg_quality_is_read_from_the_file(tmp_path: Path, quality: int, mode: str) -> None:
    scene().convert(mode).save(tmp_path / "a.jpg", quality=quality)
    assert read_photograph(tmp_path / "a.jpg", apply_exif=True).jpeg_quality == quality


def test_other_formats_have_no_jpeg_quality(tmp_path: Path) -> None:
    scene().save(tmp_path / "a.png")
    assert math.isnan(read_photograph(tmp_path / "a.png", apply_exif=True).jpeg_quality)


def test_strange_tables_have_the_nearest_quality_or_none() -> None:
    nearly = scale_table(80).copy()
    nearly[-3:] += 2
    assert estimate_quality({0: nearly.tolist()}) == pytest.approx(80, abs=1)
    assert math.isnan(estimate_quality({0: [1] * 32 + [255] * 32}))
    assert math.isnan(estimate_quality({0: [1, 2, 3]}))


def test_tables_are_scaled_as_libjpeg_does() -> None:
    for quality in range(1, 101):
        file = io.BytesIO()
        Image.new("RGB", (8, 8)).save(file, "JPEG", quality=quality)
        assert sorted(Image.open(file).quantization[0]) == sorted(scale_table(quality).tolist())  # type: ignore[attr-defined]


def test_hash_is_the_sign_of_steps_to_the_right() -> None:
    thumbnail = shrink(scene())
    cells = np.asarray(thumbnail.convert("L").convert("F").resize((17, 16), Image.Resampling.BOX))
    bits = "".join("1" if cells[i, j + 1] - cells[i, j] > 4 else "0" for i in range(16) for j in range(16))
    assert hash_steps(thumbnail) == int(bits, 2).to_bytes(32, "big")


def test_copies_differ_in_few_bits_and_other_pictures_in_many() -> None:
    for seed in range(5):
        image = scene(seed)
        file = io.BytesIO()
        image.save(file, "JPEG", quality=50)
        assert distance(image, Image.open(file).convert("RGB")) <= 12
        assert distance(image, image.resize((160, 120))) <= 12
        assert distance(image, image.crop((3, 2, 317, 238))) <= 30
        assert distance(image, scene(seed + 100)) > 60
