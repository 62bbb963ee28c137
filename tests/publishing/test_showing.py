"""A report is found or rendered, and opened where there is a browser."""

from __future__ import annotations

import os
import webbrowser
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from auditor.cli import main
from auditor.documents.document import serialise
from auditor.errors import RenderError
from auditor.publishing.rendering import FORMATS
from auditor.publishing.showing import NO_BROWSER, find_page, open_page
from auditor.result import PAGE
from tests.test_packaging import make_document

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "audit.json").write_bytes(serialise(make_document()))
    return tmp_path


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A screen with a browser that notes what it is asked for."""
    asked: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", lambda address: asked.append(address) is None)
    return asked


@pytest.fixture
def _headless(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(webbrowser, "open", lambda _: pytest.fail("a browser in the terminal was opened"))


def show(*words: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["show", *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr


def test_a_missing_report_is_rendered_and_opened(home: Path, opened: list[str]) -> None:
    assert show(home) == (0, f"{home / 'report.html'}\n", "")
    assert opened == [(home / "report.html").as_uri()]
    assert {path.name for path in home.iterdir()} == {"audit.json", "report.html"}


def test_a_typing_mistake_beside_a_report_opens_nothing(home: Path, opened: list[str]) -> None:
    (home / "report.html").write_text("another audit's", encoding="utf-8")
    code, _, said = show(home / "typo")
    assert (code, opened) == (3, [])
    assert "typo: no such folder; `auditor run` writes one" in said


def test_a_report_that_is_there_is_opened_as_it_is(home: Path, opened: list[str]) -> None:
    (home / "report.html").write_text("as it was", encoding="utf-8")
    for folder in (home, home / "report.html", home / "audit.json"):
        assert show(folder)[0] == 0
    assert (home / "report.html").read_text(encoding="utf-8") == "as it was"
    assert len(opened) == 3


def test_a_report_older_than_the_audit_is_told(home: Path, opened: list[str]) -> None:
    (home / "report.html").write_text("as it was", encoding="utf-8")
    os.utime(home / "report.html", (1, 1))
    code, _, said = show(home)
    assert code == 0
    assert said == f"audit.json is newer than this report: `auditor report {home}` renders it again\n"
    assert opened


@pytest.mark.usefixtures("_headless")
def test_without_a_screen_the_path_is_printed(home: Path) -> None:
    assert show(home) == (0, f"{home / 'report.html'}\n", f"{NO_BROWSER}\n")


def test_a_browser_that_fails_is_one_clear_line(home: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> bool:
        raise webbrowser.Error("none")

    for broken in (fail, lambda _: False):
        monkeypatch.setattr(webbrowser, "open", broken)
        assert open_page(home / "report.html") == NO_BROWSER
    assert opened == []


def test_without_an_audit_there_is_one_clear_line_and_code_3(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        code, printed, said = show(folder)
        assert (code, printed, said.count("\n")) == (3, "", 1)
        assert "`auditor run` writes" in said


def test_what_cannot_be_rendered_is_code_5(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RenderError("the report cannot be written")

    monkeypatch.setattr("auditor.publishing.showing.write_report", fail)
    assert show(home) == (5, "", "auditor: the report cannot be written\n")


def test_the_page_that_is_shown_is_the_page_that_is_written(home: Path) -> None:
    assert FORMATS["html"].file == PAGE
    assert find_page(home) == (home / PAGE, ())
