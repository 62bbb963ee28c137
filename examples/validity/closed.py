"""Tables that an audit would leave of a model whose answers are known in closed form: no picture is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from reading import FILLS
from scipy.special import softmax

from auditor.analysis.grafting import pair_by_attribute
from auditor.records import RASTER, READ, pack_raster

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from auditor.analysis.statistics.base import Evidence

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

SIDE: Final = 0.2
CONTROLS: Final = 3


def tabulate_images(
    logits: Floats, labels: Ints, *, classes: Sequence[str], facts: Mapping[str, Any], groups: Sequence[str]
) -> pd.DataFrame:
    """The images table.

    Parameters
    ----------
    logits
        ``(n, classes)``.
    labels
        ``(n,)`` number of the class.
    classes
        Names.
    facts
        Attributes by name.
    groups
        Who is on each image.

    Returns
    -------
    DataFrame
        With the columns that statistics read.
    """
    names = [f"{i:06d}.png" for i in range(len(logits))]
    told = {"image_id": names, "path": names, "label": np.take(classes, labels), "group_id": list(groups), **facts}
    images = pd.DataFrame({**told, "status": READ, "notes": "", **_answer(logits, classes)})
    return images.assign(correct=(images["label"] == images["predicted"]).astype("boolean"))


def hide(images: pd.DataFrame, before: Floats, *, region: str, lost: Floats, classes: Sequence[str]) -> pd.DataFrame:
    """Trials of one region: itself (place 0) and its controls, in every fill.

    Parameters
    ----------
    images
        Their table.
    before
        ``(n, classes)`` logits.
    region
        Its name.
    lost
        ``(fills, places, n, classes)`` what hiding takes from the logits.
    classes
        Names.

    Returns
    -------
    DataFrame
        In the columns of the interventions table.
    """
    facts = {"attribute": None, "donor_group": None, "donor": None, "region": region}
    parts = []
    for number, fill in enumerate(FILLS):
        for place in range(CONTROLS + 1):
            told = _try(images, before, after=before - lost[number, place], classes=classes)
            parts.append(told.assign(**facts, fill=fill, place=place))
    return pd.concat(parts)


def swap(looked: Evidence, before: Floats, *, region: str, own: Floats) -> pd.DataFrame:
    """Trials of one region: that of a donor in its place, with donors as the audit pairs them.

    Parameters
    ----------
    looked
        Images and regions.
    before
        ``(n, classes)`` logits.
    region
        Its name.
    own
        ``(n, classes)`` what the region of each image adds to the logits.

    Returns
    -------
    DataFrame
        In the columns of the interventions table.
    """
    every, parts, classes = np.arange(len(before)), [], looked.settings.classes
    for attribute in looked.settings.attributes:
        for pairing in pair_by_attribute(looked, region, rows=every, attribute=attribute):
            rows, donors = pairing.rows, pairing.donors
            after = before[rows] - own[rows] + own[donors]
            told = _try(looked.images.iloc[rows], before[rows], after=after, classes=classes)
            names = looked.images["image_id"].to_numpy()[donors]
            facts = {"attribute": attribute, "donor_group": pairing.group, "donor": names}
            parts.append(told.assign(**facts, region=region, fill="swap", place=0))
    return pd.concat(parts)


def place(images: pd.DataFrame, regions: Mapping[str, float]) -> pd.DataFrame:
    """The regions table: squares beside each other.

    Parameters
    ----------
    images
        Their table.
    regions
        Where the left edge of each lies, as a share of the width.

    Returns
    -------
    DataFrame
        One row per image and region.
    """
    parts = []
    for region, left in regions.items():
        box = {"x_min": left, "y_min": 0.4, "x_max": left + SIDE, "y_max": 0.4 + SIDE}
        raster = np.zeros(RASTER)
        rows, columns = (
            slice(int(low * size), int((low + SIDE) * size)) for low, size in zip((0.4, left), RASTER, strict=True)
        )
        raster[rows, columns] = 1
        facts = {"image_id": images["image_id"], "region": region, "area": SIDE**2, **box, "weights": b""}
        parts.append(pd.DataFrame(facts).assign(raster=[pack_raster(raster)] * len(images)))
    return pd.concat(parts, ignore_index=True)


def _answer(logits: Floats, classes: Sequence[str]) -> dict[str, Any]:
    """What a model with these logits says."""
    best = logits.argmax(axis=1)
    return {
        "predicted": np.take(classes, best),
        "score": softmax(logits, axis=1).max(axis=1),
        "margin": _lead(logits, best),
        "logits": [row.tobytes() for row in logits.astype("<f4")],
    }


def _lead(logits: Floats, chosen: Ints) -> Floats:
    """Of the chosen class over the best of the others."""
    others = np.where(np.arange(logits.shape[1]) == chosen[:, None], -np.inf, logits)
    lead: Floats = logits[np.arange(len(logits)), chosen] - others.max(axis=1)
    return lead


def _try(images: pd.DataFrame, before: Floats, *, after: Floats, classes: Sequence[str]) -> pd.DataFrame:
    """What the model says of changed images."""
    chosen = before.argmax(axis=1)
    facts = {"image_id": images["image_id"], "area": SIDE**2, "predicted_before": images["predicted"]}
    told = {**facts, **_answer(after, classes), "margin_before": _lead(before, chosen), "margin": _lead(after, chosen)}
    return pd.DataFrame(told).drop(columns="score")
