"""Photographs: every kind of file gives the pixels it should, or one sentence that says why not."""

from __future__ import annotations

import hashlib
import io
import random
import warnings
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile, ImageOps

from auditor.errors import DataError
from auditor.evidence.headers import MAX_PIXELS, Header, read_header, read_headers
from auditor.evidence.photographs import read_photograph

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

ORIENTATION = 0x0112


def noise(height: int = 6, width: int = 9, *, seed: int = 0) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def pixels(path: Path, *, apply_exif: bool = False) -> npt.NDArray[np.uint8]:
    """(H, W, 3)."""
    return read_photograph(path, apply_exif=apply_exif).pixels.permute(1, 2, 0).numpy()


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tiff", "a.webp", "a.gif", "a.jpg"])
def test_pixels_are_those_of_the_training_loader(tmp_path: Path, name: str) -> None:
    Image.fromarray(noise()).save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    photograph = read_photograph(tmp_path / name, apply_exif=False)
    with Image.open(tmp_path / name) as image:
        expected = np.array(image.convert("RGB"))
    assert photograph.pixels.dtype is torch.uint8
    assert photograph.pixels.shape == (3, 6, 9)
    assert (photograph.width, photograph.height) == (9, 6)
    np.testing.assert_array_equal(photograph.pixels.permute(1, 2, 0).numpy(), expected)
    assert photograph.sha256 == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_exif_is_applied_or_ignored_as_asked(tmp_path: Path, name: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    Image.fromarray(noise()).save(tmp_path / name, exif=exif)
    with Image.open(tmp_path / name) as image:
        stored, upright = np.array(image.convert("RGB")), np.array(ImageOps.exif_transpose(image).convert("RGB"))
    np.testing.assert_array_equal(pixels(tmp_path / name), stored)
    np.testing.assert_array_equal(pixels(tmp_path / name, apply_exif=True), upright)
    header = read_header(tmp_path / name)
    assert header == Header(width=9, height=6, orientation=orientation)
    assert header.frame(apply_exif=True) == upright.shape[:2]
    notes = read_photograph(tmp_path / name, apply_exif=False).notes
    assert notes == (() if orientation == 1 else ("EXIF rotated",))


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_a_rotated_tiff_is_upright_for_every_reader(tmp_path: Path, compression: str) -> None:
    Image.fromarray(noise()).save(tmp_path / "a.tiff", compression=compression, tiffinfo={ORIENTATION: 6})
    header = read_header(tmp_path / "a.tiff")
    assert header.orientation == 1
    for apply_exif in (True, False):
        photograph = read_photograph(tmp_path / "a.tiff", apply_exif=apply_exif)
        assert header.frame(apply_exif=apply_exif) == (photograph.height, photograph.width) == (9, 6)


@pytest.mark.parametrize("value", [0, 9, 6000])
def test_an_orientation_that_is_none_is_upright(tmp_path: Path, value: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = value
    Image.fromarray(noise()).save(tmp_path / "a.jpg", exif=exif)
    assert read_header(tmp_path / "a.jpg").orientation == 1


@pytest.mark.parametrize(
    ("mode", "name"), [("I;16", "a.png"), ("I;16", "a.tiff"), ("I;16B", "a.tiff"), ("I", "a.tiff")]
)
def test_sixteen_bit_grey_is_scaled_not_clipped(tmp_path: Path, mode: str, name: str) -> None:
    levels = np.array([[0, 257, 33153, 65535]], dtype={"I": np.int32, "I;16B": ">u2"}.get(mode, np.uint16))
    Image.frombytes(mode, (4, 1), levels.tobytes()).save(tmp_path / name)
    np.testing.assert_array_equal(pixels(tmp_path / name)[0, :, 1], [0, 1, 129, 255])
    assert "grey" in read_photograph(tmp_path / name, apply_exif=False).notes


def test_every_sixteen_bit_level_goes_to_the_nearest_of_eight(tmp_path: Path) -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    Image.fromarray(levels).save(tmp_path / "a.png")
    np.testing.assert_array_equal(pixels(tmp_path / "a.png")[..., 0], np.round(levels / 257).astype(np.uint8))


@pytest.mark.parametrize(
    ("mode", "dtype", "low"), [("F", np.float32, 0.5), ("I", np.int32, 70000), ("I", np.int32, -1)]
)
def test_levels_without_an_agreed_white_are_refused(tmp_path: Path, mode: str, dtype: type, low: float) -> None:
    Image.fromarray(np.full((2, 2), low, dtype=dtype)).save(tmp_path / "a.tiff")
    with Image.open(tmp_path / "a.tiff") as image:
        assert image.mode == mode
    with pytest.raises(DataError, match="no agreed white"):
        read_photograph(tmp_path / "a.tiff", apply_exif=False)


@pytest.mark.parametrize(
    ("mode", "name", "notes"),
    [
        ("CMYK", "a.jpg", ("CMYK",)),
        ("L", "a.jpg", ("grey",)),
        ("1", "a.png", ("grey", "1-bit")),
        ("P", "a.png", ("palette",)),
        ("RGBA", "a.png", ("alpha",)),
        ("LA", "a.png", ("grey", "alpha")),
        ("RGB", "a.png", ()),
    ],
)
def test_odd_modes_are_read_and_noted(tmp_path: Path, mode: str, name: str, notes: tuple[str, ...]) -> None:
    Image.fromarray(noise()).convert(mode).save(tmp_path / name)
    photograph = read_photograph(tmp_path / name, apply_exif=False)
    with Image.open(tmp_path / name) as image:
        np.testing.assert_array_equal(pixels(tmp_path / name), np.array(image.convert("RGB")))
    assert photograph.notes == notes


@pytest.mark.parametrize("transparency", [0, b"\x00\x80"])
def test_a_transparent_palette_keeps_its_colours(tmp_path: Path, transparency: int | bytes) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([250, 10, 20, 30, 240, 50])
    image.putpixel((1, 0), 1)
    image.save(tmp_path / "a.png", transparency=transparency)
    assert pixels(tmp_path / "a.png").tolist() == [[[250, 10, 20], [30, 240, 50]]]
    assert read_photograph(tmp_path / "a.png", apply_exif=False).notes == ("palette", "alpha")


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_of_an_animation_the_first_frame_counts(tmp_path: Path, name: str) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    frames[0].save(
        tmp_path / name, save_all=True, append_images=frames[1:], **({"lossless": True} if "webp" in name else {})
    )
    photograph = read_photograph(tmp_path / name, apply_exif=False)
    assert photograph.pixels[:, 0, 0].tolist() == [255, 0, 0]
    assert "animated" in photograph.notes


def jpeg(size: int = 64) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(noise(size, size)).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize("allowed", [False, True])
def test_a_truncated_file_is_refused_whatever_was_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, allowed: bool
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", allowed)
    (tmp_path / "a.jpg").write_bytes(jpeg()[:-200])
    assert read_header(tmp_path / "a.jpg").width == 64
    with pytest.raises(DataError, match=r"^truncated: "):
        read_photograph(tmp_path / "a.jpg", apply_exif=False)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", r"empty file \(0 bytes\)"),
        (b"GIF8 no", "not an image: expected JPEG, PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "not an image"),
    ],
)
def test_files_that_are_no_image(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(DataError, match=reason):
        read_photograph(tmp_path / "a.jpg", apply_exif=False)


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^no such file$"):
        read_photograph(tmp_path / "a.jpg", apply_exif=False)
    with pytest.raises(DataError, match=r"^cannot be read: Is a directory$"):
        read_photograph(tmp_path, apply_exif=False)


@pytest.mark.parametrize("side", [9500, 14000])
@pytest.mark.parametrize("limit", [MAX_PIXELS, None])
def test_bombs_are_refused_by_their_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, side: int, *, limit: int | None
) -> None:
    Image.new("1", (side, side)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    for read in (read_header, lambda path: read_photograph(path, apply_exif=False)):
        with pytest.raises(DataError, match=r"over the limit of 89\.5"):
            read(tmp_path / "a.png")


def test_a_bomb_is_refused_where_warnings_are_off(tmp_path: Path) -> None:
    Image.new("1", (9500, 9500)).save(tmp_path / "a.png")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DataError, match=r"90 megapixels: over the limit of 89\.5"):
            read_header(tmp_path / "a.png")


def test_headers_of_many_files_keep_their_order(tmp_path: Path) -> None:
    paths = []
    for k in range(1, 600):
        paths.append(tmp_path / f"{k}.bmp")
        if k % 7:
            Image.new("L", (k, 1)).save(paths[-1])
        else:
            paths[-1].write_bytes(b"nothing")
    headers = read_headers(paths)
    assert [h.width if isinstance(h, Header) else 0 for h in headers] == [k if k % 7 else 0 for k in range(1, 600)]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "BMP", "WEBP"])
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damage_of_any_kind_is_a_data_error(tmp_path: Path, kind: str) -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    Image.fromarray(noise(16, 16)).save(buffer, kind, **({} if kind in {"GIF", "BMP"} else {"exif": exif}))
    generator = random.Random(0)  # noqa: S311 -- which bytes are broken
    for _ in range(300):
        data = bytearray(buffer.getvalue())
        for _ in range(generator.randint(1, 8)):
            data[generator.randrange(min(len(data), 400))] = generator.randrange(256)
        (tmp_path / "a").write_bytes(bytes(data[: generator.choice([len(data), generator.randrange(1, len(data))])]))
        for read in (read_header, lambda path: read_photograph(path, apply_exif=True)):
            try:
                read(tmp_path / "a")
            except DataError as error:
                assert "\n" not in str(error)  # noqa: PT017 -- either outcome is right


@pytest.mark.shared
def test_real_photographs(shared_data: Path) -> None:
    folder = shared_data / "animals" / "JPEGImages"
    with pytest.raises(DataError, match=r"^truncated: "):
        read_photograph(folder / "kangaroo_00090.jpg", apply_exif=False)
    notes = [
        read_photograph(path, apply_exif=False).notes
        for path in sorted(folder.iterdir())
        if path.stem != "kangaroo_00090"
    ]
    assert len(notes) == 363
    assert sum("grey" in note for note in notes) == 3
