"""What became of each finding, for those who count and compare: the outcome, the one number that decided, who waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from auditor.report.figures import NOTHING
from auditor.report.levels import RUNGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.documents.ladder import Estimate, Finding
    from auditor.report.estimates import Estimates

Outcome = Literal["found", "ruled out", "open", "withheld", "not evaluated"]
WATCHED: Final = frozenset({"protected", "artefact", "undeclared"})
"""Roles whose use is what an audit looks for; use of what was declared core or context is expected."""
_USED: Final = frozenset({"E3", "E3'", "E4"})
_SETTLED: Final[dict[str, Outcome]] = {"R": "ruled out", "I": "open", "E0": "not evaluated"}
_ANSWERED: Final[dict[str, Outcome]] = {
    "ruled out": "ruled out",
    "withheld": "withheld",
    "not evaluated": "not evaluated",
}
_SIGNED: Final = frozenset({"aligned_shift", "property_shift"})
"""Effects that count in both directions."""


def outcome(finding: Finding) -> Outcome:
    """Say what became of the question whether a region is used.

    Parameters
    ----------
    finding
        One of the document's.

    Returns
    -------
    str
        By the level; where that speaks of looking or of opportunity alone, by the rung of use.
    """
    if finding.level in _USED:
        return "found"
    if finding.level in _SETTLED:
        return _SETTLED[finding.level]
    answer: str = next((rung.answer for rung in finding.rungs if rung.name == "uses"), "not evaluated")
    return _ANSWERED.get(answer, "open")


def alarming(finding: Finding) -> bool:
    """Whether use was found of what should not be used.

    Parameters
    ----------
    finding
        One of the document's.

    Returns
    -------
    bool
        False for use of a region that was declared core or context.
    """
    return outcome(finding) == "found" and finding.role in WATCHED


def effect(finding: Finding) -> Estimate | None:
    """Pick the number that a finding is decided by.

    Parameters
    ----------
    finding
        One of the document's.

    Returns
    -------
    Estimate or None
        The smallest effect over the ways of hiding that must agree, as every one of them must show it; with the
        interval that allows for having picked the finding where there is one. None where nothing was tested.
    """
    rows = next((rung.estimates for rung in finding.rungs if rung.name == "uses"), [])
    first = [row for row in rows if row.statistic == rows[0].statistic and row.value is not None]
    agreeing = [row for row in first if row.fill in finding.fills]
    if not agreeing:
        return None
    weakest = min(agreeing, key=_size)
    adjusted = finding.ci_adjusted
    return weakest if adjusted is None else weakest.model_copy(update={"ci": adjusted})


def _size(row: Estimate) -> float:
    value = row.value or 0.0
    return abs(value) if row.statistic in _SIGNED else value


def answers(finding: Finding) -> dict[str, str]:
    """List the answers of the ladder.

    Parameters
    ----------
    finding
        One of the document's.

    Returns
    -------
    dict
        By rung, lowest first; a rung that is missing was not evaluated.
    """
    given: dict[str, str] = {rung.name: rung.answer for rung in finding.rungs}
    return {name: given.get(name, "not evaluated") for name in RUNGS}


def reason(finding: Finding) -> str:
    """Say why a finding is not settled.

    Parameters
    ----------
    finding
        One that is open, withheld or not evaluated.

    Returns
    -------
    str
        The sentence of the rung of use; the headline where it has none.
    """
    sentence = next((rung.sentence for rung in finding.rungs if rung.name == "uses"), "")
    return sentence or finding.headline


def told(finding: Finding, estimates: Estimates) -> tuple[str, str, str]:
    """Print the number that a finding is decided by.

    Parameters
    ----------
    finding
        One of the document's.
    estimates
        Prints numbers by the document's rule for small cells.

    Returns
    -------
    tuple of str
        Effect, interval and n; dashes where there is no number.
    """
    found = effect(finding)
    if found is None:
        return NOTHING, NOTHING, NOTHING
    number = estimates.printed(found)
    return number.text, number.interval or NOTHING, f"{number.n:,}"


def tally(findings: Sequence[Finding]) -> dict[Outcome, int]:
    """Count outcomes.

    Parameters
    ----------
    findings
        Of a document.

    Returns
    -------
    dict
        Every outcome with its count, found first.
    """
    order: tuple[Outcome, ...] = ("found", "ruled out", "open", "withheld", "not evaluated")
    outcomes = [outcome(finding) for finding in findings]
    return {name: outcomes.count(name) for name in order}
