"""What is left of a photograph: nothing, all of it, or all but what was declared sensitive."""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from auditor.records import RASTER, pack_raster
from auditor.report.frames import Geometry, photograph
from auditor.report.html import write_html
from auditor.report.photographs import CELLS, GROUND, Photographs, is_blank, pixelate, seen, told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document
    from auditor.geometry import BoolArray

    Make = Callable[..., Document]

GEOMETRY = Geometry(resize=None, frame=(224, 224), exif=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One photograph of noise: wherever it is seen, neighbours differ."""
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 256, (224, 224, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return tmp_path


def mark(rows: slice, columns: slice) -> str:
    covered = np.zeros(RASTER)
    covered[rows, columns] = 1
    return base64.b64encode(pack_raster(covered)).decode()


FACE = mark(slice(10, 30), slice(20, 40))


def blurred(folder: Path, *names: str) -> Photographs:
    return Photographs(folder=folder, showing="blur-regions", sensitive=frozenset(names))


def inside(margin: int = 0) -> BoolArray:
    """Pixels of the face, less or more by so many on each side."""
    mask = np.zeros((224, 224), dtype=bool)
    mask[35 - margin : 105 + margin, 70 - margin : 140 + margin] = True
    return mask


def test_all_of_it_is_the_photograph(folder: Path) -> None:
    plain = photograph(folder, "a.png", GEOMETRY)
    for images in (folder, Photographs(folder=folder)):
        shown = seen(images, "a.png", GEOMETRY, marks=None)
        assert shown is not None
        assert shown.tobytes() == plain.tobytes()  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["a.png", "missing.png"])
def test_none_of_it_is_a_ground_that_holds_no_pixel(folder: Path, name: str) -> None:
    shown = seen(Photographs(folder=folder, showing="none"), name, GEOMETRY, marks={"face": FACE})
    assert shown is not None
    assert shown.getcolors() == [(224 * 224, GROUND)]
    assert is_blank(shown)


def test_what_is_sensitive_is_left_with_a_few_cells_and_all_else_as_it_was(folder: Path) -> None:
    plain = np.asarray(photograph(folder, "a.png", GEOMETRY))
    image = seen(blurred(folder, "face"), "a.png", GEOMETRY, marks={"face": FACE})
    shown = np.asarray(image)
    colours = {tuple(colour) for colour in shown[inside(3)]}
    assert len(colours) <= CELLS**2
    assert (shown[~inside(6)] == plain[~inside(6)]).all()
    assert not (shown[inside(3)] == plain[inside(3)]).all(axis=-1).mean() > 0.01


def test_cells_hold_the_mean_of_what_they_replace_and_nothing_else() -> None:
    rng = np.random.default_rng(5)
    pixels = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    covered = np.zeros(RASTER, dtype=bool)
    covered[4:34, 10:40] = True
    made = np.asarray(pixelate(Image.fromarray(pixels), covered))
    expected = pixels.copy()
    for top in (4, 14, 24):
        for left in (10, 20, 30):
            block = pixels[top : top + 10, left : left + 10].reshape(-1, 3)
            expected[top : top + 10, left : left + 10] = np.rint(block.mean(axis=0))
    assert (made == expected).all()


def test_two_photographs_with_the_same_cell_means_cannot_be_told_apart() -> None:
    """Irreversible: what differs inside of a cell is gone."""
    rng = np.random.default_rng(6)
    one = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    other = one.copy()
    covered = np.zeros(RASTER, dtype=bool)
    covered[0:30, 0:30] = True
    for top in (0, 10, 20):
        for left in (0, 10, 20):
            block = one[top : top + 10, left : left + 10].reshape(-1, 3)
            other[top : top + 10, left : left + 10] = rng.permutation(block).reshape(10, 10, 3)
    assert (one != other).any()
    assert pixelate(Image.fromarray(one), covered).tobytes() == pixelate(Image.fromarray(other), covered).tobytes()


@pytest.mark.parametrize(
    "marks",
    [None, {}, {"coat": FACE}, {"face": base64.b64encode(pack_raster(np.zeros(RASTER))).decode()}, {"face": "%%%"}],
    ids=["not known", "none", "another region", "empty", "broken"],
)
def test_a_photograph_that_may_show_a_face_unmarked_is_not_shown(folder: Path, marks: dict[str, str] | None) -> None:
    shown = seen(blurred(folder, "face"), "a.png", GEOMETRY, marks=marks)
    assert shown is not None
    assert is_blank(shown)


def test_several_regions_share_their_cells(folder: Path) -> None:
    """Two faces far apart make larger cells, not more of them."""
    marks = {"face": mark(slice(5, 15), slice(5, 15)), "hair": mark(slice(45, 60), slice(45, 60))}
    shown = np.asarray(seen(blurred(folder, "face", "hair"), "a.png", GEOMETRY, marks=marks))
    assert len({tuple(colour) for colour in shown[160:205, 160:205].reshape(-1, 3)}) <= CELLS**2
    assert len({tuple(colour) for colour in shown[20:50, 20:50].reshape(-1, 3)}) == 1


def test_a_photograph_is_found_by_the_name_that_the_document_has_for_it(folder: Path) -> None:
    images = Photographs(folder=folder, paths={"image-1": "a.png"})
    assert seen(images, "image-1", GEOMETRY, marks=None) is not None
    assert seen(images, "image-2", GEOMETRY, marks=None) is None


def test_the_reader_is_told(folder: Path) -> None:
    assert told(folder) == told(None) == told(Photographs(folder=folder)) == ""
    assert "left out" in told(Photographs(folder=folder, showing="none"))
    assert "Pixelated on each photograph: face, hair." in told(blurred(folder, "hair", "face"))


def pictures(page: str) -> list[Image.Image]:
    """Photographs and all else that a page holds as JPEG."""
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page)
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in found]


def test_the_encoded_pictures_of_a_report_hold_no_detail_where_a_face_was(make_document: Make, tmp_path: Path) -> None:
    """Neighbours are alike but for edges of cells and outlines; sharp, they differ by the noise of the photograph."""
    document = make_document(pairs=2)
    spreads = {}
    for showing in ("full", "blur-regions"):
        images = Photographs(
            folder=tmp_path / "photos",
            showing=showing,  # type: ignore[arg-type]
            sensitive=frozenset({"face", "hair"}),
        )
        write_html(document, tmp_path / "report.html", images=images)
        page = (tmp_path / "report.html").read_text(encoding="utf-8")
        shots = [one for one in pictures(page) if one.size == (224, 224)]
        assert shots
        faces = [np.asarray(one.convert("L"), dtype=float)[50:90, 95:125] for one in shots]
        spreads[showing] = float(np.median([np.median(np.abs(np.diff(face, axis=1))) for face in faces]))
    assert spreads["full"] > 1
    assert spreads["blur-regions"] < 0.2


def test_no_picture_of_a_report_without_photographs_holds_one(make_document: Make, tmp_path: Path) -> None:
    document = make_document(pairs=2)
    pages = {}
    for seed, showing in enumerate(("full", "none", "none")):
        for path in (tmp_path / "photos").iterdir():
            if seed == 2:  # other photographs under the same names
                Image.new("RGB", (320, 280), (255, 0, 0)).save(path)
        images = Photographs(folder=tmp_path / "photos", showing=showing)  # type: ignore[arg-type]
        write_html(document, tmp_path / "report.html", images=images)
        pages[seed] = (tmp_path / "report.html").read_bytes()
    assert pages[1] == pages[2] != pages[0]
    assert b"Photographs are left out of this report" in pages[1]
