"""Two models on the same images, made without a model: what each loses when a region is hidden is planted."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from auditor.analysis.paired import PairedEvidence
from auditor.records import measure_column, pack_grid
from tests.analysis.asking import move
from tests.analysis.statistics.trialling import CLASSES, make_read, make_told, make_trials

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray

ROLES = {"face": "protected", "hair": "protected", "tag": "artefact", "coat": "core"}
FILLS = ("mean", "noise")


class Lean(NamedTuple):
    """How one model leans on a region.

    `push` is lost by women and gained by men when it is hidden, in standard deviations of the margin; `drop` is lost by
    the answer itself, whoever is seen; `spread` differs from image to image. `leak` is lost by women and gained by men
    when a control is hidden, as where controls lie on what the model uses.
    """

    push: float = 0.0
    drop: float = 0.0
    spread: float = 0.3
    leak: float = 0.0


class Scene(NamedTuple):
    """People that models are shown."""

    labels: list[str]
    gender: list[str]
    groups: list[str]
    ids: list[str]


def make_scene(n: int = 200, *, per_cluster: int = 1) -> Scene:
    """Doctors and nurses, men and women, in equal numbers; images of one person are alike in both."""
    kinds = np.arange(n) // per_cluster % 4
    labels = np.array(CLASSES)[kinds % 2]
    gender = np.array(["man", "woman"])[kinds // 2]
    groups = [f"person {i // per_cluster}" for i in range(n)]
    return Scene(labels.tolist(), gender.tolist(), groups, [f"{i:06d}.jpg" for i in range(n)])


def make_model(
    scene: Scene,
    leans: Mapping[str, Lean],
    *,
    seed: int,
    skill: float = 1.0,
    scale: float = 1.0,
    logits: FloatArray | None = None,
    fills: Sequence[str] = FILLS,
    controls: int = 2,
    tried: Sequence[int] | None = None,
    noise: float = 0.2,
    **settings: Any,
) -> Evidence:
    """One model's audit: logits from its skill, and trials from how it leans."""
    generator, n = np.random.default_rng(seed), len(scene.labels)
    toward = np.array(scene.labels)[:, None] == np.array(CLASSES)
    before = scale * (generator.normal(size=(n, 2)) + skill * toward) if logits is None else logits
    margin = before[:, 1] - before[:, 0]
    sd, side = margin.std(), np.where(np.array(scene.gender) == "woman", 1.0, -1.0)
    answered = np.where(margin > 0, 1.0, -1.0)
    images = make_read(before, labels=scene.labels, gender=scene.gender, groups=scene.groups)
    score = 1 / (1 + np.exp(-np.abs(margin)))
    images = images.assign(path=images["image_id"], sha256=[f"{i:064d}" for i in range(n)], score=score)
    at = list(range(n)) if tried is None else list(tried)
    trials = []
    for region, lean in leans.items():
        own = generator.normal(scale=lean.spread, size=n)
        for fill in fills:
            for place in range(controls + 1):
                lost = generator.normal(scale=noise, size=n)
                region_lost = side * lean.push + answered * lean.drop + own
                lost += side * lean.leak if place > 0 else region_lost
                after = move(before, sd * lost)
                trials.append(make_trials(images, after[at], at=at, region=region, fill=fill, place=place))
    facts = {"draws": 400, "roles": ROLES, "min_clusters": 20, **settings}
    areas = {region: np.full(n, 0.1) for region in leans}
    told = make_told(images, trials, areas=areas, **facts)
    return replace(told, attention=make_maps(images, list(leans), generator))


def make_maps(images: pd.DataFrame, regions: Sequence[str], generator: np.random.Generator) -> pd.DataFrame:
    """An attention table of random maps with random shares on the regions."""
    n = len(images)
    parts = []
    for target in ("label", "predicted"):
        maps = generator.random((n, 7, 7))
        facts: dict[str, Any] = {"image_id": images["image_id"], "target": target, "target_class": images[target]}
        facts |= {"cam": [pack_grid(one / one.max(), "float16") for one in maps], "grid_height": 7, "grid_width": 7}
        facts |= {"cam_max": maps.max(axis=(1, 2)), "cam_sum": maps.sum(axis=(1, 2))}
        facts |= {measure_column("mass", region): generator.uniform(0, 0.5, n) for region in regions}
        parts.append(pd.DataFrame(facts))
    return pd.concat(parts, ignore_index=True)


def make_pair(
    baseline: Mapping[str, Lean], candidate: Mapping[str, Lean], *, n: int = 200, seed: int = 0, **facts: Any
) -> PairedEvidence:
    """Two models of the same skill on the same people."""
    scene = make_scene(n, per_cluster=facts.pop("per_cluster", 1))
    first, second = (
        make_model(scene, leans, seed=2 * seed + i, **facts) for i, leans in enumerate((baseline, candidate))
    )
    return PairedEvidence(baseline=first, candidate=second)


def document(*findings: Any, checks: Sequence[Any] = ()) -> Any:
    """What `compare_cues` reads of an audit."""
    return SimpleNamespace(findings=list(findings), protocol=SimpleNamespace(checks=list(checks)))


def finding(fingerprint: str, level: str, use: str) -> Any:
    """A finding as far as a fate asks for it."""
    region, attribute, *_ = fingerprint.split(":")
    rungs = [SimpleNamespace(name="uses", answer=use)]
    return SimpleNamespace(
        fingerprint=fingerprint, region=region, attribute=attribute or None, level=level, rungs=rungs
    )


def check(name: str, region: str | None, *, passed: bool, withholds: str | None = None) -> Any:
    """A check of an audit's instruments."""
    return SimpleNamespace(name=name, region=region, passed=passed, withholds=withholds, consequence="not said")


BALANCED = document(checks=[check("overlap and balance", region, passed=True) for region in ROLES])
"""An audit that found nothing, of regions that are alike in all groups."""
