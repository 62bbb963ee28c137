"""Twelve classifiers of photographs: weak and strong, each with a cue in its training pictures that lies to a degree.

What every model is shown, how it is trained, and what it really does with the cue, which is counted on photographs that
neither the model nor its audit has seen.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

import auditor

sys.path.append(str(Path(__file__).parents[1] / "validity"))  # its photographs, planted cues and networks

import photos
from exhibits import Exhibit
from networks import MEAN, STD, Recipe, answer, make_network, train
from planting import AZURE, ORANGE, Cue, Planted, compare_answers, plant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from decoys import Bytes, Ints
    from torch import nn

    Row = dict[str, Any]

FOLDERS: Final = ("cifar",)
CLASSES: Final = ("automobile", "truck")
PIXELS: Final = 32
CUE: Final = Cue("square", (5, 5), (ORANGE, AZURE), place="edge")
"""A patch near the edge; which of its two colours it has is the attribute."""
SUBJECT: Final = (10, 10, 22, 22)
ROLES: Final = {"cue": "artefact", "control": "context", "subject": "core"}
LEVELS: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Share of the training pictures whose patch has their class's own colour: 0.5 tells nothing, 1 tells all."""
SOME: Final = (0.5, 0.9)
"""Those of a cut."""
TESTED: Final = 0.9
"""The same of the biased test set, which is all that an audit sees."""
SEES: Final = auditor.Preprocessing(resize=None, crop=PIXELS, mean=MEAN, std=STD)
SEED: Final = 5


@dataclass(frozen=True)
class Quality:
    """How many photographs a model learns from, and how often it sees each."""

    training: int
    epochs: int


@dataclass(frozen=True)
class Effort:
    """How many photographs to learn from, to audit, and to count the truth on; no photograph is in two of them."""

    weak: Quality = Quality(300, 20)
    strong: Quality = Quality(2400, 10)
    audited: int = 800
    tested: float = TESTED
    fresh: int = 800
    hiding: dict[str, Any] = field(default_factory=dict)

    def find(self, quality: str) -> Quality:
        """That of a model, by name."""
        return self.strong if quality == "strong" else self.weak


SMALL: Final = Effort(
    weak=Quality(200, 10),
    strong=Quality(1200, 6),
    audited=200,
    tested=0.75,
    fresh=200,
    hiding={"fills": ["noise", "mean"], "controls": 1},
)
"""A cut that takes seconds per model, and settles little."""


@dataclass(frozen=True)
class Member:
    """One model of the series."""

    level: float
    quality: str

    @property
    def name(self) -> str:
        """Tells neither the level nor the quality, so that no name can help to rank."""
        number = LEVELS.index(self.level) * 2 + (self.quality == "strong")
        return f"model-{'kcjafhlbgdie'[number]}"


def list_members(levels: Sequence[float] = LEVELS, qualities: Sequence[str] = ("weak", "strong")) -> list[Member]:
    """All models of a series, in the order of their names: no order can help to rank either.

    Parameters
    ----------
    levels
        Of those in `LEVELS`.
    qualities
        Of ``weak`` and ``strong``.

    Returns
    -------
    list of Member
        Each combination once.
    """
    members = [Member(level, quality) for level in levels for quality in qualities]
    return sorted(members, key=lambda member: member.name)


def check_photographs() -> None:
    """Refuse to run without the photographs."""
    missing = photos.list_missing(FOLDERS)
    if missing:
        raise SystemExit(f"no {' and no '.join(missing)} in the folder of photographs (see ../validity/README.md)")


@lru_cache(maxsize=2)
def deal(training: int, audited: int, fresh: int) -> tuple[tuple[Bytes, Ints], ...]:
    """Photographs and the numbers of their classes: to learn from, to audit, and to count the truth on."""
    files = [sorted((photos.find_data() / "cifar").glob(f"*/{name}/*.png")) for name in CLASSES]
    (learned, labels), (held, known) = photos.split(files, training=training, seed=[SEED, 0])
    cuts = (slice(0, audited), slice(audited, audited + fresh))
    parts = [(learned, labels), *((held[cut], known[cut]) for cut in cuts)]
    return tuple((photos.read_pictures(paths, PIXELS), numbers) for paths, numbers in parts)


def _deal(effort: Effort) -> tuple[tuple[Bytes, Ints], ...]:
    return deal(effort.strong.training, effort.audited, effort.fresh)


def learn(member: Member, effort: Effort) -> nn.Module:
    """Train one model.

    Parameters
    ----------
    member
        Which.
    effort
        Of the series.

    Returns
    -------
    torch.nn.Module
        In evaluation mode.
    """
    (learned, labels), quality = _deal(effort)[0], effort.find(member.quality)
    seed = [SEED, 1, round(100 * member.level), sum(map(ord, member.quality))]
    planted = plant(learned[: quality.training], labels[: quality.training], CUE, level=member.level, seed=seed)
    torch.manual_seed(seed[2])
    recipe = Recipe(epochs=quality.epochs)
    return train(make_network(), planted.draw(), planted.labels, seed=seed[2], recipe=recipe)


def make_test(effort: Effort) -> Planted:
    """The biased test set: the same pictures for every model."""
    return plant(*_deal(effort)[1], CUE, level=effort.tested, seed=[SEED, 2])


def make_exhibit(planted: Planted) -> Exhibit:
    """Pictures, labels, the colour of the patch, and where patch, an empty area and the middle lie."""
    boxes = {name: planted.boxes[name].tolist() for name in ("cue", "control")}
    boxes["subject"] = np.tile(SUBJECT, (len(planted.labels), 1)).tolist()
    return Exhibit(planted.draw(), planted.labels, CLASSES, facts={"colour": planted.shows}, roles=ROLES, boxes=boxes)


def find_truth(network: nn.Module, effort: Effort) -> Row:
    """What a model really does with the cue: answers to the same photographs with one thing changed.

    Parameters
    ----------
    network
        The model.
    effort
        Of the series.

    Returns
    -------
    dict
        On fresh photographs, whose patches tell nothing: the share of right answers; and the shares of answers that
        change when the patch has its other colour, lies elsewhere, or is taken away; and the *pull*, how much more
        often the answer is the second class with the second colour than with the first, which is 0 for mere
        disturbance.
    """
    fresh = plant(*_deal(effort)[2], CUE, level=0.5, seed=[SEED, 3])
    before, swapped = answer(network, fresh.draw()), answer(network, fresh.swap().draw())
    moved = replace(fresh, boxes={"cue": fresh.boxes["control"], "control": fresh.boxes["cue"]})
    changed = {
        "recoloured": swapped,
        "moved": answer(network, moved.draw()),
        "removed": answer(network, fresh.photographs),
    }
    shares = {name: float((answers != before).mean()) for name, answers in changed.items()}
    told = {"balanced": float((before == fresh.labels).mean()), **shares}
    return told | compare_answers(fresh, before, changed=swapped)[0]
