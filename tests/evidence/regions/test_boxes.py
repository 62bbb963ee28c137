"""Boxes in a CSV file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.errors import DataError
from auditor.evidence.regions.boxes import BoxesFile

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "image,region,x_min,y_min,x_max,y_max\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "boxes.csv"
    path.write_text(text)
    return path


def test_rows_as_written(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "a.jpg, face ,1,2.5,3e1,4\n./a.jpg,NA,0,0,9,9\n")
    rows = BoxesFile().read(path, []).rows
    assert rows["region"].tolist() == ["face", "NA"]
    assert rows[["x_min", "y_min", "x_max", "y_max"]].to_numpy().tolist() == [[1, 2.5, 30, 4], [0, 0, 9, 9]]
    assert rows["line"].tolist() == [2, 3]
    assert set(rows["file"]) == {"boxes.csv"}
    assert set(rows["problem"]) == set(rows["mask"]) == {""}


@pytest.mark.parametrize("cell", ["", "nan", "inf", "-inf", "x", "0x10", "1 2"])
def test_what_is_no_number_is_quoted(tmp_path: Path, cell: str) -> None:
    rows = BoxesFile().read(write(tmp_path, HEADER + f"a.jpg,face,1,{cell},30,40\nb.jpg,face,1,1,30,40\n"), []).rows
    assert rows["problem"].tolist() == [f"y_min of 'a.jpg' is {cell!r}, expected a number of pixels", ""]


def test_decimal_commas_get_a_hint(tmp_path: Path) -> None:
    text = HEADER.replace(",", ";") + "a.jpg;face;1,5;2;30;40\n"
    rows = BoxesFile().read(write(tmp_path, text), []).rows
    assert rows["problem"][0] == "x_min of 'a.jpg' is '1,5', expected a number of pixels (write decimals with a point)"


def test_shares_of_the_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="give boxes in pixels, not as shares of the image"):
        BoxesFile().read(write(tmp_path, HEADER + "a.jpg,face,0.1,0.2,0.5,0.6\nb.jpg,face,0,0,1,1\n"), [])


def test_ragged_rows_and_missing_columns(tmp_path: Path) -> None:
    found = BoxesFile().read(write(tmp_path, HEADER + "a.jpg,face,1,2,30\n"), [])
    assert [str(fault) for fault in found.faults] == ["boxes.csv line 2: 5 cells, expected 6 as in the header"]
    with pytest.raises(DataError, match="no column 'x_min'; nearest: 'xmin'"):
        BoxesFile().read(write(tmp_path, "image,region,xmin,y_min,x_max,y_max\na.jpg,face,1,2,3,4\n"), [])
