"""The requirement index: for each requirement of a law or standard, what evidence this report holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from auditor.documents.frameworks import SIGNED, read_frameworks
from auditor.documents.pointers import ANYTHING, is_met, split_need
from auditor.errors import DataError, UsageError
from auditor.report.figures import count
from auditor.report.tables import listed
from auditor.report.vocabulary import statistic_name
from auditor.report.waivers import find_waiver

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from auditor.documents.document import Document
    from auditor.documents.frameworks import Framework, Requirement
    from auditor.documents.signoff import Filed

USUAL: Final = ("eu_ai_act", "nist_ai_rmf", "iso_42001", "iso_tr_24027")
SELECTING: Final = ("nyc_ll144", "four_fifths")
"""Asked for as well where a preset compares selection rates."""
PRESENT: Final = "evidence present"
PARTIAL: Final = "partial"
DECLARED: Final = "declared only"
NONE: Final = "not assessed"
UNCOVERED: Final = "not covered"
WAIVED: Final = "not applicable, says provider"
STATUSES: Final = {
    PRESENT: "full",
    PARTIAL: "part",
    DECLARED: "said",
    NONE: "empty",
    UNCOVERED: "none",
    WAIVED: "waived",
}
"""What can be said of a requirement, and the shape that stands before it. None of them is a judgement on the model."""
MEANINGS: Final = {
    PRESENT: "all that the index asks for is in this report",
    PARTIAL: "some of it is, or all of it, and it answers only a part of the requirement",
    DECLARED: "only words of the provider or of those who signed, which were not verified",
    NONE: "this audit holds nothing on it",
    UNCOVERED: "no audit by this tool can hold anything on it",
    WAIVED: "declared by the provider, with the reason given, and not verified",
}
CLAIMS: Final = {"full": "", "partial": "answers a part at most", "context": "gives context at most"}
_SAID: Final = ("declared", SIGNED)
_WORDS: Final = {
    "not_tested": "list of what was not tested",
    "weights_sha256": "hash of the weights",
    "manifest_sha256": "hash of the data",
    "checks": "checks of the instruments",
    "items": "examples",
    "records": "sign-off",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One requirement."""

    id: str
    title: str
    status: str
    shape: str
    met: int
    asked: int
    claim: str
    confidence: str
    sections: tuple[str, ...]  # anchors of those that this report has
    note: str
    missing: str


@dataclass(frozen=True, kw_only=True)
class Index:
    """One framework."""

    name: str
    version: str
    as_of: str
    source_note: str
    tally: str
    rows: tuple[Row, ...]


def indices(document: Document, filed: Filed | None, *, anchors: Iterable[str]) -> tuple[Index, ...]:
    """Gather the requirement index.

    Parameters
    ----------
    document
        What the report speaks of.
    filed
        What was signed.
    anchors
        Sections that this report has.

    Returns
    -------
    tuple of Index
        One per framework asked for.
    """
    tree = gather(document, filed)
    kept = tuple(anchors)
    waivers = document.declared.not_applicable
    return tuple(_index(framework, tree, kept, waivers=waivers) for framework in frameworks(document))


def frameworks(document: Document) -> list[Framework]:
    """Frameworks that a document asks for.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    list of Framework
        Those that ship, then the user's own.

    Raises
    ------
    DataError
        If audit.json names one that this version does not ship.
    """
    asked = document.report
    names = USUAL if asked.requirements is None else asked.requirements
    if asked.preset is not None:
        names = (*names, *SELECTING)
    try:
        return [*read_frameworks(names), *asked.frameworks]
    except UsageError as error:
        raise DataError(f"audit.json: report.requirements: {error}") from None


def gather(document: Document, filed: Filed | None) -> dict[str, Any]:
    """What needs are looked up in.

    Parameters
    ----------
    document
        What the report speaks of.
    filed
        What was signed.

    Returns
    -------
    dict
        audit.json, with what was signed for this very audit.json, and has not expired, as a part.
    """
    tree = document.model_dump(mode="json")
    records = []
    if filed is not None and filed.signoff is not None:
        held = [one for one in filed.signoff.records if one.audit_sha256 == filed.sha256]
        records = [one for one in held if one.expires is None or one.expires >= filed.today]
    return {**tree, SIGNED: {"records": [record.model_dump(mode="json") for record in records]}}


def find_status(requirement: Requirement, tree: Mapping[str, Any]) -> str:
    """Compute the status of a requirement.

    Parameters
    ----------
    requirement
        Of a framework.
    tree
        Of `gather`.

    Returns
    -------
    str
        One of `STATUSES`. *Evidence present* needs all that is asked for, and a requirement that can be met in full;
        *declared only* is what rests on words alone.
    """
    met = [need for need in requirement.needs if is_met(need, tree)]
    if not requirement.needs:
        return UNCOVERED
    if not met:
        return NONE
    if all(_is_said(need) for need in met):
        return DECLARED
    return PRESENT if requirement.max_claim == "full" and len(met) == len(requirement.needs) else PARTIAL


def _is_said(need: str) -> bool:
    """Whether it rests on words of the provider or of those who signed."""
    return split_need(need)[0][0] in _SAID


def _index(
    framework: Framework, tree: Mapping[str, Any], anchors: Sequence[str], *, waivers: Mapping[str, str]
) -> Index:
    rows = tuple(
        _waived(row, why) if (why := find_waiver(one, framework, waivers)) else row
        for one, row in ((one, _row(one, tree, anchors)) for one in framework.requirements)
    )
    seen = Counter(row.status for row in rows)
    told = [f"{count(seen[status])} {status}" for status in STATUSES if seen[status]]
    return Index(
        name=framework.framework,
        version=framework.version,
        as_of=framework.as_of,
        source_note=framework.source_note,
        tally=f"{count(len(rows))} requirements: {listed(told)}.",
        rows=rows,
    )


def _waived(row: Row, why: str) -> Row:
    """A requirement that the provider says does not apply: in the provider's words, whatever evidence there is."""
    return replace(row, status=WAIVED, shape=STATUSES[WAIVED], asked=0, claim="", note=why, missing="")


def _row(one: Requirement, tree: Mapping[str, Any], anchors: Sequence[str]) -> Row:
    status = find_status(one, tree)
    missing = [need for need in one.needs if not is_met(need, tree)]
    return Row(
        id=one.id,
        title=one.title,
        status=status,
        shape=STATUSES[status],
        met=len(one.needs) - len(missing),
        asked=len(one.needs),
        claim=CLAIMS[one.max_claim] if one.needs else "",
        confidence="" if one.confidence == "high" else one.confidence,
        sections=tuple(name for name in anchors if name in one.sections),
        note=one.note,
        missing=", ".join(dict.fromkeys(need_words(need) for need in missing)),
    )


def need_words(need: str) -> str:
    """Say what a need asks for.

    Parameters
    ----------
    need
        A pointer.

    Returns
    -------
    str
        A few words.

    Examples
    --------
    >>> need_words("/declared/intended_use"), need_words("/estimates?statistic=accuracy&attribute=*")
    ('declared intended use', 'answered right (by attribute)')
    """
    keys, wanted = split_need(need)
    last = _WORDS.get(keys[-1], keys[-1].replace("_", " "))
    if keys[0] == "declared":
        return f"declared {last}"
    if "statistic" in wanted:
        by = [name.replace("_", " ") for name, value in wanted.items() if value == ANYTHING]
        return statistic_name(wanted["statistic"]) + (f" (by {listed(by)})" if by else "")
    said = [value for value in wanted.values() if value != ANYTHING]
    return f"{last}: {', '.join(said)}" if said else last
