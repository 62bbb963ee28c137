"""Comparing: audits of several models loaded, brought to the same images, compared, and the comparison saved."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.analysis.comparison import compare_evidence
from auditor.analysis.compilation import recall
from auditor.analysis.matching import match
from auditor.comparing.contenders import LONGEST, find_folder, name_models, open_contender, refuse_twice
from auditor.documents.document import SCHEMA_VERSION, serialise
from auditor.errors import UsageError
from auditor.publishing.destinations import check_writable, make_folder
from auditor.publishing.folders import holds_comparison, list_ours, remove
from auditor.publishing.rendering import FORMATS
from auditor.records import TABLES as RECORDED
from auditor.result import AUDIT, LATER, RECORDS, AuditResult, read_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from auditor.comparing.contenders import Given
    from auditor.documents.document import Document

PDF: Final = FORMATS["pdf"].file
"""It says itself whether it is the one that would be written: see `auditor.report.reprinting`."""
_PAIR: Final = 2


def compare(
    baseline: AuditResult | str | Path,
    candidate: AuditResult | str | Path,
    *more: AuditResult | str | Path,
    names: Sequence[str] | None = None,
    out: str | Path | None = None,
    force: bool = False,
    progress: Callable[[int, int, str], object] | None = None,
) -> AuditResult:
    """Compare models by their audits of the same images; needs neither the models nor torch.

    Parameters
    ----------
    baseline, candidate, *more
        Results, or folders that hold audits with their records. Every later one is set against the baseline; where
        there are more than two, all are ranked as well.
    names
        What to call the models, in this order; None takes the names that their plans give, else their folders'.
    out
        Where to save the comparison; None keeps nothing on the disk.
    force
        Whether to replace a comparison in that folder.
    progress
        Called with what is done, what is to do, and what that counts.

    Returns
    -------
    AuditResult
        The audit of the last candidate; ``result.document.comparison`` holds the comparison.

    Raises
    ------
    UsageError
        If the output folder is taken, an audit is given twice, or a name cannot be used.
    DataError
        If an audit cannot be compared: it is not finished, is a comparison or a redacted version itself, its records
        are not there, or it is of other images, labels or classes.
    """
    given = (baseline, candidate, *more)
    if out is not None:
        check_free(out, given, force=force)
    called = name_models(given, names or ())
    step = _Steps(progress, total=2 * len(given) + (len(given) > _PAIR))
    contenders = []
    for one, name in zip(given, called, strict=True):
        step()
        contenders.append(open_contender(one, name))
    refuse_twice(contenders)
    step()
    matched = match({one.name: recall(one.result.document, _tables(one.result)) for one in contenders})
    comparison = compare_evidence(
        matched,
        {one.name: one.result.document for one in contenders},
        models=[one.describe() for one in contenders],
        step=step,
    )
    step.end()
    comparison = comparison.model_copy(update={"made": datetime.now(UTC).isoformat(timespec="seconds")})
    last = contenders[-1].result
    document = last.document.model_copy(update={"comparison": comparison, "schema_version": SCHEMA_VERSION})
    result = replace(last, document=document, folder=None)
    return result if out is None else save_comparison(result, Path(out))


class _Steps:
    """Counts what is done."""

    def __init__(self, progress: Callable[[int, int, str], object] | None, *, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self) -> None:
        """Begin the next step."""
        if self._progress is not None:
            self._progress(self._done, self._total, "steps")
        self._done += 1

    def end(self) -> None:
        """Say that all is done."""
        if self._progress is not None:
            self._progress(self._total, self._total, "steps")


def check_free(out: str | Path, given: Sequence[Given], *, force: bool = False) -> None:
    """Refuse an output folder that holds something of value.

    Parameters
    ----------
    out
        Where the comparison would be saved.
    given
        What is compared.
    force
        Whether a comparison in it may be replaced; an audit never is.

    Raises
    ------
    UsageError
        If it is a file, one of the audits, or taken.
    """
    out = Path(out)
    check_writable(out)
    if out.resolve() in [find_folder(one) for one in given]:
        raise UsageError(f"{out}: is one of the audits that are compared; choose another --out")
    if not out.is_dir() or not any(out.iterdir()):
        return
    if (out / RECORDS).exists() or ((out / AUDIT).is_file() and read_document(out).comparison is None):
        raise UsageError(f"{out}: holds an audit, which a comparison never replaces; choose another --out")
    if not holds_comparison(out):
        only = "; --force replaces a comparison and nothing else" if force else ""
        raise UsageError(f"{out}: exists, and holds no comparison{only}; choose another --out")
    if not force:
        raise UsageError(f"{out}: exists; choose another --out, or --force to replace the comparison in it")


def default_folder(names: Sequence[str]) -> Path:
    """Where a comparison goes that is told no folder.

    Parameters
    ----------
    names
        Of the models.

    Returns
    -------
    Path
        Below reports/, named after them.

    Examples
    --------
    >>> default_folder(["v1/net", "v2/net"]).as_posix()
    'reports/v1-net-vs-v2-net'
    """
    words = [re.sub(r"[^\w.-]+", "-", name).strip("-.") or "model" for name in names]
    return Path("reports") / "-vs-".join(words)[: 3 * LONGEST]


def _tables(result: AuditResult) -> Mapping[str, pd.DataFrame]:
    return {name: getattr(result, name) for name in (*RECORDED, *LATER)}


def save_comparison(result: AuditResult, out: Path) -> AuditResult:
    """Write a comparison, in place of an earlier one; where that says the same, its time and its PDF stay.

    Parameters
    ----------
    result
        The comparison.
    out
        A folder that may be written to.

    Returns
    -------
    AuditResult
        As it lies there.
    """
    make_folder(out)
    result = result.located(out)
    earlier = _as_of_before(result.document, out)
    if holds_comparison(out):
        remove(path for path in list_ours(out) if earlier is None or path.name != PDF)
    if earlier is not None:
        result = replace(result, document=earlier)
    result.save(out)
    return result


def _as_of_before(document: Document, out: Path) -> Document | None:
    """The comparison in a folder, if it differs in nothing but when it was made."""
    path = out / AUDIT
    if document.comparison is None or not path.is_file():
        return None
    before = read_document(out).comparison
    if before is None:
        return None
    same = document.comparison.model_copy(update={"made": before.made})
    document = document.model_copy(update={"comparison": same})
    return document if serialise(document) == path.read_bytes() else None
