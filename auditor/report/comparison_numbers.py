"""The sections on answers and on maps of two models: tables and charts of what changed, on the same images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from auditor.report.attention import TARGETS
from auditor.report.changes import axis_of, change_table, compared, name_statistic, subject, topic
from auditor.report.dumbbells import Dumbbells, Rack
from auditor.report.names import shown
from auditor.report.tables import Table
from auditor.report.vocabulary import fill_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from auditor.documents.comparisons import Change, Pair
    from auditor.documents.document import Document
    from auditor.report.changes import Compared

CORRECT: Final = "correct"
LABEL: Final = "label"
ROLES: Final = ("core", "protected", "artefact", "context", "undeclared", "")
DRAWN: Final = ("accuracy", "mass")
"""Statistics that are drawn, not only listed."""
FURTHER: Final = ("flips", "occlusion_excess")
"""Statistics that paper has no room for: what they say, others say beside them."""
LEAST: Final = 2
"""Rows below which a drawing says no more than the table."""


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Charts and tables of one section."""

    charts: tuple[Dumbbells, ...]
    tables: tuple[Table, ...]
    further: tuple[Table, ...] = ()  # on a screen alone

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self.tables and not self.further


class Counter:
    """Put the changes of one pair into the sections that they belong to.

    Parameters
    ----------
    pair
        Baseline and candidate.
    document
        What the report speaks of.
    names
        Of baseline and candidate.
    """

    def __init__(self, pair: Pair, document: Document, names: tuple[str, str]) -> None:
        known = {_key(one) for cue in pair.cues for one in cue.changes}
        self._all = pair.changes
        self._rest = [one for one in pair.changes if _key(one) not in known]
        self._names = names
        self._few = document.method.min_clusters
        self._roles = {one.name: str(one.role) for one in document.data.regions}

    def answers(self) -> Numbers:
        """Right and wrong answers, calibration and the worst group, of all images and group by group."""
        return self._section(
            [one for one in self._all if not _is_mapped(one) and _outcome(one) is None and not one.baseline.fill],
            by=lambda one: _measure(one, target=False),
            first="Images",
            name=subject,
        )

    def attention(self) -> Numbers:
        """Where the maps lie, region by region; those of the class answered come first."""
        rows = [one for one in self._all if _is_mapped(one) and _outcome(one) is None and not one.baseline.fill]
        return self._section(
            sorted(rows, key=lambda one: one.baseline.target == LABEL),
            by=_measure,
            first="Region and images",
            name=_hidden,
            heading=lambda one: shown(_region(one) or ""),
        )

    def effects(self) -> Numbers:
        """What hiding a region does, beside the effects of cues."""
        return self._section(
            [one for one in self._rest if one.baseline.fill and _outcome(one) is None],
            by=lambda one: _measure(one, target=False),
            first="Region and images",
            name=_hidden,
        )

    def trust(self) -> Numbers:
        """The same among images that both models get right; core regions come first."""
        rows = [one for one in self._all if _outcome(one) == CORRECT]
        rows.sort(key=lambda one: ROLES.index(self._role(one)))
        return self._section(rows, by=_measure, first="Region", name=self._named)

    def _role(self, change: Change) -> str:
        return self._roles.get(_region(change) or "", "")

    def _named(self, change: Change) -> str:
        role = self._role(change)
        what = _hidden(change)
        return f"{what} ({role})" if role else what

    def _section(
        self,
        rows: Sequence[Change],
        *,
        by: Callable[[Change], str],
        first: str,
        name: Callable[[Change], str],
        heading: Callable[[Change], str] | None = None,
    ) -> Numbers:
        """One table for each kind of number, and drawings of the most telling ones."""
        tables, further, charts = list[Table](), list[Table](), list[Dumbbells]()
        for title in dict.fromkeys(map(by, rows)):
            mine = [one for one in rows if by(one) == title]
            made = [compared(one, min_clusters=self._few) for one in mine]
            row = mine[0].baseline
            kept = further if row.statistic in FURTHER or row.target == LABEL else tables
            kept.append(change_table(title, made, names=self._names, first=first, name=name))
            drawn = [one for one in made if one.baseline.value is not None or one.candidate.value is not None]
            if len(drawn) >= LEAST and row.statistic in DRAWN and row.target != LABEL:
                racks = _racks(drawn, name=name) if heading is None else _racks(drawn, name=subject, heading=heading)
                axis, label = axis_of(mine)
                charts.append(Dumbbells(title=title, axis=axis, axis_label=label, names=self._names, racks=racks))
        return Numbers(charts=tuple(charts), tables=tuple(tables), further=tuple(further))


def _racks(
    rows: Sequence[Compared], *, name: Callable[[Change], str], heading: Callable[[Change], str] = lambda _: ""
) -> tuple[Rack, ...]:
    """Rows by what stands above them."""
    headings = dict.fromkeys(heading(one.source) for one in rows)
    made = (
        Rack(
            heading=words,
            bells=tuple(replace(one.bell, label=name(one.source)) for one in rows if heading(one.source) == words),
        )
        for words in headings
    )
    return tuple(made)


def _key(change: Change) -> tuple[str | None, ...]:
    """What a number is and whom it is about."""
    row = change.baseline
    return (
        row.statistic, row.target, row.region, row.fill, row.label, row.predicted, row.attribute, row.subgroup,
        row.outcome,
    )  # fmt: skip


def all_of(pair: Pair) -> list[Change]:
    """List every number of a pair once.

    Parameters
    ----------
    pair
        Baseline and candidate.

    Returns
    -------
    list of Change
        Effects of cues, then all else.
    """
    found = [*(change for cue in pair.cues for change in cue.changes), *pair.changes]
    return list({_key(one): one for one in reversed(found)}.values())[::-1]


def _is_mapped(change: Change) -> bool:
    """Whether a number is about a map."""
    return change.baseline.target is not None or change.baseline.region is not None


def _region(change: Change) -> str | None:
    return change.baseline.region


def _outcome(change: Change) -> str | None:
    return change.baseline.outcome


def _measure(change: Change, *, target: bool = True) -> str:
    """What is counted, and on which map."""
    row = change.baseline
    words = name_statistic(row.statistic)
    words = f"{words[0].upper()}{words[1:]}"
    return f"{words}, {TARGETS.get(row.target, row.target)}" if target and row.target is not None else words


def _hidden(change: Change) -> str:
    """Region, way of hiding and images."""
    row = change.baseline
    parts = [] if row.region is None else [shown(row.region)]
    parts += [] if row.fill is None else [fill_name(row.fill)]
    split = row.label is not None or row.attribute is not None
    return ", ".join([*parts, *([subject(change)] if split or not parts else [])])


def all_changes(changes: Iterable[Change], *, names: tuple[str, str], few: int, most: int) -> Table:
    """List every number of a pair.

    Parameters
    ----------
    changes
        Of the pair.
    names
        Of baseline and candidate.
    few
        Below this count of independent cases a number is marked as small.
    most
        Rows; what is more is counted.

    Returns
    -------
    Table
        With a note where it is cut.
    """
    rows = list(changes)
    made = (compared(one, min_clusters=few) for one in rows[:most])
    more = len(rows) - most
    note = f"{more:,} more rows in audit.json." if more > 0 else ""
    return change_table("All numbers of this pair", made, names=names, first="Number", name=_told, note=note)


def _told(change: Change) -> str:
    right = "; images that both get right" if _outcome(change) == CORRECT else ""
    return f"{topic(change)}: {subject(change)}{right}"
