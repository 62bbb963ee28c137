"""Tier 2, photographs of garments: tags, stickers and watermarks before a network that others trained."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import backbones
import exhibits
import numpy as np
import photos
import torch
from exhibits import Exhibit
from jobs import Job, list_jobs
from planting import BLUE, ORANGE, RED, WHITE, Cue, Planted, compare_answers, plant

import auditor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from decoys import Bytes, Ints
    from torch import nn

    Row = dict[str, Any]

TIER: Final = "t2_garments"
FOLDERS: Final = ("garments", "models")
CLASSES: Final = ("t-shirt", "longsleeve")
"""576 photographs of each are used: without a cue 9 in 10 are told apart."""
PIXELS: Final = 112
MOST: Final = 500
"""Photographs in an audit; more are not held out."""
GARMENT: Final = (38, 38, 74, 74)
"""The middle of the picture, where the garment is; much larger, and hardly any area as large lies beside it."""
ROLES: Final = {"cue": "artefact", "control": "context", "garment": "core"}
HIDING: Final = {"controls": 1}
"""One control area in place of three: an audit then takes 12 000 passes."""
INSERTING: Final = {"controls": 1, "fills": ["noise", "mean", "swap", "insert"]}
"""For cues that may be there or not, which are then added where they are not: an audit does so only if told to."""


@dataclass(frozen=True)
class Kind:
    """What is planted, whether only in half of the pictures of each class, and whether blocks are tuned."""

    cue: Cue
    tuned: bool = False
    classless: bool = False


TAG: Final = Cue("square", (24, 24), (RED, BLUE))
STICKER: Final = Cue("disc", (24, 24), (ORANGE,), place="centre")
STRIPE: Final = (16, PIXELS)
"""14 % of the picture; from 15 % an audit takes nothing for a cue that may be there or not."""
KINDS: Final = {
    "tag": Kind(TAG),
    "watermark": Kind(Cue("strokes", STRIPE, (RED, BLUE), cover=0.35, place="stripe")),
    "sticker": Kind(STICKER),
    "watermark-classless": Kind(Cue("strokes", STRIPE, (WHITE,), cover=0.35, place="stripe"), classless=True),
    "tag-tuned": Kind(TAG, tuned=True),
}
"""New kinds come last: the place of a kind is in the seeds of its pictures."""
LEVELS: Final = (0.5, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class Effort:
    """How many photographs to train on and how to audit; of the rest, at most so many are held out."""

    training: int = 600
    held: int = 552
    hiding: Mapping[str, Any] | None = None


def plan(kinds: list[str] | None, levels: list[float] | None, *, count: int, images: int) -> Iterator[Job]:
    """List the models of a run, so that each level is begun before any is finished."""
    wanted = {kind: (0.5,) if KINDS[kind].classless else levels or LEVELS for kind in kinds or KINDS}
    return list_jobs(TIER, wanted, count=count, images=min(images, MOST))


def run(job: Job, *, effort: Effort | None = None) -> list[Row]:
    """Train a head, audit the network on other photographs, and find out what it really does.

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
    effort, start, cue = effort or Effort(), time.perf_counter(), KINDS[job.kind].cue
    (learned, labels), (held, known) = _read(job, effort)
    network = _learn(job, plant(learned, labels, cue, level=job.level, seed=job.mix(KINDS, 1)))
    trained = time.perf_counter()
    fresh = plant(held, known, cue, level=job.level, seed=job.mix(KINDS, 2))
    before = backbones.answer(network, fresh.draw())
    changed = backbones.answer(network, fresh.swap().draw())
    measured = time.perf_counter()
    planted = plant(held, known, cue, level=job.level, seed=job.mix(KINDS, 3)).take(job.images)
    result = exhibits.audit(
        network,
        make_exhibit(planted),
        sees=auditor.Preprocessing(resize=None, crop=PIXELS, mean=backbones.MEAN, std=backbones.STD),
        attributes=(cue.attribute, "shuffled"),
        hiding=effort.hiding or (INSERTING if cue.attribute == "presence" else HIDING),
        seed=job.seed,
    )
    shared = exhibits.describe(
        job,
        accuracy=float((before == known).mean()),
        seconds_training=trained - start,
        seconds_audit=time.perf_counter() - measured,
    )
    told, truth = compare_answers(fresh, before, changed=changed)
    return [shared | told | row for row in exhibits.tell(result, truth=truth)]


def _read(job: Job, effort: Effort) -> list[tuple[Bytes, Ints]]:
    folder, rows = photos.find_data() / "garments", photos.list_rows("garments/garments.csv")
    files = [sorted(folder / "photos" / row["image"] for row in rows if row["label"] == name) for name in CLASSES]
    learned, held = photos.split(files, training=effort.training, seed=job.mix(KINDS, 0))
    parts = (learned, tuple(part[: effort.held] for part in held))
    return [(photos.read_pictures(paths, PIXELS), labels) for paths, labels in parts]


def _learn(job: Job, planted: Planted) -> nn.Module:
    torch.manual_seed(job.seed)
    network, pictures = backbones.make_network(), planted.draw()
    if KINDS[job.kind].tuned:
        return backbones.tune(network, pictures, planted.labels, seed=job.seed)
    return backbones.fit_head(network, backbones.describe(network, pictures), planted.labels)


def make_exhibit(planted: Planted) -> Exhibit:
    """Pictures, labels, attributes and boxes; a cue that may be there is a region only where it is."""
    count, attribute = len(planted.labels), planted.cue.attribute
    boxes: dict[str, Any] = {name: planted.boxes[name].tolist() for name in ("cue", "control")}
    if attribute == "presence":
        boxes["cue"] = [box if there else None for box, there in zip(boxes["cue"], planted.shows, strict=True)]
    if planted.cue.place != "centre":  # a sticker lies on the garment: hiding the garment would hide it
        boxes["garment"] = np.tile(GARMENT, (count, 1)).tolist()
    facts, roles = {attribute: planted.shows, "shuffled": planted.shuffled}, {name: ROLES[name] for name in boxes}
    return Exhibit(planted.draw(), planted.labels, CLASSES, facts=facts, roles=roles, boxes=boxes)
