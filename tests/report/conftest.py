"""Documents as an audit leaves them, with drawn photographs: realistic, and at the edges."""

from __future__ import annotations

import base64
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from auditor.documents.document import (
    AttributeFacts,
    DataFacts,
    Document,
    Example,
    ExampleRegion,
    Examples,
    LeftOut,
    MeanMap,
    Method,
    ModelFacts,
    RegionFacts,
    Tool,
)
from auditor.documents.ladder import Estimate
from auditor.records import RASTER, pack_raster
from auditor.report import write_pdf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

BOXES = {
    "coat": ((0.28, 0.52, 0.74, 1.0), "core"),
    "face": ((0.38, 0.14, 0.62, 0.44), "protected"),
    "hair": ((0.35, 0.05, 0.65, 0.20), "protected"),
    "stethoscope": ((0.42, 0.50, 0.58, 0.78), "core"),
}
SHARES = {"coat": 0.24, "face": 0.19, "hair": 0.06, "stethoscope": 0.034}


def blob(centre: tuple[float, float], *, grid: int = 7, width: float = 0.16) -> list[list[float]]:
    """A map with one hill, its maximum 1."""
    at = (np.arange(grid) + 0.5) / grid
    hill = np.exp(-((at[:, None] - centre[0]) ** 2 + (at[None, :] - centre[1]) ** 2) / (2 * width**2))
    hill[hill < 0.05] = 0
    return (hill / hill.max()).round(4).tolist()


def estimate(statistic: str, value: float | None, **rest: Any) -> Estimate:
    """One estimate with an interval of plausible width."""
    n = rest.pop("n", 100)
    half = rest.pop("half", None)
    half = 1.96 * (max((value or 0) * (1 - (value or 0)), 0.002) / max(n, 1)) ** 0.5 if half is None else half
    low = -1.0 if statistic == "accuracy_gap" else 0.0
    high = 99.0 if statistic == "enrichment" else 1.0
    ci = None if value is None else (max(value - half, low), min(value + half, high))
    clusters = rest.pop("clusters", n)
    return Estimate(
        statistic=statistic, value=value, ci=ci, n=n, clusters=clusters, unit="share", method="sample", **rest
    )


def accuracies(classes: Sequence[str], values: Sequence[str], attribute: str, n: int) -> list[Estimate]:
    """Accuracy, gaps and confusion per class and subgroup; the second class of the second value does worst."""
    made = [estimate("accuracy", 0.82, n=n * 2 * len(classes))]
    for place, label in enumerate(classes):
        made.append(estimate("accuracy", 0.8 + 0.02 * (place % 5), label=label, n=n * 2))
        for other in classes:
            right = 0.82 if other == label else 0.18 / max(len(classes) - 1, 1)
            made.append(estimate("confusion", right, label=label, predicted=other, n=n * 2))
        for rank, value in enumerate(values):
            few = 9 if value == "" else n
            key: dict[str, Any] = {"label": label, "attribute": attribute, "subgroup": value, "n": few}
            right = 0.95 if (place + rank) % 2 else 0.64
            made.append(estimate("accuracy", right, **key))
            if value and rank and len(values) > 1:
                made.append(estimate("accuracy_gap", 2 * right - 1.59, half=0.09, **key))
            for other in classes:
                part = right if other == label else (1 - right) / max(len(classes) - 1, 1)
                made.append(estimate("confusion", part, predicted=other, **key))
    for value in values:
        key = {"attribute": attribute, "subgroup": value, "n": 9 if value == "" else n * len(classes)}
        made.append(estimate("accuracy", 0.8, **key))
        if value and value != values[0]:
            made.append(estimate("accuracy_gap", 0.02, half=0.06, **key))
    if values:
        made.append(estimate("cramers_v", 0.71, attribute=attribute, n=n * len(classes), half=0.06))
        made.append(estimate("attribute_only_accuracy", 0.855, attribute=attribute, n=n * len(classes)))
        made.append(estimate("majority_accuracy", 1 / len(classes), attribute=attribute, n=n * len(classes)))
    return made


def attentions(classes: Sequence[str], values: Sequence[str], attribute: str, n: int) -> list[Estimate]:
    """Mass, area, borrowed mass and enrichment per region, class and subgroup."""
    made = []
    for target, region in product(("label", "predicted"), SHARES):
        base = SHARES[region]
        keys: list[dict[str, Any]] = [
            {"n": n * len(classes)},
            {"outcome": "correct", "n": n},
            {"outcome": "wrong", "n": n // 2},
        ]
        keys += [{"label": label, "n": n} for label in classes]
        keys += [
            {"label": label, "attribute": attribute, "subgroup": value, "n": 9 if value == "" else n}
            for label, value in product(classes, values)
        ]
        keys += [{"attribute": attribute, "subgroup": value, "n": 9 if value == "" else n} for value in values]
        for k, key in enumerate(keys):
            mass = base * (0.8 + 0.13 * (k % 7)) * (2.1 if region == "face" else 1)
            made.append(estimate("mass", mass, target=target, region=region, half=mass * 0.16, **key))
            made.append(estimate("area", base * 0.9, target=target, region=region, half=0.01, **key))
            made.append(estimate("borrowed_mass", base * 1.05, target=target, region=region, half=0.01, **key))
            ratio = mass / (base * 1.05)
            made.append(estimate("enrichment", ratio, target=target, region=region, half=ratio * 0.15, **key))
            if k == 0:
                made.append(estimate("pointing", mass * 1.2, target=target, region=region, **key))
                made.append(estimate("attention_iou", mass * 0.7, target=target, region=region, half=0.03, **key))
    for target in ("label", "predicted"):
        made.append(estimate("empty_maps", 0.0125, target=target, n=n * len(classes)))
        made += [estimate("empty_maps", 0.01, target=target, label=label, n=n) for label in classes]
    return made


def means(classes: Sequence[str], values: Sequence[str], attribute: str, n: int) -> list[MeanMap]:
    """Mean maps that differ by class and subgroup."""
    made = []
    for target, (place, label) in product(("label", "predicted"), enumerate(classes)):
        keys: list[dict[str, Any]] = [{"n": n * 2}] + [
            {"attribute": attribute, "subgroup": value, "n": 9 if value == "" else n} for value in values
        ]
        for k, key in enumerate(keys):
            grid = np.array(blob((0.3 + 0.15 * (k % 4), 0.5 - 0.05 * (place % 3)), width=0.2))
            made.append(MeanMap(target=target, label=label, grid=(grid / grid.sum()).tolist(), **key))
    return made


def draw_person(path: Path, rng: np.random.Generator, *, coat: bool) -> None:
    """A drawn person in a room, 320 × 280 pixels."""
    wall = tuple(int(tone) for tone in rng.integers(110, 225, 3))
    image = Image.new("RGB", (320, 280), wall)
    pen = ImageDraw.Draw(image)
    for _ in range(7):
        x, y, w, h = (int(value) for value in rng.integers((0, 0, 20, 20), (300, 220, 90, 80)))
        pen.rectangle((x, y, x + w, y + h), fill=tuple(int(tone) for tone in rng.integers(60, 240, 3)))
    skin = ((238, 200, 170), (150, 104, 74), (94, 62, 44))[int(rng.integers(3))]
    pen.rectangle((96, 150, 228, 280), fill=(240, 243, 246) if coat else (84, 148, 178))
    pen.ellipse((112, 14, 208, 74), fill=tuple(int(tone) for tone in rng.integers(20, 110, 3)))
    pen.ellipse((124, 36, 196, 128), fill=skin)
    pen.ellipse((142, 74, 150, 80), fill=(30, 30, 30))
    pen.ellipse((170, 74, 178, 80), fill=(30, 30, 30))
    pen.arc((136, 140, 186, 216), 0, 180, fill=(40, 44, 52), width=5)
    noisy = np.asarray(image, dtype=np.float64) + rng.normal(0, 7, (280, 320, 3))
    Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(path, quality=88)


def outlines() -> list[ExampleRegion]:
    """The four regions as rasters."""
    made = []
    centres = (np.arange(RASTER[0]) + 0.5) / RASTER[0]
    for name, ((x0, y0, x1, y1), _) in BOXES.items():
        covered = np.outer((centres > y0) & (centres < y1), (centres > x0) & (centres < x1)).astype(float)
        made.append(ExampleRegion(region=name, raster=base64.b64encode(pack_raster(covered)).decode()))
    return made


def pictured(folder: Path, classes: Sequence[str], pairs: int, attribute: str) -> list[Example]:
    """Errors with their controls; photographs are drawn into the folder."""
    rng = np.random.default_rng(7)
    folder.mkdir(exist_ok=True)
    items = []
    for k in range(pairs):
        label, predicted = classes[k % len(classes)], classes[(k + 1) % len(classes)]
        gender = ("woman", "man")[k % 2]
        for kind in ("misclassified", "control"):
            name = f"{kind}_{k:02}.jpg"
            draw_person(folder / name, rng, coat=label == classes[0])
            wrong = kind == "misclassified"
            items.append(
                Example(
                    image_id=name, path=name, kind=kind, control_of=None if wrong else f"misclassified_{k:02}.jpg",
                    label=label, predicted=predicted if wrong else label, score=0.97 - 0.01 * k,
                    attributes={attribute: gender}, regions=outlines(),
                    cam=blob((0.3, 0.5) if wrong else (0.7, 0.5)),
                    cam_label=None if wrong and k == 2 else blob((0.72, 0.5)),
                )
            )  # fmt: skip
    return items


def model_facts(classes: Sequence[str]) -> ModelFacts:
    return ModelFacts(
        source="doctor_nurse.py:small_cnn",
        classes=list(classes),
        weights_file="biased.safetensors",
        weights_sha256="3f1c" * 16,
        parameters=1_204_226,
        target_layer="layer4",
        target_layer_origin="found by probing",
        grid=(7, 7),
        frame=(224, 224),
        preprocessing={"resize": 256, "crop": 224, "mean": [0.485, 0.456, 0.406], "interpolation": "bilinear"},
        preprocessing_origin="from the plan",
    )


def data_facts(classes: Sequence[str], values: Sequence[str], attribute: str, n: int) -> DataFacts:
    counts = {value: 9 if value == "" else n * 2 for value in values}
    return DataFacts(
        images_folder="photos",
        annotations="people.csv",
        manifest_sha256="77de" * 16,
        exif="apply: said the plan",
        n_listed=n * 2 * len(classes) + 2,
        n_read=n * 2 * len(classes),
        n_clusters=n * 2 * len(classes),
        clusters_origin="one image each",
        left_out=[
            LeftOut(image_id="photos/broken.jpg", reason="truncated after 4,096 bytes"),
            LeftOut(image_id="x.png", reason="not an image"),
        ],
        faults=["line 7: label 'docter' is not a class"],
        n_faults=1,
        notes={"EXIF rotated": 3, "grey": 12},
        labels=dict.fromkeys(classes, n * 2),
        attributes=[AttributeFacts(name=attribute, counts=counts)] if values else [],
        regions=[
            RegionFacts(name=name, role=role, images=380, median_area=SHARES[name] * 0.9)
            for name, (_, role) in BOXES.items()
        ],
    )


def document(
    images: Path,
    *,
    classes: Sequence[str] = ("doctor", "nurse"),
    values: Sequence[str] = ("man", "woman", ""),
    attribute: str = "gender",
    regions: bool = True,
    pairs: int = 24,
    n: int = 100,
    **changes: Any,
) -> Document:
    """A document as an audit leaves it."""
    data = data_facts(classes, values, attribute, n)
    fields: dict[str, Any] = {
        "title": "Doctor or nurse: biased model",
        "created": "2026-11-22T21:43:05Z",
        "tool": Tool(name="auditor", version="0.1.0", environment={"python": "3.11.7", "torch": "2.15.0"}),
        "plan": {"model": {"source": "resnet18", "classes": list(classes)}, "audit": {"seed": 0}},
        "model": model_facts(classes),
        "data": data if regions else data.model_copy(update={"regions": []}),
        "method": Method(
            cam="gradcam", targets=["label", "predicted"], seed=0, confidence=0.95, draws=2000, borrowed=20,
            min_clusters=20, minimum_opportunity=0.3,
        ),
        "warnings": ["2 of 402 images were left out: 1 truncated, 1 not an image."],
        "not_tested": ["Whether hiding a region changes the answer.", "Cues that are not marked as a region."],
        "estimates": [
            *accuracies(classes, values, attribute, n),
            *(attentions(classes, values, attribute, n) if regions else []),
        ] if n else [],
        "mean_maps": means(classes, values, attribute, n) if n else [],
        "examples": Examples(
            rule="The most confident wrong answers of each class and subgroup, in turn.",
            n_misclassified=71 if pairs else 0,
            items=pictured(images, classes, pairs, attribute),
        ),
    }  # fmt: skip
    return Document(**{**fields, **changes})


@pytest.fixture
def make_document(tmp_path: Path) -> Callable[..., Document]:
    """Make a document whose photographs lie in ``tmp_path / "photos"``."""

    def make(**options: Any) -> Document:
        return document(tmp_path / "photos", **options)

    return make


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, ...]]:
    """The usual document as a PDF, and what the renderer had to say."""
    folder = tmp_path_factory.mktemp("printed")
    made = document(folder / "photos", pairs=6)
    messages = write_pdf(made, folder / "report.pdf", images=folder / "photos")
    return folder / "report.pdf", messages
