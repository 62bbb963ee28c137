"""Tier 0, several classes: models in closed form that tell three or five, and attributes of two values or three.

What the region ``cue`` shows speaks for the class that goes with the attribute's value, ``quiet`` shows something of
its own, and ``loud`` speaks against the second class whoever it shows. In the kinds called *elsewhere* the attribute
speaks for or against the second class as well, by something that no region holds. The margin of a class against the
best of several others then bends: hiding ``loud`` shifts groups apart that it shows nothing of.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from closed import CONTROLS, hide, place, swap, tabulate_images
from jobs import Job, list_jobs
from reading import FILLS, count_alarms, read_findings

from auditor.analysis.estimates import estimate
from auditor.analysis.protocol import follow_protocol
from auditor.analysis.statistics.base import Evidence, Settings
from auditor.trials import INTERVENTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Row = dict[str, Any]

TIER: Final = "t0_classes"
REGIONS: Final = {"cue": 0.1, "quiet": 0.4, "loud": 0.7}
"""By name: where its left edge lies."""
SIGNAL, NOISE, OWN, SHOCK = 2.5, 0.7, 0.3, 3.0
"""In logits: of the label, of chance, of what a region shows of its own, and of ``loud`` against the second class."""
FRESH: Final = 50_000
"""Images on which the truth is counted."""


@dataclass(frozen=True)
class Kind:
    """How many classes, how many values of the attribute, and what it does elsewhere, in logits."""

    classes: int
    sides: int
    elsewhere: float = 0.0


KINDS: Final = {
    "three": Kind(3, 2),
    "three-elsewhere": Kind(3, 2, elsewhere=1.5),
    "five": Kind(5, 3),
    "five-elsewhere": Kind(5, 3, elsewhere=1.5),
}
LEVELS: Final = (0.0, 0.3, 0.6, 1.2)
"""What the cue adds to the logit of the class that goes with it."""


@dataclass(frozen=True)
class Drawn:
    """Images as numbers: labels, values of the attribute, what regions add to the logits, and all else."""

    labels: Ints
    shows: Ints
    own: dict[str, Floats]
    rest: Floats

    @property
    def logits(self) -> Floats:
        """``(n, classes)``."""
        total: Floats = self.rest + sum(self.own.values())
        return total


def plan(kinds: list[str] | None, levels: list[float] | None, *, count: int, images: int) -> Iterator[Job]:
    """List the models of a run, so that each level is begun before any is finished."""
    return list_jobs(TIER, dict.fromkeys(kinds or KINDS, levels or LEVELS), count=count, images=images)


def run(job: Job) -> list[Row]:
    """Draw a model's tables, and see what the audit makes of them.

    Parameters
    ----------
    job
        Which.

    Returns
    -------
    list of dict
        One row per region and attribute that the audit spoke of.
    """
    start = time.perf_counter()
    evidence = make_evidence(job)
    estimates = estimate(evidence)
    findings, protocol = follow_protocol(evidence, estimates)
    if protocol is None:
        raise RuntimeError(f"{job.name}: nothing was hidden")
    shared: Row = {
        "tier": TIER,
        "model": job.name,
        "kind": job.kind,
        "level": job.level,
        "seed": job.seed,
        "images": job.images,
        "accuracy": float(evidence.correct.mean()),
        "seconds_audit": time.perf_counter() - start,
        **count_alarms(protocol),
    }
    truth = {("cue", "colour"): find_truth(job)}
    return [shared | row for row in read_findings(findings, estimates, truth=truth)]


def draw(job: Job, count: int, *, part: int) -> Drawn:
    """Draw images.

    Parameters
    ----------
    job
        Kind and level of the model.
    count
        How many.
    part
        Which of the model's sets of images: they share none.

    Returns
    -------
    Drawn
        Labels and values are independent.
    """
    kind = KINDS[job.kind]
    random = np.random.default_rng([part, list(KINDS).index(job.kind), round(1000 * job.level), job.seed])
    labels, shows = random.permutation(np.arange(count) % kind.classes), random.integers(kind.sides, size=count)
    shape = (count, kind.classes)
    own = {region: OWN * random.standard_normal(shape) for region in REGIONS}
    own["cue"] += job.level * (shows[:, None] == np.arange(kind.classes))
    own["loud"][:, 1] -= SHOCK
    rest = SIGNAL * (labels[:, None] == np.arange(kind.classes)) + NOISE * random.standard_normal(shape)
    rest[:, 1] += SHOCK + np.where(shows == 1, kind.elsewhere, -kind.elsewhere)
    return Drawn(labels, shows, own, rest)


def find_truth(job: Job) -> float:
    """Share of answers that change if the cue shows another value, each as likely, and nothing else changes.

    Parameters
    ----------
    job
        Kind and level of the model.

    Returns
    -------
    float
        In [0, 1], counted on fresh images.
    """
    kind, drawn = KINDS[job.kind], draw(job, FRESH, part=1)
    other = (drawn.shows + 1 + np.arange(FRESH) % (kind.sides - 1)) % kind.sides
    names = np.arange(kind.classes)
    moved = (other[:, None] == names).astype(np.float64) - (drawn.shows[:, None] == names)
    return float((drawn.logits.argmax(axis=1) != (drawn.logits + job.level * moved).argmax(axis=1)).mean())


def make_evidence(job: Job) -> Evidence:
    """Draw the tables of one model."""
    kind, drawn = KINDS[job.kind], draw(job, job.images, part=0)
    random = np.random.default_rng([2, job.seed])
    classes = tuple(f"class {k + 1}" for k in range(kind.classes))
    shuffled = drawn.shows.copy()
    for label in range(kind.classes):
        shuffled[drawn.labels == label] = random.permutation(shuffled[drawn.labels == label])
    facts = {name: np.take(["a", "b", "c"], shows) for name, shows in (("colour", drawn.shows), ("shuffled", shuffled))}
    groups = [f"person {number}" for number in range(job.images)]
    images = tabulate_images(drawn.logits, drawn.labels, classes=classes, facts=facts, groups=groups)
    trials = []
    for region, own in drawn.own.items():
        lost = _draw_noise(random, drawn.logits.shape)
        lost[:, 0] += own
        trials.append(hide(images, drawn.logits, region=region, lost=lost, classes=classes))
    looked = Evidence(
        images=images,
        attention=pd.DataFrame({"image_id": [], "target": [], "cam": [], "cam_max": []}),  # nothing was looked at
        regions=place(images, REGIONS),
        settings=Settings(
            classes=classes,
            attributes=("colour", "shuffled"),
            regions=tuple(REGIONS),
            roles=dict.fromkeys(REGIONS, "artefact"),
            frame=(48, 48),
            grid=(6, 6),
            seed=job.seed,
        ),
    )
    trials += [swap(looked, drawn.logits, region=region, own=own) for region, own in drawn.own.items()]
    return replace(looked, interventions=pd.concat(trials, ignore_index=True)[INTERVENTIONS.names])


def _draw_noise(random: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """What hiding an area does by chance, (fills, places, images, classes): nearly alike in both fills."""
    drawn = random.standard_normal((len(FILLS) + 1, CONTROLS + 1, *shape))
    noise: Floats = OWN * (0.95 * drawn[-1:] + 0.3 * drawn[:-1])
    return noise
