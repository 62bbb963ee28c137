"""Tables for spreadsheets: every number, every finding and every image as CSV that runs no formula."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from auditor.documents.document import ESTIMATE_COLUMNS
from auditor.errors import RenderError
from auditor.report.codes import list_codes
from auditor.report.comparison_tables import COMPARED, compare_tables
from auditor.report.levels import badge, ranked
from auditor.report.names import NOT_RECORDED
from auditor.report.outcomes import answers, effect, outcome
from auditor.report.plaintext import clean, write_text

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate, Finding

    Cell = str | float | bool | None

SIGNATURE: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""Without it spreadsheets take UTF-8 for the letters of their own country."""
IMAGES: Final = "images.csv"
FINDING_COLUMNS: Final[tuple[str, ...]] = (
    "code", "fingerprint", "region", "role", "attribute", "subgroup", "contrast", "level", "meaning", "outcome",
    "opportunity", "looks", "uses", "hurts", "statistic", "fill", "effect", "ci_low", "ci_high", "unit", "n",
    "clusters", "p_value", "q_value", "by_value", "familywise", "needed", "headline",
)  # fmt: skip
NOTHING: Final = ""
"""An attribute value that is not recorded; an empty cell means *not split by it*."""
_FORMULA: Final = re.compile(r"[=+\-@\t\r\n＝＋－＠]")  # noqa: RUF001 -- wide forms count as well


def write_tables(document: Document, path: str | os.PathLike[str], *, images: pd.DataFrame | None = None) -> None:
    """Write the tables into a folder; the same document and images give the same bytes.

    Parameters
    ----------
    document
        What they hold.
    path
        The folder; made if it is missing.
    images
        The images table of the records; without it there is no ``images.csv``, and one of an earlier time is removed.

    Raises
    ------
    RenderError
        If the folder cannot be written.
    """
    folder = Path(path)
    tables: dict[str, tuple[Sequence[str], Iterator[list[Cell]]]] = {
        "estimates.csv": (ESTIMATE_COLUMNS, _estimates(document)),
        "findings.csv": (FINDING_COLUMNS, _findings(document)),
    }
    if images is not None:
        tables[IMAGES] = _images(images)
    if document.comparison is not None:
        tables |= compare_tables(document.comparison)
    try:
        folder.mkdir(exist_ok=True)
        for name in (IMAGES, *COMPARED):
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        msg = f"{folder}: the tables cannot be written: {error.strerror or error}; choose another folder"
        raise RenderError(msg) from error
    for name, (columns, rows) in tables.items():
        write_text(folder / name, render_table(columns, rows), what="table")


def render_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    r"""Write a table as RFC 4180 has it.

    Parameters
    ----------
    columns
        Names.
    rows
        Text, numbers, truths; None is an empty cell.

    Returns
    -------
    str
        UTF-8 with a signature, for spreadsheets; text that a spreadsheet would run begins with an apostrophe.

    Examples
    --------
    >>> render_table(["region", "effect"], [["=1+1", -0.5]])[1:]
    "region,effect\r\n'=1+1,-0.5\r\n"
    """
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([guard(name) for name in columns])
    writer.writerows([_cell(value) for value in row] for row in rows)
    return SIGNATURE + written.getvalue()


def guard(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    Parameters
    ----------
    text
        From the user's data.

    Returns
    -------
    str
        With an apostrophe before it where it begins like a formula.

    Examples
    --------
    >>> guard("=cmd|' /C calc'!A0"), guard("face")
    ("'=cmd|' /C calc'!A0", 'face')
    """
    plain = clean(text)
    return f"'{plain}" if _FORMULA.match(plain) else plain


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return guard(value)
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _estimates(document: Document) -> Iterator[list[Cell]]:
    for row in document.estimates:
        values = _fields(row)
        yield [values[name] for name in ESTIMATE_COLUMNS]


def _fields(row: Estimate) -> dict[str, Any]:
    """An estimate with its interval in two fields."""
    low, high = row.ci or (None, None)
    subgroup = NOT_RECORDED if row.subgroup == NOTHING else row.subgroup
    return {**vars(row), "estimate": row.value, "ci_low": low, "ci_high": high, "subgroup": subgroup}


def _findings(document: Document) -> Iterator[list[Cell]]:
    codes = {one.fingerprint: one.code for one in list_codes(document)}
    for finding in ranked(document.findings):
        values = {"code": codes[finding.fingerprint], **_told(finding)}
        yield [values.get(name) for name in FINDING_COLUMNS]


def _told(finding: Finding) -> dict[str, Any]:
    """A finding with the number that decided it."""
    kept: dict[str, Any] = {
        name: getattr(finding, name) for name in FINDING_COLUMNS if name in type(finding).model_fields
    }
    kept |= {"meaning": badge(finding.level).words, "outcome": outcome(finding), **answers(finding)}
    row = effect(finding)
    if row is None:
        return kept
    names = ("statistic", "fill", "ci_low", "ci_high", "unit", "n", "clusters")
    values = _fields(row)
    return kept | {name: values[name] for name in names} | {"effect": row.value}


def _images(table: pd.DataFrame) -> tuple[list[str], Iterator[list[Cell]]]:
    """The images table without what only a program can read."""
    kept = [name for name in table.columns if not table[name].map(lambda value: isinstance(value, bytes)).any()]
    columns = [table[name].astype(object).where(table[name].notna(), None).tolist() for name in kept]
    return [str(name) for name in kept], (list(map(_plain, row)) for row in zip(*columns, strict=True))


def _plain(value: Any) -> Cell:
    """A value of numpy as Python has it."""
    made: Cell = value.item() if hasattr(value, "item") else value
    return made
