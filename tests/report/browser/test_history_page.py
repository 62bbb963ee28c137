"""The page of a history in a browser: nothing is asked for, tables sort, phones have room, axe is content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.report.history_page import write_history
from tests.report.browser.test_accessibility import violations
from tests.report.browsing import Visit, visiting
from tests.report.test_history_page import apart
from tests.report.test_history_text import demo, many

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("histories")
    for name, history in {"demo": demo(), "apart": apart(), "many": many(14, 20)}.items():
        write_history(history, home / f"{name}.html")
    return home


def test_nothing_is_asked_for_and_tables_sort(visit: Visit, pages: Path) -> None:
    page = visit.open(pages / "demo.html")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    table = page.locator("table.followed")
    before = [name.split("\n")[0] for name in table.locator("tbody th").all_inner_texts()]
    table.locator("thead th").first.locator("button").click()
    after = [name.split("\n")[0] for name in table.locator("tbody th").all_inner_texts()]
    assert after == sorted(before, key=str.casefold) != before
    assert visit.fetched == [(pages / "demo.html").as_uri()]


def test_the_theme_is_switched(visit: Visit, pages: Path) -> None:
    page = visit.open(pages / "demo.html")
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator(".theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["demo", "apart", "many"])
def test_nothing_is_wider_than_the_window(browser: Browser, pages: Path, name: str, width: int) -> None:
    with visiting(browser, viewport={"width": width, "height": 844}) as visit:
        page = visit.open(pages / f"{name}.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("name", "width"), [("demo", 1280), ("apart", 390), ("many", 1280)])
def test_axe_has_nothing_to_say(browser: Browser, pages: Path, name: str, width: int, *, theme: Any) -> None:
    pytest.importorskip("axe_playwright_python", reason="no axe: axe-playwright-python is not installed")
    options: dict[str, Any] = {"color_scheme": theme, "viewport": {"width": width, "height": 844}, "bypass_csp": True}
    with visiting(browser, **options) as visit:
        assert violations(visit.open(pages / f"{name}.html")) == []
