"""Tables as an audit leaves them, drawn from a law instead of made with a model: any number of images in seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditor.analysis.compilation import gather
from auditor.analysis.design import plan_trials
from auditor.analysis.perturbations import plan_perturbations
from auditor.analysis.sampling import choose_probes, sample_images
from auditor.geometry import frame_weights, project_boxes
from auditor.properties import is_global
from auditor.records import RASTER, READ, TARGETS, measure_column
from auditor.trials import DELETION_KINDS, HEADS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.geometry import FloatArray
    from auditor.trials import Trial

CLASSES = ("doctor", "nurse")
ATTRIBUTES = {"gender": ("man", "woman"), "age": ("old", "young")}
REGIONS = {"face": 0.18, "hair": 0.25, "coat": 0.4, "background": 0.85}
"""Mean side of each region's box as a share of the frame: the last is background-like."""
ROLES = {"face": "protected", "hair": "protected", "coat": "core", "background": "context"}
PUSHES = {"face": 0.25, "hair": 0.05, "coat": 0.0}
"""Margin that women lose and men gain when the region is hidden, in its standard deviation."""
SPREAD = 2.0
"""Of the margin, in logits."""
FRAME, GRID = (224, 224), (7, 7)
FILLS, CONTROLS, HIDDEN = ("noise", "mean", "swap"), 3, 1000
PERTURBED, DELETED, RANDOMISED, CASCADE = 300, 200, 64, 6
AT_ONCE = 8192


def draw_run(n: int, *, attributes: int, seed: int = 0) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Header and tables of an audit of n images, with interventions and checks as the default plan has them."""
    generator = np.random.default_rng(seed)
    names = tuple(ATTRIBUTES)[:attributes]
    images = _draw_images(n, generator)
    boxes = {region: _draw_boxes(n, side, generator) for region, side in REGIONS.items()}
    boxes["hair"][generator.random(n) < 0.1] = np.nan
    tables = {
        "images": images.drop(columns=[name for name in ATTRIBUTES if name not in names]),
        "attention": _draw_attention(images, boxes, generator),
        "regions": pd.concat([_list_boxes(images, name, own) for name, own in boxes.items()], ignore_index=True),
    }
    header = _header(names)
    evidence = gather(header, tables)
    trials = plan_trials(evidence, fills=FILLS, controls=CONTROLS, images=HIDDEN)
    sample = sample_images(evidence, images=PERTURBED)
    trials += plan_perturbations(evidence, evidence.read["image_id"].iloc[sample].tolist())
    tables["interventions"] = _answer(images, trials, generator)
    tables["deletions"] = _delete(choose_probes(evidence, images=DELETED), generator)
    tables["randomised"] = _randomise(choose_probes(evidence, images=RANDOMISED), generator)
    return header, tables


def _header(names: Sequence[str]) -> dict[str, Any]:
    model = {"source": "drawn", "classes": list(CLASSES), "weights_file": None, "weights_sha256": "0" * 64}
    model |= {"parameters": 1, "target_layer": "layer4", "target_layer_origin": "named in the plan", "grid": GRID}
    model |= {"frame": FRAME, "preprocessing": {}, "preprocessing_origin": "none"}
    data = {"annotations": "drawn", "manifest_sha256": "0" * 64, "exif": "kept", "clusters_origin": "one image each"}
    data |= {"attributes": list(names), "regions": list(REGIONS), "roles": ROLES, "faults": [], "n_faults": 0}
    tool = {"name": "auditor", "version": "0", "environment": {}}
    facts = {"title": "Drawn", "created": "2025-01-01T00:00:00+00:00", "tool": tool, "plan": {}, "remarks": []}
    return facts | {"model": model, "data": data, "method": {"cam": "gradcam", "seed": 0}}


def _draw_images(n: int, generator: np.random.Generator) -> pd.DataFrame:
    label = generator.integers(0, 2, n)
    gender = np.where(generator.random(n) < 0.75, label, 1 - label)
    side = np.where(gender == 1, 1.0, -1.0)
    margin = 1.6 * (2 * label - 1) + 0.5 * side + generator.normal(size=n) * 1.2
    logits = np.column_stack([-margin / 2, margin / 2]).astype("<f4")
    predicted = logits.argmax(axis=1)
    names = [f"photos/{k:06d}.jpg" for k in range(n)]
    shown = np.where(generator.random(n) < 0.03, "", np.array(ATTRIBUTES["gender"])[gender])
    quality = np.where(generator.random(n) < 0.2, np.nan, generator.integers(60, 98, n))
    facts: dict[str, Any] = {"image_id": names, "path": names, "sha256": [f"{k:064x}" for k in range(n)]}
    facts |= {"width": 640, "height": 480, "label": np.array(CLASSES)[label]}
    facts |= {"predicted": np.array(CLASSES)[predicted], "score": 1 / (1 + np.exp(-np.abs(margin)))}
    facts |= {"margin": np.abs(margin), "correct": pd.array(predicted == label, dtype="boolean")}
    facts |= {"logits": [row.tobytes() for row in logits], "group_id": names}
    facts |= {"hash": [row.tobytes() for row in generator.integers(0, 256, (n, 32), dtype=np.uint8)]}
    facts |= {"brightness": generator.beta(5, 5, n), "contrast": generator.uniform(0.05, 0.4, n)}
    facts |= {"saturation": generator.uniform(0, 1, n), "warmth": generator.normal(scale=0.1, size=n)}
    facts |= {"tint": generator.normal(scale=0.1, size=n), "sharpness": generator.normal(size=n) + 0.2 * label}
    facts |= {"jpeg_quality": quality, "megapixels": generator.uniform(0.02, 0.5, n), "notes": "", "status": READ}
    facts |= {"gender": shown, "age": generator.choice(ATTRIBUTES["age"], n)}
    return pd.DataFrame(facts).astype({"image_id": object, "path": object, "group_id": object})


def _draw_boxes(n: int, side: float, generator: np.random.Generator) -> FloatArray:
    """Boxes around the middle of the upper half, as shares of the frame."""
    size = side * generator.uniform(0.7, 1.15, (n, 2))
    centre = np.array([0.5, 0.4]) + generator.normal(scale=0.12, size=(n, 2))
    low = np.clip(centre - size / 2, 0, 1 - size)
    return np.hstack([low, low + size])


def _list_boxes(images: pd.DataFrame, region: str, boxes: FloatArray) -> pd.DataFrame:
    seen = np.isfinite(boxes).all(axis=1)
    own = boxes[seen]
    facts = dict(zip(("x_min", "y_min", "x_max", "y_max"), own.T, strict=True))
    area = (own[:, 2:] - own[:, :2]).prod(axis=1)
    weights = project_boxes(own * np.tile(FRAME[::-1], 2), frame=FRAME, grid=GRID).astype("<f4")
    columns = {"weights": [row.tobytes() for row in weights], "raster": _rasterise(own)}
    named = {"image_id": images["image_id"].to_numpy()[seen], "region": region, "area": area}
    return pd.DataFrame(named | facts | columns)


def _rasterise(boxes: FloatArray) -> list[bytes]:
    middle = (np.arange(RASTER[0]) + 0.5) / RASTER[0]
    found: list[bytes] = []
    for start in range(0, len(boxes), AT_ONCE):
        low, high = (boxes[start : start + AT_ONCE, edges, None] for edges in (slice(0, 2), slice(2, 4)))
        inside = (low <= middle) & (middle < high)
        both = inside[:, 1, :, None] & inside[:, 0, None, :]
        found += [row.tobytes() for row in np.packbits(both.reshape(len(both), -1), axis=1)]
    return found


def _draw_maps(n: int, generator: np.random.Generator) -> FloatArray:
    """Bumps around the place where regions lie, on noise; one in two hundred is empty. As float16 holds them."""
    centre = np.array([2.6, 3.0]) + generator.normal(scale=0.9, size=(n, 2))
    away = [(np.arange(GRID[axis]) - centre[:, axis, None]) ** 2 for axis in (0, 1)]
    maps = np.exp(-(away[0][:, :, None] + away[1][:, None, :]) / 4) + 0.1 * generator.random((n, *GRID))
    maps /= maps.max(axis=(1, 2), keepdims=True)
    maps[generator.random(n) < 0.005] = 0
    return maps.astype(np.float16).astype(np.float64)


def _draw_attention(images: pd.DataFrame, boxes: dict[str, FloatArray], generator: np.random.Generator) -> pd.DataFrame:
    parts = []
    for target in TARGETS:
        maps = _draw_maps(len(images), generator)
        facts = {"image_id": images["image_id"], "target": target, "target_class": images[target]} | _describe(maps)
        total = (maps * frame_weights(FRAME, GRID)).sum(axis=(1, 2))
        for region, own in boxes.items():
            weights = project_boxes(np.nan_to_num(own) * np.tile(FRAME[::-1], 2), frame=FRAME, grid=GRID)
            told = (total > 0) & np.isfinite(own).all(axis=1)
            mass = np.divide((maps * weights).sum(axis=(1, 2)), total, out=np.full(len(maps), np.nan), where=told)
            facts[measure_column("mass", region)] = mass
            facts[measure_column("pointing", region)] = np.where(told, mass > 0.2, np.nan)
            facts[measure_column("attention_iou", region)] = mass / 2
        parts.append(pd.DataFrame(facts))
    return pd.concat(parts, ignore_index=True)


def _describe(maps: FloatArray) -> dict[str, Any]:
    shape = {"grid_height": GRID[0], "grid_width": GRID[1]}
    packed = [row.tobytes() for row in maps.astype("<f2")]
    return {"cam": packed, **shape, "cam_max": maps.max(axis=(1, 2)) * 3, "cam_sum": maps.sum(axis=(1, 2)) * 3}


def _answer(images: pd.DataFrame, trials: Sequence[Trial], generator: np.random.Generator) -> pd.DataFrame:
    """What the model answers to each trial: noise, and what the region tells of gender where it is hidden."""
    known = images.set_index("image_id").loc[[trial.image_id for trial in trials]]
    before = np.frombuffer(b"".join(known["logits"]), dtype="<f4").reshape(-1, 2).astype(np.float64)
    margin = before[:, 1] - before[:, 0]
    side = np.where(known["gender"] == "woman", 1.0, -1.0)
    own = [PUSHES.get(trial.region, 0.0) * (trial.place == 0) * (trial.donor_group != "same") for trial in trials]
    lost = SPREAD * (np.array(own) * side + generator.normal(scale=0.3, size=len(trials)))
    after = (before + lost[:, None] / 2 * np.array([1.0, -1.0])).astype("<f4")
    answered = np.where(margin > 0, 1.0, -1.0)
    told = ("image_id", "region", "fill", "place", "attribute", "donor_group", "donor")
    facts: dict[str, Any] = {name: [getattr(trial, name) for trial in trials] for name in told}
    facts |= {"area": [1.0 if is_global(trial) else 0.05 for trial in trials]}
    facts |= {"predicted_before": known["predicted"].to_numpy(), "predicted": np.array(CLASSES)[after.argmax(axis=1)]}
    facts |= {"margin_before": np.abs(margin), "margin": answered * (after[:, 1] - after[:, 0])}
    return pd.DataFrame(facts | {"logits": [row.tobytes() for row in after]})


def _delete(probes: Sequence[str], generator: np.random.Generator) -> pd.DataFrame:
    parts = []
    for kind in DELETION_KINDS:
        before = np.abs(generator.normal(2, 1, len(probes)))
        lost = generator.normal(0.5 if kind == "map" else 0.2, 0.4, len(probes))
        facts = {"image_id": probes, "kind": kind, "area": 0.1, "margin_before": before, "margin": before - lost}
        parts.append(pd.DataFrame(facts))
    return pd.concat(parts, ignore_index=True)


def _randomise(probes: Sequence[str], generator: np.random.Generator) -> pd.DataFrame:
    kinds = ["model", *(f"head-{k}" for k in range(HEADS)), *(f"cascade-{k + 1}" for k in range(CASCADE))]
    parts = [{"image_id": probes, "kind": kind} | _describe(_draw_maps(len(probes), generator)) for kind in kinds]
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)
