"""Class folders: read as torchvision reads them, with a word on what is passed over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from torchvision.datasets import ImageFolder

from auditor.errors import DataError
from auditor.evidence.readers.class_folders import read_class_folders

if TYPE_CHECKING:
    from pathlib import Path


def draw(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (2, 2)).save(folder / name, "PNG")


def test_the_same_images_and_classes_as_torchvision(tmp_path: Path) -> None:
    draw(tmp_path, "dog/b.png", "cat/a.JPG", "cat/deep/er/c.jpeg", "10/x.bmp", "9/y.webp")
    found = read_class_folders(tmp_path, attributes=None)
    theirs = ImageFolder(str(tmp_path))
    expected = [(os.path.relpath(path, tmp_path), theirs.classes[k]) for path, k in theirs.samples]
    assert sorted(zip(found.rows["image"], found.rows["label"], strict=True)) == sorted(expected)
    assert found.notes == found.faults == ()


def test_what_is_passed_over_is_counted(tmp_path: Path) -> None:
    draw(tmp_path, "cat/a.png", "top.png", ".cache/x.png", "cat/._a.png", "cat/.hidden/y.png")
    (tmp_path / "cat" / "Thumbs.db").write_bytes(b"x")
    (tmp_path / "empty").mkdir()
    found = read_class_folders(tmp_path, attributes=[])
    assert found.rows["image"].tolist() == ["cat/a.png"]
    assert found.notes == (
        "1 file of other kinds passed over",
        "1 image beside the class folders passed over",
        "class folders without a file: 'empty'",
    )


def test_links_to_folders_and_names_that_are_no_text_are_faults(tmp_path: Path) -> None:
    draw(tmp_path, "cat/a.png", "elsewhere/deep/b.png")
    (tmp_path / "cat" / "linked").symlink_to(tmp_path / "elsewhere" / "deep")
    name = os.fsencode(tmp_path / "cat") + b"/caf\xe9.png"
    with open(name, "wb"):  # noqa: PTH123 -- a name in bytes
        pass
    found = read_class_folders(tmp_path, attributes=None)
    assert sorted(str(fault) for fault in found.faults) == [
        "cat/caf\\xe9.png: its name is not UTF-8; rename it",
        "cat/linked/: a link to a folder, which is not followed",
    ]
    assert found.rows["image"].tolist() == ["cat/a.png", "elsewhere/deep/b.png"]


def test_bad_folders(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_class_folders(tmp_path / "none", attributes=None)
    draw(tmp_path, "a.png")
    with pytest.raises(DataError, match="no image in any sub-folder; expected one sub-folder of images per class"):
        read_class_folders(tmp_path, attributes=None)
    with pytest.raises(DataError, match=r"class folders hold no attributes \('gender'\)"):
        read_class_folders(tmp_path, attributes=["gender"])
