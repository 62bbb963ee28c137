"""Two models in closed form on the same images: their effects are known exactly, their noise is independent.

The law is that of tier 0 of ../validity: the margin of an image is so much for the label, so much for what a region
shows, and noise; what `cue` shows is the attribute and something of its own, what `quiet` shows is only that.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

sys.path.append(str(Path(__file__).parents[1] / "validity"))

import t0
from closed import hide, place, tabulate_images
from null_models import Side, compare_sides

from auditor.analysis.estimates import estimate
from auditor.analysis.protocol import follow_protocol
from auditor.analysis.statistics.base import Evidence
from auditor.documents.document import Document
from auditor.trials import INTERVENTIONS

if TYPE_CHECKING:
    from auditor.documents.comparisons import CueChange

    Row = dict[str, Any]

KINDS: Final = ("plain", "heavy", "aligned")
ALIKE: Final = ((0.0, 0.0), (0.1, 0.1), (0.3, 0.3))
"""Aligned shifts of baseline and candidate that are equal: each *leans less* is false."""
UNLIKE: Final = ((0.3, 0.2), (0.1, 0.3))
"""Shifts that are not: for coverage, and how often the answer is the right one."""
MANY: Final = 400_000
"""Images of which the true shares of changed answers are counted."""


@dataclass(frozen=True)
class Pictures:
    """What both models are shown: labels and an attribute, and another one that nothing depends on."""

    labels: np.ndarray[tuple[int], np.dtype[np.int64]]
    colour: np.ndarray[tuple[int], np.dtype[np.int64]]
    shuffled: np.ndarray[tuple[int], np.dtype[np.int64]]


def sample_pictures(kind: str, count: int, random: np.random.Generator) -> Pictures:
    """Draw labels, half of each, and attributes."""
    labels = random.permutation(np.arange(count) % 2)
    colour = np.where(random.random(count) < t0.KINDS[kind].alignment, labels, 1 - labels)
    return Pictures(labels, colour, random.permutation(colour))


def draw_side(kind: str, theta: float, pictures: Pictures, *, random: np.random.Generator) -> Evidence:
    """The tables that an audit of one model would leave.

    Parameters
    ----------
    kind
        Of tier 0: how noise falls.
    theta
        The exact aligned shift of the cue with its colour.
    pictures
        What it is shown.
    random
        Of the model's own noise.

    Returns
    -------
    Evidence
        With trials of both regions in two fills, and three controls.
    """
    law, count = t0.KINDS[kind], len(pictures.labels)
    before, own = _draw_margins(kind, theta, pictures, random=random)
    names = _name(count)
    facts = {name: np.take(["a", "b"], getattr(pictures, name)) for name in ("colour", "shuffled")}
    logits, labels = t0.spread(before), pictures.labels
    images = tabulate_images(logits, labels, classes=t0.CLASSES, facts={"sha256": names, **facts}, groups=names)
    trials = []
    for region, part in own.items():
        lost = t0.draw_noise(law, np.arange(count), random)
        lost[:, 0] += part
        trials.append(hide(images, logits, region=region, lost=t0.spread(lost), classes=t0.CLASSES))
    return Evidence(
        images=images,
        attention=pd.DataFrame({"image_id": [], "target": [], "cam": [], "cam_max": []}),
        regions=_place(count),
        settings=t0.make_settings(t0.Job(kind, theta, 0, count)),
        interventions=pd.concat(trials, ignore_index=True)[INTERVENTIONS.names],
    )


def _draw_margins(
    kind: str, theta: float, pictures: Pictures, *, random: np.random.Generator
) -> tuple[t0.Floats, dict[str, t0.Floats]]:
    """Margins of the second class, and how much of each lies in each region."""
    law, count = t0.KINDS[kind], len(pictures.labels)
    own = {region: law.noise * random.standard_normal(count) for region in t0.REGIONS}
    rest = math.sqrt(t0.SIGNAL**2 - len(own) * law.noise**2) * random.standard_normal(count)
    own["cue"] += t0.set_weight(theta, alignment=law.alignment) * (2 * pictures.colour - 1)
    return t0.SIGNAL * (2 * pictures.labels - 1) + sum(own.values()) + rest, own


@lru_cache(maxsize=4)
def _place(count: int) -> pd.DataFrame:
    return place(pd.DataFrame({"image_id": _name(count)}), t0.REGIONS)


def _name(count: int) -> list[str]:
    return [f"{i:06d}.png" for i in range(count)]


@lru_cache(maxsize=32)
def count_flips(kind: str, theta: float) -> dict[str, float]:
    """By region: the true excess of changed answers over controls, counted on very many images."""
    random = np.random.default_rng([3, round(1000 * theta)])
    pictures = sample_pictures(kind, MANY, random)
    before, own = _draw_margins(kind, theta, pictures, random=random)
    lost = t0.draw_noise(t0.KINDS[kind], np.arange(MANY), random)[0]
    base = np.mean([(before > 0) != (before - noise > 0) for noise in lost[1:]])
    return {
        region: float(((before > 0) != (before - lost[0] - part > 0)).mean() - base) for region, part in own.items()
    }


@lru_cache(maxsize=32)
def find_document(kind: str, theta: float, count: int) -> Document:
    """What an audit of such a model finds, which a comparison reads as well; of one draw for each law."""
    random = np.random.default_rng([4, round(1000 * theta)])
    evidence = draw_side(kind, theta, sample_pictures(kind, count, random), random=random)
    findings, protocol = follow_protocol(evidence, estimate(evidence))
    return Document.model_construct(findings=findings, protocol=protocol)


def compare_laws(kind: str, thetas: tuple[float, float], *, count: int, seed: int) -> list[CueChange]:
    """Compare two models of known effects on the same images.

    Parameters
    ----------
    kind
        Of tier 0.
    thetas
        Aligned shifts of baseline and candidate.
    count
        Images.
    seed
        Of images and noise.

    Returns
    -------
    list of CueChange
        Both regions, alone and with each attribute.
    """
    random = np.random.default_rng([5, KINDS.index(kind), *(round(1000 * theta) for theta in thetas), seed])
    pictures = sample_pictures(kind, count, random)
    sides = [
        Side(draw_side(kind, theta, pictures, random=random), find_document(kind, theta, count)) for theta in thetas
    ]
    return compare_sides(*sides)


def know(kind: str, thetas: tuple[float, float]) -> dict[tuple[str, str], tuple[float, float]]:
    """True effects of baseline and candidate, by region and attribute."""
    flips = [count_flips(kind, theta) for theta in thetas]
    known = {(region, ""): (flips[0][region], flips[1][region]) for region in t0.REGIONS}
    known |= {(region, name): (0.0, 0.0) for region in t0.REGIONS for name in ("colour", "shuffled")}
    return known | {("cue", "colour"): thetas}
