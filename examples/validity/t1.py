"""Tier 1: drawn decoys. A network is trained on pictures in which a tag gives the class away to a known degree."""

from __future__ import annotations

import csv
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch
from decoys import CLASSES, PIXELS, Scenes, draw, find_boxes, sample_scenes
from networks import MEAN, STD, Recipe, answer, make_network, train
from PIL import Image
from reading import FILLS, compare_accuracy, count_alarms, read_findings, shift_alone

import auditor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

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
    """A kind of decoy: how large its cue is, how far its network sees, and whether training pictures have tags."""

    side: int = 9
    wide: bool = False
    tagged: bool = True
    sizes: tuple[int, int] | None = None


KINDS: Final = {
    "base": Kind(),
    "wide": Kind(wide=True),
    "small": Kind(side=4),
    "test-only": Kind(tagged=False),
    "size": Kind(tagged=False, sizes=(5, 11)),
}
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
    flips = {tag: float((answer(network, draw(fresh.swap(tag))) != known).mean()) for tag in fresh.shows}
    measured = time.perf_counter()
    result = _audit(network, _sample(job, "audited", job.images), effort=effort, seed=job.seed)
    done = time.perf_counter()
    truth = {(tag, name): flips[tag] for name, tag in ATTRIBUTES.items() if tag}
    truth |= {(tag, ""): flips[tag] for tag in flips}
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
        **count_alarms(result.document.protocol),
    }
    gaps = {name: compare_accuracy(result.images, name) for name in effort.attributes}
    rows = read_findings(result.document.findings, result.estimates, truth=truth)
    return [shared | row | _compare(result, row, gaps) for row in rows]


def _compare(result: AuditResult, row: Row, gaps: dict[str, float]) -> Row:
    """What rivals say of the same cell."""
    if not row["attribute"]:
        return {}
    place = {"region": row["region"], "attribute": row["attribute"]}
    alone: Row = {"gap_p": gaps[row["attribute"]]}
    for fill in FILLS:
        alone |= shift_alone(result.images, result.interventions, **place, fill=fill)
    return alone


def _learn(job: Job, effort: Effort) -> nn.Module:
    kind, scenes = KINDS[job.kind], _sample(job, "training", effort.training)
    torch.manual_seed(job.seed)
    network = make_network(wide=kind.wide)
    pictures = draw(scenes if kind.tagged else scenes.untagged())
    return train(network, pictures, scenes.labels, seed=job.seed, recipe=effort.recipe)


def _sample(job: Job, part: str, count: int) -> Scenes:
    """Scenes of one part of a job; no two parts share a stream of random numbers."""
    kind = KINDS[job.kind]
    parts = ("training", "fresh", "audited")
    seed = (1, list(KINDS).index(job.kind), round(100 * job.level), job.seed, parts.index(part))
    return sample_scenes(count, alignment=job.level, seed=seed, side=kind.side, sizes=kind.sizes)


def _audit(network: nn.Module, scenes: Scenes, *, effort: Effort, seed: int) -> AuditResult:
    """Audit as a user would: from pictures and tables on the disk."""
    with tempfile.TemporaryDirectory(prefix="validity-") as name:
        folder = Path(name)
        write(scenes, folder, regions=effort.regions)
        told = {"regions": folder / "regions.csv", "roles": {name: ROLES[name] for name in effort.regions}}
        dataset = auditor.AnnotatedDataset.from_csv(folder / "people.csv", images=folder / "photos", **told)
        sees = auditor.Preprocessing(resize=None, crop=PIXELS, mean=MEAN, std=STD)
        model = auditor.load_model(network, classes=list(CLASSES), preprocessing=sees)
        hiding = {"images": len(scenes.labels), **effort.hiding}
        return auditor.audit(model, dataset, attributes=effort.attributes, seed=seed, interventions=hiding)


def write(scenes: Scenes, folder: Path, *, regions: Sequence[str] = tuple(ROLES)) -> None:
    """Write pictures, labels, attributes and boxes."""
    (folder / "photos").mkdir(parents=True)
    facts, places = [], []
    values = {name: scenes.shows[tag] if tag else scenes.shuffled for name, tag in ATTRIBUTES.items()}
    for k, picture in enumerate(draw(scenes)):
        name = f"{k:05d}.png"
        Image.fromarray(picture).save(folder / "photos" / name, compress_level=1)
        facts.append([name, CLASSES[scenes.labels[k]], k, *("ab"[values[key][k]] for key in ATTRIBUTES)])
        boxes = find_boxes(scenes, k)
        places += [[name, region, *boxes[region]] for region in regions]
    _write_csv(folder / "people.csv", [["image", "label", "group_id", *ATTRIBUTES], *facts])
    _write_csv(folder / "regions.csv", [["image", "region", "x_min", "y_min", "x_max", "y_max"], *places])


def _write_csv(path: Path, rows: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
