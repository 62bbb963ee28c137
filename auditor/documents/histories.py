"""A history: audits of successive versions of a model, and what became of each finding from one to the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.documents.comparisons import Comparison, ComparisonVerdict, CueChange
    from auditor.documents.document import Document
    from auditor.documents.ladder import Finding

Turn = Literal["first", "new", "same", "appeared", "gone", "no longer shown", "changed", "not evaluated"]
"""What became of a finding: in the first audit; evaluated for the first time; the same level; use found that was not
before; use ruled out that was found before; use neither found nor ruled out that was found before; another level, with
use found in both or in neither; not evaluated here."""
Topic = Literal[
    "images",
    "classes",
    "regions",
    "attributes",
    "groups",
    "hiding",
    "margins",
    "rules",
    "maps",
    "frame",
    "tool",
    "version",
]
"""What two audits may differ in, beside the model."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing beside the model in which two audits differ."""

    topic: Topic
    words: str


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What people decided about a finding."""

    words: str  # in one line
    holds: bool  # on the day that the history was made


@dataclass(frozen=True, kw_only=True)
class Version:
    """One audit of the history.

    Attributes
    ----------
    name
        Of its folder, with as many of the folders above as tell it from the others.
    document
        What it says, or the version of it that may be shown; without pictures.
    sha256
        Of its audit.json.
    place
        Its folder as it was given, for commands.
    decided
        By fingerprint.
    comparisons
        That were made of this audit with others.
    """

    name: str
    document: Document
    sha256: str
    place: str = ""
    decided: Mapping[str, Decided] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()

    @property
    def hashes(self) -> frozenset[str]:
        """By what hashes comparisons may know this audit: a comparison is kept with a copy of its last candidate."""
        own = self.document.comparison
        return frozenset({self.sha256} if own is None else {self.sha256, find_candidate(own)})


def find_candidate(comparison: Comparison) -> str:
    """Find the audit that a comparison is kept with.

    Parameters
    ----------
    comparison
        Of any number of models.

    Returns
    -------
    str
        SHA-256 of the last candidate's audit.json; nothing where the comparison names none.
    """
    last = comparison.pairs[-1].candidate if comparison.pairs else ""
    return next((model.audit_sha256 for model in comparison.models if model.name == last), "")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One finding in one audit.

    Attributes
    ----------
    finding
        None where that audit does not have it.
    why
        Why it was not evaluated, where it was not.
    turn
        What became of it.
    since
        Place of the audit that it is set against: the last one before that evaluated it; None where there is none.
    besides
        What else differs from that audit, where the level does.
    cue
        What a comparison with that audit says, where one was made.
    """

    finding: Finding | None
    turn: Turn
    why: str = ""
    since: int | None = None
    besides: tuple[Difference, ...] = ()
    cue: CueChange | None = None


@dataclass(frozen=True, kw_only=True)
class Row:
    """One finding over all audits."""

    region: str
    attribute: str | None
    cells: tuple[Cell, ...]  # one per audit

    @property
    def last(self) -> Finding:
        """As the last audit that has it tells it."""
        return next(cell.finding for cell in reversed(self.cells) if cell.finding is not None)


@dataclass(frozen=True, kw_only=True)
class Step:
    """From one audit to the next.

    Attributes
    ----------
    differences
        In what they differ beside the model; empty where they can be compared step by step.
    same_model, same_audit
        Whether the weights, or the whole audit.json, are the same.
    verdict
        What a comparison of the two says, where one was made.
    """

    differences: tuple[Difference, ...]
    same_model: bool
    same_audit: bool
    verdict: ComparisonVerdict | None = None

    @property
    def other_images(self) -> bool:
        """Whether the two audits looked at other images, or at other annotations of them."""
        return any(one.topic == "images" for one in self.differences)


@dataclass(frozen=True, kw_only=True)
class History:
    """Findings over audits.

    Attributes
    ----------
    versions
        The audits, oldest first.
    steps
        One fewer than there are versions.
    rows
        One per finding, the gravest of the last audit first.
    skipped
        What was named and is no audit of its own, one line each.
    remarks
        What else must be known of how the history was made.
    """

    versions: tuple[Version, ...]
    steps: tuple[Step, ...]
    rows: tuple[Row, ...]
    skipped: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
