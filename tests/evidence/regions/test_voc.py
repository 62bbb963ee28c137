"""Pascal VOC files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.errors import DataError
from auditor.evidence.regions.voc import VocFolder

if TYPE_CHECKING:
    from pathlib import Path

EDGES = ["x_min", "y_min", "x_max", "y_max"]
BOX = "<bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox>"


def write(folder: Path, name: str, objects: str, *, filename: str = "", size: tuple[int, int] = (40, 30)) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(
        f"<annotation><filename>{filename}</filename><size><width>{size[0]}</width><height>{size[1]}</height></size>"
        f"{objects}</annotation>"
    )


def thing(name: str, *box: object, more: str = "") -> str:
    return f"<object><name>{name}</name>{BOX.format(*box)}{more}</object>"


def test_pixels_are_counted_from_one_and_the_last_is_inside(tmp_path: Path) -> None:
    part = f"<part><name>head</name>{BOX.format(2, 2, 3, 3)}</part>"
    write(tmp_path, "a.xml", thing("dog", 1, 1, 40, 30, more=part) + thing("cat", 5, 6, "7.5", 8))
    rows = VocFolder().read(tmp_path, ["a.jpg"]).rows
    assert rows["region"].tolist() == ["dog", "cat"]
    assert rows[EDGES].to_numpy().tolist() == [[0, 0, 40, 30], [4, 5, 7.5, 8]]
    assert rows[["width", "height"]].to_numpy().tolist() == [[40, 30]] * 2
    assert rows["file"].tolist() == ["a.xml"] * 2


def test_a_file_finds_its_image(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", thing("dog", 1, 1, 9, 9), filename="wrong.jpg")
    write(tmp_path, "sub/b.xml", thing("dog", 1, 1, 9, 9))
    write(tmp_path, "000123.xml", thing("dog", 1, 1, 9, 9), filename="photo one.jpg")
    write(tmp_path, "x/same.xml", thing("dog", 1, 1, 9, 9))
    write(tmp_path, "same.xml", thing("dog", 1, 1, 9, 9))
    write(tmp_path, "other.xml", thing("dog", 1, 1, 9, 9))
    found = VocFolder().read(tmp_path, ["a.jpg", "sub/b.png", "photo one.jpg", "x/same.jpg", "y/same.jpg"])
    assert dict(zip(found.rows["file"], found.rows["image"], strict=True)) == {
        "a.xml": "a.jpg",
        "sub/b.xml": "sub/b.png",
        "000123.xml": "photo one.jpg",
        "x/same.xml": "x/same.jpg",
    }
    assert found.notes == ("2 VOC files for images that are not listed passed over",)


def test_capitals_in_a_suffix_do_not_hide_a_file_and_other_kinds_are_counted(tmp_path: Path) -> None:
    write(tmp_path, "A.XML", thing("dog", 1, 1, 9, 9), filename="a.jpg")
    write(tmp_path, "b.Xml", thing("dog", 1, 1, 9, 9))
    for name in ("b.JPG", "._b.xml", "classes.txt", "b.json"):
        (tmp_path / name).touch()
    assert VocFolder().recognises(tmp_path)
    found = VocFolder().read(tmp_path, ["a.jpg", "b.JPG"])
    assert found.rows["image"].tolist() == ["a.jpg", "b.JPG"]
    assert (found.faults, found.notes) == ((), ("2 files of other kinds passed over",))


def test_a_size_of_zero_says_nothing(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", thing("dog", 1, 1, 9, 9), size=(0, 0))
    assert np.isnan(VocFolder().read(tmp_path, ["a.jpg"]).rows["width"]).all()


@pytest.mark.parametrize(
    ("objects", "problem"),
    [
        (thing("dog", 1, "x", 9, "inf"), "object 'dog': ymin is 'x', ymax is 'inf', expected a number of pixels"),
        (
            "<object><name>dog</name></object>",
            "object 'dog': xmin is None, ymin is None, xmax is None, ymax is None, expected",
        ),
    ],
)
def test_boxes_that_are_none(tmp_path: Path, objects: str, problem: str) -> None:
    write(tmp_path, "a.xml", objects)
    assert VocFolder().read(tmp_path, ["a.jpg"]).rows["problem"][0].startswith(problem)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<annotation>", "a.xml: cannot be read as XML: no element found"),
        ("", "a.xml: cannot be read as XML: no element found"),
        (
            '<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>',
            "a.xml: cannot be read as XML: holds a DTD or entities",
        ),
        ('<?xml version="1.0" encoding="klingon"?><annotation/>', "a.xml: cannot be read as XML: unknown encoding"),
    ],
)
def test_files_that_are_no_safe_xml(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    found = VocFolder().read(tmp_path, ["a.jpg"])
    assert str(found.faults[0]).startswith(message)
    assert found.rows.empty


def test_no_file_for_any_image(tmp_path: Path) -> None:
    write(tmp_path, "a.xml", thing("dog", 1, 1, 9, 9))
    with pytest.raises(DataError, match=r"no file is for a listed image: 'a\.xml' and images 'b\.jpg'"):
        VocFolder().read(tmp_path, ["b.jpg"])


@pytest.mark.shared
def test_real_annotations(shared_data: Path) -> None:
    images = [path.name for path in (shared_data / "animals" / "JPEGImages").iterdir()]
    found = VocFolder().read(shared_data / "animals" / "Annotations", images)
    assert found.rows["region"].value_counts().to_dict() == {"kangaroo": 266, "raccoon": 217}
    assert found.faults == found.notes == ()
    assert set(found.rows["problem"]) == {""}
