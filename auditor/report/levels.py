"""Evidence levels and answers in words and shapes, so that none of them hangs on colour alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.properties import BY_REGION
from auditor.report.names import shown, value_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.documents.document import Document
    from auditor.documents.ladder import Finding, Level

LEVELS: Final[dict[Level, tuple[str, str]]] = {
    "E4": ("uses and hurts", "grave"),
    "E3": ("uses", "grave"),
    "E3'": ("uses without looking", "grave"),
    "E2": ("looks, no use shown", "noted"),
    "E1": ("opportunity", "noted"),
    "I": ("inconclusive", "open"),
    "R": ("ruled out above the margin", "open"),
    "E0": ("not evaluated", "open"),
}
"""Words and weight of each level, gravest first."""
ANSWERS: Final = {
    "found": "found",
    "ruled out": "ruled-out",
    "not enough evidence": "open",
    "not evaluated": "none",
    "withheld": "withheld",
}
"""The shape that stands before each answer."""
RUNGS: Final = {
    "opportunity": "Do the data allow it?",
    "looks": "Does the map lie there?",
    "uses": "Does hiding it change answers?",
    "hurts": "Do errors come with it?",
}
_RANKS: Final = {level: rank for rank, level in enumerate(LEVELS)}


@dataclass(frozen=True, kw_only=True)
class Badge:
    """A level as it is printed."""

    code: str
    words: str
    weight: str  # grave, noted, open: how heavily it is framed


def badge(level: Level) -> Badge:
    """Print a level.

    Parameters
    ----------
    level
        Of a finding.

    Returns
    -------
    Badge
        Its sign and what that means.

    Examples
    --------
    >>> badge("E3").words
    'uses'
    """
    words, weight = LEVELS[level]
    return Badge(code=level.replace("'", "\N{PRIME}"), words=words, weight=weight)


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings by what they weigh.

    Parameters
    ----------
    findings
        In any order.

    Returns
    -------
    list of Finding
        Gravest first; the order of the document within a level.
    """
    return sorted(findings, key=lambda finding: _RANKS[finding.level])


def topic(finding: Finding, document: Document) -> str:
    """Say what a finding is about.

    Parameters
    ----------
    finding
        One of the document's.
    document
        What the report speaks of.

    Returns
    -------
    str
        The region, and the attribute with the values that are compared.
    """
    compared = comparison(finding, document)
    region = region_name(finding.region)
    return f"{region} · {compared}" if compared else region


def region_name(name: str) -> str:
    """What a finding's region is called in print.

    Parameters
    ----------
    name
        Of a region, or of a property of the whole picture in brackets.

    Returns
    -------
    str
        Of a length that fits.

    Examples
    --------
    >>> [region_name(name) for name in ("face", "(jpeg_quality)", "(coat)")]
    ['face', 'JPEG quality of the picture', '(coat)']
    """
    known = BY_REGION.get(name)
    return shown(name) if known is None else f"{known.words} of the picture"


def comparison(finding: Finding, document: Document) -> str:
    """Say whom a finding compares.

    Parameters
    ----------
    finding
        One of the document's.
    document
        What the report speaks of.

    Returns
    -------
    str
        Attribute and values, and the answer that is meant where there are more than two; nothing where the finding
        is about a region alone.
    """
    many = finding.contrast is not None and len(document.model.classes) > 2  # noqa: PLR2004 -- of two, one speaks for both
    speaks = f"for the answer {shown(finding.contrast or '')}" if many else ""
    return ", ".join(part for part in (_groups(finding, document), speaks) if part)


def _groups(finding: Finding, document: Document) -> str:
    """Attribute and the values that are set against each other."""
    if finding.attribute is None or finding.subgroup is None:
        return shown(finding.attribute or "")
    recorded = [
        value for one in document.data.attributes if one.name == finding.attribute for value in one.counts if value
    ]
    others = [value for value in recorded if value != finding.subgroup]
    other = shown(others[0]) if len(others) == 1 else "others"
    return f"{shown(finding.attribute)}: {value_name(finding.subgroup)} against {other}"


def probability(value: float) -> str:
    """A p-value with the digits that count.

    Parameters
    ----------
    value
        In [0, 1].

    Returns
    -------
    str
        Never zero.

    Examples
    --------
    >>> [probability(value) for value in (0.00003, 0.0021, 0.043, 0.6)]
    ['<0.0001', '0.0021', '0.043', '0.60']
    """
    least = 0.0001  # what the number of draws can tell
    digits = next((digits for digits, top in ((4, 0.00995), (3, 0.0995)) if value < top), 2)
    return f"<{least}" if value < least else f"{value:.{digits}f}"
