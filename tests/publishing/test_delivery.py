"""Delivery: the summary on a pipeline's page, and an audit as a run of MLflow."""

from __future__ import annotations

import hashlib
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import pytest

from auditor.documents.document import serialise
from auditor.errors import RenderError, UsageError
from auditor.privacy.disclosure import Disclosure
from auditor.publishing.delivery import SUMMARY_VARIABLE, append_summary, check_mlflow, log_mlflow
from auditor.publishing.rendering import write_report
from auditor.report.markdown import summarise
from auditor.report.metrics import list_metrics
from tests.test_packaging import make_document

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


class Run:
    """A run as ``mlflow.start_run`` gives it."""

    info = SimpleNamespace(run_id="a1b2")

    def __init__(self, calls: list[Any]) -> None:
        self.calls = calls

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.calls.append(("end", kind is None))


class MlflowException(Exception):  # noqa: N818 -- as it is called there
    pass


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is asked of a module that has the names of MLflow's own, as they were tried with mlflow-skinny 3.17."""
    made: list[Any] = []
    module = ModuleType("mlflow")
    module.__spec__ = SimpleNamespace(name="mlflow", loader=None)  # type: ignore[assignment]
    module.exceptions = SimpleNamespace(MlflowException=MlflowException)  # type: ignore[attr-defined]

    def start_run(*, tags: dict[str, Any]) -> Run:
        made.append(("tags", tags))
        return Run(made)

    def log_metrics(metrics: dict[str, float]) -> None:
        made.append(("metrics", metrics))

    def log_artifacts(local_dir: str, artifact_path: str | None = None) -> None:
        from pathlib import Path

        files = {path.relative_to(local_dir).as_posix(): path.read_bytes() for path in Path(local_dir).rglob("*.*")}
        made.append(("artifacts", artifact_path, files))

    for function in (start_run, log_metrics, log_artifacts):
        setattr(module, function.__name__, function)
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home" / "records").mkdir(parents=True)
    (tmp_path / "home" / "records" / "large.parquet").write_bytes(b"x")
    (tmp_path / "home" / "audit.json").write_bytes(serialise(make_document()))
    return tmp_path / "home"


def test_the_summary_is_appended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv(SUMMARY_VARIABLE, str(page))
    told = [append_summary(make_document()) for _ in range(2)]
    assert told == [f"summary appended to {page} (GITHUB_STEP_SUMMARY)"] * 2
    assert page.read_text(encoding="utf-8") == "before\n" + 2 * f"{summarise(make_document())}\n"


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_page_nothing_is_said(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv(SUMMARY_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(SUMMARY_VARIABLE, value)
    assert append_summary(make_document()) == ""


def test_a_page_that_cannot_be_written_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SUMMARY_VARIABLE, str(tmp_path / "no" / "page.md"))
    told = append_summary(make_document())
    assert told.startswith("warning: the summary was not appended to ")
    assert told.endswith("(GITHUB_STEP_SUMMARY): No such file or directory")


def test_mlflow_is_given_reports_numbers_and_tags(home: Path, calls: list[Any]) -> None:
    files = write_report(home, formats=["markdown", "csv"])
    assert log_mlflow(home, files) == "logged to MLflow as run a1b2"
    assert [call[0] for call in calls] == ["tags", "metrics", "artifacts", "end"]
    audit = (home / "audit.json").read_bytes()
    assert calls[0][1]["auditor.audit_sha256"] == hashlib.sha256(audit).hexdigest()
    assert calls[1][1] == list_metrics(make_document())
    folder, artifacts = calls[2][1:]
    assert folder == "auditor"
    assert set(artifacts) == {"audit.json", "summary.md", "csv/estimates.csv", "csv/findings.csv"}
    assert artifacts["audit.json"] == audit
    assert calls[3] == ("end", True)


def test_mlflow_is_given_the_derived_version_in_place_of_the_audit(home: Path, calls: list[Any]) -> None:
    files = write_report(home, home / "public", formats=["markdown"], disclosure=Disclosure(hash_ids=True))
    derived = (home / "public" / "audit.redacted.json").read_bytes()
    log_mlflow(home, files, derived=derived)
    assert calls[0][1]["auditor.audit_sha256"] == hashlib.sha256(derived).hexdigest()
    assert set(calls[2][2]) == {"audit.redacted.json", "summary.md"}
    assert calls[2][2]["audit.redacted.json"] == derived


@pytest.mark.parametrize("error", [MlflowException("refused\nat length"), ConnectionError("refused\nat length")])
def test_what_mlflow_refuses_is_said_in_one_line(
    home: Path, calls: list[Any], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(metrics: dict[str, float]) -> None:
        raise error

    monkeypatch.setattr(sys.modules["mlflow"], "log_metrics", fail)
    with pytest.raises(RenderError, match=r"^MLflow did not take the audit: refused at length; the results are saved$"):
        log_mlflow(home)
    assert calls[-1] == ("end", False)


def test_without_mlflow_there_is_one_clear_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    for ask in (check_mlflow, lambda: log_mlflow(home)):
        with pytest.raises(UsageError, match=r"^--mlflow needs MLflow: pip install 'auditor\[mlflow\]'$"):
            ask()
