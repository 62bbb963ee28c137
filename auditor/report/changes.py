"""Changes in print: a number of two models on the same images, and their paired difference with its sign."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from auditor.report.dumbbells import Bell
from auditor.report.figures import FORMATS, MINUS, NOTHING, SPACE, Number, number, share
from auditor.report.levels import probability
from auditor.report.names import shown, value_name
from auditor.report.tables import Table, figure, head, number_head, whole
from auditor.report.vocabulary import fill_name, statistic_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from auditor.documents.comparisons import Change
    from auditor.documents.ladder import Estimate
    from auditor.report.axes import Axis

_UNITS: Final = {"share": "difference", "difference": "difference", "sd": "SD", "pp": "difference", "": "difference"}
"""In which unit a number of some unit changes; of any other it is a plain number with its sign."""
_RATIOS: Final = frozenset({"ratio", "index", "auc"})
WORDS: Final = {
    "core_mass": "share of map on all core regions together",
    "flips": "answers changed when the region is hidden",
    "reliance": "reliance on declared cues",
    "brier_score": "Brier score (lower is closer to the label)",
    "log_loss": "log loss (lower is closer to the label)",
    "overconfidence": "mean score of the answer less answered right",
}
"""What statistics that comparisons alone have are called."""
AXES: Final[dict[str, tuple[Axis, str]]] = {
    "share": ("share", "per cent"),
    "difference": ("points", "percentage points"),
    "sd": ("plain", "standard deviations (SD)"),
    "ratio": ("times", "multiples"),
}
"""Axis and its label by unit; any other number stands on a plain axis."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One number of two models, ready to print."""

    source: Change
    baseline: Number
    candidate: Number
    change: Number
    p: str

    @property
    def bell(self) -> Bell:
        """As a row of a chart, named by whom it is about."""
        return Bell(label=subject(self.source), baseline=self.baseline, candidate=self.candidate, change=self.change)


def compared(change: Change, *, min_clusters: int) -> Compared:
    """Make a change ready to print.

    Parameters
    ----------
    change
        One of the document's.
    min_clusters
        Below this count of independent cases a number is marked as small.

    Returns
    -------
    Compared
        Its difference has a sign, whatever its unit.
    """
    p = change.change.p_value
    return Compared(
        source=change,
        baseline=_finely(number(change.baseline, min_clusters=min_clusters), change.baseline),
        candidate=_finely(number(change.candidate, min_clusters=min_clusters), change.candidate),
        change=signed(change.change, unit=change.baseline.unit, min_clusters=min_clusters),
        p=NOTHING if p is None else probability(p),
    )


def signed(estimate: Estimate, *, unit: str, min_clusters: int) -> Number:
    """Print a difference of two numbers.

    Parameters
    ----------
    estimate
        The difference.
    unit
        Of the two numbers.
    min_clusters
        See `compared`.

    Returns
    -------
    Number
        Shares differ by percentage points.
    """
    kind = unit.casefold().partition(" ")[0]
    if kind in _UNITS:
        moved = _as(estimate, _UNITS[kind])
        return _finely(number(moved, min_clusters=min_clusters), moved)
    made = number(_as(estimate, "index"), min_clusters=min_clusters)
    if made.value is None:
        return made
    told = "" if kind in _RATIOS else unit
    ends = [_with_sign(end, told) for end in (made.low, made.high) if end is not None]
    between = f"[{', '.join(ends)}]" if ends else ""
    return replace(made, text=_with_sign(made.value, told), interval=between, brief="")


def _finely(made: Number, estimate: Estimate) -> Number:
    """Shares and their differences with one digit behind the point, so that a reader can take one off the other."""
    kind = estimate.unit.casefold().partition(" ")[0]
    if made.value is None or kind not in {"share", "difference", "pp", ""}:
        return made
    ends = [end for end in (made.low, made.high) if end is not None]
    printed = [_tenth(value, with_sign=kind in {"difference", "pp"}) for value in (made.value, *ends)]
    return replace(made, text=printed[0], interval=f"[{', '.join(printed[1:])}]" if ends else "")


def _tenth(value: float, *, with_sign: bool) -> str:
    if not with_sign:
        return share(min(max(value, 0.0), 1.0), decimals=1)
    printed = f"{int(abs(value) * 1000 + 0.5 + 1e-9) / 10:.1f}"
    sign = "" if float(printed) == 0 else MINUS if value < 0 else "+"
    return f"{sign}{printed}{SPACE}pp"


def _as(estimate: Estimate, unit: str) -> Estimate:
    """A difference by its unit alone, whatever its statistic."""
    return estimate.model_copy(update={"statistic": "change", "unit": unit})


def _with_sign(value: float, unit: str) -> str:
    printed = FORMATS["index"](value)
    if printed.strip(f"{MINUS}0.") == "":
        printed = printed.removeprefix(MINUS)
    elif value > 0:
        printed = f"+{printed}"
    return f"{printed} {unit}".rstrip()


def subject(change: Change) -> str:
    """Say whom a number is about.

    Parameters
    ----------
    change
        One of the document's.

    Returns
    -------
    str
        Label, attribute and value.
    """
    row = change.baseline
    parts = [] if row.label is None else [shown(row.label)]
    if row.attribute is not None:
        value = "" if row.subgroup is None else f": {value_name(row.subgroup)}"
        parts.append(f"{shown(row.attribute)}{value}")
    return ", ".join(parts) or "all images"


def name_statistic(name: str) -> str:
    """What a statistic of a comparison is called.

    Parameters
    ----------
    name
        As in audit.json.

    Returns
    -------
    str
        In words.

    Examples
    --------
    >>> name_statistic("core_mass")
    'share of map on all core regions together'
    """
    return WORDS.get(name) or statistic_name(name)


def topic(change: Change) -> str:
    """Say what a number is, and of which region.

    Parameters
    ----------
    change
        One of the document's.

    Returns
    -------
    str
        Statistic, region and way of hiding.
    """
    row = change.baseline
    parts = [name_statistic(row.statistic)]
    parts += [] if row.region is None else [shown(row.region)]
    parts += [] if row.fill is None else [fill_name(row.fill)]
    return ", ".join(parts)


def axis_of(changes: Sequence[Change]) -> tuple[Axis, str]:
    """Say on what axis some numbers of one unit stand.

    Parameters
    ----------
    changes
        At least one.

    Returns
    -------
    tuple
        Axis and what stands below it.
    """
    unit = changes[0].baseline.unit
    return AXES.get(unit.casefold().partition(" ")[0], ("plain", unit))


def change_table(
    caption: str,
    rows: Iterable[Compared],
    *,
    names: tuple[str, str],
    first: str,
    name: Callable[[Change], str] = subject,
    note: str = "",
) -> Table:
    """Put changes into a table.

    Parameters
    ----------
    caption
        What they are.
    rows
        One change each.
    names
        Of baseline and candidate.
    first
        Heading of the first column.
    name
        What stands in it.
    note
        Below the table.

    Returns
    -------
    Table
        Baseline, candidate, change, n and p; intervals on a second line.
    """
    made = []
    for row in rows:
        sides = (figure(side.text, note=side.interval) for side in (row.baseline, row.candidate))
        change = replace(figure(row.change.text, note=row.change.interval), strong=_sure(row.change))
        n = replace(whole(row.change.n), small=row.change.small)
        made.append((head(name(row.source)), *sides, change, n, figure(row.p)))
    columns = (head(first), *(number_head(shown(one)) for one in names), number_head("Change"))
    return Table(
        caption=caption,
        kind="compared",
        columns=(*columns, number_head("n"), number_head("p")),
        rows=tuple(made),
        note=note,
        source="measured, derived",
    )


def _sure(change: Number) -> bool:
    """Whether an interval leaves zero out."""
    return change.low is not None and change.high is not None and (change.low > 0 or change.high < 0)
