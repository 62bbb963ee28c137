"""Models that are compared with themselves: other seeds, other halves of the images, and mixtures of two models.

Nothing differs between the two sides of any comparison here, so that each *leans less* is a false one.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import torch

import auditor
from auditor.analysis.compilation import recall
from auditor.analysis.cue_changes import compare_cues
from auditor.analysis.design import plan_trials
from auditor.analysis.matching import match
from auditor.analysis.paired.base import PairedEvidence
from auditor.evidence.experimenter import Experimenter
from auditor.trials import INTERVENTIONS

sys.path.append(str(Path(__file__).parents[1] / "validity"))  # its decoys and networks

from decoys import CLASSES, PIXELS, draw, find_boxes, sample_scenes
from exhibits import Exhibit
from networks import MEAN, STD, Recipe, make_network, train

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np

    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.comparisons import CueChange
    from auditor.documents.document import Document
    from auditor.evidence.dataset import AnnotatedDataset
    from auditor.evidence.models import LoadedModel

    Row = dict[str, Any]

ROLES: Final = {"cue": "artefact", "distractor": "artefact"}
ATTRIBUTES: Final = {"colour": "cue", "other": "distractor"}
"""By name: the tag whose colour it is."""
FILLS: Final = ("noise", "mean")
LEVELS: Final = (0.5, 0.65, 0.8, 0.9, 0.95)
"""Share of the training pictures whose cue tells the class."""
TESTED: Final = 0.75
"""The same of the audited pictures, which are those of every model."""
SEES: Final = auditor.Preprocessing(resize=None, crop=PIXELS, mean=MEAN, std=STD)


@dataclass(frozen=True)
class Effort:
    """How much to do: models, repeated audits of each, images, controls; and how to train."""

    count: int = 2  # models of each level
    repeats: int = 12
    images: int = 300
    controls: int = 3
    training: int = 600
    epochs: int = 6
    sampled: float = 0.8  # share of the images that an audit with another seed tries
    mixtures: int = 200


STEPS: Final = (1, 5)
"""Each audit of a model is set against those that come so many places after it, round in a circle."""
SMALL: Final = Effort(count=1, repeats=2, images=60, controls=1, training=150, epochs=2, mixtures=2)


def list_models(effort: Effort) -> list[tuple[float, int]]:
    """Level and seed of every model."""
    return [(level, seed) for seed in range(effort.count) for level in LEVELS]


def make_exhibit(effort: Effort) -> Exhibit:
    """The pictures that every model is audited on: drawn rings and squares with two coloured tags."""
    scenes = sample_scenes(effort.images, alignment=TESTED, seed=[7, 0])
    boxes = [find_boxes(scenes, k) for k in range(effort.images)]
    return Exhibit(
        draw(scenes),
        scenes.labels,
        CLASSES,
        facts={name: scenes.shows[tag] for name, tag in ATTRIBUTES.items()},
        roles=ROLES,
        boxes={region: [found[region] for found in boxes] for region in ROLES},
    )


def learn(level: float, seed: int, effort: Effort) -> LoadedModel:
    """Train one model."""
    scenes = sample_scenes(effort.training, alignment=level, seed=[7, 1, round(100 * level), seed])
    torch.manual_seed(seed)
    network = train(make_network(), draw(scenes), scenes.labels, seed=seed, recipe=Recipe(epochs=effort.epochs))
    return auditor.load_model(network, classes=list(CLASSES), preprocessing=SEES)


@dataclass(frozen=True)
class Side:
    """What one audit of a model left."""

    evidence: Evidence
    document: Document


def audit_again(level: float, seed: int, effort: Effort, *, out: Path) -> Iterator[Side]:
    """Audit one model whole, and then try its regions anew, each time with another seed.

    Parameters
    ----------
    level, seed
        Of the model.
    effort
        How much.
    out
        Where the whole audit is saved.

    Yields
    ------
    Side
        The whole audit; then the same with trials from other seeds: other places of the controls and other noise. The
        checks of the maps, which have no part in a comparison of cues, are those of the whole audit.
    """
    with tempfile.TemporaryDirectory(prefix="null-") as name:
        folder = Path(name)
        make_exhibit(effort).write(folder)
        dataset = auditor.AnnotatedDataset.from_csv(
            folder / "people.csv", images=folder / "photos", regions=folder / "regions.csv", roles=ROLES
        )
        model = learn(level, seed, effort)
        hiding = {"fills": list(FILLS), "controls": effort.controls, "images": effort.images}
        whole = auditor.audit(model, dataset, attributes=tuple(ATTRIBUTES), interventions=hiding)
        whole.save(out)
        side = read_side(whole)
        yield side
        for again in range(1, effort.repeats):
            trials = _try(model, dataset.select(tuple(ATTRIBUTES)), side.evidence, seed=again, effort=effort)
            settings = replace(side.evidence.settings, seed=again)
            yield replace(side, evidence=replace(side.evidence, interventions=trials, settings=settings))


def read_side(result: auditor.AuditResult) -> Side:
    """What a comparison takes from an audit."""
    names = ("images", "attention", "regions", "interventions", "deletions", "randomised")
    evidence = recall(result.document, {name: getattr(result, name) for name in names})
    trials = evidence.interventions
    return Side(replace(evidence, interventions=trials[trials["region"].isin(ROLES)]), result.document)


def _try(
    model: LoadedModel, dataset: AnnotatedDataset, evidence: Evidence, *, seed: int, effort: Effort
) -> pd.DataFrame:
    """Trials as an audit with this seed plans and does them."""
    wanted = defaultdict(list)
    plan = plan_trials(evidence, fills=FILLS, controls=effort.controls, images=effort.images, seed=seed)
    for trial in plan:
        wanted[trial.image_id].append(trial)
    before = dict(zip(evidence.read["image_id"], evidence.read["logits"], strict=True))
    worker = Experimenter(model, dataset, trials=wanted, before=before, device="cpu", seed=seed)
    rows = worker.collect(dataset.samples, progress=lambda _: None)["interventions"]
    return pa.Table.from_pylist(rows, schema=INTERVENTIONS).to_pandas()


def pair_up(sides: list[Side]) -> Iterator[tuple[Side, Side]]:
    """Audits of one model, each against two others."""
    for step in STEPS:
        for number, side in enumerate(sides):
            yield side, sides[(number + step) % len(sides)]


def compare_seeds(sides: list[Side], effort: Effort, *, random: np.random.Generator) -> Iterator[list[CueChange]]:
    """A model against itself with another seed: other controls, other noise, another sample of images tried."""
    for pair in pair_up(sides):
        yield compare_sides(*(_sample(side, effort.sampled, random) for side in pair))


def compare_halves(sides: list[Side], *, random: np.random.Generator) -> Iterator[list[CueChange]]:
    """The same, each on its own random half of the images: half of a half is shared."""
    for pair in pair_up(sides):
        yield compare_sides(*(halve(side, random) for side in pair))


def compare_mixtures(one: Side, other: Side, *, random: np.random.Generator) -> list[CueChange]:
    """Two models whose images are dealt to the two sides by the toss of a coin: neither side can lean less."""
    ids = one.evidence.read["image_id"].to_numpy()
    heads = set(ids[random.random(len(ids)) < 0.5])
    return compare_sides(mix(one, other, heads), mix(other, one, heads))


def mix(one: Side, other: Side, heads: set[str]) -> Side:
    """Answers of one model on some images, and of the other on the rest."""
    tables: dict[str, pd.DataFrame] = {}
    for name in ("images", "interventions"):
        ours, theirs = (getattr(side.evidence, name) for side in (one, other))
        tables[name] = _join(ours[ours["image_id"].isin(heads)], theirs[~theirs["image_id"].isin(heads)])
    return replace(one, evidence=replace(one.evidence, **tables))


def _join(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([first, second], ignore_index=True).sort_values("image_id", kind="stable", ignore_index=True)


def _sample(side: Side, share: float, random: np.random.Generator) -> Side:
    """Trials of a random share of the images; the images themselves stay."""
    trials, ids = side.evidence.interventions, side.evidence.read["image_id"].to_numpy()
    kept = random.choice(ids, round(share * len(ids)), replace=False)
    return replace(side, evidence=replace(side.evidence, interventions=trials[trials["image_id"].isin(kept)]))


def halve(side: Side, random: np.random.Generator) -> Side:
    """A random half of the images, in every table."""
    ids = side.evidence.read["image_id"].to_numpy()
    kept = random.choice(ids, len(ids) // 2, replace=False)
    tables: Mapping[str, pd.DataFrame] = {
        name: getattr(side.evidence, name) for name in ("images", "attention", "regions", "interventions")
    }
    cut = {name: table[table["image_id"].isin(kept)].reset_index(drop=True) for name, table in tables.items()}
    return replace(side, evidence=replace(side.evidence, **cut))


def compare_sides(baseline: Side, candidate: Side) -> list[CueChange]:
    """What `auditor.compare` says of every cue: its matching and its tests, without maps and examples.

    Parameters
    ----------
    baseline, candidate
        Two audits.

    Returns
    -------
    list of CueChange
        All cues.
    """
    matched = match({"baseline": baseline.evidence, "candidate": candidate.evidence})
    pair = PairedEvidence(baseline=matched.evidences["baseline"], candidate=matched.evidences["candidate"])
    return compare_cues(pair, baseline=baseline.document, candidate=candidate.document)
