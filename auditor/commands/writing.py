"""Writing reports by command: options and steps that the commands which write reports share."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from auditor.errors import RenderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.privacy.disclosure import Disclosure
    from auditor.result import AuditResult

FOLDER: Final = click.Path(path_type=Path, file_okay=False)
FORMATS: Final = ("html", "pdf", "markdown", "junit", "sarif", "card", "csv")
DEFAULT: Final = ("html", "pdf", "markdown")
"""As `auditor.publishing.rendering` has them; a test holds them alike, so that help need not load what renders."""
with_formats: Final = click.option(
    "--format",
    "formats",
    multiple=True,
    metavar="NAME",
    help="html, pdf, markdown (summary), junit, sarif, card (model card), csv (tables); may be given several times, "
    "or parted by commas. Default: html, pdf, markdown.",
)
with_html_dir: Final = click.option(
    "--html-dir",
    type=FOLDER,
    help="Write the HTML report as a folder of a page and its pictures, for big galleries, in place of report.html.",
)
with_mlflow: Final = click.option(
    "--mlflow", is_flag=True, help="Log audit.json, reports and key numbers as a run of MLflow."
)


def choose_formats(formats: Sequence[str], *, without_pdf: bool = False) -> tuple[str, ...]:
    """Formats asked for, each once; commas part them as well.

    Parameters
    ----------
    formats
        As typed; none stands for `DEFAULT`.
    without_pdf
        Whether to leave out PDF.

    Returns
    -------
    tuple of str
        Not checked yet.

    Examples
    --------
    >>> choose_formats(["junit,csv", "junit"]), choose_formats([], without_pdf=True)
    (('junit', 'csv'), ('html', 'markdown'))
    """
    asked = [name.strip() for words in formats for name in words.split(",") if name.strip()] or DEFAULT
    return tuple(name for name in dict.fromkeys(asked) if not (without_pdf and name == "pdf"))


def check_wishes(formats: Sequence[str], *, mlflow: bool = False) -> None:
    """Refuse what cannot be done before anything takes long.

    Parameters
    ----------
    formats
        Of the reports.
    mlflow
        Whether to log to MLflow.

    Raises
    ------
    UsageError
        If a format is not known, or MLflow is not there.
    """
    from auditor.publishing.delivery import check_mlflow
    from auditor.publishing.rendering import check_formats

    check_formats(formats)
    if mlflow:
        check_mlflow()


def write_all(
    result: AuditResult, out: Path, *, formats: Sequence[str], mlflow: bool = False, html_dir: Path | None = None
) -> None:
    """Tell the warnings of an audit, and write its reports.

    Parameters
    ----------
    result
        Saved already.
    out
        Where.
    formats, mlflow, html_dir
        As for `render_all`.
    """
    if result.document.comparison is not None:
        drop_pdf(out, formats)
    for warning in result.document.warnings:
        click.echo(f"warning: {warning}", err=True)
    click.echo(out / "audit.json")
    render_all(result, out, formats=formats, mlflow=mlflow, html_dir=html_dir)


def drop_pdf(out: Path, formats: Sequence[str]) -> None:
    """Remove the PDF of the same comparison, made earlier, where none is asked for now: it may show more.

    Parameters
    ----------
    out
        Folder of the comparison.
    formats
        Asked for.
    """
    if "pdf" not in formats:
        (out / "report.pdf").unlink(missing_ok=True)


def render_all(
    result: AuditResult | Path,
    out: Path | None,
    *,
    formats: Sequence[str],
    mlflow: bool = False,
    photos: Path | None = None,
    disclosure: Disclosure | None = None,
    **how: Any,
) -> None:
    """Write reports, then hand over what could be written; what could not is said last.

    Parameters
    ----------
    result
        The result, or the folder that holds its audit.json.
    out
        Where to write; None for that folder.
    formats, photos, disclosure, **how
        As for `auditor.write_report`.
    mlflow
        Whether to log to MLflow.

    Raises
    ------
    RenderError
        If a format could not be written.
    """
    from auditor.publishing.delivery import append_summary, log_mlflow
    from auditor.publishing.rendering import render_formats
    from auditor.publishing.sources import find_source

    source = find_source(result, out, disclosure=disclosure)
    written, faults = render_formats(result, out, formats=formats, images=photos, disclosure=disclosure, **how)
    for path in written:
        click.echo(path)
    said = append_summary(source.document, source.filed)
    if said:
        click.echo(said, err=True)
    if mlflow:
        home = result if isinstance(result, Path) else out
        derived = source.audit if source.derived else None
        click.echo(log_mlflow(home or Path(), written, derived=derived))
    if faults:
        raise RenderError("\n".join(faults))


class Progress:
    """A bar on a terminal, plain lines elsewhere; silent for what takes less than two seconds."""

    def __enter__(self) -> Callable[[int, int, str], None]:
        """Begin to show."""
        from auditor.commands.progress import make_progress

        self.shown = make_progress(sys.stderr)
        return self.shown

    def __exit__(self, *_: object) -> None:
        """Stop showing."""
        self.shown.close()
