"""Redaction: small groups taken out of every part of a document that tells of them, in numbers and in words."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from auditor.privacy.crossings import SELECTION, find_small_crossings
from auditor.privacy.suppression import NOT_RECORDED, THRESHOLD, Group, Size, hide_groups, is_small

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from auditor.documents.document import AttributeFacts, DataFacts, Document, MeanMap
    from auditor.documents.ladder import Estimate, Finding, Protocol, Rung

WITHHELD: Final = (
    f"Left out of the public version: what is said here rests on a group of fewer than {THRESHOLD}, or would give one "
    "away."
)
WITHHELD_HEADLINE: Final = "Evidence level {level}. " + WITHHELD
ROUNDED: Final = "How many answers were asked of the model is rounded to hundreds in the public version."
COUNTED: Final = "accuracy"
"""The statistic whose n is the size of each group: it has a row for every label and value."""
_AGAINST: Final = ("_gap", "_contrast", "_balance", "mass_odds", "_shift")
"""Ends of statistics that set a value of an attribute against the others, and count these as well."""
_OF_RECORDED: Final = frozenset({"attribute_share", "lift", "odds_ratio"})
"""Statistics of one value that count all images with a record."""
_OF_SHOWN: Final = frozenset({"mass", "flips"})
"""Statistics whose n is how many of a group show a region."""
_PRESENT: Final = "presence_share"
"""A share of images that is itself the size of a group: those of a label in which the region is seen."""
_OF_PRESENCE: Final = frozenset(
    {_PRESENT, "cramers_v", "lift", "mutual_information", "normalised_mutual_information", "odds_ratio"}
)
"""Statistics of regions that each give that size, as the rest is printed."""
_POOLED: Final = frozenset({"aligned_shift", "both_ways_shift", "property_shift", "property_both_ways"})
"""Statistics that pool over labels with many images on both sides, and count those alone."""
_SURENESS: Final = ("p_value", "q_value", "by_value", "familywise", "ci_adjusted", "needed")
"""Numbers of a finding as a whole."""
_ASKED: Final = 100
"""How many answers were asked of the model is rounded to this where a region is seldom seen: the rest is its own."""
_NUMBERS: Final = re.compile(r"\d[\d.,]*(?<![.,])")


class Hidden(NamedTuple):
    """What was left out."""

    groups: tuple[Group, ...]
    regions: frozenset[str]  # seen in few images: their numbers
    numbers: int
    maps: int


def hide(document: Document) -> tuple[Document, Hidden]:
    """Take small groups out of a document.

    Parameters
    ----------
    document
        What reports are made from.

    Returns
    -------
    tuple
        The document without them, and what was left out.
    """
    rule = _Rule(document)
    estimates = [row for row in document.estimates if not rule.hides(row)]
    maps = rule.keep_maps(document.mean_maps)
    regions = [one for one in document.data.regions if one.name not in rule.regions]
    update: dict[str, Any] = {
        "estimates": estimates,
        "mean_maps": maps,
        "data": rule.data(document.data).model_copy(update={"regions": regions}),
        "findings": [rule.finding(finding) for finding in document.findings],
        "protocol": rule.protocol(document.protocol),
    }
    population = {name: shares for name, shares in document.declared.population.items() if name not in rule.cut}
    update["declared"] = document.declared.model_copy(update={"population": population})
    groups = tuple(sorted(rule.groups, key=lambda group: tuple(part or "" for part in group)))
    gone = len(document.estimates) - len(estimates)
    return document.model_copy(update=update), Hidden(
        groups, frozenset(rule.regions), gone, len(document.mean_maps) - len(maps)
    )


class _Rule:
    """Which numbers tell of a group that must not be told of."""

    def __init__(self, document: Document) -> None:
        sizes = _sizes(document)
        self.groups = _with_empty(hide_groups(sizes), sizes)
        self.regions = {one.name for one in document.data.regions if 0 < one.images < THRESHOLD}
        self.touched: dict[str | None, set[str | None]] = defaultdict(set)  # labels of hidden groups, by attribute
        for group in self.groups:
            self.touched[group.attribute].add(group.label)
        self.cut = {group.attribute for group in self.groups if group.label is None}  # a value as a whole is gone
        self._rows = self._small_rows(document.estimates)
        self._thin = {
            _side(row)
            for row in document.estimates
            if row.statistic in _OF_SHOWN and row.subgroup and is_small(Size(row.n, row.clusters))
        }
        self._rare = {row.region for row in document.estimates if _few_show(row)}
        self._crossed = find_small_crossings(document, hidden=self.touched.keys())

    def _small_rows(self, rows: Iterable[Estimate]) -> set[tuple[object, ...]]:
        """Rows that rest on few, and those that would give them away, statistic by statistic."""
        families: dict[tuple[object, ...], dict[Group, Size]] = defaultdict(dict)
        for row in rows:
            families[_family(row)].setdefault(_group(row), Size(row.n, row.clusters))
        return {
            (family, group) for family, sizes in families.items() for group in hide_groups(sizes, hidden=self.groups)
        }

    def hides(self, row: Estimate) -> bool:
        """Whether a number is left out."""
        return (
            _group(row) in self.groups
            or is_small(Size(row.n, row.clusters))
            or row.region in self.regions
            or (_family(row), _group(row)) in self._rows
            # What is pooled over large labels: the rest is what is hidden.
            or (row.statistic in _POOLED and bool(self.touched.get(None)))
            or (row.region in self._rare and row.statistic in _OF_PRESENCE)
            or (row.attribute is not None and self._gives_away(row))
        )

    def _gives_away(self, row: Estimate) -> bool:
        """Whether a number on an attribute counts a hidden group among others, or sets one against them."""
        labels = self.touched.get(row.attribute, set())
        if row.attribute in self._crossed:
            return True
        if row.subgroup is None:  # one number of the whole table, such as an association: it may have one solution
            return bool(labels)
        if row.statistic in SELECTION:  # each counts all with a record, or one of them as the highest
            return not labels.isdisjoint({None, row.predicted})
        if row.statistic in _OF_RECORDED:
            left = {Group(label, row.attribute, NOT_RECORDED) for label in (None, row.label)}
            return not left.isdisjoint(self.groups)
        few = row.label in labels or _side(row) in self._thin
        return few and row.n > 0 and row.statistic.endswith(_AGAINST)

    def keep_maps(self, maps: Sequence[MeanMap]) -> list[MeanMap]:
        """Mean maps of no hidden group: those of all images less those of some are the map of the rest."""
        families: dict[str, dict[Group, Size]] = defaultdict(dict)
        for one in maps:
            families[one.target][Group(one.label, one.attribute, one.subgroup)] = Size(one.n, one.n)
        hidden = {target: hide_groups(sizes, hidden=self.groups) for target, sizes in families.items()}
        return [one for one in maps if Group(one.label, one.attribute, one.subgroup) not in hidden[one.target]]

    def data(self, data: DataFacts) -> DataFacts:
        """Counts without those of hidden groups."""
        labels = {name: n for name, n in data.labels.items() if Group(name) not in self.groups}
        notes = {name: n for name, n in data.notes.items() if n >= THRESHOLD}
        attributes = [self._attribute(one) for one in data.attributes]
        return data.model_copy(update={"labels": labels, "notes": notes, "attributes": attributes})

    def protocol(self, protocol: Protocol | None) -> Protocol | None:
        """The protocol without how many answers were asked for a region that is seldom seen."""
        if protocol is None or not self.regions:
            return protocol
        return protocol.model_copy(
            update={"passes": round(protocol.passes / _ASKED) * _ASKED, "notes": [*protocol.notes, ROUNDED]}
        )

    def _attribute(self, one: AttributeFacts) -> AttributeFacts:
        counts = {value: n for value, n in one.counts.items() if Group(None, one.name, value) not in self.groups}
        return one.model_copy(update={"counts": counts})

    def finding(self, finding: Finding) -> Finding:
        """A finding without what rests on hidden groups: its level stays, its words go where they told of one."""
        names = {group.subgroup for group in self.groups if group.attribute == finding.attribute and group.subgroup}
        seldom = finding.region in self.regions
        rungs = [self._rung(rung, names, seldom=seldom) for rung in finding.rungs]
        told = seldom or any(name in finding.headline for name in names)
        told = told or self._goes_beyond(finding.headline, rungs)
        headline = WITHHELD_HEADLINE.format(level=finding.level) if told else finding.headline
        numbers: dict[str, Any] = dict.fromkeys(_SURENESS) if seldom else {}
        return finding.model_copy(update={"rungs": rungs, "headline": headline, **numbers})

    def _goes_beyond(self, headline: str, rungs: Sequence[Rung]) -> bool:
        """Whether a headline has numbers that no sentence has any more."""
        left = {number for rung in rungs for number in _NUMBERS.findall(rung.sentence)}
        return any(rung.sentence == WITHHELD for rung in rungs) and not left.issuperset(_NUMBERS.findall(headline))

    def _rung(self, rung: Rung, names: Iterable[str], *, seldom: bool) -> Rung:
        kept = [row for row in rung.estimates if not self.hides(row)]
        few = len(kept) < len(rung.estimates) or (seldom and rung.name != "opportunity")
        gone = few and _NUMBERS.search(rung.sentence) is not None
        told = gone or any(name in rung.sentence for name in names)
        return rung.model_copy(update={"estimates": kept, "sentence": WITHHELD if told else rung.sentence})


def _group(row: Estimate) -> Group:
    """Whom a number is about; what was answered stands for the label where the table is one of answers."""
    return Group(row.predicted if row.label is None else row.label, row.attribute, row.subgroup)


def _family(row: Estimate) -> tuple[object, ...]:
    """What is the same in all cells of one table of numbers."""
    answered = None if row.label is None else row.predicted
    return (row.statistic, row.target, row.region, row.fill, row.outcome, answered)


def _few_show(row: Estimate) -> bool:
    """Whether a share of the images that show a region is one of few images."""
    seen = round((row.value or 0.0) * row.n) if row.statistic == _PRESENT else 0
    return is_small(Size(seen, min(seen, row.clusters)))


def _side(row: Estimate) -> tuple[object, ...]:
    """Where groups are set against each other: their images that show a region may be few where all are many."""
    return (row.target, row.region, row.label, row.attribute, row.outcome)


def _with_empty(hidden: frozenset[Group], sizes: Iterable[Group]) -> frozenset[Group]:
    """Hidden groups with all parts of those that are hidden as a whole: that a part is empty tells of the whole."""
    return hidden | {
        cell
        for cell in sizes
        if cell != Group() and (cell._replace(label=None) in hidden or Group(cell.label) in hidden - {Group()})
    }


def _sizes(document: Document) -> dict[Group, Size]:
    """How many each group holds."""
    data = document.data
    sizes = {Group(): Size(data.n_read, data.n_clusters)}
    sizes |= {Group(name): Size(n, n) for name, n in data.labels.items()}
    for one in data.attributes:
        sizes |= {Group(None, one.name, value): Size(n, n) for value, n in one.counts.items()}
    rows = (row for row in document.estimates if row.statistic == COUNTED and row.outcome is None)
    return sizes | {_group(row): Size(row.n, row.clusters) for row in rows}
