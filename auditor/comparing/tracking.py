"""Tracking: audits of successive versions of a model, found in folders and told as one history."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.analysis.history import trace
from auditor.analysis.policy import Policy
from auditor.documents.histories import Decided, Version, find_candidate
from auditor.documents.signoff import find_today, read_filed
from auditor.errors import AuditorError, DataError, UsageError
from auditor.privacy.disclosure import Disclosure, derive_filed, disclose
from auditor.report.catalogue import SOURCE, check_language
from auditor.report.history_page import write_history
from auditor.report.signoff import list_decided
from auditor.result import AUDIT, read_document

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from auditor.documents.comparisons import Comparison
    from auditor.documents.document import Document
    from auditor.documents.histories import History
    from auditor.documents.signoff import Filed

KEPT: Final = frozenset({"accuracy", "worst_group_accuracy"})
"""Statistics that a history tells, beside those of findings."""


@dataclass(frozen=True, kw_only=True)
class _Read:
    """An audit that was found."""

    path: Path  # of its audit.json
    document: Document
    sha256: str
    decided: Mapping[str, Decided]


def history(*folders: str | Path, out: str | Path | None = None, language: str = SOURCE) -> History:
    """Follow findings over audits of successive versions of a model.

    Nothing is measured: levels and numbers are those of the audits. Where the images, regions, margins or anything else
    but the model changed from one audit to the next, the step says so.

    Parameters
    ----------
    *folders
        Each is the folder of an audit, its audit.json, or a folder of such folders. Of what a plan with several models
        wrote, the audits of the models are taken. What holds no audit is passed over, and listed in ``skipped``.
    out
        Where to write the history as one HTML file; None writes none.
    language
        Code of the language of that file.

    Returns
    -------
    History
        The audits, oldest first, a row per finding, and what differs at each step.

    Raises
    ------
    UsageError
        If nothing is named, what is named does not exist, or there are no reports in the language.
    DataError
        If no audit can be read in any of the folders.
    RenderError
        If the HTML file cannot be written.
    """
    check_language(language)
    if not folders:
        raise UsageError("no audits: name the folders of one or more, as in `auditor history reports/*/`")
    skipped: list[str] = []
    paths = dict.fromkeys(path.resolve() for folder in folders for path in _find(Path(folder), skipped))
    found = [one for path in paths for one in _read(path, skipped)]
    if not found:
        listed = "\n".join(f"  {line}" for line in skipped)
        raise DataError(f"no audit to show: expected folders with an audit.json, as `auditor run` writes\n{listed}")
    kept, comparisons = _fold(found, skipped)
    names = _name([one.path for one in kept])
    versions = [
        Version(
            name=name,
            document=_slim(one.document),
            sha256=one.sha256,
            place=str(one.path.parent),
            decided=one.decided,
            comparisons=tuple(_slim_comparison(made) for made in comparisons),
        )
        for one, name in zip(kept, names, strict=True)
    ]
    made = trace(versions, skipped=skipped)
    if out is not None:
        write_history(made, out, language=language)
    return made


def _find(path: Path, skipped: list[str]) -> Iterator[Path]:
    """Files that should be audits, in a folder or one level below."""
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder; `auditor run` writes audits")
    if path.is_file():
        yield path
    elif (path / AUDIT).is_file():
        yield from _find_with_models(path)
    else:
        nested = sorted(path.glob(f"*/{AUDIT}"))
        if not nested:
            skipped.append(f"{path}: passed over: no {AUDIT} in it, nor one level below")
        for one in nested:
            yield from _find_with_models(one.parent)


def _find_with_models(folder: Path) -> Iterator[Path]:
    """The audit in a folder; of a plan with several models that is their comparison, and theirs lie one level below."""
    yield folder / AUDIT
    nested = sorted(folder.glob(f"*/{AUDIT}"))
    try:
        own = read_document(folder).comparison if nested else None
    except AuditorError:  # told where it is read as an audit
        return
    by_name = {path.parent.name: path for path in nested}
    yield from (by_name[one.name] for one in (own.models if own is not None else ()) if one.name in by_name)


def _read(path: Path, skipped: list[str]) -> Iterator[_Read]:
    """An audit, as far as it may be shown; why not, where it cannot be."""
    try:
        if path.suffix != ".json":
            raise DataError(f"{path}: expected a folder, or an {AUDIT}")
        document = read_document(path)
        filed = read_filed(path.parent, path.read_bytes())
        yield _show(path, document, filed)
    except AuditorError as error:
        skipped.append(f"passed over: {error}")
    except OSError as error:
        skipped.append(f"passed over: {path}: {error.strerror}")


def _show(path: Path, document: Document, filed: Filed) -> _Read:
    """The audit, or the version of it that its plan lets be shown."""
    settled = replace(Disclosure().over(document.report), images="none")
    # Names of images are hashed in that version; no page of a history holds any, so that the salt does not matter.
    shown = disclose(document, settled, audit=filed.audit, photographs=None, salt=lambda: bytes(32))
    note = shown.document.redaction
    named = note is None or not note.public
    decided = dict(_list_waived(document, named=named))
    for fingerprint, row in list_decided(shown.document, derive_filed(filed, shown)).items():
        until = f", until {row.expires}" if row.expires else ""
        words = f"signed off: {row.mark}{until}" + (f", by {row.owner}: {row.reason}" if named else "")
        decided[fingerprint] = Decided(words=words, holds=not row.state)
    return _Read(path=path, document=shown.document, sha256=hashlib.sha256(filed.audit).hexdigest(), decided=decided)


def _list_waived(document: Document, *, named: bool) -> Iterator[tuple[str, Decided]]:
    """What the policy that was locked before the run lets off; by whom and why, where people may be named."""
    if document.policy is None:
        return
    try:
        policy = Policy.parse(document.policy.text.encode(), name=document.policy.name)
    except UsageError:  # written for another version of the tool, or left out of this one: the history can do without
        return
    today = find_today()
    for waiver in policy.waiver:
        words = f"{'waived' if waiver.holds(today) else 'waiver expired'}, until {waiver.expires}"
        if named:
            words = f"{words}, by {waiver.owner}: {waiver.reason}"
        yield waiver.finding, Decided(words=words, holds=waiver.holds(today))


def _fold(found: Sequence[_Read], skipped: list[str]) -> tuple[list[_Read], list[Comparison]]:
    """Audits without those that are comparisons of an audit that is there itself, and all comparisons."""
    hashes = {one.sha256 for one in found}
    kept = []
    for one in found:
        own = one.document.comparison
        if own is not None and find_candidate(own) in hashes - {one.sha256}:
            skipped.append(f"{one.path.parent}: a comparison of audits that are here: no version of its own")
        else:
            kept.append(one)
    return kept, [one.document.comparison for one in found if one.document.comparison is not None]


def _slim(document: Document) -> Document:
    """A document without what a history does not show."""
    findings = [finding.model_copy(update={"examples": []}) for finding in document.findings]
    own = document.comparison
    return document.model_copy(
        update={
            "mean_maps": [],
            "examples": document.examples.model_copy(update={"items": []}),
            "estimates": [row for row in document.estimates if row.statistic in KEPT],
            "findings": findings,
            "comparison": None if own is None else _slim_comparison(own),
        }
    )


def _slim_comparison(comparison: Comparison) -> Comparison:
    pairs = [pair.model_copy(update={"examples": [], "maps": [], "changes": []}) for pair in comparison.pairs]
    return comparison.model_copy(update={"pairs": pairs})


def _name(paths: Sequence[Path]) -> list[str]:
    """Name audits by their folders, with as many of the folders above as tell them apart."""
    usual = all(path.name == AUDIT for path in paths) or len({path.parent for path in paths}) == len(paths)
    parts = [(path.parent if usual else path).parts for path in paths]
    return [_shorten(one, [other for other in parts if other != one]) for one in parts]


def _shorten(parts: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> str:
    """The end of a way that no other way has."""
    depth = next(k for k in range(1, len(parts) + 1) if all(one[-k:] != parts[-k:] for one in others))
    return "/".join(parts[-depth:]).replace("//", "/")
