"""Reports of a result: which formats, where to, and what is kept when one of them fails."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.errors import RenderError, UsageError, nearest
from auditor.report.html import write_html
from auditor.report.pdf import write_pdf
from auditor.result import AuditResult, find_images, read_document

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Writer = Callable[..., object]

FORMATS: Final[dict[str, Writer]] = {"html": write_html, "pdf": write_pdf}


def write_report(
    result: AuditResult | str | Path,
    folder: str | Path | None = None,
    *,
    formats: Sequence[str] = tuple(FORMATS),
    images: str | Path | None = None,
) -> list[Path]:
    """Write the reports of an audit; needs neither the model nor torch.

    Parameters
    ----------
    result
        The result, or the folder that holds its audit.json.
    folder
        Where to write; default: the folder of the audit.
    formats
        Names of `FORMATS`.
    images
        Where the photographs are, if they were moved.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UsageError
        If a format or the folder is not known.
    RenderError
        If a format could not be written; the others are.
    """
    unknown = [name for name in formats if name not in FORMATS]
    if unknown:
        msg = f"no such format: {unknown[0]!r}{nearest(unknown[0], FORMATS)}"
        raise UsageError(msg)
    if isinstance(result, AuditResult):
        document, photographs, home = result.document, result.images_folder, folder
    else:
        document = read_document(result)
        home = folder or (Path(result) if Path(result).is_dir() else Path(result).parent)
        photographs = find_images(document, Path(result) if Path(result).is_dir() else Path(result).parent)
    if home is None:
        msg = "write_report(result) needs a folder to write to"
        raise UsageError(msg)
    Path(home).mkdir(parents=True, exist_ok=True)
    photographs = Path(images) if images is not None else photographs
    written, faults = [], []
    for name in formats:
        path = Path(home) / f"report.{name}"
        try:
            FORMATS[name](document, path, images=photographs)
            written.append(path)
        except RenderError as error:
            faults.append(str(error))
    if faults:
        raise RenderError("\n".join(faults))
    return written
