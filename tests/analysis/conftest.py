"""Tables as an audit leaves them, made without a model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.statistics.base import Evidence, Settings
from auditor.geometry import coverage, frame_weights, project_boxes
from auditor.records import RASTER, READ, TARGETS, measure_column, pack_grid, pack_raster

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.geometry import FloatArray

FRAME, GRID = (56, 56), (7, 7)
CLASSES = ("doctor", "nurse")


def make_images(rows: Sequence[Mapping[str, Any]], attributes: Sequence[str] = ("gender",)) -> pd.DataFrame:
    """An images table: each row needs label and predicted; the rest has defaults."""
    full = []
    for i, row in enumerate(rows):
        name = str(row.get("image_id", f"{i:05d}.jpg"))
        base = {"image_id": name, "path": name, "sha256": "0" * 64, "width": 64, "height": 64, "score": 0.9}
        base |= {"margin": 1.0, "group_id": name, "notes": "", "status": READ, **dict.fromkeys(attributes, "")}
        full.append(base | dict(row) | {"correct": row["label"] == row["predicted"]})
    table = pd.DataFrame(full)
    return table.assign(correct=table["correct"].astype("boolean"))


def make_attention(
    images: pd.DataFrame, *, maps: FloatArray, boxes: Mapping[str, FloatArray], targets: Sequence[str] = TARGETS
) -> pd.DataFrame:
    """An attention table: the same map for every target, measures in closed form from boxes in shares (NaN: absent)."""
    over_frame = frame_weights(FRAME, maps.shape[1:])
    peak = maps.max(axis=(1, 2))
    total = (maps * over_frame).sum(axis=(1, 2))
    safe = np.where(peak > 0, peak, 1)
    columns: dict[str, Any] = {
        "cam": [pack_grid(m / p, "float16") for m, p in zip(maps, safe, strict=True)],
        "grid_height": maps.shape[1],
        "grid_width": maps.shape[2],
        "cam_max": peak,
        "cam_sum": maps.sum(axis=(1, 2)),
    }
    for region, box in boxes.items():
        pixels = np.nan_to_num(box * np.tile(FRAME[::-1], 2))
        weights = project_boxes(pixels, frame=FRAME, grid=maps.shape[1:])
        mass = np.divide((maps * weights).sum(axis=(1, 2)), total, out=np.full(len(maps), np.nan), where=total > 0)
        mass[np.isnan(box).any(axis=1)] = np.nan
        columns[measure_column("mass", region)] = mass
        columns[measure_column("pointing", region)] = np.where(np.isnan(mass), np.nan, (mass > 0.1).astype(float))
        columns[measure_column("attention_iou", region)] = mass / 2
    whose = {"label": images["label"], "predicted": images["predicted"]}
    parts = [
        pd.DataFrame({"image_id": images["image_id"], "target": target, "target_class": whose[target], **columns})
        for target in targets
    ]
    return pd.concat(parts, ignore_index=True)


def make_regions(
    images: pd.DataFrame, *, boxes: Mapping[str, FloatArray], grid: tuple[int, int] = GRID
) -> pd.DataFrame:
    """A regions table of single boxes in shares of the frame; NaN boxes get no row."""
    rows = []
    for region, every in boxes.items():
        for name, box in zip(images["image_id"], every, strict=True):
            if np.isnan(box).any():
                continue
            pixels = box * np.tile(FRAME[::-1], 2)
            rows.append(
                {
                    "image_id": name,
                    "region": region,
                    "area": float((box[2] - box[0]) * (box[3] - box[1])),
                    **dict(zip(("x_min", "y_min", "x_max", "y_max"), box.tolist(), strict=True)),
                    "weights": pack_grid(project_boxes(pixels, frame=FRAME, grid=grid)[0], "float32"),
                    "raster": pack_raster(coverage(box * np.tile(RASTER[::-1], 2), frame=RASTER)),
                }
            )
    columns = ["image_id", "region", "area", "x_min", "y_min", "x_max", "y_max", "weights", "raster"]
    return pd.DataFrame(rows, columns=columns)


def random_boxes(n: int, generator: np.random.Generator, *, side: tuple[float, float] = (0.15, 0.35)) -> FloatArray:
    """Boxes anywhere in the frame, as shares."""
    size = generator.uniform(*side, (n, 2))
    low = generator.uniform(0, 1, (n, 2)) * (1 - size)
    return np.hstack([low, low + size])


def make_evidence(
    images: pd.DataFrame,
    *,
    boxes: Mapping[str, FloatArray] | None = None,
    maps: FloatArray | None = None,
    **settings: Any,
) -> Evidence:
    """Evidence of images, boxes and maps; random maps by default."""
    boxes = boxes or {}
    if maps is None:
        maps = np.random.default_rng(1).random((len(images), *GRID))
    facts: dict[str, Any] = {"classes": CLASSES, "attributes": ("gender",), "regions": tuple(boxes), "draws": 400}
    facts |= {"frame": FRAME, "grid": maps.shape[1:], **settings}
    return Evidence(
        images=images,
        attention=make_attention(images, maps=maps, boxes=boxes),
        regions=make_regions(images, boxes=boxes, grid=maps.shape[1:]),
        settings=Settings(**facts),
    )


def random_images(n: int, generator: np.random.Generator, *, per_cluster: int = 1) -> pd.DataFrame:
    """Doctors and nurses of two genders, predicted with errors."""
    rows = []
    for i in range(n):
        label = str(generator.choice(CLASSES))
        wrong = generator.random() < 0.2
        predicted = CLASSES[(CLASSES.index(label) + wrong) % 2]
        gender = str(generator.choice(["man", "woman"]))
        score = float(generator.uniform(0.5, 1))
        group = f"person {i // per_cluster}"
        rows.append({"label": label, "predicted": predicted, "gender": gender, "score": score, "group_id": group})
    return make_images(rows)


def make_sample(n: int = 120, *, per_cluster: int = 1, seed: int = 0, **settings: Any) -> Evidence:
    """Small random evidence with two regions; the face is absent from every seventh image."""
    generator = np.random.default_rng(seed)
    images = random_images(n, generator, per_cluster=per_cluster)
    boxes = {"coat": random_boxes(n, generator), "face": random_boxes(n, generator)}
    boxes["face"][::7] = np.nan
    maps = generator.random((n, *GRID))
    maps[::11] = 0
    return make_evidence(images, boxes=boxes, maps=maps, **settings)


@pytest.fixture(scope="session")
def build() -> SimpleNamespace:
    """The makers of this file, by name."""
    return SimpleNamespace(
        images=make_images,
        evidence=make_evidence,
        random_images=random_images,
        random_boxes=random_boxes,
        sample=make_sample,
    )
