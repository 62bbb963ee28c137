"""Tables for spreadsheets: read back as they were, and nothing in them runs."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.documents.document import ESTIMATE_COLUMNS
from auditor.report.levels import ranked
from auditor.report.plaintext import clean
from auditor.report.spreadsheets import FINDING_COLUMNS, guard, render_table, write_tables
from tests.report.hostile import NAMES, hostile
from tests.report.laddered import ALL_LEVELS, laddered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]

RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}")


def read(path: Path) -> list[list[str]]:
    """As Python reads RFC 4180, strictly."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def test_every_number_is_there(make_document: Make, tmp_path: Path) -> None:
    audit = make_document(pairs=0)
    write_tables(audit, tmp_path / "csv")
    table = pd.read_csv(tmp_path / "csv" / "estimates.csv", keep_default_na=False, na_values=[""])
    assert tuple(table.columns) == ESTIMATE_COLUMNS
    assert table["estimate"].tolist() == [row.value for row in audit.estimates]
    assert table["ci_low"].tolist() == [row.ci[0] for row in audit.estimates if row.ci]
    assert table["n"].tolist() == [row.n for row in audit.estimates]


def test_not_recorded_is_told_from_not_split(make_document: Make, tmp_path: Path) -> None:
    write_tables(make_document(pairs=0), tmp_path / "csv")
    table = pd.read_csv(tmp_path / "csv" / "estimates.csv")
    assert set(table["subgroup"].dropna()) == {"man", "woman", "not recorded"}
    assert table["subgroup"].isna().any()


def test_findings_come_gravest_first_with_what_decided_them(make_document: Make, tmp_path: Path) -> None:
    audit = laddered(make_document(pairs=0), ALL_LEVELS)
    write_tables(audit, tmp_path / "csv")
    table = pd.read_csv(tmp_path / "csv" / "findings.csv")
    assert tuple(table.columns) == FINDING_COLUMNS
    assert table["fingerprint"].tolist() == [one.fingerprint for one in ranked(audit.findings)]
    first = table.iloc[0]
    assert (first["code"], first["level"], first["outcome"], first["hurts"]) == ("F-01", "E4", "found", "found")
    assert (first["effect"], first["ci_low"], first["ci_high"], first["fill"]) == (0.28, 0.2, 0.4, "inpaint")


def test_images_are_there_where_their_table_is(make_document: Make, tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "image_id": ["=1.jpg", "b.jpg"],
            "width": np.array([3, 4], dtype=np.int32),
            "score": [0.25, np.nan],
            "correct": pd.array([True, None], dtype="boolean"),
            "logits": [b"\x00", b"\x01"],
            "@gender": ["woman", None],
        }
    )
    audit = make_document(pairs=0)
    write_tables(audit, tmp_path / "csv", images=table)
    assert read(tmp_path / "csv" / "images.csv") == [
        ["image_id", "width", "score", "correct", "'@gender"],
        ["'=1.jpg", "3", "0.25", "true", "woman"],
        ["b.jpg", "4", "", "", ""],
    ]
    write_tables(audit, tmp_path / "csv")
    assert not (tmp_path / "csv" / "images.csv").exists()


@pytest.mark.parametrize("text", [f"{mark}1+1" for mark in RUN])
def test_what_begins_like_a_formula_is_text(text: str) -> None:
    assert guard(text) == f"'{clean(text)}"


@pytest.mark.parametrize(("value", "cell"), [(-0.5, "-0.5"), (1e-12, "1e-12"), (3, "3"), (True, "true"), (None, "")])
def test_numbers_stay_numbers(value: Any, cell: str) -> None:
    assert render_table(["a", "b"], [[value, "x"]]) == f"\ufeffa,b\r\n{cell},x\r\n"


@given(st.lists(st.lists(st.text(st.characters(), max_size=12), min_size=2, max_size=2), max_size=6))
def test_a_table_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    text = render_table(["first", "second"], rows)
    found = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))
    assert found == [["first", "second"], *([guard(one) for one in row] for row in rows)]
    assert not any(cell.startswith(RUN) for row in found for cell in row)


def test_hostile_names_run_nothing(make_document: Make, tmp_path: Path) -> None:
    write_tables(hostile(make_document), tmp_path / "csv")
    rows = read(tmp_path / "csv" / "findings.csv")
    regions = [row[rows[0].index("region")] for row in rows[1:]]
    assert sorted(regions) == sorted(guard(name) for name in NAMES)
    assert "'=cmd|' /C calc'!A0" in regions
    for name in ("findings.csv", "estimates.csv"):
        numbers = {"estimate", "effect", "ci_low", "ci_high"}
        heads, *cells = read(tmp_path / "csv" / name)
        assert not [
            cell
            for row in cells
            for head, cell in zip(heads, row, strict=True)
            if head not in numbers and cell.startswith(RUN)
        ]
