"""Reports from a result or a folder: the formats asked for, no more, and all but the one that fails."""

from __future__ import annotations

import inspect
import logging
import re
from typing import TYPE_CHECKING, cast

import pandas as pd
import pytest

import auditor
from auditor import cli
from auditor.commands import writing
from auditor.documents.document import serialise
from auditor.errors import RenderError, UsageError
from auditor.publishing.folders import list_ours, remove
from auditor.publishing.rendering import DEFAULT, FORMATS, render_formats, write_report
from auditor.result import AuditResult
from tests.test_packaging import make_document

if TYPE_CHECKING:
    from pathlib import Path

    import click

MACHINES = ("markdown", "junit", "sarif", "card", "csv")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with an audit.json and nothing else."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "audit.json").write_bytes(serialise(make_document()))
    return tmp_path / "home"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_formats_are_written_where_and_as_asked(home: Path, tmp_path: Path) -> None:
    written = write_report(home, tmp_path / "out", formats=[*MACHINES, "junit"])
    assert written == [tmp_path / "out" / FORMATS[name].file for name in MACHINES]
    assert names(tmp_path / "out") == {"summary.md", "junit.xml", "audit.sarif", "model_card.md", "csv"}
    assert names(home) == {"audit.json"}


@pytest.mark.parametrize("name", MACHINES)
def test_a_result_in_hand_and_its_folder_give_the_same_bytes(home: Path, tmp_path: Path, name: str) -> None:
    empty = pd.DataFrame()
    result = AuditResult(make_document(), images=empty, attention=empty, regions=empty)
    (one,) = write_report(result, tmp_path / "one", formats=[name])
    (two,) = write_report(home, tmp_path / "two", formats=[name])
    files = [one] if one.is_file() else sorted(one.iterdir())
    assert files
    assert [file.read_bytes() for file in files] == [
        (two.parent / file.relative_to(one.parent)).read_bytes() for file in files
    ]


def test_the_command_line_knows_the_same_formats() -> None:
    assert tuple(FORMATS) == writing.FORMATS
    assert writing.DEFAULT == DEFAULT == inspect.signature(write_report).parameters["formats"].default


def test_help_names_every_format() -> None:
    for command in ("run", "report"):
        (option,) = (one for one in cli.main.commands[command].params if one.name == "formats")
        told = cast("click.Option", option).help or ""
        assert [name for name in FORMATS if not re.search(rf"\b{name}\b", told)] == []
        assert told.endswith(f"Default: {', '.join(DEFAULT)}.")


def test_force_removes_every_report_and_nothing_of_anybody_elses(home: Path) -> None:
    images = pd.DataFrame({"image_id": ["a.jpg"], "label": ["dots"]})
    AuditResult(make_document(), images=images, attention=images, regions=images).save(home)
    write_report(home, formats=["html", *MACHINES])
    assert {path for path in home.rglob("*") if path.is_file()} == set(list_ours(home))
    (home / "csv" / "people.csv").write_text("mine", encoding="utf-8")
    remove(list_ours(home))
    assert [path.relative_to(home).as_posix() for path in home.rglob("*")] == ["csv", "csv/people.csv"]
    assert len({form.file for form in FORMATS.values()}) == len(FORMATS)


def test_photographs_that_are_not_there_are_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="nope: is no folder; expected that of the photographs"):
        write_report(home, formats=["markdown"], images=home / "nope")
    assert names(home) == {"audit.json"}


def test_tables_leave_the_audit_loadable(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A folder ``tables`` would be taken for the tables of `AuditResult.save`."""
    images = pd.DataFrame({"image_id": ["a.jpg"], "label": ["dots"]})
    AuditResult(make_document(), images=images, attention=images, regions=images).save(home)
    write_report(home, formats=["csv"])
    assert names(home / "csv") == {"estimates.csv", "findings.csv", "images.csv"}
    assert auditor.load(home).images["image_id"].tolist() == ["a.jpg"]
    assert caplog.records == []


def test_that_there_are_no_records_is_said(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="auditor"):
        write_report(home, formats=["csv"])
    assert names(home / "csv") == {"estimates.csv", "findings.csv"}
    assert [record.getMessage() for record in caplog.records] == [
        f"{home / 'csv'}: no images.csv: the records of the run are not there"
    ]


def test_one_that_fails_leaves_the_others(home: Path) -> None:
    (home / "junit.xml").mkdir()
    with pytest.raises(RenderError, match=r"junit.xml: the JUnit file cannot be written: .*; choose another folder"):
        write_report(home, formats=MACHINES)
    assert names(home) == {"audit.json", "junit.xml", "summary.md", "audit.sarif", "model_card.md", "csv"}
    written, faults = render_formats(home, formats=MACHINES)
    assert (len(written), len(faults)) == (4, 1)


def test_an_unknown_format_is_refused_before_anything_is_written(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such format: 'sarf'; nearest: 'sarif'; there are html, pdf, markdown"):
        write_report(home, tmp_path / "out", formats=["markdown", "sarf"])
    assert not (tmp_path / "out").exists()


def test_a_result_needs_a_folder() -> None:
    empty = pd.DataFrame()
    with pytest.raises(UsageError, match="needs a folder"):
        write_report(AuditResult(make_document(), images=empty, attention=empty, regions=empty))
