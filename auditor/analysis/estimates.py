"""All estimates of an audit in one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from auditor.analysis.statistics import STATISTICS
from auditor.analysis.statistics.cells import COLUMNS

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence

_NUMBERS = {
    "estimate": "float64",
    "ci_low": "float64",
    "ci_high": "float64",
    "p_value": "float64",
    "n": "int64",
    "clusters": "int64",
}


def estimate(evidence: Evidence) -> pd.DataFrame:
    """Answer every question of `auditor.analysis.statistics.STATISTICS`.

    Parameters
    ----------
    evidence
        The tables and the settings.

    Returns
    -------
    DataFrame
        The columns of `auditor.analysis.statistics.cells.Row`, one row per estimate. A key is None where the estimate
        is not split by it; ``estimate`` is NaN where nothing could be computed, ``ci_low`` and ``ci_high`` where no
        interval could; ``n`` and ``clusters`` count the images and clusters behind the number. Rows of one statistic,
        target and region stand together. The same tables give the same numbers, in whatever order their rows are.
    """
    rows = [row for answer in STATISTICS.values() for row in answer(evidence)]
    order = {name: i for i, name in enumerate(dict.fromkeys(row.statistic for row in rows))}
    rows.sort(key=lambda row: (order[row.statistic], row.target or "", row.region or ""))
    columns = zip(*rows, strict=True) if rows else ((),) * len(COLUMNS)
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=_NUMBERS.get(name, "object"))
            for name, values in zip(COLUMNS, columns, strict=True)
        }
    )
