"""Masks as PNG files: what is not zero is inside, whatever the mode."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageFile

from auditor.errors import DataError
from auditor.evidence.regions.masks import MaskFolders, read_mask

INSIDE = np.zeros((5, 7), dtype=bool)
INSIDE[1:3, 2:6] = True


def save(path: Path, image: Image.Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path)
    return path


def palette() -> Image.Image:
    """Index 1 is black and index 0 white: the colours mislead."""
    image = Image.fromarray(INSIDE.astype(np.uint8)).convert("L")
    painted = Image.frombytes("P", image.size, image.tobytes())
    painted.putpalette([255, 255, 255, 0, 0, 0])
    return painted


def with_alpha(colour: np.ndarray, alpha: np.ndarray) -> Image.Image:
    return Image.fromarray(np.dstack([colour, colour, colour, alpha]).astype(np.uint8))


IMAGES = {
    "one bit": lambda: Image.fromarray(INSIDE),
    "0 and 1": lambda: Image.fromarray(INSIDE.astype(np.uint8)),
    "0 and 255": lambda: Image.fromarray(INSIDE.astype(np.uint8) * 255),
    "16 bit, faint": lambda: Image.fromarray(INSIDE.astype(np.uint16)),
    "palette": palette,
    "one channel of three": lambda: Image.fromarray(np.dstack([INSIDE * 0, INSIDE * 0, INSIDE * 3]).astype(np.uint8)),
    "opaque colour": lambda: with_alpha(INSIDE * 255, INSIDE * 0 + 255),
    "black on transparent": lambda: with_alpha(INSIDE * 0, INSIDE * 255),
    "white on transparent white": lambda: with_alpha(INSIDE * 0 + 255, INSIDE * 255),
    "half transparent": lambda: with_alpha(INSIDE * 0 + 255, INSIDE * 128),
    "grey and alpha": lambda: Image.merge("LA", [Image.fromarray(INSIDE.astype(np.uint8) * k) for k in (0, 200)]),
}


@pytest.mark.parametrize("kind", IMAGES)
def test_every_mode(tmp_path: Path, kind: str) -> None:
    mask = read_mask(save(tmp_path / "a.png", IMAGES[kind]()))
    assert mask.dtype == np.bool_
    np.testing.assert_array_equal(mask, INSIDE)


@pytest.mark.parametrize("allowed", [False, True])
def test_damaged_masks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, allowed: bool) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", allowed)  # as the printer of PDF reports leaves it
    path = save(tmp_path / "a.png", Image.effect_noise((64, 64), 50))
    path.write_bytes(path.read_bytes()[:-500])
    with pytest.raises(DataError, match=r"mask a\.png: damaged: "):
        read_mask(path)
    Image.new("L", (4, 4)).save(tmp_path / "b.png", "GIF")
    with pytest.raises(DataError, match=r"mask b\.png: not an image: expected PNG"):
        read_mask(tmp_path / "b.png")
    with pytest.raises(DataError, match=r"mask c\.png: no such file"):
        read_mask(tmp_path / "c.png")


def test_masks_find_their_images(tmp_path: Path) -> None:
    for name in (
        "face/a.png",
        "face/sub/b.jpg.png",
        "hair/sub/b.png",
        "hair/other.png",
        "hair/notes.txt",
        ".git/a.png",
    ):
        save(tmp_path / "masks" / name, Image.new("L", (4, 3))) if name.endswith("png") else (
            tmp_path / "masks" / name
        ).write_text("")
    found = MaskFolders().read(tmp_path / "masks", ["a.jpg", "sub/b.jpg", "c.jpg"])
    rows = found.rows
    assert list(zip(rows["region"], rows["image"], rows["file"], strict=True)) == [
        ("face", "a.jpg", "face/a.png"),
        ("face", "sub/b.jpg", "face/sub/b.jpg.png"),
        ("hair", "sub/b.jpg", "hair/sub/b.png"),
    ]
    assert rows[["width", "height"]].to_numpy().tolist() == [[4, 3]] * 3
    assert found.notes == (
        "1 mask for images that are not listed passed over",
        "1 file of other kinds passed over",
    )
    assert found.faults == ()


def test_capitals_in_a_suffix_do_not_hide_a_mask(tmp_path: Path) -> None:
    for name in ("face/a.PNG", "face/b.jpg.Png", "face/.c.png"):
        save(tmp_path / name, Image.new("L", (4, 3)))
    assert MaskFolders().recognises(tmp_path)
    found = MaskFolders().read(tmp_path, ["a.jpg", "b.jpg", "c.jpg"])
    assert found.rows["file"].tolist() == ["face/a.PNG", "face/b.jpg.Png"]
    assert found.rows["image"].tolist() == ["a.jpg", "b.jpg"]
    assert found.notes == found.faults == ()


def test_a_mask_that_is_no_png_is_a_fault_of_its_image(tmp_path: Path) -> None:
    for name in ("face/a.png", "face/a.jpg", "face/b.JPG", "hair/b.png", "face/other.jpg"):
        save(tmp_path / name, Image.new("L", (4, 3)))
    found = MaskFolders().read(tmp_path, ["a.jpg", "b.jpg"])
    assert [str(fault) for fault in found.faults] == [
        "face/b.JPG: a mask must be a PNG file, which keeps every pixel: save it as PNG"
    ]
    assert found.rows["file"].tolist() == ["face/a.png", "hair/b.png"]
    assert found.notes == ("2 files of other kinds passed over",)


def test_a_mask_of_two_images_must_say_whose(tmp_path: Path) -> None:
    save(tmp_path / "face" / "a.png", Image.new("L", (4, 3)))
    found = MaskFolders().read(tmp_path, ["a.jpg", "a.webp"])
    assert [str(fault) for fault in found.faults] == [
        "face/a.png: is the mask of both 'a.jpg', 'a.webp': name it a.jpg.png"
    ]
    save(tmp_path / "face" / "a.jpg.png", Image.new("L", (4, 3)))
    assert MaskFolders().read(tmp_path, ["a.jpg", "a.webp"]).rows["image"].tolist() == ["a.jpg"]


def test_a_mask_that_cannot_be_opened_is_a_problem_of_its_row(tmp_path: Path) -> None:
    (tmp_path / "face").mkdir()
    (tmp_path / "face" / "a.png").write_bytes(b"nothing")
    assert MaskFolders().read(tmp_path, ["a.jpg"]).rows["problem"].tolist() == [
        "the mask cannot be used: not an image: expected PNG"
    ]


def test_wrong_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        MaskFolders().read(tmp_path / "masks", [])
    save(tmp_path / "a.png", Image.new("L", (4, 3)))
    with pytest.raises(DataError, match=r"no sub-folder; expected .*/REGION/IMAGE\.png"):
        MaskFolders().read(tmp_path, ["a.jpg"])
    save(tmp_path / "face" / "a.png", Image.new("L", (4, 3)))
    with pytest.raises(DataError, match=r"no mask is for a listed image: 'face/a\.png' and images 'b\.jpg'"):
        MaskFolders().read(tmp_path, ["b.jpg"])


def test_no_png_at_all(tmp_path: Path) -> None:
    (tmp_path / "face").mkdir()
    with pytest.raises(DataError, match=r"no PNG file in 'face'$"):
        MaskFolders().read(tmp_path, ["a.jpg"])
    save(tmp_path / "face" / "a.jpg", Image.new("L", (4, 3)))
    with pytest.raises(DataError, match=r"no PNG file in 'face'; there are 'face/a\.jpg': save masks as PNG"):
        MaskFolders().read(tmp_path, ["a.jpg"])


@pytest.mark.shared
def test_real_masks(shared_data: Path) -> None:
    images = [path.name for path in (shared_data / "people" / "photos").iterdir()]
    found = MaskFolders().read(shared_data / "people" / "masks", images)
    assert len(found.rows) == 1712
    assert set(found.rows["width"]) == {224}
    areas = pd.read_csv(shared_data / "people" / "people.csv", index_col="image")["person_area"]
    ours = [read_mask(Path(mask)).mean() for mask in found.rows["mask"][::10]]
    np.testing.assert_allclose(ours, areas[found.rows["image"][::10]], atol=6e-5)
