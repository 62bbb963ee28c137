"""Photographs of people: gender as the class and as the attribute, and nothing planted but a tint dealt by chance.

What is true is not known here, but for two things: a tint that was dealt out by chance can be changed in one region
alone, and an attribute that was dealt out by chance shows nowhere.
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import backbones
import exhibits
import numpy as np
import photos
import torch
from decoys import deal_within
from exhibits import Exhibit
from jobs import Job, list_jobs
from reading import read_alone

import auditor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from decoys import Bytes, Ints
    from numpy.typing import NDArray
    from torch import nn

    from auditor.result import AuditResult

    Row = dict[str, Any]
    Masks = NDArray[np.bool_]

TIER: Final = "people"
FOLDERS: Final = ("people", "models")
PIXELS: Final = 112
NEAR: Final = 0.25
"""Share of the picture from which a person is near."""
TINTS: Final = ((1.12, 1.0, 0.88), (0.88, 1.0, 1.12))
"""What red, green and blue are multiplied by: warm and cool."""
KINDS: Final = {
    "gender": (("female", "male"), ("shuffled",)),
    "near": (("far", "near"), ("gender", "shuffled")),
    "tinted": (("female", "male"), ("tinge", "shuffled")),
}
"""By name: classes, and attributes that are asked for. New kinds come last."""
TRAINING, HELD, MOST = 850, 850, 800
"""Photographs to learn from, those held out at most, and in an audit."""
HIDING: Final = {"controls": 1}
UNKNOWN: Final = (("person", ""), ("background", ""), ("person", "gender"), ("background", "gender"))
"""Regions and attributes of which nobody knows what is true."""


def plan(kinds: list[str] | None, levels: list[float] | None, *, count: int, images: int) -> Iterator[Job]:
    """List the models of a run; nothing agrees with the class by degrees, so that there is one level."""
    del levels
    return list_jobs(TIER, dict.fromkeys(kinds or KINDS, (0.5,)), count=count, images=min(images, MOST))


def run(job: Job, *, training: int = TRAINING, held: int = HELD) -> list[Row]:
    """Train a head, audit the network on other photographs, and find out what can be known of it.

    Parameters
    ----------
    job
        Which.
    training
        Photographs to learn from.
    held
        Photographs held out, at most.

    Returns
    -------
    list of dict
        One row per region and attribute that the audit spoke of, and one of the background, which it swaps alone.
    """
    start, random = time.perf_counter(), np.random.default_rng(job.mix(KINDS, 0))
    learned, rest = _deal(job, random, training=training)
    rest = rest[:held]
    network = backbones.make_network()
    seen = torch.cat([_describe(str(row["image"]), row["tinge"]) for row in learned])
    backbones.fit_head(network, seen, np.array([row["label"] for row in learned]))
    trained = time.perf_counter()
    truth, told = _measure(network, rest, job)
    measured = time.perf_counter()
    result = _audit(network, rest[: job.images], job)
    shared = exhibits.describe(
        job,
        **told,
        images=min(job.images, len(rest)),
        positive=_read_positive(result),
        seconds_training=trained - start,
        seconds_audit=time.perf_counter() - measured,
    )
    rows = exhibits.tell(result, truth=truth)
    if not any(row["region"] == "background" and not row["attribute"] for row in rows):
        beside = {"region": "background", "attribute": "", "answer": "not asked", "band": "unknown"}
        rows.append(beside | read_alone(result.estimates, "background"))
    return [shared | row for row in rows]


@lru_cache(maxsize=1)
def _list() -> list[Row]:
    """People whose mask is not empty."""
    rows = photos.list_rows("people/people.csv")
    kept = [row for row in rows if float(row["person_area"]) > 0]
    return [
        {"image": row["image"], "gender": int(row["gender"] == "male"), "near": int(float(row["person_area"]) > NEAR)}
        for row in kept
    ]


def _deal(job: Job, random: np.random.Generator, *, training: int) -> tuple[list[Row], list[Row]]:
    """Photographs to learn from and held out, with the label and a tint dealt out by chance, if there are tints."""
    people = _list()
    labels = np.array([row["near" if job.kind == "near" else "gender"] for row in people])
    tints = random.integers(0, 2, len(people)) if job.kind == "tinted" else [None] * len(people)
    classes = [random.permutation(np.flatnonzero(labels == label)) for label in (0, 1)]
    each = min(map(len, classes))
    parts = []
    for cut in (slice(0, training // 2), slice(training // 2, each)):
        chosen = random.permutation(np.concatenate([members[cut] for members in classes]))
        parts.append([people[i] | {"label": int(labels[i]), "tinge": tints[i]} for i in chosen])
    return parts[0], parts[1]


def _read(row: Row) -> Bytes:
    return photos.read_pictures([photos.find_data() / "people" / "photos" / row["image"]], PIXELS)[0]


def _read_mask(row: Row) -> Masks:
    name = str(row["image"]).rpartition(".")[0]
    return photos.read_masks([photos.find_data() / "people" / "masks" / "person" / f"{name}.png"], PIXELS)[0]


@lru_cache(maxsize=4000)
def _describe(image: str, tint: int | None) -> torch.Tensor:
    """Features of one photograph: the same for every model, as the network in front of the head is frozen."""
    picture = tint_picture(_read({"image": image}), tint)
    return backbones.describe(_frozen(), picture[None])


@lru_cache(maxsize=1)
def _frozen() -> nn.Module:
    return backbones.make_network()


def tint_picture(picture: Bytes, tint: int | None, *, where: Masks | None = None, other: int | None = None) -> Bytes:
    """A picture in a tint, and perhaps in another one in a part of it.

    Parameters
    ----------
    picture
        (h, w, 3).
    tint
        Number of `TINTS`; None leaves it as it is.
    where, other
        The part, and its tint.

    Returns
    -------
    ndarray
        As the picture.
    """
    if tint is None:
        return picture
    factors = np.broadcast_to(TINTS[tint], picture.shape)
    if where is not None and other is not None:
        factors = np.where(where[..., None], TINTS[other], factors)
    return np.clip(np.rint(picture * factors), 0, 255).astype(np.uint8)


def _measure(network: nn.Module, held: list[Row], job: Job) -> tuple[dict[tuple[str, str], float | None], Row]:
    """The truth, where there is one: what changes if one region alone has the other tint."""
    known = np.array([row["label"] for row in held])
    with torch.inference_mode():
        seen = torch.cat([_describe(str(row["image"]), row["tinge"]) for row in held])
        before: Ints = network.classifier(seen).argmax(dim=1).numpy()
    truth: dict[tuple[str, str], float | None] = dict.fromkeys(UNKNOWN)
    if job.kind == "tinted":
        for region in ("person", "background"):
            answers = backbones.answer(network, np.stack([_retint(row, region) for row in held]))
            truth[region, "tinge"] = float((answers != before).mean())
    return truth, {"accuracy": float((before == known).mean())}


def _retint(row: Row, region: str) -> Bytes:
    where = _read_mask(row) if region == "person" else ~_read_mask(row)
    return tint_picture(_read(row), row["tinge"], where=where, other=1 - row["tinge"])


def _audit(network: nn.Module, held: list[Row], job: Job) -> AuditResult:
    classes, attributes = KINDS[job.kind]
    labels, persons = np.array([row["label"] for row in held]), np.stack([_read_mask(row) for row in held])
    random = np.random.default_rng(job.mix(KINDS, 1))
    facts = {name: np.array([row[name] for row in held]) for name in attributes if name != "shuffled"}
    facts["shuffled"] = deal_within(random.permutation(len(held)) % 2, labels, random)
    exhibit = Exhibit(
        np.stack([tint_picture(_read(row), row["tinge"]) for row in held]),
        labels,
        classes,
        facts=facts,
        # Of a core region it is not asked whether it is used: where no attribute shows, that is the question.
        roles={"person": "" if job.kind == "gender" else "core", "background": "context"},
        masks={"person": persons, "background": ~persons},
    )
    sees = auditor.Preprocessing(resize=None, crop=PIXELS, mean=backbones.MEAN, std=backbones.STD)
    return exhibits.audit(network, exhibit, sees=sees, attributes=attributes, hiding=HIDING, seed=job.seed)


def _read_positive(result: AuditResult) -> bool | None:
    """Whether the positive control held: None where no core region was declared, or none could be tried."""
    protocol = result.document.protocol
    checks = [] if protocol is None else protocol.checks
    return next((check.passed for check in checks if check.name == "positive control"), None)
