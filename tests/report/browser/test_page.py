"""The page in a browser: what it asks for, tables, links, themes, phones, print, and life without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from auditor.report.html import write_html
from tests.report.browsing import FIRST, Visit, shown, visiting
from tests.report.conftest import document
from tests.report.test_html import EDGES

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

pytestmark = pytest.mark.slow


def column(table: Locator, k: int) -> list[str]:
    found: list[str] = table.locator(f"tbody tr > :nth-child({k})").evaluate_all(
        "(all) => all.map((one) => one.innerText.split('\\n')[0].trim())"
    )
    return found


def test_nothing_is_asked_for(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(200)
    assert visit.fetched == [report.as_uri()]


def test_the_folder_asks_for_its_pictures_alone(visit: Visit, report: Path) -> None:
    home = report.parent / "folder"
    page = visit.open(home / "index.html", FIRST)
    page.wait_for_selector(".lightbox[open]")
    page.keyboard.press("Escape")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    page.wait_for_timeout(200)
    assert all(url.startswith(home.as_uri()) for url in visit.fetched)
    assert any("/pictures/" in url for url in visit.fetched)
    widths = page.evaluate("[...document.querySelectorAll('.gallery img.photo')].map((one) => one.naturalWidth)")
    assert set(widths) == {224}


def test_tables_sort_up_down_and_back(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    table = page.locator("#performance table.t:not(.matrix)").first
    head = table.locator("thead th.num").first
    k = 1 + head.evaluate("(one) => one.cellIndex")
    before = column(table, k)
    values = [float(re.sub(r"[^0-9.]", "", one)) for one in before]
    for state, wanted in (("ascending", sorted(values)), ("descending", sorted(values, reverse=True)), (None, values)):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == state
        assert [float(re.sub(r"[^0-9.]", "", one)) for one in column(table, k)] == wanted


def test_totals_stay_last_and_blanks_sort_last(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    counts = page.locator("table.counts").first
    counts.locator("thead th button").nth(1).press("Enter")
    counts.locator("thead th button").nth(1).press("Enter")
    assert column(counts, 1)[-1] == "All"
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    long = page.locator("table.long")
    long.locator("thead th button").nth(1).click()
    named = column(long, 2)
    kept = [one for one in named if one]
    assert named[: len(kept)] == kept == sorted(kept)


def test_tables_filter(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    tool = page.locator("#appendix .filter").first
    tool.locator("input").fill("face  Woman")
    rows = [one.lower() for one in page.locator("table.long tbody tr:visible").all_inner_texts()]
    assert rows
    assert all("face" in row and "woman" in row for row in rows)
    assert tool.locator("[role=status]").inner_text().startswith(f"{len(rows)} of ")
    tool.locator("input").fill("")
    assert page.locator("table.long tbody tr:visible").count() > len(rows)


def test_links_lead_to_findings(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    assert not page.locator("details.fold[open]").count()
    page.goto(f"{report.as_uri()}#finding-F02")
    article = page.locator("article.finding").nth(1)
    assert article.locator("#finding-F02").inner_text() == "F-02"
    assert article.locator("details.fold").get_attribute("open") is not None
    assert abs(article.locator(".permalink").bounding_box()["y"]) < 400
    assert page.locator("article.finding").first.locator("details.fold").get_attribute("open") is None
    page.goto(f"{report.as_uri()}#finding-F04")
    assert page.locator("#finding-F04").bounding_box()["y"] < 900


@pytest.mark.parametrize("system", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_toggled(browser: Browser, report: Path, system: Any) -> None:
    with visiting(browser, color_scheme=system) as visit:
        page = visit.open(report)
        ground = "getComputedStyle(document.body).backgroundColor"
        before = page.evaluate(ground)
        assert (before == "rgb(255, 255, 255)") == (system == "light")
        assert page.locator(".theme").get_attribute("aria-pressed") == str(system == "dark").lower()
        page.click(".theme")
        assert page.evaluate(ground) != before
        page.reload()
        assert page.evaluate(ground) == before


def test_everything_is_there_without_scripts(browser: Browser, report: Path) -> None:
    with visiting(browser, java_script_enabled=False) as visit:
        page = visit.open(report)
        for control in (".theme", ".filters", ".key input", ".lightbox", ".filter", ".sort"):
            assert not any(one.is_visible() for one in page.locator(control).all()), control
        assert page.locator("details:not([open])").count() == 0
        assert page.locator(".gallery .shown:visible").count() == 12
        assert page.locator(".gallery img.map:visible").count() == page.locator(".gallery img.map").count() > 12
        assert page.locator("table.long tbody tr").last.is_visible()


def test_a_phone_scrolls_one_way_only(browser: Browser, report: Path) -> None:
    with visiting(browser, viewport={"width": 390, "height": 844}) as visit:
        page = visit.open(report)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert not page.locator(".contents ol").is_visible()
        page.click(".contents summary")
        page.locator(".contents a", has_text="Method").click()
        assert not page.locator(".contents ol").is_visible()
        assert abs(page.locator("#method").bounding_box()["y"]) < 120
        page.goto(f"{report.as_uri()}{FIRST}")
        frame = page.locator(".stage .frame").bounding_box()
        assert frame["x"] >= 0
        assert frame["x"] + frame["width"] <= 390


def test_print_shows_what_is_folded(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    page.evaluate("addEventListener('beforeprint', () => { window.unfolded = document.querySelectorAll("
                  "'details.fold:not([open])').length; })")  # fmt: skip
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert page.evaluate("window.unfolded") == 0
    assert page.locator("details.fold[open]").count() == 0
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator(".filters").is_visible()


@pytest.mark.parametrize("edge", ["hostile", "nothing read", "no regions", "one class"])
def test_edges_run_without_a_fault(visit: Visit, tmp_path: Path, edge: str) -> None:
    made = document(tmp_path / "photos", **EDGES[edge])
    write_html(made, tmp_path / "report.html", images=tmp_path / "photos")
    page = visit.open(tmp_path / "report.html")
    assert page.title() == made.title
    if edge == "hostile":
        options = page.locator(".filters select[name=class] option")
        for value in options.evaluate_all("(all) => all.map((one) => one.value)")[1:]:
            page.select_option(".filters select[name=class]", value)
            before = shown(page)
            assert before
            page.reload()
            assert shown(page) == before
