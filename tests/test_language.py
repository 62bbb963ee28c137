"""Reports in Japanese, asked for on the command line, in a plan and from Python."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

import auditor
from auditor.cli import main
from auditor.errors import UsageError
from auditor.plans.plan import Audit
from auditor.privacy.disclosure import Disclosure
from auditor.result import read_document

DEMO = Path(__file__).parent.parent / "reports" / "demo" / "biased" / "audit.json"


@pytest.fixture
def filed(tmp_path: Path) -> Path:
    return Path(shutil.copy(DEMO, tmp_path / "audit.json")).parent


def test_a_report_is_rendered_in_japanese(filed: Path) -> None:
    done = CliRunner().invoke(main, ["report", str(filed), "--format", "html,markdown", "--lang", "ja"])
    assert done.exit_code == 0, done.output
    page = (filed / "report.html").read_text(encoding="utf-8")
    assert '<html lang="ja"' in page
    assert "今回の実行で検査しなかったこと" in page
    assert "Not tested in this run" not in page
    assert "not in the catalogue" not in done.output
    assert (filed / "summary.md").read_text(encoding="utf-8").isascii() is False  # signs, not Japanese
    assert "概要" not in (filed / "summary.md").read_text(encoding="utf-8")


def test_a_plan_names_the_language_and_the_command_line_wins(filed: Path) -> None:
    document = read_document(filed)
    japanese = document.model_copy(update={"report": document.report.model_copy(update={"language": "ja"})})
    assert Disclosure().over(japanese.report).language == "ja"
    assert Disclosure(language="en").over(japanese.report).language == "en"
    assert Disclosure().over(document.report).language == "en"
    plan = Audit.model_validate(_plan({"language": "ja"}))
    assert plan.report.language == "ja"
    assert Disclosure(language="en").into(plan.report).language == "en"


def test_an_unknown_language_is_refused_before_anything_is_written(filed: Path) -> None:
    done = CliRunner().invoke(main, ["report", str(filed), "--lang", "jp"])
    assert done.exit_code == 2
    assert done.output == "auditor: no reports in 'jp'; nearest: 'ja'; there are en, ja\n"
    assert sorted(path.name for path in filed.iterdir()) == ["audit.json"]
    with pytest.raises(UsageError, match="there are en, ja"):
        auditor.write_report(filed, disclosure=Disclosure(language="fr"), formats=["html"])


def test_an_unknown_language_in_a_plan_is_a_fault_of_the_plan() -> None:
    with pytest.raises(ValueError, match="no reports in 'fr'; there are en, ja"):
        Audit.model_validate(_plan({"language": "fr"}))


def _plan(report: dict[str, object]) -> dict[str, object]:
    return {
        "model": {"source": "resnet18", "classes": ["doctor", "nurse"]},
        "data": {"images": "photos", "annotations": "people.csv"},
        "report": report,
    }
