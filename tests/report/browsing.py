"""A real browser for the tests of the HTML report: the system's Chromium, without a network."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@contextmanager
def launched() -> Iterator[Browser]:
    """The browser, or a skip with the reason."""
    api = pytest.importorskip("playwright.sync_api", reason="no browser tests: playwright is not installed")
    found = os.environ.get("AUDITOR_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with api.sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        path = found or (own if os.path.exists(own) else None)  # noqa: PTH110 -- a string of playwright's
        if path is None:
            pytest.skip("no browser tests: no Chromium on this machine (AUDITOR_CHROMIUM names one)")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Visit:
    """One page in one browser window, and what went wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.faults: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda said: self.faults.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.faults.append(str(error)))

    def open(self, path: Path, place: str = "") -> Page:
        """Open a file at a place, and wait until it stands."""
        self.page.goto(path.resolve().as_uri() + place)
        return self.page

    @property
    def fetched(self) -> list[str]:
        """What the page asked for beside what it holds."""
        return [url for url in self.requests if not url.startswith("data:")]


@contextmanager
def visiting(browser: Browser, **options: Any) -> Iterator[Visit]:
    """A fresh window; whatever a page says on the console is a fault."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "offline": True, **options})
    context.set_default_timeout(20_000)
    try:
        visit = Visit(context.new_page())
        yield visit
        assert visit.faults == []
    finally:
        context.close()


LEVELS: list[tuple[Any, str, str | None]] = [
    ("E4", "face", "gender"),
    ("E3", "hair", "gender"),
    ("E2", "coat", None),
    ("R", "stethoscope", None),
]
FIRST = "#image-misclassified_00.jpg"


def shown(page: Page) -> list[str]:
    """Names of the images that the gallery shows."""
    found: list[str] = page.locator(".gallery .shown").evaluate_all(
        "(all) => all.filter((one) => one.offsetParent).map((one) => one.dataset.image)"
    )
    return found
