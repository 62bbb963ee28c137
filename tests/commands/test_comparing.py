"""`auditor compare` as a person types it: what it prints, where it writes, and its exit codes."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from auditor.report import pdf
from auditor.result import read_document
from tests.comparing.test_comparison import audits
from tests.processes import run_python
from tests.test_cli import invoke

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["audits"]


def test_it_says_the_headline_and_names_the_files(audits: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    code, text = invoke("compare", audits / "old", audits / "new", "--out", out, "--no-pdf", "--lang", "ja")
    assert code == 0, text
    assert '<html lang="ja">' in (out / "report.html").read_text(encoding="utf-8")
    found = read_document(out).comparison
    assert found is not None
    headline, *files = [line for line in text.splitlines() if "steps" not in line]
    assert headline == found.pairs[0].verdict.headline
    assert files == [str(out / name) for name in ("audit.json", "report.html", "summary.md")]
    assert "old" in (out / "summary.md").read_text(encoding="utf-8")


def test_it_has_help_and_needs_no_torch(audits: Path, tmp_path: Path) -> None:
    code, text = invoke("compare", "--help")
    assert (code, "BASELINE CANDIDATE [MORE]..." in text) == (0, True)
    words = ["compare", str(audits / "old"), str(audits / "new"), "--out", str(tmp_path / "o"), "--format", "markdown"]
    printed = run_python(
        f"from auditor.cli import main; main({words!r}, standalone_mode=False)", missing=("torch", "torchvision")
    )
    assert "summary.md" in printed


def test_it_goes_below_reports_by_its_models_names(
    audits: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["compare", audits / "old", audits / "new", "--format", "markdown"]
    assert invoke(*words)[0] == 0
    assert (tmp_path / "reports" / "old-vs-new" / "summary.md").is_file()
    code, text = invoke(*words)
    assert (code, "exists; choose another --out, or --force" in text) == (2, True)
    earlier = tmp_path / "reports" / "old-vs-new" / "report.pdf"
    earlier.write_bytes(b"it may show more than is asked for now")
    assert invoke(*words, "--force")[0] == 0
    assert not earlier.exists()
    assert invoke(*words, "--name", "a", "--name", "b")[0] == 0
    assert (tmp_path / "reports" / "a-vs-b" / "audit.json").is_file()


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["old"], 2, "Missing argument 'CANDIDATE'"),
        (["old", "old"], 2, "is given twice"),
        (["old", "nowhere"], 3, "no such folder"),
        (["old", "other"], 3, "other"),
        (["old", "new", "--format", "docx"], 2, "no such format: 'docx'"),
        (["old", "new", "--name", "a"], 2, "expected 2, one for each audit in their order; found 1"),
        (["old", "new", "--out", "old"], 2, "is one of the audits that are compared"),
        (["old", "new", "--out", "other", "--force"], 2, "holds an audit, which a comparison never replaces"),
    ],
)
def test_a_users_mistake_is_said_in_one_line(
    audits: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    code: int,
    text: str,
) -> None:
    monkeypatch.chdir(audits)
    found, output = invoke("compare", *words)
    assert (found, "Traceback" in output) == (code, False), output
    assert re.search(re.escape(text), output), output
    assert not (audits / "reports").exists()


def test_a_report_that_cannot_be_written_leaves_the_comparison(
    audits: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pdf._import_weasyprint.cache_clear()
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    code, text = invoke("compare", audits / "old", audits / "new", "--out", tmp_path / "out")
    assert code == 5, text
    assert {"audit.json", "report.html", "summary.md"} <= {path.name for path in (tmp_path / "out").iterdir()}
