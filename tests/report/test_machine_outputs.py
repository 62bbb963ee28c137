"""What holds for every output that a machine reads: it is there, always the same, and safe whatever data are called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from auditor.documents.document import Document
from auditor.errors import RenderError
from auditor.report.junit import write_junit
from auditor.report.markdown import write_markdown
from auditor.report.model_card import write_card
from auditor.report.plaintext import clean, line, prose
from auditor.report.sarif import write_sarif
from auditor.report.spreadsheets import write_tables
from tests.report.conftest import document
from tests.report.hostile import EDGES, NAMES, hostile
from tests.report.laddered import ALL_LEVELS, laddered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Make = Callable[..., Document]
    Write = Callable[..., None]

WRITERS: dict[str, Write] = {
    "summary.md": write_markdown,
    "junit.xml": write_junit,
    "audit.sarif": write_sarif,
    "model_card.md": write_card,
    "csv": write_tables,
}
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
CONTROLS = {chr(k) for k in (*range(9), 11, 12, *range(14, 32), 127)}


def written(write: Write, audit: Document, path: Path) -> dict[str, bytes]:
    write(audit, path)
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {file.name: file.read_bytes() for file in files}


def readable(name: str, content: bytes) -> None:
    """Each file is what its name says."""
    text = content.decode("utf-8")
    if name.endswith((".xml",)):
        ET.fromstring(text)  # noqa: S314 -- our own file
    elif name.endswith(".sarif"):
        json.loads(text)
    elif name == "model_card.md":
        assert yaml.safe_load(text.split("---\n")[1])["model-index"]


@pytest.fixture(scope="module", params=EDGES)
def edge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Document:
    return document(tmp_path_factory.mktemp("edge") / "photos", **EDGES[request.param])


@pytest.mark.parametrize("name", WRITERS)
def test_documents_at_the_edges_are_told(edge: Document, tmp_path: Path, name: str) -> None:
    for file, content in written(WRITERS[name], edge, tmp_path / name).items():
        readable(file, content)
        assert len(content) < 2**20 or name == "csv"


@pytest.mark.parametrize("name", WRITERS)
def test_hostile_names_do_nothing(make_document: Make, tmp_path: Path, name: str) -> None:
    for file, content in written(WRITERS[name], hostile(make_document), tmp_path / name).items():
        readable(file, content)
        text = content.decode("utf-8")
        assert not CONTROLS & set(text)
        if name != "csv":  # a cell is as wide as it is, and its text the data's own
            assert not TURNING & set(text)


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_audit_gives_the_same_bytes(make_document: Make, tmp_path: Path, name: str) -> None:
    audit = laddered(make_document(pairs=1), ALL_LEVELS)
    first = written(WRITERS[name], audit, tmp_path / f"1{name}")
    again = Document.model_validate_json(audit.model_dump_json())
    second = written(WRITERS[name], again, tmp_path / f"2{name}")
    assert list(first.values()) == list(second.values())


@pytest.mark.parametrize("name", WRITERS)
def test_a_folder_that_is_not_there_is_said_in_one_line(make_document: Make, tmp_path: Path, name: str) -> None:
    with pytest.raises(RenderError, match=r"nowhere.* cannot be written: .*; choose another folder") as told:
        WRITERS[name](make_document(pairs=0), tmp_path / "nowhere" / name)
    assert "\n" not in str(told.value)


@given(st.text(st.characters(), max_size=40))
def test_clean_text_is_text_that_xml_holds(text: str) -> None:
    held = ET.fromstring(f"<a>{clean(text).translate({38: None, 60: None, 62: None, 13: None})}</a>").text or ""  # noqa: S314
    assert held == clean(text).translate({38: None, 60: None, 62: None, 13: None})


@given(st.text(st.characters(), max_size=80), st.integers(1, 60))
def test_a_line_is_one_line_of_at_most_so_many_letters(text: str, most: int) -> None:
    made = line(text, most)
    assert len(made) <= most
    assert len(f"x{made}x".splitlines()) == 1


@pytest.mark.parametrize("name", NAMES)
def test_harmless_letters_stay(name: str) -> None:
    kept = [letter for letter in name if letter.isalnum() and letter.isprintable()]
    assert [letter for letter in prose(name) if letter in kept] == kept
