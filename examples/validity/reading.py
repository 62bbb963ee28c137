"""What an audit said of each region and attribute, and what its rivals say of the same model: one row each."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from auditor.documents.ladder import Finding, Protocol
    from auditor.result import AuditResult

    Row = dict[str, Any]

MATERIAL, IMMATERIAL = 0.05, 0.03
"""From this share of answers a counterfactual swap is material, and below this one it is not."""
FILLS: Final = ("noise", "mean")
CONTROLS: Final = {
    "sham regions": "sham",
    "permuted attributes": "permuted",
    "permuted properties": "permuted_properties",
    "turned changes": "turned_changes",
}
"""Columns of the audits' own negative controls."""
SPLITS: Final = ("label", "predicted", "attribute", "subgroup", "outcome")


def name_band(truth: float | None) -> str:
    """Where a share of answers lies: material, grey or immaterial; unknown where it was not measured."""
    if truth is None:
        return "unknown"
    if truth >= MATERIAL:
        return "material"
    return "immaterial" if truth < IMMATERIAL else "grey"


def read_findings(
    findings: Iterable[Finding], estimates: pd.DataFrame, *, truth: Mapping[tuple[str, str], float]
) -> Iterator[Row]:
    """One row per finding.

    Parameters
    ----------
    findings
        Of the audit.
    estimates
        Of the audit.
    truth
        By region and attribute: the share of answers that change if the attribute is swapped there, and there alone.
        What is not named has nothing of the attribute in the region: 0.

    Yields
    ------
    dict
        Plain values by column.
    """
    for finding in findings:
        attribute = finding.attribute or ""
        # Findings on the whole picture bear a name in brackets: no swap of a tag says what they should be.
        true = None if finding.region.startswith("(") else truth.get((finding.region, attribute), 0.0)
        uses = next(rung for rung in finding.rungs if rung.name == "uses")
        yield {
            "region": finding.region,
            "attribute": attribute,
            "truth": true,
            "band": name_band(true),
            "answer": uses.answer,
            "finding": finding.level,
            "p": finding.p_value,
            "q": finding.q_value,
            "by": finding.by_value,
            **_read_shifts(estimates, finding.region, attribute),
            **_read_attention(estimates, finding.region),
        }


def _read_shifts(estimates: pd.DataFrame, region: str, attribute: str) -> Row:
    """Aligned shifts pooled over labels, fill by fill, and the swap against a swap."""
    ours = estimates[(estimates["region"] == region) & (estimates["attribute"] == attribute)]
    row: Row = {}
    pooled = ours[ours["label"].isna()]
    for fill in FILLS:
        found = pooled[(pooled["statistic"] == "aligned_shift") & (pooled["fill"] == fill)]
        row |= _read(found, fill, columns=("estimate", "ci_low", "ci_high", "p_value", "n"))
    for name in ("cross_swap_excess", "cross_swap_shift"):
        found = pooled[(pooled["statistic"] == name) & pooled["outcome"].isna()]
        row |= _read(found, name, columns=("estimate", "ci_low", "ci_high", "p_value"))
    return row


def _read_attention(estimates: pd.DataFrame, region: str) -> Row:
    """Attention to a region on all images, on the map of the predicted class."""
    whole = estimates[estimates[list(SPLITS)].isna().all(axis=1)]
    ours = whole[(whole["region"] == region) & (whole["target"] == "predicted")]
    row: Row = {}
    for name in ("enrichment", "mass", "area", "attention_iou"):
        row |= _read(ours[ours["statistic"] == name], name, columns=("estimate", "ci_low"))
    return row


def _read(found: pd.DataFrame, name: str, *, columns: tuple[str, ...]) -> Row:
    """One row of the estimates, its columns behind the name; None where there is none."""
    short = {"estimate": "", "ci_low": "_low", "ci_high": "_high", "p_value": "_p", "n": "_n"}
    first = found.iloc[0] if len(found) else {}
    return {f"{name}{short[column]}": _number(first.get(column)) for column in columns}


def _number(value: object) -> float | None:
    number = math.nan if value is None else float(value)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None


def read_alone(estimates: pd.DataFrame, region: str) -> Row:
    """What hiding or adding a region does whatever the attribute, and what swapping it does if it is background-like.

    Parameters
    ----------
    estimates
        Of the audit.
    region
        Its name.

    Returns
    -------
    dict
        ``flips_FILL``, ``insertion_excess``, ``insertion_shift`` and ``background_gap`` with limits; None where there
        is none.
    """
    whole = estimates[(estimates["region"] == region) & estimates[["label", "attribute", "outcome"]].isna().all(axis=1)]
    columns, row = ("estimate", "ci_low", "ci_high", "p_value", "n"), {}
    for fill in FILLS:
        found = whole[(whole["statistic"] == "flip_excess") & (whole["fill"] == fill)]
        row |= _read(found, f"flips_{fill}", columns=columns)
    for name in ("insertion_excess", "insertion_shift", "background_gap"):
        row |= _read(whole[whole["statistic"] == name], name, columns=columns)
    return row


def compare_rivals(result: AuditResult, row: Row, *, gaps: Mapping[str, float]) -> Row:
    """What rivals that have no column in the audit's own tables say of one cell.

    Parameters
    ----------
    result
        Of the audit.
    row
        The cell, with ``region`` and ``attribute``.
    gaps
        By attribute, from `compare_accuracy`.

    Returns
    -------
    dict
        ``gap_p``, and the shift of the region alone; empty without an attribute.
    """
    if not row["attribute"]:
        return {}
    place = {"region": row["region"], "attribute": row["attribute"]}
    alone: Row = {"gap_p": gaps[row["attribute"]]}
    for fill in FILLS:
        alone |= shift_alone(result.images, result.interventions, **place, fill=fill)
    return alone


def count_alarms(protocol: Protocol) -> Row:
    """The audit's own negative controls."""
    row: Row = {}
    for alarms in protocol.false_alarms:
        name = CONTROLS[alarms.kind]
        row |= {f"{name}_flagged": alarms.flagged, f"{name}_tried": alarms.tried}
    return row


def compare_accuracy(images: pd.DataFrame, attribute: str) -> float:
    """Fisher's exact test of accuracy against an attribute in each class; the smallest p, times the classes.

    Parameters
    ----------
    images
        Table of the audit.
    attribute
        With two values.

    Returns
    -------
    float
        In [0, 1].
    """
    tests = []
    for _, part in images.groupby("label"):
        right = part["label"] == part["predicted"]
        table = pd.crosstab(part[attribute], right)
        tests.append(float(fisher_exact(table)[1]) if table.shape == (2, 2) else 1.0)
    return min(1.0, min(tests) * len(tests))


def shift_alone(images: pd.DataFrame, trials: pd.DataFrame, *, region: str, attribute: str, fill: str) -> Row:
    """The aligned shift of the region itself, with nothing taken off for its controls.

    Parameters
    ----------
    images, trials
        Tables of the audit, with two classes.
    region, attribute, fill
        Which.

    Returns
    -------
    dict
        ``alone_FILL`` in standard deviations of the margin, with normal limits that ignore clusters.
    """
    margins = images.set_index("image_id")["logits"].map(_margin)
    chosen = trials[(trials["region"] == region) & (trials["fill"] == fill) & (trials["place"] == 0)]
    chosen = chosen[chosen["donor"].isna()].set_index("image_id")
    lost = margins.loc[chosen.index] - chosen["logits"].map(_margin)
    facts = images.set_index("image_id").loc[chosen.index]
    names = sorted(facts[attribute].unique())
    parts, weights = [], []
    for _, inside in facts.groupby("label"):
        sides = [lost[inside.index[inside[attribute] == name]].to_numpy() for name in names[:2]]
        if len(sides) < 2 or min(map(len, sides)) < 20:
            continue
        apart = sides[1].mean() - sides[0].mean()
        parts.append((apart, sum(side.var(ddof=1) / len(side) for side in sides)))
        weights.append(1 / sum(1 / len(side) for side in sides))
    if not parts:
        return {f"alone_{fill}": None, f"alone_{fill}_low": None, f"alone_{fill}_high": None}
    share = np.array(weights) / np.sum(weights)
    apart, variance = np.array(parts).T
    spread = 2 * float(margins.std(ddof=0))
    estimate, error = float(share @ apart) / spread, math.sqrt(float(share**2 @ variance)) / spread
    low, high = estimate - 1.96 * error, estimate + 1.96 * error
    return {f"alone_{fill}": estimate, f"alone_{fill}_low": low, f"alone_{fill}_high": high}


def _margin(logits: bytes) -> float:
    first, second = np.frombuffer(logits, dtype="<f4").astype(float)
    return float(second - first)
