"""Reports of a result: which formats, where to, and what is kept when one of them fails."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from auditor.documents.document import REDACTED
from auditor.errors import RenderError, UsageError, nearest
from auditor.publishing.destinations import check_writable, make_folder
from auditor.publishing.filing import with_requirements
from auditor.publishing.sources import Source, find_home, find_source
from auditor.report.html import write_html, write_html_folder
from auditor.report.junit import write_junit
from auditor.report.markdown import write_markdown
from auditor.report.model_card import write_card
from auditor.report.pdf import write_pdf
from auditor.report.sarif import write_sarif
from auditor.report.spreadsheets import write_tables
from auditor.runs.files import write_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.privacy.disclosure import Disclosure
    from auditor.result import AuditResult

logger = logging.getLogger("auditor")


class Format(NamedTuple):
    """One kind of report: what it is called on the disk, and what writes it."""

    file: str
    write: Callable[[Source, Path], object]


def _tables(source: Source, path: Path) -> None:
    images = source.records()
    if images is None and not source.derived:
        logger.warning("%s: no images.csv: the records of the run are not there", path)
    write_tables(source.document, path, images=images)


def _pictured(source: Source) -> dict[str, Any]:
    return {"images": source.photographs, "filed": source.filed, "language": source.language}


FORMATS: Final[dict[str, Format]] = {
    "html": Format("report.html", lambda s, path: write_html(s.document, path, **_pictured(s))),
    "pdf": Format("report.pdf", lambda s, path: write_pdf(s.document, path, **_pictured(s))),
    "markdown": Format("summary.md", lambda s, path: write_markdown(s.document, path, filed=s.filed)),
    "junit": Format("junit.xml", lambda s, path: write_junit(s.document, path, filed=s.filed)),
    "sarif": Format("audit.sarif", lambda s, path: write_sarif(s.document, path, audit=s.audit, filed=s.filed)),
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
    disclosure: Disclosure | None = None,
    html_dir: str | Path | None = None,
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
    disclosure
        How much the reports may show; default: as the plan of the audit asked.
    html_dir
        A folder for the HTML report as a page and its pictures, for big galleries, in place of report.html.

    Returns
    -------
    list of Path
        The files written; ``csv`` and `html_dir` are folders.

    Raises
    ------
    UsageError
        If a format, a framework or the folder is not known.
    RenderError
        If a format could not be written; the others are.
    """
    check_formats(formats)
    written, faults = render_formats(
        result,
        folder,
        formats=formats,
        images=images,
        requirements=requirements,
        disclosure=disclosure,
        html_dir=html_dir,
    )
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
    disclosure: Disclosure | None = None,
    html_dir: str | Path | None = None,
) -> tuple[list[Path], list[str]]:
    """Write reports, and go on where one of them fails.

    Parameters
    ----------
    result, folder, formats, images, requirements, disclosure, html_dir
        As for `write_report`.

    Returns
    -------
    tuple
        The files written, and what went wrong with the others.

    Raises
    ------
    UsageError
        If there is no folder to write to or it cannot be written, or the photographs are not where they are said to be.
    """
    if images is not None and not Path(images).is_dir():
        raise UsageError(f"{images}: is no folder; expected that of the photographs")
    home = find_home(result, folder)
    check_writable(home)
    source = find_source(result, folder, images=images, disclosure=disclosure)
    source = replace(source, document=with_requirements(source.document, requirements))
    make_folder(home)
    written, faults = [], []
    if source.derived:
        write_bytes(home / REDACTED, source.audit)
        written.append(home / REDACTED)
    for name in dict.fromkeys((*formats, *(("html",) if html_dir is not None else ()))):
        try:
            written.append(_write(name, source, home=home, html_dir=html_dir))
        except RenderError as error:
            faults.append(str(error))
    return written, faults


def _write(name: str, source: Source, *, home: Path, html_dir: str | Path | None) -> Path:
    """Write one format: to its own file, or HTML to the folder asked for."""
    if name == "html" and html_dir is not None:
        return write_html_folder(source.document, html_dir, **_pictured(source)).parent
    FORMATS[name].write(source, home / FORMATS[name].file)
    return home / FORMATS[name].file
