"""The section on selection rates: who gets the favoured answer how often, set against the group that gets it most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.report import tables
from auditor.report.figures import FORMATS, SPACE, count, share
from auditor.report.levels import probability
from auditor.report.names import shown, value_name
from auditor.report.tables import Cell, Table, head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate
    from auditor.report.estimates import Estimates
    from auditor.report.figures import Number

FOUR_FIFTHS: Final = 0.8
_LEAST: Final = FOUR_FIFTHS - 1e-9
"""Four fifths, less the noise of binary fractions."""
LEAST_SHARE: Final = 0.02
SENTENCES: Final = 6
NOT_INDEPENDENT: Final = (
    "This tool is not an independent auditor. NYC Local Law 144 asks for one; a report that one makes oneself is not "
    "the audit that it asks for, whatever its numbers."
)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What the section shows."""

    lead: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    independence: str


def selection(document: Document, estimates: Estimates) -> Selection | None:
    """Gather the section on selection rates.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    Selection or None
        None where no positive class was named.
    """
    positive = document.report.positive
    if positive is None:
        return None
    names = list(dict.fromkeys(row.attribute for row in estimates.of("selection_rate") if row.attribute))
    made = tuple(_table(name, positive, estimates) for name in names)
    below = [row for row in estimates.of("impact_ratio") if row.value is not None and row.value < _LEAST]
    below.sort(key=lambda row: (_rate(row, estimates).small, row.value))
    sentences = [_screened(row, estimates) for row in below[:SENTENCES]]
    if len(below) > SENTENCES:
        sentences.append(f"{count(len(below) - SENTENCES)} more ratios below {FOUR_FIFTHS:.2f} stand in the tables.")
    if not below and made:
        sentences.append(f"No screening ratio is below {FOUR_FIFTHS:.2f}; the intervals say how far that can be told.")
    return Selection(
        lead=f"The answer that selects is {shown(positive)}, as the plan names it.",
        sentences=tuple(sentences),
        tables=made,
        independence=NOT_INDEPENDENT,
    )


def _rate(row: Estimate, estimates: Estimates) -> Number:
    """The rate of the group that a row is about."""
    return estimates.number("selection_rate", predicted=row.predicted, attribute=row.attribute, subgroup=row.subgroup)


def _ratio_text(value: float) -> str:
    """Two digits, and more where these would hide on which side of four fifths a ratio lies."""
    printed = FORMATS["index"](value)
    hidden = float(printed) == FOUR_FIFTHS and value < _LEAST
    return f"{min(value, 0.7999):.4f}" if hidden else printed


def _screened(row: Estimate, estimates: Estimates) -> str:
    number, value = estimates.printed(row), row.value or 0.0
    key = {"predicted": row.predicted, "attribute": row.attribute}
    rate = _rate(row, estimates)
    best = _best(row.attribute or "", row.predicted or "", estimates)
    top = estimates.number("selection_rate", subgroup=best, **key)
    flipped = estimates.number("flip_one_ratio", subgroup=row.subgroup, **key)
    turns = flipped.value is not None and flipped.value >= _LEAST
    rests = f" One answer more and one less would turn that ({flipped.text})." if turns else ""
    few = " It rests on few cases." if rate.small else ""
    ratio = f"{_ratio_text(value)} {number.interval}".rstrip()
    return (
        f"Screening ratio {ratio} is below {FOUR_FIFTHS:.2f}: {shown(row.attribute or '')} "
        f"{value_name(row.subgroup or '')}, {rate.text} (n{SPACE}={SPACE}{count(rate.n)}), against "
        f"{value_name(best)}, {top.text} (n{SPACE}={SPACE}{count(top.n)}).{rests}{few}"
    )


def _best(attribute: str, positive: str, estimates: Estimates) -> str:
    """The group that others are compared with: the only one with a rate, a record and no ratio."""
    rated = [row for row in estimates.of("selection_rate") if (row.attribute, row.predicted) == (attribute, positive)]
    compared = {row.subgroup for row in estimates.of("impact_ratio") if row.attribute == attribute}
    return next((row.subgroup for row in rated if row.subgroup and row.subgroup not in compared), "")


def _table(attribute: str, positive: str, estimates: Estimates) -> Table:
    rated = [row for row in estimates.of("selection_rate") if (row.attribute, row.predicted) == (attribute, positive)]
    best = _best(attribute, positive, estimates)
    heads = ("Images", "Share", "Selected", "Rate", "Ratio to highest", "p", "Flip one")
    compared = [row for row in estimates.of("impact_ratio") if row.attribute == attribute]
    tests = sorted({row.method.rpartition("p-value of equal rates: ")[2].partition(",")[0] for row in compared})
    return Table(
        caption=f"Selection by {shown(attribute)}",
        kind="selection",
        columns=(head("Group"), *(tables.number_head(name) for name in heads)),
        rows=tuple(tuple(_cells(row, best, estimates)) for row in rated),
        source="measured, derived",
        note=_note("; ".join(tests) or "no test"),
    )


def _note(tests: str) -> str:
    return (
        "Ratio: rate over that of the group with the highest; no interval where nobody of a group is selected. "
        f"p: equal rates, {tests}, not corrected for choosing the highest or for the number of groups. Flip one: the "
        f"ratio, had one answer of each of the two groups been the other. Groups below {share(LEAST_SHARE)} of the "
        "images are marked, and never the one compared with."
    )


def _cells(row: Estimate, best: str, estimates: Estimates) -> Iterator[Cell]:
    key = {"predicted": row.predicted, "attribute": row.attribute, "subgroup": row.subgroup}
    rate, part = estimates.printed(row), estimates.find("group_share", **key)
    ratio = estimates.find("impact_ratio", **key)
    flipped = estimates.number("flip_one_ratio", **key)
    tiny = part is not None and part.value is not None and part.value < LEAST_SHARE
    yield head(value_name(row.subgroup or ""), note="" if row.subgroup else "in no comparison")
    yield tables.whole(row.n)
    yield tables.figure("" if part is None else estimates.printed(part).text, note="below 2 %" if tiny else "")
    yield tables.whole(round((row.value or 0) * row.n))
    yield Cell(text=rate.text, note=rate.brief, numeric=True, small=rate.small)
    if ratio is None:
        yield tables.figure("highest" if row.subgroup == best and best else "")
        yield tables.figure("")
        yield tables.figure("")
        return
    number = estimates.printed(ratio)
    low = number.value is not None and number.value < _LEAST
    printed = _ratio_text(number.value) if number.value is not None else number.text
    yield Cell(text=printed, note=number.interval, numeric=True, small=rate.small, strong=low)
    yield tables.figure("" if ratio.p_value is None else probability(ratio.p_value))
    turns = None not in (number.value, flipped.value) and low != ((flipped.value or 0) < _LEAST)
    yield tables.figure(flipped.text, note=f"crosses {FOUR_FIFTHS:.2f}" if turns else "")
