"""Reports of a result: which formats, where to, and what is kept when one of them fails."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from auditor.document import serialise
from auditor.errors import DataError, RenderError, UsageError, nearest
from auditor.filing import with_requirements
from auditor.report.html import write_html
from auditor.report.junit import write_junit
from auditor.report.markdown import write_markdown
from auditor.report.model_card import write_card
from auditor.report.pdf import write_pdf
from auditor.report.sarif import write_sarif
from auditor.report.spreadsheets import write_tables
from auditor.result import AUDIT, AuditResult, find_images, load, read_document
from auditor.signoff import Filed, read_filed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from auditor.document import Document

logger = logging.getLogger("auditor")


@dataclass(frozen=True, kw_only=True)
class Source:
    """What reports are made of.

    Attributes
    ----------
    document
        The audit.
    audit
        The bytes of audit.json.
    photographs
        The images folder; None where it is not at hand.
    records
        Gives the images table; None where the records are not at hand.
    filed
        What was signed.
    """

    document: Document
    audit: bytes
    photographs: Path | None
    records: Callable[[], pd.DataFrame | None]
    filed: Filed | None = None


class Format(NamedTuple):
    """One kind of report: what it is called on the disk, and what writes it."""

    file: str
    write: Callable[[Source, Path], object]


def _tables(source: Source, path: Path) -> None:
    images = source.records()
    if images is None:
        logger.warning("%s: no images.csv: the records of the run are not there", path)
    write_tables(source.document, path, images=images)


def _pictured(source: Source) -> dict[str, Any]:
    return {"images": source.photographs, "filed": source.filed}


FORMATS: Final[dict[str, Format]] = {
    "html": Format("report.html", lambda s, path: write_html(s.document, path, **_pictured(s))),
    "pdf": Format("report.pdf", lambda s, path: write_pdf(s.document, path, **_pictured(s))),
    "markdown": Format("summary.md", lambda s, path: write_markdown(s.document, path)),
    "junit": Format("junit.xml", lambda s, path: write_junit(s.document, path)),
    "sarif": Format("audit.sarif", lambda s, path: write_sarif(s.document, path, audit=s.audit)),
    "card": Format("model_card.md", lambda s, path: write_card(s.document, path)),
    "csv": Format("csv", _tables),
}
FILES: Final = tuple(form.file for form in FORMATS.values())
"""What is written beside audit.json."""
DEFAULT: Final = ("html", "pdf", "markdown")
"""What people read. JUnit and SARIF are asked for, as a pipeline that collects them turns red or raises alerts."""


def write_report(
    result: AuditResult | str | Path,
    folder: str | Path | None = None,
    *,
    formats: Sequence[str] = DEFAULT,
    images: str | Path | None = None,
    requirements: Sequence[str] = (),
) -> list[Path]:
    """Write the reports of an audit; needs neither the model nor torch.

    Parameters
    ----------
    result
        The result, or the folder that holds its audit.json.
    folder
        Where to write; default: the folder of the audit.
    formats
        Names of `FORMATS`; each report is written once.
    images
        Where the photographs are, if they were moved.
    requirements
        Frameworks for the requirement index, in place of those that the audit asked for: names, or .yaml files.

    Returns
    -------
    list of Path
        The files written; ``csv`` is a folder.

    Raises
    ------
    UsageError
        If a format, a framework or the folder is not known.
    RenderError
        If a format could not be written; the others are.
    """
    check_formats(formats)
    written, faults = render_formats(result, folder, formats=formats, images=images, requirements=requirements)
    if faults:
        raise RenderError("\n".join(faults))
    return written


def check_formats(names: Sequence[str]) -> None:
    """Refuse a format that is not known, before anything takes long.

    Parameters
    ----------
    names
        As the user gave them.

    Raises
    ------
    UsageError
        With the nearest of those that are.
    """
    unknown = [name for name in names if name not in FORMATS]
    if unknown:
        msg = f"no such format: {unknown[0]!r}{nearest(unknown[0], FORMATS)}; there are {', '.join(FORMATS)}"
        raise UsageError(msg)


def render_formats(
    result: AuditResult | str | Path,
    folder: str | Path | None = None,
    *,
    formats: Sequence[str] = DEFAULT,
    images: str | Path | None = None,
    requirements: Sequence[str] = (),
) -> tuple[list[Path], list[str]]:
    """Write reports, and go on where one of them fails.

    Parameters
    ----------
    result, folder, formats, images, requirements
        As for `write_report`.

    Returns
    -------
    tuple
        The files written, and what went wrong with the others.

    Raises
    ------
    UsageError
        If there is no folder to write to.
    """
    source, lies = _gather(result)
    source = replace(source, document=with_requirements(source.document, requirements))
    home = lies if folder is None else Path(folder)
    if home is None:
        raise UsageError("write_report(result) needs a folder to write to")
    home.mkdir(parents=True, exist_ok=True)
    source = replace(source, filed=read_filed(lies or home, source.audit))
    if images is not None:
        source = replace(source, photographs=Path(images))
    written, faults = [], []
    for name in dict.fromkeys(formats):
        path = home / FORMATS[name].file
        try:
            FORMATS[name].write(source, path)
            written.append(path)
        except RenderError as error:
            faults.append(str(error))
    return written, faults


def _gather(result: AuditResult | str | Path) -> tuple[Source, Path | None]:
    """What reports are made of, and the folder of the audit."""
    if isinstance(result, AuditResult):
        table = result.images if len(result.images.columns) else None
        made = Source(
            document=result.document,
            audit=serialise(result.document),
            photographs=result.images_folder,
            records=lambda: table,
        )
        return made, None
    path = Path(result)
    document = read_document(path)
    home = path if path.is_dir() else path.parent
    made = Source(
        document=document,
        audit=(home / AUDIT if path.is_dir() else path).read_bytes(),
        photographs=find_images(document, home),
        records=lambda: _recorded(home),
    )
    return made, home


def _recorded(home: Path) -> pd.DataFrame | None:
    """The images table of an audit's folder, where its records still are."""
    try:
        return load(home).images
    except (DataError, OSError):
        return None
