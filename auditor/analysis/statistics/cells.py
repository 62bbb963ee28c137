"""Cells of a table, and the one form in which every answer comes back: a row per cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.intervals import IntArray, Intervals
    from auditor.geometry import BoolArray


class Row(NamedTuple):
    """One estimate; None in a key means *not split by it*, NaN means *not computed*."""

    statistic: str
    target: str | None
    region: str | None
    fill: str | None
    label: str | None
    predicted: str | None
    attribute: str | None
    subgroup: str | None
    outcome: str | None
    estimate: float
    ci_low: float
    ci_high: float
    n: int
    clusters: int
    p_value: float
    unit: str
    method: str


COLUMNS: Final = Row._fields
OUTCOMES: Final = ("wrong", "correct")


class Key(NamedTuple):
    """What a cell is split by."""

    label: str | None = None
    predicted: str | None = None
    attribute: str | None = None
    subgroup: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Disjoint cells of the images read.

    Attributes
    ----------
    codes
        ``(n,)``: the cell of each image, -1 for none.
    keys
        One per cell, empty cells included.
    """

    codes: IntArray
    keys: tuple[Key, ...]

    def counts(self) -> IntArray:
        """Images per cell, ``(len(keys),)``."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.keys))

    def by_outcome(self, correct: BoolArray) -> Cells:
        """Each cell split into wrong and correct predictions."""
        codes = np.where(self.codes < 0, -1, 2 * self.codes + correct)
        return Cells(codes=codes, keys=tuple(k._replace(outcome=o) for k in self.keys for o in OUTCOMES))


def tabulate(result: Intervals, *, keys: Sequence[Key], keep: BoolArray | None = None, **facts: str) -> list[Row]:
    """Rows of one statistic.

    Parameters
    ----------
    result
        One number and interval per cell.
    keys
        What each cell is split by.
    keep
        Cells to write; all by default.
    **facts
        ``statistic``, ``unit``, ``method`` and, where they apply, ``target``, ``region`` and ``fill``.

    Returns
    -------
    list of Row
        In the order of the cells.
    """
    rows = []
    for i, key in enumerate(keys):
        if keep is not None and not keep[i]:
            continue
        rows.append(
            Row(
                statistic=facts["statistic"],
                target=facts.get("target"),
                region=facts.get("region"),
                fill=facts.get("fill"),
                **key._asdict(),
                estimate=float(result.estimate[i]),
                ci_low=float(result.low[i]),
                ci_high=float(result.high[i]),
                n=int(result.n[i]),
                clusters=int(result.clusters[i]),
                p_value=float("nan") if result.p_value is None else float(result.p_value[i]),
                unit=facts["unit"],
                method=facts["method"],
            )
        )
    return rows
