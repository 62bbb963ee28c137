"""A browser and a report for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.documents.declared import Declared
from auditor.report.html import write_html, write_html_folder
from tests.report.browsing import LEVELS, Visit, launched, visiting
from tests.report.conftest import document
from tests.report.laddered import laddered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with findings, as one file and as a folder."""
    home = tmp_path_factory.mktemp("report")
    made = laddered(document(home / "photos", pairs=6), LEVELS)
    made = made.model_copy(update={"declared": Declared(intended_use="Sorting portraits")})
    write_html(made, home / "report.html", images=home / "photos")
    write_html_folder(made, home / "folder", images=home / "photos")
    return home / "report.html"


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    with visiting(browser) as made:
        yield made
