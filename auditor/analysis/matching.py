"""Matching: audits of several models brought to the same images, under the same names, in the same order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from auditor.analysis.matching_notes import note_settings
from auditor.analysis.shared_images import find_shared
from auditor.analysis.statistics.contrasts import unpack_logits
from auditor.analysis.statistics.counting import count_distinct
from auditor.errors import DataError, UsageError, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.analysis.statistics.base import Evidence, Settings

NAMED: Final = 3
"""Images that differ are named up to here, and counted beyond."""
FEWEST: Final = 20
"""With fewer independent persons or sources nothing is told."""
_TABLES: Final = ("images", "attention", "regions", "interventions", "deletions", "randomised")
_PAIR: Final = 2


@dataclass(frozen=True, kw_only=True)
class Matched:
    """Audits of the same images.

    Attributes
    ----------
    evidences
        By the name of the model, the baseline first. All hold the same images under the names that the last one gives
        them, so that their ``read`` tables have the same rows in the same order; the same classes, attributes, regions,
        clusters and draws of the bootstrap.
    rule
        How an image of one audit was found in another, in words.
    only
        By model: images that it read and not all others did.
    notes
        What the audits do not share, and what follows.
    """

    evidences: dict[str, Evidence]
    rule: str
    only: dict[str, int]
    notes: list[str]

    @property
    def n(self) -> int:
        """Images that every model read."""
        return len(self.last.read)

    @cached_property
    def clusters(self) -> int:
        """Independent persons or sources among them."""
        return count_distinct(self.last.clusters)

    @property
    def last(self) -> Evidence:
        """The audit whose names of images are used: the last candidate's."""
        return list(self.evidences.values())[-1]


def match(evidences: Mapping[str, Evidence]) -> Matched:
    """Bring audits to the same images.

    Parameters
    ----------
    evidences
        By the name of the model, the baseline first.

    Returns
    -------
    Matched
        With what was left aside.

    Raises
    ------
    UsageError
        If there are fewer than two.
    DataError
        If they share no image, or differ in classes, in the label of an image or in the value of an attribute.
    """
    if len(evidences) < _PAIR:
        raise UsageError(f"compare: expected at least two audits, found {len(evidences)}")
    _refuse_classes(evidences)
    shared = find_shared(evidences)
    named = {name: _rename(evidence, shared.names[name]) for name, evidence in evidences.items()}
    attributes = [name for name in _last(evidences).settings.attributes if _in_all(name, "attributes", evidences)]
    for column in ("label", *attributes):
        _refuse_values(named, column)
    groups, clustering = _join_clusters(named)
    aligned = {name: _settle(evidence, named, attributes=attributes, groups=groups) for name, evidence in named.items()}
    matched = Matched(evidences=aligned, rule=shared.rule, only=shared.only, notes=[])
    few = (
        [f"Only {matched.clusters} independent persons or sources are shared; below {FEWEST} nothing is told."]
        if matched.clusters < FEWEST
        else []
    )
    return replace(matched, notes=[*few, *shared.notes, *clustering, *note_settings(evidences, aligned)])


def _last(evidences: Mapping[str, Evidence]) -> Evidence:
    return list(evidences.values())[-1]


def _in_all(name: str, kind: str, evidences: Mapping[str, Evidence]) -> bool:
    return all(name in getattr(evidence.settings, kind) for evidence in evidences.values())


def _refuse_classes(evidences: Mapping[str, Evidence]) -> None:
    """Other classes cannot be compared; the same in another order can."""
    last = list(evidences)[-1]
    wanted = evidences[last].settings.classes
    for name, evidence in evidences.items():
        classes = evidence.settings.classes
        if set(classes) != set(wanted):
            offered = "".join(nearest(one, wanted) for one in classes if one not in wanted)
            raise DataError(
                f"compare: expected the same classes, found {', '.join(classes)} in {name!r} and "
                f"{', '.join(wanted)} in {last!r}{offered}"
            )


def _refuse_values(evidences: Mapping[str, Evidence], column: str) -> None:
    """Labels and values of attributes of the same image that differ: one of the audits is of other annotations."""
    last = list(evidences)[-1]
    theirs = evidences[last].texts(column)
    for name, evidence in evidences.items():
        ours = evidence.texts(column)
        differ = np.flatnonzero(ours != theirs)
        if len(differ):
            ids = evidences[last].texts("image_id")
            shown = "; ".join(f"{ids[i]}: {str(ours[i])!r} against {str(theirs[i])!r}" for i in differ[:NAMED])
            more = ", …" if len(differ) > NAMED else ""
            raise DataError(
                f"compare: expected the same {column} for the same image in {name!r} and {last!r}, found another on "
                f"{len(differ)} of {len(ours)} images ({shown}{more}); audit both with the same annotations"
            )


def _rename(evidence: Evidence, names: pd.Series[str]) -> Evidence:
    """Shared images alone, under the names of the last audit."""
    renamed = pd.Series(names.index, index=names.to_numpy(), dtype=object)
    tables: dict[str, Any] = {}
    for table in _TABLES:
        rows: pd.DataFrame = getattr(evidence, table)
        ids = rows["image_id"].map(renamed)
        kept = ids.notna()
        tables[table] = rows[kept].assign(image_id=ids[kept])
    return replace(evidence, **tables)


def _join_clusters(evidences: Mapping[str, Evidence]) -> tuple[pd.Series[str] | None, list[str]]:
    """Cluster of each image by name, so that what belongs together in any audit does; None: near-duplicates."""
    grouped = {name: one for name, one in evidences.items() if not one.settings.group_duplicates}
    if not grouped:
        return None, []
    notes = []
    lacking = [name for name in evidences if name not in grouped]
    if lacking:
        notes.append(f"Persons or sources are those of {', '.join(grouped)}: {', '.join(lacking)} names none.")
    joined = _last(grouped).texts("group_id")
    for one in grouped.values():
        own = one.texts("group_id")
        finer = max(len(np.unique(joined)), len(np.unique(own)))
        joined = _join(joined, own)
        if len(np.unique(joined)) < finer:
            notes.append("The audits group images into persons or sources differently: what either joins is joined.")
    return pd.Series(joined, index=_last(evidences).texts("image_id"), dtype=object), list(dict.fromkeys(notes))


def _join(
    first: np.ndarray[tuple[int], np.dtype[np.str_]], second: np.ndarray[tuple[int], np.dtype[np.str_]]
) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Groups that hold together whatever either of two groupings holds together, named as in the first."""
    (names, one), (others, two) = (np.unique(part, return_inverse=True) for part in (first, second))
    size = len(names) + len(others)
    links = coo_array((np.ones(len(one)), (one, two + len(names))), shape=(size, size))
    part = connected_components(links, directed=False)[1][one]
    _, where, which = np.unique(part, return_index=True, return_inverse=True)
    return names[one][where][which]


def _settle(
    evidence: Evidence, evidences: Mapping[str, Evidence], *, attributes: list[str], groups: pd.Series[str] | None
) -> Evidence:
    """What all audits must have in common, from the last of them."""
    last = _last(evidences)
    images = evidence.images.set_index("image_id", drop=False)
    theirs = last.images.set_index("image_id")
    told = {} if groups is None else {"group_id": groups.reindex(images.index)}
    if groups is None and "hash" in theirs:
        told = {"hash": theirs["hash"].reindex(images.index)}
    order = [evidence.settings.classes.index(name) for name in last.settings.classes]
    settings = _common(evidence.settings, last.settings, attributes=attributes, evidences=evidences)
    return replace(
        evidence,
        images=_reorder(images.assign(**told).reset_index(drop=True), order, classes=evidence.settings.classes),
        interventions=_reorder(evidence.interventions, order, classes=evidence.settings.classes),
        settings=replace(settings, group_duplicates=groups is None),
    )


def _common(own: Settings, last: Settings, *, attributes: list[str], evidences: Mapping[str, Evidence]) -> Settings:
    """The last audit's settings, with the frame and grid of the model at hand."""
    regions = tuple(name for name in last.regions if _in_all(name, "regions", evidences))
    return replace(last, attributes=tuple(attributes), regions=regions, frame=own.frame, grid=own.grid)


def _reorder(table: pd.DataFrame, order: list[int], *, classes: tuple[str, ...]) -> pd.DataFrame:
    """Logits in another order of the classes."""
    if order == sorted(order) or table.empty or "logits" not in table:
        return table
    logits = unpack_logits(table["logits"], n=len(table), classes=classes)[:, order].astype("<f4")
    return table.assign(logits=[row.tobytes() for row in logits])
