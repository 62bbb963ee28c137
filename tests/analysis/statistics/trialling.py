"""Images with trials, made without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditor.analysis.statistics.base import Evidence, Settings
from auditor.records import READ
from auditor.trials import INTERVENTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.geometry import FloatArray

CLASSES = ("doctor", "nurse")


def pack(logits: FloatArray) -> list[bytes]:
    """Logits as the tables hold them."""
    return [row.tobytes() for row in logits.astype("<f4")]


def make_read(
    before: FloatArray,
    *,
    labels: Sequence[str],
    gender: Sequence[str],
    groups: Sequence[str] | None = None,
    classes: Sequence[str] = CLASSES,
) -> pd.DataFrame:
    """An images table, every image read."""
    names = [f"{i:06d}.jpg" for i in range(len(before))]
    predicted = np.asarray(classes)[before.argmax(axis=1)]
    facts: dict[str, Any] = {"image_id": names, "status": READ, "label": list(labels), "predicted": predicted}
    facts |= {"gender": list(gender), "group_id": list(groups or names), "logits": pack(before)}
    return pd.DataFrame(facts).astype({"group_id": object})


def make_trials(
    images: pd.DataFrame,
    after: FloatArray,
    *,
    at: Sequence[int],
    region: str = "face",
    fill: str = "noise",
    place: int = 0,
    classes: Sequence[str] = CLASSES,
    **donor: str | None,
) -> pd.DataFrame:
    """One trial per image at the positions given, in the columns of the table."""
    rows = images.iloc[list(at)]
    before = np.stack([np.frombuffer(part, dtype="<f4") for part in rows["logits"]]).astype(float)
    after = after.astype("<f4").astype(float)
    answered = before.argmax(axis=1)
    index = np.arange(len(rows))

    def margin(logits: FloatArray) -> FloatArray:
        others = logits.copy()
        others[index, answered] = -np.inf
        return logits[index, answered] - others.max(axis=1)

    facts: dict[str, Any] = {"image_id": rows["image_id"].to_numpy(), "region": region, "fill": fill, "place": place}
    facts |= {"attribute": None, "donor_group": None, "donor": None, "area": 0.1} | donor
    facts |= {"predicted_before": np.asarray(classes)[answered], "predicted": np.asarray(classes)[after.argmax(axis=1)]}
    facts |= {"margin_before": margin(before), "margin": margin(after), "logits": pack(after)}
    return pd.DataFrame(facts)[INTERVENTIONS.names]


def make_places(images: pd.DataFrame, areas: Mapping[str, FloatArray]) -> pd.DataFrame:
    """A regions table: squares in the middle, of these areas; NaN where a region is absent."""
    parts = []
    for region, area in areas.items():
        seen = np.isfinite(area)
        half = np.sqrt(area[seen]) / 2
        edges = {"x_min": 0.5 - half, "y_min": 0.5 - half, "x_max": 0.5 + half, "y_max": 0.5 + half}
        facts = {"image_id": images["image_id"][seen], "region": region, "area": area[seen], **edges}
        parts.append(pd.DataFrame(facts).assign(raster=b"", weights=b""))
    return pd.concat(parts, ignore_index=True)


def make_told(
    images: pd.DataFrame,
    trials: Sequence[pd.DataFrame],
    *,
    areas: Mapping[str, FloatArray] | None = None,
    **settings: Any,
) -> Evidence:
    """Evidence of images and trials; every region a tenth of the frame by default."""
    areas = areas or {"face": np.full(len(images), 0.1)}
    facts: dict[str, Any] = {"classes": CLASSES, "attributes": ("gender",), "regions": tuple(areas), "draws": 400}
    facts |= {"frame": (56, 56), "grid": (7, 7), **settings}
    return Evidence(
        images=images,
        attention=pd.DataFrame({"image_id": [], "target": []}),
        regions=make_places(images, areas),
        settings=Settings(**facts),
        interventions=pd.concat(trials, ignore_index=True) if trials else pd.DataFrame(columns=INTERVENTIONS.names),
    )


def make_random(n: int = 160, *, seed: int = 0, controls: int = 2, per_cluster: int = 1, **settings: Any) -> Evidence:
    """Two regions, two fills, some images without the region or without a control, genders and labels mixed."""
    generator = np.random.default_rng(seed)
    before = generator.normal(size=(n, 2))
    images = make_read(
        before,
        labels=generator.choice(CLASSES, n).tolist(),
        gender=generator.choice(["man", "woman", ""], n, p=[0.45, 0.45, 0.1]).tolist(),
        groups=[f"person {i // per_cluster}" for i in range(n)],
    )
    trials = []
    for region in ("coat", "face"):
        at = np.flatnonzero(generator.random(n) < 0.9)
        for fill in ("mean", "noise"):
            for place in range(controls + 1):
                kept = at if place == 0 else at[generator.random(len(at)) < 0.9]
                after = before[kept] + generator.normal(size=(len(kept), 2)) * (1.0 if place == 0 else 0.6)
                trials.append(make_trials(images, after, at=kept.tolist(), region=region, fill=fill, place=place))
    areas = {region: generator.uniform(0.05, 0.3, n) for region in ("coat", "face")}
    return make_told(images, trials, areas=areas, min_clusters=5, **settings)
