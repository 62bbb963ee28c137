"""AuditResult: what one audit leaves behind, and how it is saved and loaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from auditor import records, runs
from auditor.documents.document import ESTIMATE_COLUMNS, Document, serialise
from auditor.documents.private import find_location, find_way, keep_location
from auditor.errors import DataError
from auditor.runs.files import sha256, write_bytes
from auditor.trials import STAGES

if TYPE_CHECKING:
    import pandas as pd

    from auditor.documents.ladder import Estimate, Finding

AUDIT: Final = "audit.json"
PAGE: Final = "report.html"
RECORDS: Final = "records"
TABLES: Final = "tables"
LATER: Final = tuple(name for tables in STAGES.values() for name in tables)
"""Tables of the stages that follow the audit's own pass; empty where nothing was hidden."""


def _empty() -> pd.DataFrame:
    """A table without rows; pandas is loaded where a table is, as reports need none."""
    import pandas as pd

    return pd.DataFrame()


@dataclass(frozen=True)
class AuditResult:
    """What one audit leaves behind.

    Parameters
    ----------
    document
        What audit.json says: everything that a report may say.
    images, attention, regions
        The records, see `auditor.records`.
    interventions, deletions, randomised
        What was tried on images, see `auditor.trials`; empty where nothing was.
    images_folder
        Where the photographs are, if they are at hand.
    folder
        Where the audit lies, if it was saved or loaded.
    """

    document: Document
    images: pd.DataFrame
    attention: pd.DataFrame
    regions: pd.DataFrame
    interventions: pd.DataFrame = field(default_factory=_empty)
    deletions: pd.DataFrame = field(default_factory=_empty)
    randomised: pd.DataFrame = field(default_factory=_empty)
    images_folder: Path | None = None
    folder: Path | None = None

    @property
    def estimates(self) -> pd.DataFrame:
        """All numbers of the audit, one per row: what it is about, the estimate, its interval, n and clusters."""
        import pandas as pd

        return pd.DataFrame([_row(item) for item in self.document.estimates], columns=list(ESTIMATE_COLUMNS))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the evidence says of each region, gravest first; empty where nothing was hidden."""
        return tuple(self.document.findings)

    def _repr_html_(self) -> str:
        """A summary for notebooks, with a way to the report where there is one."""
        from auditor.report.notebook import tell_html

        page = None if self.folder is None else self.folder / PAGE
        way = find_way(Path(), page) if page is not None and page.is_file() else None
        return tell_html(self.document, report=way)

    def save(self, folder: str | Path) -> Path:
        """Write audit.json and the tables.

        Parameters
        ----------
        folder
            Made if it is missing; files of an earlier save are replaced.

        Returns
        -------
        Path
            The folder.
        """
        folder = Path(folder)
        (folder / TABLES).mkdir(parents=True, exist_ok=True)
        for name in (*records.TABLES, *LATER):
            table: pd.DataFrame = getattr(self, name)
            path = folder / TABLES / f"{name}.parquet"
            if len(table.columns):
                table.to_parquet(path, index=False, compression="zstd")
            else:
                path.unlink(missing_ok=True)
        write_document(self.located(folder).document, folder)
        return folder

    def located(self, folder: Path) -> AuditResult:
        """Say where the photographs lie, seen from a folder; audit.json holds no path of the machine.

        Parameters
        ----------
        folder
            Where audit.json will be.

        Returns
        -------
        AuditResult
            With ``document.data.images_folder`` relative to the folder; a way that would name a person is kept in
            private.json instead.
        """
        if self.images_folder is None:
            return replace(self, folder=folder)
        data = self.document.data.model_copy(update={"images_folder": keep_location(folder, self.images_folder)})
        return replace(self, document=self.document.model_copy(update={"data": data}), folder=folder)


def write_document(document: Document, folder: Path) -> Path:
    """Write audit.json, the same bytes for the same document.

    Parameters
    ----------
    document
        What to write.
    folder
        Where to.

    Returns
    -------
    Path
        The file.
    """
    path = folder / AUDIT
    write_bytes(path, serialise(document))
    return path


def read_document(folder: str | Path) -> Document:
    """Read audit.json.

    Parameters
    ----------
    folder
        The folder that holds it, or the file itself.

    Returns
    -------
    Document
        Checked against its schema.

    Raises
    ------
    DataError
        If it is missing, is no JSON, or does not fit the schema.
    """
    path = Path(folder)
    path = path / AUDIT if path.is_dir() or path.suffix != ".json" else path
    try:
        return Document.model_validate_json(path.read_bytes())
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}; `auditor run` writes it"
        raise DataError(msg) from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        msg = f"{path}: is not an audit of this version: {where or 'the file'}: {first['msg']}"
        raise DataError(msg) from None


def hash_audit(audit: AuditResult | Document | str | Path) -> str:
    """SHA-256 of an audit.json.

    Parameters
    ----------
    audit
        The audit, or the folder that holds it, or the file itself.

    Returns
    -------
    str
        Of the file, where there is one; of the bytes that would be written elsewhere.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    if isinstance(audit, AuditResult):
        saved = audit.folder is not None and (audit.folder / AUDIT).is_file()
        audit = audit.folder if saved and audit.folder is not None else audit.document
    if isinstance(audit, Document):
        return hashlib.sha256(serialise(audit)).hexdigest()
    path = Path(audit) / AUDIT if Path(audit).is_dir() else Path(audit)
    try:
        return sha256(path)
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}; `auditor run` writes it"
        raise DataError(msg) from None


def load(folder: str | Path) -> AuditResult:
    """Load what an audit left behind.

    Parameters
    ----------
    folder
        What ``auditor run --out`` or `AuditResult.save` wrote.

    Returns
    -------
    AuditResult
        The result; needs neither the model nor torch.

    Raises
    ------
    DataError
        If the folder holds no finished audit.
    """
    folder = Path(folder)
    document = read_document(folder)
    saved = folder / TABLES
    tables = _read_saved(saved) if saved.is_dir() else _read_records(folder / RECORDS)
    return AuditResult(document, **tables, images_folder=find_images(document, folder), folder=folder)


def _read_saved(folder: Path) -> dict[str, pd.DataFrame]:
    """Tables that `AuditResult.save` wrote."""
    later = [name for name in LATER if (folder / f"{name}.parquet").is_file()]
    return {name: records.read_tables([folder / f"{name}.parquet"]) for name in (*records.TABLES, *later)}


def _read_records(folder: Path) -> dict[str, pd.DataFrame]:
    """Tables of a run and of the stages that followed it."""
    tables = runs.load(folder).tables()
    for name in STAGES:
        if (folder / name / runs.RUN).is_file():
            tables |= runs.load(folder / name).tables()
    return tables


def find_images(document: Document, folder: Path) -> Path | None:
    """Find the photographs of an audit.

    Parameters
    ----------
    document
        The audit.
    folder
        Where its audit.json is.

    Returns
    -------
    Path or None
        None if they are not there any more.
    """
    images = (folder / (find_location(folder) or document.data.images_folder)).resolve()
    return images if images.is_dir() else None


def _row(item: Estimate) -> dict[str, object]:
    low, high = item.ci or (None, None)
    values = item.model_dump(exclude={"value", "ci"})
    return {**values, "estimate": item.value, "ci_low": low, "ci_high": high}
