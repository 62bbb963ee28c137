"""Tier 1: drawn decoys. A network is trained on pictures in which a tag gives the class away to a known degree."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import exhibits
import torch
from decoys import CLASSES, PIXELS, TAGS, Layout, Scenes, draw, find_boxes, sample_scenes
from exhibits import Exhibit
from networks import MEAN, STD, Recipe, answer, make_network, train

import auditor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from decoys import Ints
    from torch import nn

    from auditor.result import AuditResult

    Row = dict[str, Any]

ROLES: Final = {"cue": "artefact", "distractor": "artefact", "control": "context", "shape": "core"}
ATTRIBUTES: Final = {"colour": "cue", "other": "distractor", "shuffled": None}
"""By name: the tag whose colour it is."""


@dataclass(frozen=True)
class Effort:
    """How many pictures to train on, on how many fresh ones to count what a swap changes, and how to audit."""

    training: int = 1500
    fresh: int = 2000
    recipe: Recipe = field(default_factory=Recipe)
    attributes: tuple[str, ...] = tuple(ATTRIBUTES)
    regions: tuple[str, ...] = tuple(ROLES)
    hiding: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of decoy: how its tags lie, what its network is like, and whether training pictures have tags."""

    layout: Layout = field(default_factory=Layout)
    wide: bool = False
    peak: bool = False
    tagged: bool = True


KINDS: Final = {
    "base": Kind(),
    "wide": Kind(wide=True),
    "small": Kind(Layout(side=4)),
    "test-only": Kind(tagged=False),
    "size": Kind(Layout(sizes=(5, 11)), tagged=False),
    "large": Kind(Layout(side=7, strips=True)),
    "fixed": Kind(Layout(fixed=True)),
    "redundant": Kind(Layout(twin=True), peak=True),
}
"""New kinds come last: the place of a kind is in the seeds of its pictures."""
LEVELS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
NULLS: Final = ("test-only", "size")
"""Kinds whose networks never saw a tag: they come at one level only."""


@dataclass(frozen=True, order=True)
class Job:
    """One model to train and audit."""

    kind: str
    level: float
    seed: int
    images: int

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"t1-{self.kind}-{round(100 * self.level):03d}-{self.seed:03d}-{self.images}"


def plan(kinds: list[str] | None, levels: list[float] | None, *, count: int, images: int) -> Iterator[Job]:
    """List the models of a run, so that each level is begun before any is finished."""
    for seed in range(count):
        for kind in kinds or KINDS:
            for level in (0.5,) if kind in NULLS else levels or LEVELS:
                yield Job(kind, level, seed, images)


def run(job: Job, *, effort: Effort | None = None) -> list[Row]:
    """Train a model, audit it, and find out what it really does.

    Parameters
    ----------
    job
        Which.
    effort
        By default that of a full run.

    Returns
    -------
    list of dict
        One row per region and attribute that the audit spoke of.
    """
    effort, start = effort or Effort(), time.perf_counter()
    network = _learn(job, effort)
    trained = time.perf_counter()
    fresh = _sample(job, "fresh", effort.fresh)
    known = answer(network, draw(fresh))
    flips = {tag: _count(network, fresh.swap(tag), known) for tag in fresh.shows}
    measured = time.perf_counter()
    result = _audit(network, _sample(job, "audited", job.images), effort=effort, seed=job.seed)
    done = time.perf_counter()
    shared: Row = {
        "tier": "t1",
        "model": job.name,
        "kind": job.kind,
        "level": job.level,
        "seed": job.seed,
        "images": job.images,
        "accuracy": float((known == fresh.labels).mean()),
        "seconds_training": trained - start,
        "seconds_audit": done - measured,
    }
    if fresh.twins:
        shared |= _count_twins(network, fresh, known)
    return [shared | row for row in exhibits.tell(result, truth=_know(flips, twins=fresh.twins))]


def _count(network: nn.Module, scenes: Scenes, known: Ints) -> float:
    """Share of answers that are not what they were."""
    return float((answer(network, draw(scenes)) != known).mean())


def _count_twins(network: nn.Module, scenes: Scenes, known: Ints) -> Row:
    """What one of two tags that say the same does alone, and what both do."""
    both, none = scenes, scenes
    for tag in TAGS:
        both, none = both.swap(tag), none.without(tag)
    return {
        "flips_both": _count(network, both, known),
        "flips_without": _count(network, scenes.without("cue"), known),
        "flips_without_both": _count(network, none, known),
    }


def _know(flips: Mapping[str, float], *, twins: bool) -> dict[tuple[str, str], float]:
    """The truth by region and attribute; where there are two cues, each tag shows the attribute of the other."""
    truth = {(tag, ""): share for tag, share in flips.items()}
    for name, own in ATTRIBUTES.items():
        truth |= {(tag, name): flips[tag] for tag in flips if own and (twins or tag == own)}
    return truth


def _learn(job: Job, effort: Effort) -> nn.Module:
    kind, scenes = KINDS[job.kind], _sample(job, "training", effort.training)
    torch.manual_seed(job.seed)
    network = make_network(wide=kind.wide, peak=kind.peak)
    pictures = draw(scenes if kind.tagged else scenes.untagged())
    return train(network, pictures, scenes.labels, seed=job.seed, recipe=effort.recipe)


def _sample(job: Job, part: str, count: int) -> Scenes:
    """Scenes of one part of a job; no two parts share a stream of random numbers."""
    kind = KINDS[job.kind]
    parts = ("training", "fresh", "audited")
    seed = (1, list(KINDS).index(job.kind), round(100 * job.level), job.seed, parts.index(part))
    return sample_scenes(count, alignment=job.level, seed=seed, layout=kind.layout)


def _audit(network: nn.Module, scenes: Scenes, *, effort: Effort, seed: int) -> AuditResult:
    sees = auditor.Preprocessing(resize=None, crop=PIXELS, mean=MEAN, std=STD)
    exhibit = make_exhibit(scenes, effort.regions)
    return exhibits.audit(network, exhibit, sees=sees, attributes=effort.attributes, hiding=effort.hiding, seed=seed)


def make_exhibit(scenes: Scenes, regions: Sequence[str] = tuple(ROLES)) -> Exhibit:
    """Pictures, labels, attributes and boxes of scenes."""
    boxes = [find_boxes(scenes, k) for k in range(len(scenes.labels))]
    return Exhibit(
        draw(scenes),
        scenes.labels,
        CLASSES,
        facts={name: scenes.shows[tag] if tag else scenes.shuffled for name, tag in ATTRIBUTES.items()},
        roles={region: ROLES[region] for region in regions},
        boxes={region: [found[region] for found in boxes] for region in regions},
    )
