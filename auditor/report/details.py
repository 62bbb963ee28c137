"""What one finding rests on: its numbers, and how sure they are once all that was tested is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.properties import is_property
from auditor.report import tables
from auditor.report.checks import brief_alarm
from auditor.report.facts import facts
from auditor.report.figures import SPACE, count
from auditor.report.levels import RUNGS, probability
from auditor.report.names import shown, value_name
from auditor.report.tables import Table, head
from auditor.report.vocabulary import fill_name, statistic_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.ladder import Estimate, Finding, Protocol
    from auditor.report.estimates import Estimates
    from auditor.report.tables import Cell

BESIDE: Final = (
    "enrichment_contrast",
    "mass_contrast",
    "adjusted_mass_odds",
    "attention_error_odds",
    "attention_error_interaction",
)
"""What is told of attention without a part in any answer."""
SHORT: Final = 3
"""Numbers that stand beside a finding that is told in short."""


def numbers_table(finding: Finding, estimates: Estimates) -> Table | None:
    """List the numbers that a finding rests on.

    Parameters
    ----------
    finding
        One of the document's.
    estimates
        Prints numbers by the document's rule for small cells.

    Returns
    -------
    Table or None
        One row per number, by rung; None where there is none.
    """
    rungs = sorted(finding.rungs, key=lambda rung: list(RUNGS).index(rung.name))
    rows = tuple(_number(rung.name, one, estimates) for rung in rungs for one in rung.estimates)
    columns = (
        *(head(name) for name in ("Step", "Measured", "Hidden by")),
        *(tables.number_head(name) for name in ("Value", "Interval", "n", "Cases", "p")),
    )
    return Table(caption="What it rests on", columns=columns, rows=rows, kind="numbers") if rows else None


def beside_table(finding: Finding, estimates: Estimates) -> Table | None:
    """List what else was measured of attention to a finding's region, which no answer rests on.

    Parameters
    ----------
    finding
        One of the document's.
    estimates
        Prints numbers by the document's rule for small cells.

    Returns
    -------
    Table or None
        Attention of the groups, and of wrong answers; None where there is none.
    """
    rows = tuple(
        _number("", one, estimates)[1:2] + _number("", one, estimates)[3:]
        for name in BESIDE
        for one in estimates.of(name)
        if one.region == finding.region and one.label is None and one.value is not None and _concerns(one, finding)
    )
    numeric = (tables.number_head(name) for name in ("Value", "Interval", "n", "Cases", "p"))
    caption = "Attention beside it: descriptive, not corrected for how much was asked; associations, not causes"
    columns = (head("Measured"), *numeric)
    return Table(caption=caption, columns=columns, rows=rows, kind="numbers beside") if rows else None


def _concerns(one: Estimate, finding: Finding) -> bool:
    return one.attribute == finding.attribute and one.subgroup in {None, finding.subgroup}


def _number(step: str, one: Estimate, estimates: Estimates) -> tuple[Cell, ...]:
    number = estimates.printed(one)
    return (
        head(step),
        tables.text(statistic_name(one.statistic), note=_split(one)),
        tables.text(fill_name(one.fill) if one.fill else ""),
        tables.Cell(text=number.text, numeric=True, small=number.small),
        tables.figure(number.brief),
        tables.whole(one.n),
        tables.whole(one.clusters),
        tables.figure("" if one.p_value is None else probability(one.p_value)),
    )


def _split(one: Estimate) -> str:
    """What a number is split by, in words."""
    parts = [f"labelled {shown(one.label)}"] if one.label is not None else []
    parts += [f"answered {shown(one.predicted)}"] if one.predicted is not None else []
    parts += [value_name(one.subgroup)] if one.subgroup is not None else []
    parts += [f"{one.outcome} answers"] if one.outcome is not None else []
    return " · ".join(parts)


def sureness_table(finding: Finding, protocol: Protocol | None, estimates: Estimates) -> Table:
    """Say how sure a finding is.

    Parameters
    ----------
    finding
        One of the document's.
    protocol
        By whose rules it was made.
    estimates
        Prints numbers by the document's rule for small cells.

    Returns
    -------
    Table
        Ways of hiding that agree, corrected p-values, the adjusted interval, false alarms.
    """
    rows = [*_agreement(finding), *_corrected(finding, protocol)]
    if finding.ci_adjusted is not None:
        rows.append(("Interval, adjusted for selection", tables.text(_adjusted(finding, estimates))))
    if finding.needed is not None:
        rows.append(("Would settle what is open", tables.text(f"about {count(finding.needed)} images")))
    if protocol is not None:
        alarms = () if is_property(finding.region) else protocol.false_alarms
        rates = "; ".join(brief_alarm(one) for one in alarms)
        rows.append(("False alarms of this audit", tables.text(rates or "not measured")))
    return facts("How sure it is", rows)


def _agreement(finding: Finding) -> Iterator[tuple[str, Cell]]:
    if finding.contrast is not None:
        yield "Evidence measured", tables.text(f"for the answer {shown(finding.contrast)}")
    agreeing = tables.listed(fill_name(name) for name in finding.fills)
    yield "Ways of hiding, all must agree", tables.text(agreeing or "none")


def _corrected(finding: Finding, protocol: Protocol | None) -> Iterator[tuple[str, Cell]]:
    """P-values: as they are, corrected, and strictly corrected."""
    q = protocol.q if protocol is not None else 0.0
    flagged = finding.q_value is not None and finding.q_value <= q
    told = [] if finding.p_value is None else [f"p = {probability(finding.p_value)}"]
    if finding.q_value is not None:
        told.append(f"q = {probability(finding.q_value)}, {'flagged' if flagged else 'not flagged'} at {q:g}")
    if finding.by_value is not None:
        outcome = "not flagged" if not flagged else "still flagged" if finding.by_value <= q else "no longer flagged"
        told.append(f"under the strict correction q = {probability(finding.by_value)}, {outcome}")
    if finding.familywise is not None:
        told.append(f"over all pairs at once p = {probability(finding.familywise)} (gate mode)")
    if told:
        yield "Error control", tables.text("; ".join(told).replace(" = ", f"{SPACE}={SPACE}"))


def _adjusted(finding: Finding, estimates: Estimates) -> str:
    """The adjusted interval in the unit of the first number on use."""
    model = next((one for rung in finding.rungs if rung.name == "uses" for one in rung.estimates), None)
    if finding.ci_adjusted is None or model is None or model.value is None:
        low, high = finding.ci_adjusted or (0.0, 0.0)
        return f"[{low:.3g}, {high:.3g}]"
    return estimates.printed(model.model_copy(update={"ci": finding.ci_adjusted})).interval


def told_measured(finding: Finding, estimates: Estimates) -> tuple[str, ...]:
    """Tell the numbers on use in short.

    Parameters
    ----------
    finding
        One of the document's.
    estimates
        Prints numbers by the document's rule for small cells.

    Returns
    -------
    tuple of str
        One line per number, and how many images would settle what is open.
    """
    told = []
    for one in (one for rung in finding.rungs if rung.name == "uses" for one in rung.estimates):
        number = estimates.printed(one)
        hidden = f", hidden by {fill_name(one.fill)}" if one.fill else ""
        if number.value is not None:
            told.append(f"{statistic_name(one.statistic)} {number.cited}, {count(one.clusters)}{SPACE}cases{hidden}")
    if len(told) > SHORT:
        told = [*told[:SHORT], f"{count(len(told) - SHORT)} more such numbers are in audit.json"]
    if finding.needed is not None:
        told.append(f"about {count(finding.needed)} images would settle it")
    return tuple(told)
