"""Whether maps name what matters: deleting by the map against deleting as much by choices that know nothing of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.statistics.attention import bootstrap_method
from auditor.analysis.statistics.bootstrap import Ratio, ratios
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.intervals import sum_by_cluster
from auditor.analysis.statistics.signs import ENUMERATED, enumerate_signs, flip_signs
from auditor.trials import DELETION_KINDS

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.geometry import BoolArray, FloatArray

BY_MAP: Final = "map"
CONTROLS: Final = tuple(kind for kind in DELETION_KINDS if kind != BY_MAP)
FAITHFULNESS: Final = "faithfulness_"
WORDS: Final = {
    "blob": "a random smooth shape",
    "centre": "the middle of the frame",
    "edges": "the strongest edges",
}
_ROUNDING: Final = 1e-6


def measure_faithfulness(evidence: Evidence) -> list[Row]:
    """How much more of the margin is lost by deleting a tenth of the frame by the map than by each control.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Row
        ``faithfulness_blob``, ``faithfulness_centre``, ``faithfulness_edges``: in standard deviations of the margin
        over all images read, above 0 where the map names what matters more; the p-value is one-sided. Empty where
        nothing was deleted.
    """
    lost = lose_margins(evidence)
    excess = lost[:, :1] - lost[:, 1:]
    told: BoolArray = np.asarray(np.isfinite(excess).all(axis=1))
    spread = float(np.std(evidence.read["margin"].to_numpy(dtype=np.float64))) if len(evidence.read) else 0.0
    if not told.any() or not spread > 0:
        return []
    values = np.where(told[:, None], excess / spread, 0.0)
    k = len(CONTROLS)
    found = ratios(
        np.column_stack([values, told]),
        [Ratio(i, k, k) for i in range(k)],
        codes=np.where(told, 0, -1),
        clusters=evidence.clusters,
        n_cells=1,
        weights=evidence.weights,
        confidence=evidence.settings.confidence,
    )
    table = sum_by_cluster(values, codes=np.where(told, 0, -1), clusters=evidence.clusters, n_cells=1)
    p_values = one_sided_p(table.sums, generator=evidence.settings.generator("faithfulness"))
    rows: list[Row] = []
    for kind, result, p in zip(CONTROLS, found, p_values, strict=True):
        method = (
            f"margin lost by deleting the tenth of the frame that the map puts first, minus that lost by deleting "
            f"{WORDS[kind]}, over the standard deviation of the margin; {bootstrap_method(evidence)}; p-value: "
            "one-sided, signs flipped by cluster"
        )
        told_p = replace(result, p_value=np.array([p]))
        rows += tabulate(
            told_p, keys=[Key()], statistic=f"{FAITHFULNESS}{kind}", target="predicted", unit="SD", method=method
        )
    return rows


def lose_margins(evidence: Evidence) -> FloatArray:
    """Margin lost by each deletion, aligned with the images read.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    ndarray
        ``(n, 4)`` in logits, in the order of `auditor.trials.DELETION_KINDS`; NaN where nothing was deleted.
    """
    table = evidence.deletions
    lost = table["margin_before"].astype(np.float64) - table["margin"].astype(np.float64)
    wide = (
        table.assign(lost=lost)
        .drop_duplicates(["image_id", "kind"])
        .pivot_table(index="image_id", columns="kind", values="lost")
    )
    aligned = wide.reindex(index=evidence.read["image_id"], columns=list(DELETION_KINDS))
    margins: FloatArray = aligned.to_numpy(dtype=np.float64)
    return margins


def one_sided_p(sums: FloatArray, *, generator: np.random.Generator) -> FloatArray:
    """One-sided p-value of each column of paired differences that should lie above 0.

    Parameters
    ----------
    sums
        ``(m, k)`` sums of differences, one row per cluster.
    generator
        Source of the signs.

    Returns
    -------
    ndarray
        ``(k,)``: the share of arrangements of the clusters' signs whose sum reaches the one observed; of all of them
        where there are few clusters, else (1 + number) / (draws + 1).

    Examples
    --------
    >>> one_sided_p(np.array([[1.0], [2.0], [3.0]]), generator=np.random.default_rng(0))
    array([0.125])
    """
    observed = sums.sum(axis=0)
    slack = _ROUNDING * np.abs(sums).sum(axis=0)
    if len(sums) <= ENUMERATED:
        reached: FloatArray = (enumerate_signs(sums) >= observed - slack).mean(axis=0)
        return reached
    drawn = flip_signs(sums, generator=generator)
    p: FloatArray = (1 + (drawn >= observed - slack).sum(axis=0)) / (len(drawn) + 1)
    return p
