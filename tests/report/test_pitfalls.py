"""The twelve pitfalls of reports that others fell into: where each is tested, and the two that nothing else tests."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from auditor.analysis.cautions import list_warnings
from auditor.analysis.estimates import estimate
from auditor.report.caps import PRINT
from auditor.report.html import write_html, write_html_folder
from auditor.report.junit import write_junit
from auditor.report.markdown import write_markdown
from auditor.report.model_card import write_card
from auditor.report.pdf import write_pdf
from auditor.report.sarif import write_sarif
from auditor.report.spreadsheets import write_tables
from auditor.report.templating import render
from auditor.report.view import view
from tests.analysis.conftest import make_evidence, make_images

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.document import Document

    Make = Callable[..., Document]

TESTS: Final = Path(__file__).parents[1]
PITFALLS: Final = {
    "1 hostile names in every output": (
        "report/test_html.py: test_hostile_names_are_text",
        "report/test_pdf.py: test_hostile_names_are_text_and_reach_no_file",
        "report/test_machine_outputs.py: test_hostile_names_do_nothing",
    ),
    "2 nothing is fetched in print": ("report/test_printer.py: test_nothing_else_is_fetched",),
    "3 swapped errors, truncation, minus nothing": (
        "report/test_sentences.py: test_confusion_is_not_swapped",
        "report/test_figures.py: test_points_are_signed_and_there_is_no_negative_zero",
    ),
    "4 a library that is not there": ("report/test_pdf.py: test_without_pango_one_clear_line_and_html_still_works",),
    "5 nothing to say": ("report/test_degenerate.py: test_an_edge_renders_to_every_output_and_says_what_it_cannot",),
    "6 the same bytes": (
        "report/test_html.py: test_the_same_document_gives_the_same_bytes",
        "report/test_machine_outputs.py: test_the_same_audit_gives_the_same_bytes",
    ),
    "7 an archival, tagged PDF": (
        "report/test_pdf.py: test_it_is_tagged_and_archival",
        "report/test_pdf.py: test_every_figure_has_words",
        "report/test_pdf.py: test_the_renderer_has_nothing_to_say",
        "report/test_pdf.py: test_pictures_are_kept_as_jpeg",
    ),
    "8 a closed page": (
        "report/test_html.py: test_nothing_is_fetched",
        "report/test_html.py: test_the_page_forbids_fetching",
        "report/test_html.py: test_anchors_are_unique_and_resolve",
        "report/test_palettes.py: test_ink_is_readable_on_every_heat_colour",
    ),
    "9 caps hold": (
        "report/test_degenerate.py: test_a_hundred_thousand_images_print_as_many_pages_as_four_hundred",
        "report/test_html.py: test_the_gallery_and_tables_are_bounded",
    ),
    "10 nothing is dropped silently": (
        "report/test_pitfalls.py: test_a_tenth_of_the_metadata_that_is_missing_is_counted_on_page_1",
    ),
    "11 never compliant, and lower with less": (
        "report/test_requirements.py: test_a_status_falls_with_each_field_that_is_taken_away",
        "report/test_requirements.py: test_no_status_is_a_judgement",
    ),
    "12 text and path are both taken": (
        "report/test_pitfalls.py: test_text_and_path_are_both_taken",
        "test_pipeline.py: test_the_result_loads_as_it_was",
    ),
}


@pytest.mark.parametrize("pitfall", PITFALLS)
def test_every_pitfall_has_its_tests(pitfall: str) -> None:
    for place in PITFALLS[pitfall]:
        file, _, name = place.partition(": ")
        assert re.search(rf"(?m)^def {name}", (TESTS / file).read_text(encoding="utf-8")), place
    assert [int(one.split(" ")[0]) for one in PITFALLS] == list(range(1, 13))


def test_a_tenth_of_the_metadata_that_is_missing_is_counted_on_page_1(make_document: Make, tmp_path: Path) -> None:
    """From records whose attribute is empty in one row of ten to the first page of every report that people read."""
    rows = [{"label": one, "predicted": one} for one in ("doctor", "nurse") * 100]
    gender = ["" if k % 10 == 0 else ("man", "man", "woman", "woman")[k % 4] for k in range(200)]
    evidence = make_evidence(make_images(rows).assign(gender=gender))
    warnings = list_warnings(evidence, estimate(evidence))
    counted = "gender is not recorded for 20 of 200 images"
    assert any(one.startswith(counted) for one in warnings)
    made = make_document(pairs=0, warnings=warnings)
    write_html(made, tmp_path / "report.html")
    summary = (
        (tmp_path / "report.html").read_text(encoding="utf-8").partition('id="summary"')[2].partition("</section>")
    )
    assert counted in summary[0]
    printed = render("report.pdf.j2", view(made, images=None, caps=PRINT), chart_width=660, chart_rows=18)
    assert counted in printed.partition('<nav class="toc">')[0]
    write_markdown(made, tmp_path / "summary.md")
    assert counted in (tmp_path / "summary.md").read_text(encoding="utf-8")


def _files(path: Path) -> dict[str, bytes]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    return {one.name if one != path else "": one.read_bytes() for one in found if one.is_file()}


@pytest.mark.parametrize(
    "write",
    [write_html, write_html_folder, write_pdf, write_markdown, write_junit, write_sarif, write_card, write_tables],
)
def test_text_and_path_are_both_taken(write: Callable[..., object], make_document: Make, tmp_path: Path) -> None:
    made = make_document(pairs=0, estimates=[], mean_maps=[])
    for path in (str(tmp_path / "text"), tmp_path / "path"):
        write(made, path)
    written = _files(tmp_path / "text")
    assert written == _files(tmp_path / "path") != {}
    assert all(written.values())
