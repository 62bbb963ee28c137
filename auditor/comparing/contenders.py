"""Contenders: the audits that a comparison is handed, named, looked at and loaded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from auditor.documents.comparisons import ComparedModel
from auditor.errors import DataError, UsageError
from auditor.result import AUDIT, RECORDS, TABLES, AuditResult, hash_audit, load, read_document
from auditor.runs import RUN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.documents.document import Document

    Given = AuditResult | str | Path

LONGEST: Final = 64
"""Letters of a model's name."""
_PAIR: Final = 2
_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True)
class Contender:
    """One audit that is compared.

    Attributes
    ----------
    result
        With its tables.
    name
        Of the model.
    where
        What the user would know the audit by.
    sha256
        Of its audit.json.
    """

    result: AuditResult
    name: str
    where: str
    sha256: str

    def describe(self) -> ComparedModel:
        """Say what is compared.

        Returns
        -------
        ComparedModel
            As audit.json holds it.
        """
        document, model = self.result.document, self.result.document.model
        return ComparedModel(
            name=self.name,
            source=model.source,
            title=document.title,
            created=document.created,
            audit_sha256=self.sha256,
            weights_sha256=model.weights_sha256,
            parameters=model.parameters,
            cam=document.method.cam,
            target_layer=model.target_layer,
            grid=model.grid,
            frame=model.frame,
            n_read=document.data.n_read,
        )


def name_models(given: Sequence[Given], names: Sequence[str] = ()) -> list[str]:
    """Call every model by a name of its own.

    Parameters
    ----------
    given
        Results, or folders.
    names
        As asked for, in the same order; none takes those that the plans give, else the folders', else their places.

    Returns
    -------
    list of str
        No two alike.

    Raises
    ------
    UsageError
        If a name is missing, empty, too long or given twice.
    """
    if names:
        return _check_names([" ".join(name.split()) for name in names], expected=len(given))
    places = ["baseline", *(["candidate"] if len(given) == _PAIR else [f"candidate {k}" for k in range(1, len(given))])]
    folders = [find_folder(one) for one in given]
    plain = [_name_folder(folder) or place for folder, place in zip(folders, places, strict=True)]
    deep = [_name_folder(folder, parts=2) or place for folder, place in zip(folders, places, strict=True)]
    planned = [_find_planned(one) or name for one, name in zip(given, plain, strict=True)]
    proposals = (planned, plain, deep)
    return next((found for found in proposals if len({name.casefold() for name in found}) == len(found)), places)


def _check_names(names: list[str], *, expected: int) -> list[str]:
    if len(names) != expected:
        raise UsageError(f"names: expected {expected}, one for each audit in their order; found {len(names)}")
    for name in names:
        if not 0 < len(name) <= LONGEST or not name.isprintable():
            raise UsageError(f"names: expected 1 to {LONGEST} printable letters, found {name!r}")
    twice = [name for name, count in Counter(name.casefold() for name in names).items() if count > 1]
    if twice:
        raise UsageError(f"names: expected another name for each model, found {twice[0]!r} twice")
    return names


def find_folder(given: Given) -> Path | None:
    """Find the folder of an audit, which may be named by its audit.json.

    Parameters
    ----------
    given
        A result, a folder or a file.

    Returns
    -------
    Path or None
        Absolute; None where a result was neither saved nor loaded.
    """
    if isinstance(given, AuditResult):
        return None if given.folder is None else given.folder.resolve()
    path = Path(given)
    return (path.parent if path.is_file() else path).resolve()


def _name_folder(folder: Path | None, *, parts: int = 1) -> str:
    """Last parts of a folder's way; nothing where it lies nowhere."""
    known = () if folder is None else folder.parts[1:][-parts:]
    return "/".join(" ".join(part.split()) for part in known)[-LONGEST:]


def _find_planned(given: Given) -> str | None:
    """Name that a plan gives its model, where it has several."""
    if not isinstance(given, AuditResult) and not _holds_audit(Path(given)):
        return None
    document = given.document if isinstance(given, AuditResult) else read_document(given)
    model = document.plan.get("model")
    name = model.get("name") if isinstance(model, dict) else None
    return name if isinstance(name, str) and name else None


def _holds_audit(path: Path) -> bool:
    return (path / AUDIT).is_file() or (path.name == AUDIT and path.is_file())


def open_contender(given: Given, name: str) -> Contender:
    """Load an audit, if it can be compared.

    Parameters
    ----------
    given
        A result, or its folder.
    name
        Of the model.

    Returns
    -------
    Contender
        With all that was recorded.

    Raises
    ------
    DataError
        If it is not finished, a comparison or a redacted version itself, or its records are not there.
    """
    if isinstance(given, AuditResult):
        _refuse_derived(given.document, repr(name))
        return Contender(result=given, name=name, where=repr(name), sha256=hash_audit(given))
    path, folder = Path(given), find_folder(given) or Path(given)
    if not _holds_audit(path):
        _refuse_missing(path)
    _refuse_derived(read_document(path), str(given))
    if not (folder / TABLES).is_dir() and not (folder / RECORDS / RUN).is_file():
        raise DataError(
            f"{given}: has an audit.json, but neither {RECORDS}/ nor {TABLES}/: models are compared image by image; "
            "name the folder that the audit was made in"
        )
    return Contender(result=load(folder), name=name, where=str(given), sha256=hash_audit(folder))


def _refuse_missing(folder: Path) -> None:
    """Say why there is no audit to read."""
    if not folder.exists():
        raise DataError(f"{folder}: no such folder; `auditor run` writes one")
    if not folder.is_dir():
        raise DataError(f"{folder}: is a file, and no {AUDIT}; name the folder of an audit")
    if (folder / RECORDS / RUN).is_file():
        more = f"`auditor run PLAN --out {folder} --resume` goes on with it"
        raise DataError(f"{folder}: its run is not finished; {more}")
    inside = sorted(path.parent.name for path in folder.glob(f"*/{AUDIT}"))
    there = f"; there are audits in it: {', '.join(inside[:_SHOWN])}" if inside else "; `auditor run` writes one"
    raise DataError(f"{folder}: holds no {AUDIT}{there}")


def _refuse_derived(document: Document, where: str) -> None:
    """Comparisons, and versions with something left out, are no audits of all images."""
    if document.comparison is not None:
        models = " and ".join(repr(model.name) for model in document.comparison.models)
        raise DataError(f"{where}: is itself a comparison (of {models}); name the audits that it compares")
    if document.redaction is not None:
        raise DataError(f"{where}: is a redacted version, in which groups or names are left out; name the audit itself")


def refuse_twice(contenders: Sequence[Contender]) -> None:
    """Refuse one audit that is given as two.

    Parameters
    ----------
    contenders
        All of them.

    Raises
    ------
    UsageError
        With what they are called.
    """
    first: dict[str, Contender] = {}
    for one in contenders:
        other = first.setdefault(one.sha256, one)
        if other is not one:
            same = f"{one.where}: is given twice" if one.where == other.where else f"{other.where}, {one.where}: "
            same += "" if one.where == other.where else f"are the same audit (SHA-256 {one.sha256[:12]}…)"
            raise UsageError(f"{same}; expected audits of two models, or of two runs")
