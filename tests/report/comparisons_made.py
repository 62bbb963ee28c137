"""Comparisons as an analysis leaves them, made by hand from the demo's two audits: no number here is measured."""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from auditor.documents.comparisons import (
    Change,
    ComparedModel,
    Comparison,
    ComparisonVerdict,
    CueChange,
    Matching,
    Pair,
    PairExample,
    PairMap,
    Ranked,
    Side,
)
from auditor.documents.document import serialise
from auditor.documents.ladder import Estimate
from auditor.result import read_document
from tests.conftest import ROOT
from tests.report.conftest import blob

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from auditor.documents.document import Document, Example

DEMO = ROOT / "reports" / "demo"
KINDS: tuple[Any, ...] = (
    "only the baseline is right",
    "only the candidate is right",
    "both are right, for other reasons",
)
FILLS = ("noise", "mean", "swap")


@functools.cache
def demo(name: str) -> Document:
    return read_document(DEMO / name)


def draw_photos(folder: Path) -> Path:
    """Pictures under the names of the demo's examples, no two alike: its own are drawn when it is run, not kept."""
    rng = np.random.default_rng(0)
    folder.mkdir()
    for path in sorted({one.path for name in ("biased", "balanced") for one in demo(name).examples.items if one.path}):
        coarse = Image.fromarray(rng.integers(0, 256, (8, 8, 3), dtype=np.uint8))
        coarse.resize((256, 256), Image.Resampling.BICUBIC).save(folder / path)
    return folder


def estimate(statistic: str, value: float | None, half: float = 0.04, **rest: Any) -> Estimate:
    n = rest.pop("n", 400)
    fields = {"n": n, "clusters": n, "unit": "share", "method": "made by hand", "p_value": None, **rest}
    low = None if value is None else value - half
    high = None if value is None else value + half
    if fields["unit"] == "share" and value is not None:
        low, high = max(value - half, 0.0), min(value + half, 1.0)
    ci = None if low is None or high is None else (low, high)
    return Estimate(statistic=statistic, value=value, ci=ci, **fields)


def change(statistic: str, old: float | None, new: float | None, half: float = 0.04, **rest: Any) -> Change:
    unit = rest.get("unit", "share")
    apart = None if old is None or new is None else new - old
    p = None if apart is None else min(1.0, max(0.0001, 1 - abs(apart) / (2 * half)))
    moved = {**rest, "unit": "difference" if unit == "share" else unit, "p_value": p, "source": "derived"}
    return Change(
        baseline=estimate(statistic, old, half, **rest),
        candidate=estimate(statistic, new, half, **rest),
        change=estimate(statistic, apart, half * 0.8, **moved),
    )


def groups(document: Document) -> list[dict[str, Any]]:
    """All images, labels, subgroups, and both."""
    labels = list(document.data.labels)
    parts = [(one.name, value, n) for one in document.data.attributes for value, n in one.counts.items()]
    whole = [{}, *({"label": label, "n": 200} for label in labels)]
    whole += [{"attribute": name, "subgroup": value, "n": n} for name, value, n in parts]
    whole += [
        {"label": label, "attribute": name, "subgroup": value, "n": max(n // 2, 1)}
        for label in labels
        for name, value, n in parts
    ]
    return whole


def numbers(document: Document) -> list[Change]:
    """Answers, maps, and both among images that both models get right."""
    rng = np.random.default_rng(5)
    made = []
    for key in groups(document):
        old = float(rng.uniform(0.55, 0.9))
        made.append(change("accuracy", old, old + float(rng.uniform(-0.03, 0.1)), **key))
        made.append(change("overconfidence", 0.08, 0.02, unit="difference", **key))
    made.append(change("brier_score", 0.29, 0.16, 0.03, unit="index"))
    made.append(change("log_loss", 0.61, 0.42, 0.05, unit="nats"))
    made.append(
        change("worst_group_accuracy", 0.58, 0.86, 0.09, label="doctor", attribute="gender", subgroup="woman", n=100)
    )
    for place, region in enumerate(document.data.regions):
        old = 0.32 - 0.06 * place
        new = old + (0.12 if region.role == "core" else -0.1 if old > 0.12 else -0.05)
        whose: dict[str, Any] = {"target": "predicted", "region": region.name}
        made.extend(change("mass", old, new, 0.03, **whose, **key) for key in groups(document))
        made.append(change("mass", old, new, 0.03, target="predicted", region=region.name, outcome="correct", n=310))
        made.append(
            change("flip_excess", 0.05, 0.01, 0.02, unit="difference", region=region.name, fill="noise",
                   outcome="correct", n=310)
        )  # fmt: skip
    made.append(change("core_mass", 0.31, 0.52, 0.03, target="predicted", outcome="correct", n=310))
    return made


def cue(region: str, role: Any, **rest: Any) -> CueChange:
    """A cue with three ways of hiding."""
    attribute = rest.pop("attribute", None)
    unit, statistic = ("SD", "aligned_shift") if attribute else ("difference", "flip_excess")
    old, new, half = rest.pop("sides", (0.26, 0.04, 0.05))
    split = {"attribute": attribute, "subgroup": "woman"} if attribute else {}
    changes = [
        change(statistic, old * f, new * f, half, unit=unit, region=region, fill=fill, n=200, **split)
        for f, fill in zip((1.0, 0.9, 1.1), FILLS, strict=True)
    ]
    fields: dict[str, Any] = {
        "fingerprint": f"{region}:{attribute or ''}:{'woman' if attribute else ''}:",
        "region": region,
        "role": role,
        "attribute": attribute,
        "subgroup": "woman" if attribute else None,
        "counts": role in {"protected", "artefact"},
        "baseline_level": "E4",
        "candidate_level": "R",
        "fate": "disappeared",
        "leaning": "candidate leans less",
        "size": estimate(statistic, abs(new) - abs(old), half * 1.3, unit=unit, n=200),
        "p_adjusted": 0.0004,
        "changes": changes,
        "sentence": f"balanced leans less on {region} (declared {role}){f' with {attribute}' if attribute else ''}. "
        f"Hiding it (noise) shifts woman against man by {old:.2f} SD in biased and {new:.2f} SD in balanced: a change "
        f"in size of {abs(new) - abs(old):+.2f} SD [-0.34, -0.10], 200 images.",
    }
    return CueChange(**{**fields, **rest})


def cues() -> list[CueChange]:
    """The demo's cues, each with another fate."""
    told: dict[str, Any] = {"leaning": "cannot tell", "fate": "cannot tell", "p_adjusted": 0.31}
    return [
        cue("face", "protected", attribute="gender"),
        cue("hair", "protected", attribute="gender", sides=(0.17, 0.02, 0.05), baseline_level="E3"),
        cue("face", "protected", sides=(0.06, 0.02, 0.03), candidate_level="I", **told),
        cue("hair", "protected", sides=(0.02, 0.02, 0.02), baseline_level=None, candidate_level=None,
            leaning="alike", fate="unchanged", p_adjusted=0.9),
        cue("stethoscope", "core", attribute="gender", sides=(0.03, 0.24, 0.06), baseline_level="E2",
            candidate_level="E3", leaning="baseline leans less", fate="appeared"),
        cue("coat", "core", attribute="gender", sides=(-0.06, 0.05, 0.06), size=None, **told),
        brightness(),
    ]  # fmt: skip


def brightness() -> CueChange:
    """A property of whole pictures, which was changed in two ways."""
    place: dict[str, Any] = {"unit": "SD", "region": "(brightness)", "predicted": "nurse", "n": 200}
    return cue(
        "(brightness)",
        "undeclared",
        changes=[
            change("property_shift", 0.21, 0.04, 0.05, fill="neutral", **place),
            change("property_shift", 0.19, 0.05, 0.05, fill="mirrored", **place),
        ],
        sentence="balanced leans less on brightness of the whole picture. As large a change the other way moves images "
        "with more and with less of it apart by 0.19 SD in biased and 0.05 SD in balanced: a change in size of "
        "-0.14 SD [-0.20, -0.08], 200 images.",
    )


def example(source: Example, kind: Any, place: int) -> PairExample:
    other = "nurse" if source.label == "doctor" else "doctor"
    old = other if kind == KINDS[1] else source.label
    new = other if kind == KINDS[0] else source.label
    on = {region.region: 0.1 + 0.05 * k for k, region in enumerate(source.regions)}
    return PairExample(
        image_id=source.image_id,
        path=source.path,
        kind=kind,
        label=source.label,
        attributes=source.attributes,
        regions={region.region: region.raster for region in source.regions},
        distance=0.61 - 0.01 * place,
        baseline=Side(predicted=old, score=0.93, cam=source.cam or blob((0.25, 0.5)), on=on),
        candidate=Side(
            predicted=new, score=0.71, cam=None if place == 4 else blob((0.7, 0.5)),
            on={name: 1 - value for name, value in on.items()},
        ),
    )  # fmt: skip


def examples(document: Document, most: int = 12) -> list[PairExample]:
    items = document.examples.items[:most]
    ordered = sorted(range(len(items)), key=lambda k: k % len(KINDS))
    return [example(items[k], KINDS[k % len(KINDS)], k) for k in ordered]


def maps(document: Document) -> list[PairMap]:
    even = (np.ones((7, 7)) / 49).tolist()
    made = []
    for one in document.mean_maps:
        if one.target == "predicted":
            grid = np.array(blob((0.7, 0.5), width=0.25))
            made.append(
                PairMap(
                    label=one.label, attribute=one.attribute, subgroup=one.subgroup, n=one.n,
                    baseline=one.grid, candidate=(grid / grid.sum()).tolist() if one.attribute else even,
                )
            )  # fmt: skip
    return made


def verdict(**rest: Any) -> ComparisonVerdict:
    fields: dict[str, Any] = {
        "leaning": "candidate leans less",
        "headline": "balanced leans less than biased on face (with gender) and hair (with gender). balanced is right "
        "more often: on 90 % of 400 images against 82 %, +8.0 points [+5.0, +11.0].",
        "evidence": [
            f"balanced leans less on {region} (declared protected) with gender. Hiding it (mean) shifts woman against "
            f"man by {old} SD in biased and 0 SD in balanced: a change in size of {size} SD [-0.33, -0.08], 99 images."
            for region, old, size in (("face", "0.28", "-0.26"), ("hair", "0.17", "-0.15"))
        ],
        "trust": "Among images that both get right, balanced rests more on core regions: hiding coat and stethoscope "
        "changes more of its answers (answers changed beyond those of other areas, balanced minus biased: coat "
        "+12.0 points [+5.0, +19.0], n = 310; stethoscope +21.0 points [+18.0, +24.0], n = 290).",
        "cost": "balanced gains accuracy: +8.0 points [+5.0, +11.0] on 400 images, p < 0.001. In the worst group of "
        "label and gender it is right on 86 %, biased on 58 %: +28.0 points [+19.0, +37.0].",
        "cautions": [
            "On face (alone) and hair (alone) it cannot be told which model leans less.",
            (
                "Only declared regions were hidden, and of whole pictures only colours and light were changed: what "
                "else either model leans on is not compared."
            ),
        ],
    }
    return ComparisonVerdict(**{**fields, **rest})


def pair(name: str = "balanced", **rest: Any) -> Pair:
    document = demo("balanced")
    fields: dict[str, Any] = {
        "candidate": name,
        "verdict": verdict(),
        "changes": numbers(document),
        "cues": cues(),
        "examples": examples(demo("biased")),
        "example_rule": "4 of 14 images that only the baseline gets right, 4 of 61 that only the candidate gets right, "
        "and 4 of 118 that both get right for other reasons: their maps of the answer, each divided by its sum, have a "
        "total variation above 0.5, so that more than half of one would have to move to make the other.",
        "n_disagree": {KINDS[0]: 14, KINDS[1]: 61, KINDS[2]: 118},
        "maps": maps(document),
    }
    return Pair(**{**fields, **rest})


def model(name: str, document: Document, **rest: Any) -> ComparedModel:
    fields: dict[str, Any] = {
        "name": name,
        "source": document.model.source,
        "title": document.title,
        "created": document.created,
        "audit_sha256": hashlib.sha256(name.encode("utf-8", "replace")).hexdigest(),
        "weights_sha256": document.model.weights_sha256,
        "parameters": document.model.parameters,
        "cam": document.method.cam,
        "target_layer": document.model.target_layer,
        "grid": document.model.grid,
        "frame": document.model.frame,
        "n_read": document.data.n_read,
    }
    return ComparedModel(**{**fields, **rest})


def comparison(*, names: Sequence[str] = ("biased", "balanced"), **rest: Any) -> Comparison:
    documents = [demo("biased"), *[demo("balanced")] * (len(names) - 1)]
    ranking = [
        Ranked(
            name=name,
            place=(max(1, place - 1), place),
            reliance=estimate("reliance", 0.4 + 0.9 * place, 0.3, unit="index", n=200),
            accuracy=estimate("accuracy", 0.9 - 0.02 * place, 0.03),
            cues=[],
        )
        for place, name in enumerate(reversed(names), start=1)
    ]
    fields: dict[str, Any] = {
        "baseline": names[0],
        "models": [model(name, one) for name, one in zip(names, documents, strict=True)],
        "matching": Matching(
            n=400,
            clusters=400,
            rule="by name, contents equal (SHA-256)",
            only=dict.fromkeys(names, 0),
            notes=["Regions were hidden from every model on 200 of 400 images: effects are compared on those alone."],
        ),
        "pairs": [pair(name) for name in names[1:]],
        "ranking": ranking if len(names) > 2 else [],
        "confidence": 0.95,
        "alpha": 0.05,
        "method": [
            "Where maps lie is told beside this and decides nothing: attention alone does not show what a model uses."
        ],
    }
    return Comparison(**{**fields, **rest})


def compared(**rest: Any) -> Document:
    """The balanced audit with a comparison against the biased one."""
    return demo("balanced").model_copy(update={"comparison": comparison(**rest)})


def write_audit(folder: Path, document: Document) -> Path:
    """An audit.json as `auditor compare` leaves it, for the command line."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "audit.json").write_bytes(serialise(document))
    return folder
