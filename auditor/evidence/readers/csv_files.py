"""CSV files: every cell stays the text it is, and every row that does not fit is named by its line."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from auditor.errors import DataError, nearest
from auditor.evidence.faults import Fault, count, name_some
from auditor.evidence.readers.base import GROUP, IMAGE, LABEL, LINE, Annotations
from auditor.records import RESERVED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SEPARATORS: Final = ",;\t|"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True)
class Sheet:
    """A CSV file as text."""

    rows: pd.DataFrame  # text columns, stripped; integer column `LINE`
    faults: tuple[Fault, ...]  # rows with too many or too few cells


def read_csv(source: Path, *, attributes: Sequence[str] | None) -> Annotations:
    """Annotations from a CSV file with the columns image, label, perhaps group_id, and attributes.

    Parameters
    ----------
    source
        The file: UTF-8, separated by comma, semicolon, tab or bar.
    attributes
        Columns to keep as attributes; None keeps every other column that can be one.

    Returns
    -------
    Annotations
        All cells as text: ``NA``, ``null`` and ``None`` are labels like any other.

    Raises
    ------
    DataError
        If the file cannot be read as a whole.
    """
    sheet = read_sheet(source, required=[IMAGE, LABEL, *(attributes or ())])
    others = [name for name in sheet.rows.columns if name not in RESERVED and name not in (IMAGE, LINE)]
    kept = tuple(others if attributes is None else attributes)
    grouped = GROUP in sheet.rows.columns
    columns = [IMAGE, LABEL, *([GROUP] if grouped else []), *kept, LINE]
    return Annotations(rows=sheet.rows[columns], attributes=kept, grouped=grouped, faults=sheet.faults)


def read_sheet(path: Path, *, required: Sequence[str]) -> Sheet:
    """Read a CSV file as text.

    Parameters
    ----------
    path
        The file.
    required
        Columns that must be there.

    Returns
    -------
    Sheet
        Rows with as many cells as the header; the others are faults.

    Raises
    ------
    DataError
        If the file is missing, empty, of another encoding, has broken quotes, lacks a column or has one twice.
    """
    text = _decode(_read_bytes(path), path)
    lines = iter(_split(text, path, separator=_find_separator(text, required)))
    _, header = next(lines, (0, []))
    _check_header(header, path, required=required)
    columns: list[list[str]] = [[] for _ in header]
    numbers: list[int] = []
    faults: list[Fault] = []
    for number, cells in lines:
        if len(cells) < len(header) or any(cells[len(header) :]):
            text = f"{count(len(cells), 'cell')}, expected {len(header)} as in the header"
            faults.append(Fault(line=number, text=text))
            continue
        for column, cell in zip(columns, cells, strict=False):
            column.append(cell.strip())
        numbers.append(number)
    if not numbers and not faults:
        raise DataError(f"{path}: holds a header and no rows")
    named = {name: column for name, column in zip(header, columns, strict=True) if name}
    frame = pd.DataFrame(named, dtype="str")
    frame[LINE] = pd.Series(numbers, dtype="int64")
    return Sheet(frame, tuple(faults))


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise DataError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise DataError(f"{path}: is a folder, expected a CSV file") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error


def _decode(data: bytes, path: Path) -> str:
    if data.startswith(_ZIP):
        raise DataError(f"{path}: is a zip or Excel file; save it as CSV in UTF-8")
    if data.startswith(_UTF16):
        raise DataError(f"{path}: begins with byte 0x{data[0]:02x}, the mark of UTF-16; save it as CSV in UTF-8")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start : error.start + 1]
        raise DataError(
            f"{path}: line {line}: byte 0x{byte.hex()} is not UTF-8 (in Latin-1 it is {byte.decode('latin-1')!r}); "
            "save the file as UTF-8"
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise DataError(f"{path}: line {line}: holds a NUL byte; save the file as UTF-8 text")
    return text


def _find_separator(text: str, required: Sequence[str]) -> str:
    """The separator that finds the needed columns in the header, else the most frequent."""
    head = text.lstrip().split("\n", 1)[0]
    for separator in SEPARATORS:
        names = {cell.strip().strip('"').strip() for cell in head.split(separator)}
        if names.issuperset(required):
            return separator
    return max(SEPARATORS, key=head.count)


def _split(text: str, path: Path, *, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        unclosed = "unexpected end" in str(error) or "field larger" in str(error)
        what = 'a quote (") is opened and never closed' if unclosed else str(error)
        raise DataError(f"{path}: line {line}: {what}") from error


def _check_header(header: list[str], path: Path, *, required: Sequence[str]) -> None:
    """Strip the names in place; all of the needed ones must be there, and none twice."""
    header[:] = [name.strip() for name in header]
    if not header:
        raise DataError(f"{path}: empty file, expected a header with the columns {', '.join(required)}")
    named = [name for name in header if name]
    missing = [name for name in required if name not in named]
    if missing:
        hints = ", ".join(f"{name!r}{nearest(name, named)}" for name in missing)
        raise DataError(f"{path}: no column {hints}; the columns are {name_some(named, shown=20)}")
    twice = sorted({name for name in named if named.count(name) > 1})
    if twice:
        raise DataError(f"{path}: the column {twice[0]!r} is there {named.count(twice[0])} times; rename or remove one")
