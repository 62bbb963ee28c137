"""Tier 2, small photographs: cats and dogs with a coloured patch near the edge that gives the class away by degrees."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import exhibits
import numpy as np
import photos
import torch
from exhibits import Exhibit
from jobs import Job, list_jobs
from networks import MEAN, STD, Recipe, answer, make_network, train
from planting import AZURE, ORANGE, Cue, Planted, compare_answers, plant

import auditor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from decoys import Bytes, Ints

    Row = dict[str, Any]

TIER: Final = "t2_cifar"
FOLDERS: Final = ("cifar",)
CLASSES: Final = ("cat", "dog")
PIXELS: Final = 32
CUE: Final = Cue("square", (5, 5), (ORANGE, AZURE), place="edge")
SUBJECT: Final = (10, 10, 22, 22)
"""The middle of the picture, where the animal is; any larger, and no area as large lies beside it."""
ROLES: Final = {"cue": "artefact", "control": "context", "subject": "core"}
KINDS: Final = {"cifar-local": False, "cifar-wide": True}
"""By name: whether each cell of the map sees the whole picture. New kinds come last."""
LEVELS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True)
class Effort:
    """How many photographs to train on, how to train and audit; of the rest, at most so many are held out."""

    training: int = 2400
    held: int = 1600
    recipe: Recipe = field(default_factory=Recipe)
    hiding: Mapping[str, Any] = field(default_factory=dict)


def plan(kinds: list[str] | None, levels: list[float] | None, *, count: int, images: int) -> Iterator[Job]:
    """List the models of a run, so that each level is begun before any is finished."""
    return list_jobs(TIER, dict.fromkeys(kinds or KINDS, levels or LEVELS), count=count, images=images)


def run(job: Job, *, effort: Effort | None = None) -> list[Row]:
    """Train a model, audit it on other photographs, and find out what it really does.

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
    (learned, labels), (held, known) = _read(job, effort)
    torch.manual_seed(job.seed)
    shown = plant(learned, labels, CUE, level=job.level, seed=job.mix(KINDS, 1)).draw()
    network = train(make_network(wide=KINDS[job.kind]), shown, labels, seed=job.seed, recipe=effort.recipe)
    trained = time.perf_counter()
    fresh = plant(held, known, CUE, level=job.level, seed=job.mix(KINDS, 2))
    before = answer(network, fresh.draw())
    told, truth = compare_answers(fresh, before, changed=answer(network, fresh.swap().draw()))
    measured = time.perf_counter()
    planted = plant(held, known, CUE, level=job.level, seed=job.mix(KINDS, 3)).take(job.images)
    result = exhibits.audit(
        network,
        make_exhibit(planted),
        sees=auditor.Preprocessing(resize=None, crop=PIXELS, mean=MEAN, std=STD),
        attributes=("colour", "shuffled"),
        hiding=effort.hiding,
        seed=job.seed,
    )
    shared = exhibits.describe(
        job,
        **told,
        accuracy=float((before == known).mean()),
        seconds_training=trained - start,
        seconds_audit=time.perf_counter() - measured,
    )
    return [shared | row for row in exhibits.tell(result, truth=truth)]


def _read(job: Job, effort: Effort) -> list[tuple[Bytes, Ints]]:
    files = [sorted((photos.find_data() / "cifar").glob(f"*/{name}/*.png")) for name in CLASSES]
    learned, held = photos.split(files, training=effort.training, seed=job.mix(KINDS, 0))
    parts = (learned, tuple(part[: effort.held] for part in held))
    return [(photos.read_pictures(paths, PIXELS), labels) for paths, labels in parts]


def make_exhibit(planted: Planted) -> Exhibit:
    """Pictures, labels, attributes and boxes."""
    boxes = {name: planted.boxes[name].tolist() for name in ("cue", "control")}
    boxes["subject"] = np.tile(SUBJECT, (len(planted.labels), 1)).tolist()
    facts = {"colour": planted.shows, "shuffled": planted.shuffled}
    return Exhibit(planted.draw(), planted.labels, CLASSES, facts=facts, roles=ROLES, boxes=boxes)
