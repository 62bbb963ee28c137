"""Tier 0: models in closed form. The tables that an audit would leave are drawn from a law whose effects are known.

The margin of an image is a linear read-out: so much for the label, so much for what each of two regions shows, and
noise. What ``cue`` shows is the attribute and something of its own, what ``quiet`` shows is only that. Hiding a region
takes away its part, and some noise; hiding any other area takes away noise; swapping a region brings the donor's part.
The aligned shift of the cue is then known exactly, and that of the quiet region is 0.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from closed import CONTROLS, hide, place, swap, tabulate_images
from reading import FILLS, count_alarms, read_findings

from auditor.analysis.estimates import estimate
from auditor.analysis.protocol import follow_protocol
from auditor.analysis.statistics.base import Evidence, Settings
from auditor.trials import INTERVENTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Row = dict[str, Any]

CLASSES: Final = ("no", "yes")
REGIONS: Final = {"cue": 0.2, "quiet": 0.6}
"""By name: where its left edge lies."""
SIGNAL = 1.0
"""Of the label in the margin, and of the noise; the attribute's part is set so that the shift is the level."""


@dataclass(frozen=True)
class Kind:
    """How noise falls: its law, how alike two fills are, images per person, and how often attribute and label agree."""

    tails: int | None = None
    alike: float = 0.9
    persons: int = 1
    alignment: float = 0.5
    noise: float = 0.3


KINDS: Final = {
    "plain": Kind(),
    "aligned": Kind(alignment=0.85),
    "heavy": Kind(tails=3),
    "persons": Kind(persons=4),
}
LEVELS: Final = (0.0, 0.05, 0.1, 0.15, 0.3)


@dataclass(frozen=True, order=True)
class Job:
    """One model to audit; the level is its exact aligned shift."""

    kind: str
    level: float
    seed: int
    images: int

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"t0-{self.kind}-{round(100 * self.level):03d}-{self.seed:03d}-{self.images}"


def plan(kinds: list[str] | None, levels: list[float] | None, *, count: int, images: int) -> Iterator[Job]:
    """List the models of a run, so that each level is begun before any is finished."""
    for seed in range(count):
        for kind in kinds or KINDS:
            for level in levels or LEVELS:
                yield Job(kind, level, seed, images)


def run(job: Job) -> list[Row]:
    """Draw a model's tables, and see what the audit makes of them.

    Parameters
    ----------
    job
        Which.

    Returns
    -------
    list of dict
        One row per region and attribute that the audit spoke of; ``theta`` is the exact shift.
    """
    start = time.perf_counter()
    evidence = make_evidence(job)
    estimates = estimate(evidence)
    findings, protocol = follow_protocol(evidence, estimates)
    if protocol is None:
        raise RuntimeError(f"{job.name}: nothing was hidden")
    shared: Row = {
        "tier": "t0",
        "model": job.name,
        "kind": job.kind,
        "level": job.level,
        "seed": job.seed,
        "images": job.images,
        "seconds_audit": time.perf_counter() - start,
        **count_alarms(protocol),
    }
    exact = {("cue", "colour"): job.level}
    rows = list(read_findings(findings, estimates, truth={}))
    return [shared | row | {"theta": exact.get((row["region"], row["attribute"]), 0.0)} for row in rows]


def set_weight(theta: float, *, alignment: float) -> float:
    """The attribute's weight in the margin that makes the aligned shift of the cue this large.

    Parameters
    ----------
    theta
        In [0, 1).
    alignment
        Share of each class whose attribute has the class's own value.

    Returns
    -------
    float
        The root of w / SD(margin) = theta, where the variance is that of label, attribute and noise together.

    Examples
    --------
    >>> round(set_weight(0.6, alignment=0.5), 6)
    1.06066
    """
    shared = 2 * alignment - 1
    a, b, c = 1 - theta**2, -2 * theta**2 * SIGNAL * shared, -(theta**2) * (SIGNAL**2 + SIGNAL**2)
    return (-b + math.sqrt(b**2 - 4 * a * c)) / (2 * a)


def make_evidence(job: Job) -> Evidence:
    """Draw the tables of one model."""
    kind = KINDS[job.kind]
    random = np.random.default_rng([0, list(KINDS).index(job.kind), round(1000 * job.level), job.seed])
    persons = np.arange(job.images) // kind.persons
    labels = random.permutation(np.arange(persons[-1] + 1) % 2)
    colour = np.where(random.random(len(labels)) < kind.alignment, labels, 1 - labels)
    shuffled = random.permutation(colour)[persons]
    labels, colour = labels[persons], colour[persons]
    own = {region: kind.noise * random.standard_normal(job.images) for region in REGIONS}
    rest = math.sqrt(SIGNAL**2 - len(REGIONS) * kind.noise**2) * random.standard_normal(job.images)
    own["cue"] += set_weight(job.level, alignment=kind.alignment) * (2 * colour - 1)
    before = spread(SIGNAL * (2 * labels - 1) + sum(own.values()) + rest)
    facts = {"colour": np.take(["a", "b"], colour), "shuffled": np.take(["a", "b"], shuffled)}
    groups = [f"person {number}" for number in persons]
    images = tabulate_images(before, labels, classes=CLASSES, facts=facts, groups=groups)
    lost = {region: draw_noise(kind, persons, random) for region in REGIONS}
    for region, part in own.items():
        lost[region][:, 0] += part
    trials = [hide(images, before, region=name, lost=spread(lost[name]), classes=CLASSES) for name in REGIONS]
    looked = Evidence(
        images=images,
        attention=pd.DataFrame({"image_id": [], "target": [], "cam": [], "cam_max": []}),  # nothing was looked at
        regions=place(images, REGIONS),
        settings=make_settings(job),
    )
    trials += [swap(looked, before, region=region, own=spread(own[region])) for region in REGIONS]
    return replace(looked, interventions=pd.concat(trials, ignore_index=True)[INTERVENTIONS.names])


def spread(margins: Floats) -> Floats:
    """Logits of two classes, in a last axis more, with these margins of the second over the first."""
    return margins[..., None] / 2 * np.array([-1.0, 1.0])


def draw_noise(kind: Kind, persons: NDArray[np.int64], random: np.random.Generator) -> Floats:
    """What hiding an area does by chance, (fills, places, images): alike in both fills and within a person."""
    shape = (len(FILLS) + 1, CONTROLS + 1, len(persons))
    drawn = random.standard_normal(shape) if kind.tails is None else random.standard_t(kind.tails, shape) / math.sqrt(3)
    if kind.persons > 1:
        shared = random.standard_normal(shape)[..., persons]
        drawn = (drawn + shared) / math.sqrt(2)
    together, apart = math.sqrt(kind.alike), math.sqrt(1 - kind.alike)
    noise: Floats = kind.noise * (together * drawn[-1:] + apart * drawn[:-1])
    return noise


def make_settings(job: Job) -> Settings:
    """Those of an audit of such a model."""
    return Settings(
        classes=CLASSES,
        attributes=("colour", "shuffled"),
        regions=tuple(REGIONS),
        roles=dict.fromkeys(REGIONS, "artefact"),
        frame=(48, 48),
        grid=(6, 6),
        seed=job.seed,
    )
