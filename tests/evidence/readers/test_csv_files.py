"""CSV files: labels stay what they are, and nothing is read askew."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.errors import DataError
from auditor.evidence.readers.csv_files import read_csv, read_sheet

if TYPE_CHECKING:
    from pathlib import Path


def write(folder: Path, data: str | bytes) -> Path:
    path = folder / "people.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


@pytest.mark.parametrize(
    "label", ["NA", "null", "None", "nan", "N/A", "NULL", "", "1", "1.0", "True", "-", "Zürich", "护士"]
)
def test_labels_stay_labels(tmp_path: Path, label: str) -> None:
    found = read_csv(write(tmp_path, f"image,label,gender\na.jpg,{label},{label}\n"), attributes=["gender"])
    assert found.rows["label"].tolist() == [label]
    assert found.rows["gender"].tolist() == [label]


# what the file cannot keep: NUL, lone surrogates, and spaces at the ends; all kinds of line ends become one
cells = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=8).map(str.strip)


@given(
    rows=st.lists(st.tuples(cells.filter(bool), cells, cells), min_size=1, max_size=5),
    separator=st.sampled_from(",;\t|"),
)
def test_what_the_csv_module_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]], separator: str
) -> None:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=separator).writerows([("image", "label", "group_id"), *rows])
    path = write(tmp_path_factory.mktemp("csv"), buffer.getvalue())
    found = read_csv(path, attributes=[])
    assert list(found.rows[["image", "label", "group_id"]].itertuples(index=False, name=None)) == rows
    assert found.grouped
    assert found.faults == ()


def test_columns_kept(tmp_path: Path) -> None:
    path = write(tmp_path, "image,label,age,gender,x_min,,\na.jpg,cat,3,f,9,,\n")
    assert read_csv(path, attributes=None).attributes == ("age", "gender")
    assert read_csv(path, attributes=["gender"]).attributes == ("gender",)
    assert read_csv(path, attributes=[]).attributes == ()
    assert not read_csv(path, attributes=None).grouped


def test_lines_are_those_of_an_editor(tmp_path: Path) -> None:
    text = '\n\nimage,label\n\na.jpg,"two\nlines"\n , \nb.jpg\nc.jpg,cat,dog\nd.jpg,cat,\n,,\ne.jpg,cat\n'
    sheet = read_sheet(write(tmp_path, text), required=["image", "label"])
    assert sheet.rows.to_numpy().tolist() == [["a.jpg", "two\nlines", 5], ["d.jpg", "cat", 10], ["e.jpg", "cat", 12]]
    assert [str(fault) for fault in sheet.faults] == [
        "line 8: 1 cell, expected 2 as in the header",
        "line 9: 3 cells, expected 2 as in the header",
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark(tmp_path: Path, end: str, mark: str) -> None:
    sheet = read_sheet(
        write(tmp_path, mark + end.join(["image,label", "a.jpg,cat", "b.jpg,dog"])), required=["image", "label"]
    )
    assert sheet.rows["label"].tolist() == ["cat", "dog"]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"empty file, expected a header with the columns image, label"),
        (b"\n\n", r"empty file"),
        (b"image,label\n", r"holds a header and no rows"),
        (
            "image,label\na.jpg,cat\nb.jpg,Zürich\n".encode("latin-1"),
            r"line 3: byte 0xfc is not UTF-8 \(in Latin-1 it is 'ü'\)",
        ),
        ("image,label\na.jpg,cat\n".encode("utf-16"), r"byte 0xff, the mark of UTF-16"),
        ("image,label\na.jpg,cat\n".encode("utf-16-le"), r"line 1: holds a NUL byte"),
        (b"image,label\na.jpg,cat\nb\0.jpg,cat\n", r"line 3: holds a NUL byte"),
        (b"PK\x03\x04rest", r"is a zip or Excel file"),
        (
            b"Image,lable\na.jpg,cat\n",
            r"no column 'image'; nearest: 'Image', 'label'; nearest: 'lable'; the columns are 'Image', 'lable'",
        ),
        (b"image,label,label\na.jpg,cat,dog\n", r"the column 'label' is there 2 times"),
        (b'image,label\na.jpg,"cat\nb.jpg,dog\n', r'line 2: a quote \("\) is opened and never closed'),
        (b'image,label\na.jpg,"cat"dog\n', r"line 2: .* expected after"),
    ],
)
def test_files_that_cannot_be_read_say_why(tmp_path: Path, data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read_csv(write(tmp_path, data), attributes=[])
    assert str(caught.value).startswith(f"{tmp_path / 'people.csv'}: ")
    assert "\n" not in str(caught.value)


def test_a_quote_that_swallows_a_large_file_is_named_by_its_line(tmp_path: Path) -> None:
    text = "image,label\n" + 'a.jpg,"cat\n' + "b.jpg,dog\n" * 20_000
    with pytest.raises(DataError, match="line 2: a quote"):
        read_csv(write(tmp_path, text), attributes=[])


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        read_csv(tmp_path / "a.csv", attributes=[])
    with pytest.raises(DataError, match="is a folder, expected a CSV file"):
        read_csv(tmp_path, attributes=[])


def test_an_attribute_that_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no column 'gendre'; nearest: 'gender'"):
        read_csv(write(tmp_path, "image,label,gender\na.jpg,cat,f\n"), attributes=["gendre"])
