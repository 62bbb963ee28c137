"""Whether groups can be compared at all: enough of each label in each, and regions as large and as central in both."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from auditor.analysis.statistics.balance import BALANCED, describe_place, standardised_difference
from auditor.analysis.statistics.counting import count_clusters
from auditor.documents.ladder import Check
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from auditor.analysis.questions import Cell
    from auditor.analysis.statistics.base import Evidence

OVERLAP: Final = "overlap and balance"
_SPLITS: Final = ("label", "attribute", "subgroup", "outcome")
_NAMED: Final = 5
_PAIR: Final = 2


def pick_rows(estimates: pd.DataFrame, statistic: str, **keys: str | None) -> list[dict[str, Any]]:
    """Rows of a statistic over all images: not split but by the keys given.

    Parameters
    ----------
    estimates
        Of `auditor.analysis.estimates.estimate`.
    statistic
        Its name.
    **keys
        Columns and the values that they must have.

    Returns
    -------
    list of dict
        Values by column.
    """
    rows = estimates[estimates["statistic"] == statistic]
    for name in _SPLITS:
        if name not in keys:
            rows = rows[rows[name].isna()]
    for name, value in keys.items():
        rows = rows[rows[name] == value]
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")]


def check_groups(evidence: Evidence, estimates: pd.DataFrame) -> list[Check]:
    """Check that each attribute can be compared within labels, and that its groups' regions are alike.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        What was made of them; where ``area_balance`` and ``eccentricity_balance`` are not in it, they are computed.

    Returns
    -------
    list of Check
        One per attribute about numbers, one per region about balance. They withhold nothing: cells with too few images
        are not evaluated, and unbalanced regions ask for evidence in both directions or from swaps.
    """
    overlap = [_check_numbers(evidence, attribute) for attribute in evidence.settings.attributes]
    balance = [
        check for region in evidence.settings.regions for check in _check_balance(evidence, estimates, region=region)
    ]
    return [*overlap, *balance]


def _check_numbers(evidence: Evidence, attribute: str) -> Check:
    """Clusters of each label and subgroup."""
    least = evidence.settings.min_clusters
    cells = evidence.cells(by_label=True, attribute=attribute)
    counts = count_clusters(cells.codes, evidence.clusters, n_groups=len(cells.keys))
    told = [
        (key, int(count))
        for key, count in zip(cells.keys, counts, strict=True)
        if key.subgroup not in {None, NOT_RECORDED}
    ]
    thin = [f"{key.label}, {key.subgroup} ({count})" for key, count in told if count < least]
    more = f" and {len(thin) - _NAMED} more" if len(thin) > _NAMED else ""
    fewest = min((count for _, count in told), default=0)
    enough = (
        f"at least {fewest} independent images or persons of each label in each group of {attribute}"
        if told
        else f"{attribute} is recorded for no image"
    )
    few = f"fewer than {least} independent images or persons of {'; '.join(thin[:_NAMED])}{more}"
    passed = bool(told) and not thin
    return Check(
        name=OVERLAP,
        region=None,
        passed=passed if told else None,
        statistic=few if thin else enough,
        consequence=f"groups of {attribute} can be compared within each label"
        if passed
        else f"not evaluable by {attribute} in these cells",
        withholds=None,
    )


def _check_balance(evidence: Evidence, estimates: pd.DataFrame, *, region: str) -> Iterator[Check]:
    """Size of the region and its distance from the middle, for each group against the others."""
    apart = [
        (abs(value), f"{words} by {attribute} ({group}): {value:+.2f}")
        for attribute in evidence.settings.attributes
        for group in _groups(evidence, attribute)
        for words, value in _differences(evidence, estimates, region=region, attribute=attribute, group=group)
    ]
    told = [(size, text) for size, text in apart if not np.isnan(size)]
    if not apart:
        return
    if not told:
        unknown = "no label has two groups that show the region"
        yield Check(
            name=OVERLAP,
            region=region,
            passed=None,
            statistic=unknown,
            consequence="whether the region is alike in both groups is not known",
            withholds=None,
        )
        return
    unlike = [text for size, text in sorted(told, reverse=True) if size > BALANCED]
    largest = max(told)[1]
    more = f" and {len(unlike) - _NAMED} more" if len(unlike) > _NAMED else ""
    yield Check(
        name=OVERLAP,
        region=region,
        passed=not unlike,
        statistic=f"standardised difference of {'; '.join(unlike[:_NAMED]) + more if unlike else largest}; "
        f"limit {BALANCED}",
        consequence=f"{region} is not alike in the groups: the shift by groups counts only with both groups pushed in "
        "opposite directions, or with swaps"
        if unlike
        else f"{region} is about as large and as central in each group",
        withholds=None,
    )


def _groups(evidence: Evidence, attribute: str) -> list[str]:
    """Values to set against the rest: of two only the later, since the other says the same."""
    values = [value for value in evidence.subgroups(attribute) if value != NOT_RECORDED]
    return values[1:] if len(values) <= 2 else values  # noqa: PLR2004 -- two are one comparison


def _differences(
    evidence: Evidence, estimates: pd.DataFrame, *, region: str, attribute: str, group: str
) -> Iterator[tuple[str, float]]:
    """Differences as the table has them; computed over all images read where it has none."""
    texts = evidence.texts(attribute)
    labels = np.unique(evidence.texts("label"), return_inverse=True)[1]
    recorded = np.where(texts == NOT_RECORDED, -1, labels)
    for name, values in describe_place(evidence.region(region)).items():
        words = "area" if name == "area" else "distance from the middle"
        keys = {"region": region, "attribute": attribute, "subgroup": group}
        rows = pick_rows(estimates, f"{name}_balance", **keys)
        if rows:
            yield words, float(rows[0]["estimate"])
        else:
            yield words, standardised_difference(values, member=texts == group, labels=recorded)


def explain_overlap(evidence: Evidence, cell: Cell) -> Cell:
    """A cell that no label can answer, because each has one side only, with that said.

    Parameters
    ----------
    evidence
        The tables.
    cell
        A question.

    Returns
    -------
    Cell
        The same where it can be tested, or where some label has both sides but too few of one.
    """
    if cell.attribute is None or cell.reason is None or not cell.parts:
        return cell
    texts, labels = evidence.texts(cell.attribute), evidence.texts("label")
    tried = np.isfinite(cell.parts[0].effect.own) & (texts != NOT_RECORDED)
    values = {label: texts[tried & (labels == label)] for label in evidence.labels}
    sides = {label: (int((own == cell.subgroup).sum()), len(own)) for label, own in values.items() if len(own)}
    if not sides or any(0 < members < whole for members, whole in sides.values()):
        return cell
    told = [f"{label} {_name_side(cell, members)} ({whole} images)" for label, (members, whole) in sides.items()]
    more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
    reason = (
        f"no label has images on both sides of {cell.attribute}: {', '.join(told[:_NAMED])}{more}; use of "
        f"{cell.attribute} cannot be told apart from use of what else the labels differ in"
    )
    return cell._replace(parts=tuple(replace(part, remark=reason) for part in cell.parts))


def _name_side(cell: Cell, members: int) -> str:
    return f"has only {cell.subgroup}" if members else f"has no {cell.subgroup}"


def explain_split(evidence: Evidence, cell: Cell) -> Cell:
    """A cell on a property that no label can answer, because the labels share no value of it, with that said.

    Parameters
    ----------
    evidence
        The tables.
    cell
        A question on a property of the whole picture.

    Returns
    -------
    Cell
        The same where it can be tested, or where some labels overlap.
    """
    if cell.attribute is None or cell.reason is None or not cell.parts:
        return cell
    values = evidence.read[cell.attribute].to_numpy(dtype=np.float64, na_value=np.nan)
    known, labels = np.isfinite(values), evidence.texts("label")
    ranges = sorted(
        (own.min(), own.max(), label) for label in evidence.labels if len(own := values[known & (labels == label)])
    )
    if len(ranges) < _PAIR or any(low <= high for (_, high, _), (low, _, _) in pairwise(ranges)):
        return cell
    least, most = ranges[0][2], ranges[-1][2]
    reason = (
        f"it splits the labels completely: every image labelled {most} has more of it than any labelled {least} "
        f"({known.sum()} images in all); its use cannot be told apart from use of what else the labels differ in"
    )
    return cell._replace(parts=tuple(replace(part, remark=reason) for part in cell.parts))
