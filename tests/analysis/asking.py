"""Evidence with a planted answer: regions hidden in several ways, and tables of estimates written by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditor.analysis.estimates import COLUMNS
from auditor.analysis.statistics import STATISTICS
from auditor.records import ATTENTION
from tests.analysis.statistics.trialling import CLASSES, make_read, make_told, make_trials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray

FILLS = ("mean", "noise")


def move(before: FloatArray, lost: FloatArray) -> FloatArray:
    """Logits after the margin of the second class over the first has lost something."""
    return before + lost[:, None] / 2 * np.array([1.0, -1.0])


def make_asked(
    n: int = 300,
    *,
    pushes: Mapping[str, Mapping[str, float]] | None = None,
    spread: float = 0.3,
    controls: int = 2,
    seed: int = 0,
    per_cluster: int = 1,
    areas: Mapping[str, FloatArray] | None = None,
    drifts: Mapping[str, FloatArray] | None = None,
    leak: float = 0.0,
    sure: float = 0.8,
    fills: Sequence[str] = FILLS,
    **settings: Any,
) -> Evidence:
    """Regions hidden on doctors and nurses: by region and fill, the margin that women lose and men gain, in its SD.

    `drifts` is lost by each image whoever it shows, in every fill. Regions are all those that either names. `leak` is
    what women lose and men gain when a control is hidden, as where controls lie on what the model uses. `sure` is what
    the label adds to the logit of its class.
    """
    pushes, drifts = pushes or {}, drifts or {}
    generator = np.random.default_rng(seed)
    labels = np.tile(CLASSES, n)[:n]
    gender = np.repeat(["man", "woman"], 2)[np.arange(n) % 4]
    before = generator.normal(size=(n, 2)) + sure * (labels[:, None] == np.array(CLASSES))
    margin = (before[:, 1] - before[:, 0]).std()
    groups = [f"person {i // 4 // per_cluster * 4 + i % 4}" for i in range(n)]
    images = make_read(before, labels=labels.tolist(), gender=gender.tolist(), groups=groups)
    images = images.assign(path="photos/" + images["image_id"])
    side = np.where(gender == "woman", 1.0, -1.0)
    trials = []
    for region in dict.fromkeys([*pushes, *drifts]):
        for fill in fills:
            for place in range(controls + 1):
                lost = generator.normal(scale=spread * margin, size=n)
                if place > 0:
                    lost += side * margin * leak
                else:
                    lost += side * margin * pushes.get(region, {}).get(fill, 0.0) + drifts.get(region, np.zeros(n))
                trials.append(
                    make_trials(images, move(before, lost), at=range(n), region=region, fill=fill, place=place)
                )
    areas = areas or {region: np.full(n, 0.1) for region in dict.fromkeys([*pushes, *drifts])}
    return drawn(make_told(images, trials, areas=areas, **settings))


def drawn(evidence: Evidence) -> Evidence:
    """With an attention table that has its columns and no row."""
    return replace(evidence, attention=pd.DataFrame(columns=[*ATTENTION.names]))


def planted(by: float, *regions: str) -> dict[str, dict[str, float]]:
    """The same push in every fill."""
    return {region: dict.fromkeys(FILLS, by) for region in regions}


def answer(evidence: Evidence, *names: str) -> pd.DataFrame:
    """Estimates of some questions alone."""
    return pd.DataFrame([row for name in names for row in STATISTICS[name](evidence)], columns=list(COLUMNS))


def row(statistic: str, value: float, low: float = np.nan, high: float = np.nan, **keys: Any) -> dict[str, Any]:
    """One estimate by hand."""
    empty = dict.fromkeys(COLUMNS)
    facts = {"statistic": statistic, "estimate": value, "ci_low": low, "ci_high": high, "n": 300, "clusters": 300}
    return {**empty, **facts, "p_value": np.nan, "unit": "index", "method": "by hand", **keys}


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    """Estimates by hand."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS))


def looks(region: str, value: float, low: float, high: float) -> dict[str, Any]:
    """Enrichment of the predicted class's map."""
    return row("enrichment", value, low, high, region=region, target="predicted", unit="ratio")


def gap(label: str, value: float, low: float, high: float, attribute: str = "gender") -> dict[str, Any]:
    """Accuracy of women less that of men."""
    return row("accuracy_gap", value, low, high, label=label, attribute=attribute, subgroup="woman", unit="difference")


def gaping(label: str, value: float, low: float, high: float, attribute: str = "gender") -> list[dict[str, Any]]:
    """The same with limits for all such gaps at once, and the accuracy of the women."""
    alone = gap(label, value, low, high, attribute)
    women = {"label": label, "attribute": attribute, "subgroup": "woman", "n": 100, "clusters": 100}
    return [alone, alone | {"statistic": "simultaneous_accuracy_gap"}, row("accuracy", 0.7, 0.6, 0.8, **women)]
