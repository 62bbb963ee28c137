"""Delivery: results handed to the pipeline that runs the audit, and to a tracker of experiments."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.documents.document import REDACTED, Document, serialise
from auditor.errors import RenderError, UsageError
from auditor.report.markdown import summarise
from auditor.report.metrics import list_metrics, list_tags
from auditor.report.plaintext import line
from auditor.result import AUDIT, read_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.documents.signoff import Filed

SUMMARY_VARIABLE: Final = "GITHUB_STEP_SUMMARY"
ARTIFACTS: Final = "auditor"
"""Folder in the tracker."""


def append_summary(document: Document, filed: Filed | None = None) -> str:
    """Append the summary to the file that a pipeline shows on its page, where it names one.

    Parameters
    ----------
    document
        What is summed up.
    filed
        The audit as it lies in its folder, and what was signed.

    Returns
    -------
    str
        One line that says what was done; nothing where the pipeline names no file. A file that cannot be written is
        a warning: the audit is done all the same.
    """
    return append_text(summarise(document, filed)) if os.environ.get(SUMMARY_VARIABLE) else ""


def append_text(words: str) -> str:
    """Append Markdown to the file that a pipeline shows on its page, where it names one.

    Parameters
    ----------
    words
        Markdown.

    Returns
    -------
    str
        As for `append_summary`.
    """
    named = os.environ.get(SUMMARY_VARIABLE)
    if not named:
        return ""
    try:
        with Path(named).open("ab") as file:
            file.write(f"{words}\n".encode())
    except OSError as error:
        return f"warning: the summary was not appended to {named} ({SUMMARY_VARIABLE}): {error.strerror or error}"
    return f"summary appended to {named} ({SUMMARY_VARIABLE})"


def check_mlflow() -> None:
    """Make sure that MLflow is there, before anything takes long.

    Raises
    ------
    UsageError
        If it is not.
    """
    if importlib.util.find_spec("mlflow") is None:
        raise UsageError("--mlflow needs MLflow: pip install 'auditor[mlflow]'")


def log_mlflow(folder: str | Path, files: Sequence[Path] = (), *, derived: bytes | None = None) -> str:
    """Log an audit as a run of MLflow: its files, its numbers, what identifies it.

    Where and as which run is MLflow's own to say (``MLFLOW_TRACKING_URI``, ``MLFLOW_EXPERIMENT_NAME``,
    ``MLFLOW_RUN_ID``). The records stay where they are: they may be large, and hold a row per image.

    Parameters
    ----------
    folder
        That of audit.json.
    files
        Reports that were written; audit.json goes with them.
    derived
        The version of it that goes in its place, where reports were made from one.

    Returns
    -------
    str
        One line that says where to.

    Raises
    ------
    UsageError
        If MLflow is not there.
    RenderError
        If MLflow refuses; what was written stays.
    """
    check_mlflow()
    import mlflow

    document = read_document(folder) if derived is None else Document.model_validate_json(derived)
    audit = _audit_bytes(Path(folder), document) if derived is None else derived
    tags = list_tags(document, hashlib.sha256(audit).hexdigest())
    try:
        with tempfile.TemporaryDirectory(prefix="auditor-") as place, mlflow.start_run(tags=tags) as run:
            mlflow.log_metrics(list_metrics(document))
            _gather(Path(place), audit, files, name=AUDIT if derived is None else REDACTED)
            mlflow.log_artifacts(place, artifact_path=ARTIFACTS)
    except (mlflow.exceptions.MlflowException, OSError) as error:
        raise RenderError(f"MLflow did not take the audit: {line(str(error), 300)}; the results are saved") from error
    return f"logged to MLflow as run {run.info.run_id}"


def _audit_bytes(folder: Path, document: Document) -> bytes:
    path = folder / AUDIT if folder.is_dir() else folder
    return path.read_bytes() if path.is_file() else serialise(document)


def _gather(place: Path, audit: bytes, files: Sequence[Path], *, name: str) -> None:
    (place / name).write_bytes(audit)
    for file in files:
        if file.is_dir():
            shutil.copytree(file, place / file.name)
        else:
            shutil.copyfile(file, place / file.name)
