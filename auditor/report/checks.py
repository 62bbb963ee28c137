"""The section on the audit's own instruments: may they be trusted here, and how often do they cry wolf."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import tables, withholding
from auditor.report.facts import facts
from auditor.report.figures import FORMATS, count, share
from auditor.report.names import shown
from auditor.report.vocabulary import QUANTITIES, fill_name, statistic_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.ladder import Check, FalseAlarms, Protocol
    from auditor.report.tables import Cell, Table

TOO_MANY: Final = 0.1
"""Share of false alarms above which flags are not to be relied on (protocol, section 5.1, check S6)."""
RESULTS: Final[dict[bool | None, tuple[str, str]]] = {
    False: ("failed", "failed"),
    None: ("could not be checked", "none"),
    True: ("passed", "ruled-out"),
}
"""Words and shape of each result, in the order of the table."""
TRIED: Final = {
    "sham regions": "sham regions (places where the region does not lie) were flagged",
    "permuted attributes": "runs with the attribute's values shuffled were flagged",
    "permuted properties": "questions on whole pictures with their properties shuffled were flagged",
    "turned changes": "questions on whole pictures with the direction of the change drawn at random were flagged",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One check."""

    name: str
    region: str
    result: str
    shape: str
    measured: str
    consequence: str
    withheld: str


@dataclass(frozen=True, kw_only=True)
class Checks:
    """What the section shows."""

    tally: str
    rows: tuple[Row, ...]
    alarms: tuple[str, ...]
    banner: str  # nothing where flags may be relied on
    withheld: tuple[str, ...]  # for page 1
    trials: Table
    notes: tuple[str, ...]


def checks(protocol: Protocol) -> Checks:
    """Gather the section on the audit's own instruments.

    Parameters
    ----------
    protocol
        Of the document.

    Returns
    -------
    Checks
        Failed ones first.
    """
    order = tuple(RESULTS)
    return Checks(
        tally=_tally(protocol.checks),
        rows=tuple(_row(check) for check in sorted(protocol.checks, key=lambda check: order.index(check.passed))),
        alarms=tuple(alarm(one) for one in protocol.false_alarms),
        banner=banner(protocol),
        withheld=withholding.list_withheld(protocol),
        trials=_trials(protocol),
        notes=tuple(protocol.notes),
    )


def banner(protocol: Protocol) -> str:
    """Warn where the audit flags too often what is not there.

    Parameters
    ----------
    protocol
        Of the document.

    Returns
    -------
    str
        One sentence; nothing where no false-alarm rate is above one in ten.
    """
    high = [one for one in protocol.false_alarms if one.tried and one.flagged > TOO_MANY * one.tried]
    if not high:
        return ""
    told = "; ".join(alarm(one).removesuffix(".") for one in high)
    return f"Do not rely on flags from this audit: {told}. Up to {share(TOO_MANY)} would be acceptable."


def alarm(one: FalseAlarms) -> str:
    """Tell a false-alarm rate.

    Parameters
    ----------
    one
        What was tried, and how often it was flagged.

    Returns
    -------
    str
        One sentence with counts, rate and interval.
    """
    if not one.tried:
        return f"{one.kind.capitalize()}: none could be tried, so this false-alarm rate is not known."
    low, high = (share(end, decimals=1) for end in one.ci)
    rate = share(one.flagged / one.tried, decimals=1)
    return f"{count(one.flagged)} of {count(one.tried)} {TRIED[one.kind]}: {rate} [{low}, {high}]."


def brief_alarm(one: FalseAlarms) -> str:
    """Tell a false-alarm rate in passing.

    Parameters
    ----------
    one
        What was tried, and how often it was flagged.

    Returns
    -------
    str
        Counts alone.
    """
    return f"{count(one.flagged)} of {count(one.tried)} {one.kind} flagged"


def _tally(found: Sequence[Check]) -> str:
    told = [
        f"{count(n)} {words}"
        for result, (words, _) in RESULTS.items()
        if (n := sum(check.passed is result for check in found))
    ]
    return f"Of {count(len(found))} checks, {tables.listed(told)}." if told else "No check was made."


def _row(check: Check) -> Row:
    result, shape = RESULTS[check.passed]
    held = check.withholds is not None and check.passed is False
    return Row(
        name=check.name,
        region="all" if check.region is None else shown(check.region),
        result=result,
        shape=shape,
        measured=check.statistic,
        consequence=check.consequence,
        withheld=f"withholds {withholding.LAYERS[check.withholds]}" if held and check.withholds else "",
    )


def _trials(protocol: Protocol) -> Table:
    """What was hidden and by what rules, as a table of settings."""
    rows: list[tuple[str, Cell]] = [
        *_hiding(protocol),
        ("Images changed", tables.text(count(protocol.images))),
        ("Answers asked of the model", tables.text(count(protocol.passes))),
        ("Questions tested together", tables.text(count(protocol.family))),
        ("Share of false findings aimed at", tables.text(f"at most {share(protocol.q)} (Benjamini and Hochberg)")),
    ]
    for name, (minor, material) in protocol.margins.items():
        what, form = QUANTITIES.get(name, (statistic_name(name), ""))
        least, most = (FORMATS[form](value) if form in FORMATS else f"{value:g}" for value in (minor, material))
        rows.append((f"Margin for {what}", tables.text(f"minor {least}, material {most}")))
    return facts("What was hidden, and by what rules", rows)


def _hiding(protocol: Protocol) -> Iterator[tuple[str, Cell]]:
    """How regions were hidden; where none was, no more than that."""
    if not protocol.fills:
        yield "Regions were hidden by", tables.text("nothing: only whole pictures were changed")
        return
    agreeing = tables.listed(fill_name(name) for name in protocol.agreeing)
    yield "Regions were hidden by", tables.text(tables.listed(fill_name(name) for name in protocol.fills))
    yield "Of these, count towards agreement", tables.text(agreeing or "none")
    yield "Control areas per region", tables.text(count(protocol.controls))
