"""WCAG 2.2 AA by axe-core, over whole reports, in both themes: everything unfolded, and with an image in large."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from auditor.documents.declared import Declared
from auditor.documents.signoff import read_filed
from auditor.report.caps import SCREEN
from auditor.report.html import write_html
from auditor.result import find_images, read_document
from tests.conftest import ROOT
from tests.report.browsing import FIRST, LEVELS, launched, visiting
from tests.report.conftest import document
from tests.report.laddered import laddered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
DEMOS = ("biased", "balanced")
CAPS = replace(SCREEN, rows=60)
"""Axe takes minutes for two thousand rows of one table, all made alike."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    pytest.importorskip("axe_playwright_python", reason="no axe: axe-playwright-python is not installed")
    with launched() as found:
        yield found


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A drawn report with all sections, and those of the demo's audits."""
    home = tmp_path_factory.mktemp("reports")
    made = laddered(document(home / "photos", pairs=4), LEVELS)
    made = made.model_copy(update={"declared": Declared(intended_use="Sorting portraits")})
    write_html(made, home / "drawn.html", images=home / "photos", caps=CAPS)
    for name in DEMOS:
        folder = ROOT / "reports" / "demo" / name
        found = read_document(folder)
        filed = read_filed(folder, (folder / "audit.json").read_bytes())
        images = find_images(found, folder)
        write_html(found, home / f"{name}.html", images=images, filed=filed, caps=CAPS)
    return {path.stem: path for path in home.glob("*.html")}


def violations(page: Page) -> list[str]:
    """What axe finds, one line for each rule and place."""
    from axe_playwright_python.sync_playwright import Axe

    found: dict[str, Any] = Axe().run(page, options={**RULES, "resultTypes": ["violations"]}).response
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["drawn", *DEMOS])
def test_a_whole_report(browser: Browser, reports: dict[str, Path], name: str, theme: Any) -> None:
    with visiting(browser, color_scheme=theme, bypass_csp=True) as visit:  # axe is put into the page
        page = visit.open(reports[name])
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert violations(page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_an_image_in_large(browser: Browser, reports: dict[str, Path], width: int, theme: Any) -> None:
    options: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 844}, "bypass_csp": True}
    with visiting(browser, **options) as visit:
        page = visit.open(reports["drawn"], FIRST)
        page.wait_for_selector(".lightbox[open]")
        assert violations(page) == []
