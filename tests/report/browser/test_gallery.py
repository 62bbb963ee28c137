"""The gallery in a browser: filters, images in large, with a mouse and with keys alone."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image

from auditor.report.images import upsampled
from auditor.report.palettes import sequential
from tests.report.browsing import FIRST, Visit, shown
from tests.report.conftest import blob

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow


def place(page: Page) -> str:
    return str(page.evaluate("location.hash"))


def in_box(page: Page) -> bool:
    return bool(page.evaluate("document.querySelector('.lightbox').contains(document.activeElement)"))


def test_filters_choose_and_can_be_linked(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    whole = shown(page)
    assert len(whole) == 12
    page.select_option(".filters select[name=outcome]", "wrong")
    page.select_option(".filters select[name=class]", "nurse")
    assert place(page) == "#examples?class=nurse&outcome=wrong"
    assert shown(page) == [f"misclassified_{k:02}.jpg" for k in (1, 3, 5)]
    assert page.locator(".filters [role=status]").inner_text() == "3 of 12 images"
    page.reload()
    assert len(shown(page)) == 3
    assert page.locator(".filters select[name=class]").input_value() == "nurse"
    page.click(".filters .clear")
    assert shown(page) == whole
    assert place(page) == "#examples"


def test_filters_by_subgroup_and_finding(visit: Visit, report: Path) -> None:
    page = visit.open(report, f"#examples?subgroup={quote('gender: man')}")
    assert shown(page) == [f"{kind}_{k:02}.jpg" for k in (1, 3, 5) for kind in ("misclassified", "control")]
    page.select_option(".filters select[name=subgroup]", "")
    page.select_option(".filters select[name=finding]", "F01")
    found = page.locator("article.finding").first.locator(".shown")
    assert set(shown(page)) == {one.get_attribute("data-image") for one in found.all()}
    page.goto(f"{report.as_uri()}#examples?class=nobody&class=nurse&nonsense=1")
    page.reload()
    assert len(shown(page)) == 12


def test_no_image_fits(visit: Visit, report: Path) -> None:
    page = visit.open(report, "#examples?class=nurse&answer=nurse&outcome=wrong")
    assert shown(page) == []
    assert page.locator(".gallery .nothing").is_visible()


def test_an_image_opens_in_large_and_closes(visit: Visit, report: Path) -> None:
    page = visit.open(report, "#examples?outcome=wrong")
    page.locator(f"[id='{FIRST[1:]}'] a.open").click()
    box = page.locator(".lightbox")
    assert box.is_visible()
    assert place(page) == FIRST
    assert box.locator(".place").inner_text() == "1 of 6"
    page.keyboard.press("ArrowRight")
    assert place(page) == "#image-misclassified_01.jpg"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert place(page) == "#image-misclassified_05.jpg"
    box.locator(".next").click()
    box.locator(".next").click()
    page.keyboard.press("Escape")
    assert not box.is_visible()
    assert place(page) == "#examples?outcome=wrong"
    assert page.evaluate("document.activeElement.closest('.shown').id") == "image-misclassified_01.jpg"


def test_the_keyboard_alone_is_enough(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    page.locator(".gallery a.open").nth(2).focus()
    page.keyboard.press("Enter")
    assert page.locator(".lightbox").is_visible()
    assert in_box(page)
    stops = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert in_box(page)
        stops.add(page.evaluate("document.activeElement.className || document.activeElement.value"))
    assert {"close", "next", "previous", "link"} <= stops
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        assert in_box(page)
    page.locator(".strength input").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".lightbox .place").inner_text().startswith("3 of")
    assert page.locator(".strength output").inner_text() == "81 %"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "open"


def test_the_slider_shows_the_map_as_much_as_asked(visit: Visit, report: Path) -> None:
    page = visit.open(report, FIRST)
    canvas = page.locator(".stage canvas")
    assert float(canvas.evaluate("(one) => one.style.opacity")) == pytest.approx(0.8)
    page.locator(".strength input").fill("0")
    assert float(canvas.evaluate("(one) => one.style.opacity")) == 0
    assert "grey" not in (page.locator(".stage").get_attribute("class") or "")
    page.locator(".strength input").fill("35")
    assert float(canvas.evaluate("(one) => one.style.opacity")) == pytest.approx(0.35)
    assert page.locator(".strength output").inner_text() == "35 %"
    page.locator(".choices label", has_text="none").click()
    assert page.locator(".strength input").is_disabled()
    page.keyboard.press("Escape")
    page.locator(".gallery .open").nth(1).click()
    assert page.locator(".choices input:checked").get_attribute("value") == "0"


def test_maps_are_painted_from_their_grid(visit: Visit, report: Path) -> None:
    page = visit.open(report, FIRST)
    page.wait_for_selector(".stage canvas")
    uri = page.locator(".stage canvas").evaluate("(one) => one.toDataURL()")
    painted = np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1]))), dtype=float)
    field = upsampled(blob((0.3, 0.5)), (560, 560))
    slope = np.hypot(*np.gradient(field))
    away = np.abs(field - field.max() / 2) / np.maximum(slope, 1e-6) > 8  # off the line at half the maximum
    clear = away & (field > 0.1)
    assert np.abs(painted[..., 3] - field * 255)[away].max() <= 2
    assert painted.shape == (560, 560, 4)
    assert np.abs(painted[..., :3] - sequential(field).astype(float))[clear].max() <= 12
    line = np.abs(field - field.max() / 2) / np.maximum(slope, 1e-6) < 0.5
    assert painted[line & (slope > 1e-3)][:, :3].min() > 200


def test_each_map_of_the_page_is_painted_when_it_is_near(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    page.locator(".gallery .shown").first.scroll_into_view_if_needed()
    page.wait_for_selector(".gallery .shown canvas.painted")
    assert page.locator(".gallery .shown").first.locator("img.map").first.is_hidden()


def test_outlines_toggle_everywhere(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    legend = page.locator("#examples .key label", has_text="face")
    region = legend.locator("input").get_attribute("value")
    paths = page.locator(f".gallery .outlines path[data-region='{region}']")
    assert paths.first.is_visible()
    legend.click()
    assert not any(path.is_visible() for path in paths.all())
    page.locator(".gallery a.open").first.click()
    inside = page.locator(f".stage path[data-region='{region}']")
    assert not inside.is_visible()
    assert page.locator(".stage .outlines path").count() == 4
    page.locator(".regions label", has_text="face").click()
    assert inside.is_visible()
    page.keyboard.press("Escape")
    assert paths.first.is_visible()
    assert legend.locator("input").is_checked()


def test_links_lead_to_images_whatever_is_filtered(visit: Visit, report: Path) -> None:
    page = visit.open(report, "#examples?outcome=wrong")
    page.evaluate("location.hash = '#image-control_03.jpg'")
    page.wait_for_selector(".lightbox[open]")
    assert page.locator(".lightbox-title").inner_text() == "control_03.jpg"
    assert page.locator(".choices input").count() == 2
    page.locator(".lightbox .close").click()
    assert len(shown(page)) == 12
    page.goto(f"{report.as_uri()}#nowhere?x=%ff")
    assert not page.locator(".lightbox").is_visible()


def test_an_image_leads_back_to_its_finding(visit: Visit, report: Path) -> None:
    page = visit.open(report, "#examples?finding=F01")
    page.locator(".gallery .shown:visible a.open").first.click()
    page.locator(".lightbox .part a").first.click()
    assert not page.locator(".lightbox").is_visible()
    assert place(page).startswith("#finding-")


def test_exhibits_page_through_their_finding(visit: Visit, report: Path) -> None:
    page = visit.open(report)
    first = page.locator("article.finding").first
    first.locator("a.open").first.click()
    count = first.locator(".shown").count()
    assert page.locator(".lightbox .place").inner_text() == f"1 of {count}"
