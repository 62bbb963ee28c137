"""The report of a comparison in a browser: no request, no fault, no axe violation, images that open and filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.report.html import write_html
from tests.report.browser.test_accessibility import violations
from tests.report.browsing import Visit, shown, visiting
from tests.report.comparisons_made import KINDS, compared
from tests.report.test_comparison import EDGES

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
FIRST = "#image-0392.jpg"


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> dict[str, Path]:
    home = tmp_path_factory.mktemp("comparison")
    write_html(compared(), home / "two.html", images=photos)
    write_html(compared(names=("biased", "other", "balanced")), home / "three.html", images=photos)
    write_html(EDGES["hostile"](), home / "hostile.html", images=photos)
    return {path.stem: path for path in home.glob("*.html")}


def choices(page: Page) -> list[str]:
    """Maps that the large image offers."""
    return [one.strip() for one in page.locator(".choices label").all_inner_texts()]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["two", "three"])
def test_axe_finds_nothing(browser: Browser, comparison: dict[str, Path], name: str, theme: Any) -> None:
    pytest.importorskip("axe_playwright_python", reason="no axe: axe-playwright-python is not installed")
    with visiting(browser, color_scheme=theme, bypass_csp=True) as visit:
        page = visit.open(comparison[name])
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_an_image_in_large(browser: Browser, comparison: dict[str, Path], width: int) -> None:
    pytest.importorskip("axe_playwright_python", reason="no axe: axe-playwright-python is not installed")
    with visiting(browser, viewport={"width": width, "height": 844}, bypass_csp=True) as visit:
        page = visit.open(comparison["two"], FIRST)
        page.wait_for_selector(".lightbox[open]")
        assert choices(page) == ["none", "map of biased", "map of balanced"]
        page.wait_for_selector(".stage canvas")
        assert "only the baseline is right" in page.locator(".caption").inner_text()
        assert violations(page) == []


def test_nothing_is_asked_for(visit: Visit, comparison: dict[str, Path]) -> None:
    page = visit.open(comparison["two"])
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(200)
    assert visit.fetched == [comparison["two"].as_uri()]


def test_images_filter_by_who_is_right(visit: Visit, comparison: dict[str, Path]) -> None:
    page = visit.open(comparison["two"])
    assert len(shown(page)) == 12
    page.select_option(".filters select[name=kind]", KINDS[0])
    kinds = page.locator(".gallery .shown:visible").evaluate_all("(all) => all.map((one) => one.dataset.kind)")
    assert kinds == [KINDS[0]] * 4
    page.reload()
    assert len(shown(page)) == 4
    page.click(".filters .clear")
    assert len(shown(page)) == 12


def test_the_same_image_of_two_pairs_has_two_places(visit: Visit, comparison: dict[str, Path]) -> None:
    page = visit.open(comparison["three"], f"{FIRST}-2")
    page.wait_for_selector(".lightbox[open]")
    assert choices(page) == ["none", "map of biased", "map of balanced"]
    page.keyboard.press("Escape")
    page.select_option(".filters select[name=candidate]", "other")
    assert len(shown(page)) == 12


def test_keys_alone_are_enough(visit: Visit, comparison: dict[str, Path]) -> None:
    page = visit.open(comparison["two"])
    page.locator(".gallery a.open").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".lightbox[open]")
    page.keyboard.press("ArrowRight")
    assert page.locator(".lightbox .place").inner_text() == "2 of 12"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "open"


def test_a_phone_scrolls_one_way_only(browser: Browser, comparison: dict[str, Path]) -> None:
    with visiting(browser, viewport={"width": 390, "height": 844}) as visit:
        for name in ("two", "three", "hostile"):
            page = visit.open(comparison[name])
            assert page.evaluate("document.documentElement.scrollWidth") == 390, name


def test_everything_is_there_without_scripts(browser: Browser, comparison: dict[str, Path]) -> None:
    with visiting(browser, java_script_enabled=False) as visit:
        page = visit.open(comparison["two"])
        for control in (".theme", ".filters", ".key input", ".lightbox"):
            assert not any(one.is_visible() for one in page.locator(control).all()), control
        assert page.locator("details:not([open])").count() == 0
        assert page.locator(".gallery .shown:visible").count() == 12
        assert page.locator("svg.dumbbells:visible").count() >= 4


def test_hostile_names_filter(visit: Visit, comparison: dict[str, Path]) -> None:
    page = visit.open(comparison["hostile"])
    options = page.locator(".filters select[name=class] option")
    for value in options.evaluate_all("(all) => all.map((one) => one.value)")[1:]:
        page.select_option(".filters select[name=class]", value)
        assert shown(page), value
