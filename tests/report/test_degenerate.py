"""Audits at the edges: each renders to every output, says what it could not say, and stays within its caps."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pypdf
import pytest

from auditor.documents.declared import Declared
from auditor.report import write_html, write_pdf
from auditor.report.caps import PRINT, SCREEN, cut_examples
from auditor.report.junit import write_junit
from auditor.report.markdown import write_markdown
from auditor.report.model_card import write_card
from auditor.report.sarif import write_sarif
from auditor.report.spreadsheets import write_tables
from tests.report.conftest import blob
from tests.report.laddered import ALL_LEVELS, laddered
from tests.report.printing import printed_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from auditor.documents.document import Document

    Make = Callable[..., Document]


def long(letter: str) -> str:
    return letter + "w" * 299


EDGES: dict[str, tuple[dict[str, Any], list[Any] | None, str]] = {
    "zero findings": ({"pairs": 1}, [], "There are no findings."),
    "nothing hidden": ({"pairs": 0}, None, "Stricter rules for findings: there was nothing to apply them to."),
    "one class": ({"classes": ("doctor",), "pairs": 0}, None, "There is no wrong answer to show."),
    "one subgroup": ({"values": ("woman",), "pairs": 0}, None, "Right answers by subgroup and class"),
    "no regions": ({"regions": False, "pairs": 0}, None, "There is no wrong answer to show."),
    "no attributes": ({"values": (), "pairs": 0}, None, "There are no subgroups to compare."),
    "nothing recorded": ({"values": ("",), "pairs": 0}, None, "not recorded"),
    "nothing read": ({"n": 0, "pairs": 0}, [], "No image could be classified"),
    "long names": (
        {"classes": (long("a"), long("b")), "values": (long("c"), long("d")), "attribute": long("e"), "pairs": 1},
        ALL_LEVELS,
        "a" + "w" * 8,
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("edge", EDGES)
def test_an_edge_renders_to_every_output_and_says_what_it_cannot(
    edge: str, make_document: Make, tmp_path: Path
) -> None:
    options, levels, expected = EDGES[edge]
    made = make_document(**options)
    made = made if levels is None else laddered(made, levels)
    write_html(made, tmp_path / "report.html", images=tmp_path / "photos")
    screen = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert expected in screen
    for page in (screen, printed_page(made, tmp_path, images=tmp_path / "photos")):
        assert "Not tested in this run" in page
        assert not re.search(r">\s*None\s*<|\bNone[,.]|\bnan\b", page.split("<body>")[1].split("<script")[0])
    assert write_pdf(made, tmp_path / "report.pdf", images=tmp_path / "photos") == ()
    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    assert "Not tested in this run" in reader.pages[0].extract_text()
    assert 10 < len(reader.pages) < 80
    write_markdown(made, tmp_path / "summary.md")
    write_junit(made, tmp_path / "junit.xml")
    write_sarif(made, tmp_path / "audit.sarif")
    write_card(made, tmp_path / "card.md")
    write_tables(made, tmp_path / "csv", images=None)
    assert json.loads((tmp_path / "audit.sarif").read_bytes())["version"] == "2.1.0"
    assert all(path.stat().st_size for path in tmp_path.iterdir())


@pytest.mark.slow
def test_two_hundred_subgroups_stay_within_caps(make_document: Make, tmp_path: Path) -> None:
    made = make_document(values=tuple(f"value {k}" for k in range(200)), pairs=0)
    write_html(made, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(page) < 4_000_000
    for words in (
        "176 more values, with fewer images, in audit.json.",
        "188 more subgroups are in audit.json.",
        "The 8 largest of 200 subgroups, set against each other alone.",
        "more rows in audit.json.",
    ):
        assert words in page, words
    assert write_pdf(made, tmp_path / "report.pdf") == ()
    assert len(pypdf.PdfReader(tmp_path / "report.pdf").pages) < 60


@pytest.mark.slow
def test_two_hundred_classes_stay_within_caps(make_document: Make, tmp_path: Path) -> None:
    classes = tuple(f"class {k}" for k in range(200))
    made = make_document(classes=classes, values=("a",), pairs=0, n=20)
    made = made.model_copy(update={"mean_maps": made.mean_maps[:60]})
    write_html(made, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(page) < 4_000_000
    assert "kinds of confusion among 200 classes" in page
    assert write_pdf(made, tmp_path / "report.pdf") == ()
    reader = pypdf.PdfReader(tmp_path / "report.pdf")
    assert len(reader.pages) < 70
    assert "121 more rows in audit.json." in " ".join(page.extract_text() for page in reader.pages)


def test_a_hundred_thousand_images_print_as_many_pages_as_four_hundred(make_document: Make) -> None:
    few, many = (make_document(pairs=0, n=n) for n in (100, 25_000))
    assert len(few.estimates) == len(many.estimates)
    assert many.data.n_read == 100_000


@pytest.mark.parametrize("most", [0, 1, 2, 9, 100, 1000])
def test_examples_are_cut_in_whole_pairs_and_counted(most: int, make_document: Make) -> None:
    made = make_document(pairs=3)
    one = made.examples.items[0]
    alone = one.model_copy(update={"image_id": "alone", "cam": blob((0.5, 0.5))})
    examples = made.examples.model_copy(update={"items": [*made.examples.items, alone]})
    made = made.model_copy(update={"examples": examples})
    kept = cut_examples(made, most).examples
    assert len(kept.items) <= most
    assert {one.control_of for one in kept.items if one.control_of} <= {one.image_id for one in kept.items}
    if most >= 7:
        assert kept == made.examples
    else:
        assert kept.rule.endswith(f"{len(kept.items)} of 7 photographs; audit.json names all.")


def test_caps_are_those_that_the_pages_promise() -> None:
    assert (SCREEN.examples, PRINT.examples) == (200, 100)
    assert PRINT.rows <= 300


@pytest.mark.slow
def test_with_all_metadata_missing_at_once_every_output_says_so(make_document: Make, tmp_path: Path) -> None:
    """No attribute, no region, nothing hidden, nothing declared, no photograph, one class."""
    made = make_document(classes=("doctor",), values=(), regions=False, pairs=0)
    bare = made.model_copy(
        update={"declared": Declared(), "findings": [], "protocol": None, "mean_maps": [], "plan": {}, "remarks": []}
    )
    write_html(bare, tmp_path / "report.html", images=None)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for said in ("Not declared by provider", "There are no subgroups to compare.", "There is no wrong answer to show."):
        assert said in page
    assert write_pdf(bare, tmp_path / "report.pdf", images=None) == ()
    front = pypdf.PdfReader(tmp_path / "report.pdf").pages[0].extract_text()
    assert "Not tested in this run" in front
    for write in (write_markdown, write_junit, write_card):
        write(bare, tmp_path / write.__name__)
        text = (tmp_path / write.__name__).read_text(encoding="utf-8")
        assert not re.search(r"\bNone\b|\bnan\b", text)


def test_the_same_document_prints_the_same_bytes(make_document: Make, tmp_path: Path) -> None:
    made = laddered(make_document(pairs=2), ALL_LEVELS)
    once, again = tmp_path / "once.pdf", tmp_path / "again.pdf"
    for path in (once, again):
        write_pdf(made, path, images=tmp_path / "photos")
    assert once.read_bytes() == again.read_bytes()
