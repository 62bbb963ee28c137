"""An audit changes whole pictures: with and without regions, and says beforehand what that costs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import auditor
from auditor.evidence.preprocessing import Preprocessing
from auditor.properties import NEUTRAL
from auditor.testing import CLASSES, SIZE, colour_model, plant

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.result import AuditResult

COUNT = 200
AS_IT_IS = Preprocessing(resize=None, crop=SIZE, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))


def cast(folder: Path, *, alignment: float) -> None:
    """Lay a green cast over most images of one class and a purple one over most of the other."""
    random = np.random.default_rng(3)
    for k in range(COUNT):
        path = folder / "photos" / f"{k:04d}.png"
        pixels = np.asarray(Image.open(path)).astype(np.int64)
        along = random.random() < alignment
        strength = int(random.integers(10, 40)) * (1 if (k % 2 == 1) == along else -1)
        Image.fromarray(np.clip(pixels + np.array([0, strength, 0]), 0, 255).astype(np.uint8)).save(path)


def audit(folder: Path, said: list[str], **options: object) -> AuditResult:
    dataset = auditor.AnnotatedDataset.from_csv(folder / "annotations.csv", images=folder / "photos")
    model = auditor.load_model(colour_model(), classes=CLASSES, preprocessing=AS_IT_IS, target_layer="see")
    return auditor.audit(model, dataset, say=said.append, **options)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, list[str]]:
    folder = plant(tmp_path_factory.mktemp("cast"), count=COUNT)
    cast(folder, alignment=0.75)
    said: list[str] = []
    return audit(folder, said), said


def test_a_planted_cast_is_found_as_opportunity_and_as_use(audited: tuple[AuditResult, list[str]]) -> None:
    (tint,) = [finding for finding in audited[0].findings if finding.region == "(tint)"]
    answers = {rung.name: rung.answer for rung in tint.rungs}
    assert answers["opportunity"] == "found"
    assert answers["uses"] == "found"
    assert tint.level in {"E3", "E4"}
    assert "More green against purple is evidence for green" in tint.headline


def test_what_the_model_does_not_read_is_ruled_out(audited: tuple[AuditResult, list[str]]) -> None:
    levels = {finding.region: finding.level for finding in audited[0].findings}
    assert levels["(brightness)"] in {"R", "E1"}  # it compares colours
    assert levels["(sharpness)"] in {"E0", "E1"}
    assert "(jpeg_quality)" not in levels  # the files are PNG
    assert "(megapixels)" not in levels


def test_without_regions_the_cost_is_told_and_kept(audited: tuple[AuditResult, list[str]]) -> None:
    result, said = audited
    (line,) = [line for line in said if "forward passes" in line]
    told = re.fullmatch(r"changing whole pictures on (\d+) images: ([\d,]+) forward passes, and about .*", line)
    assert told is not None
    assert int(told[1]) == result.interventions["image_id"].nunique()
    assert int(told[2].replace(",", "")) == len(result.interventions)
    assert set(result.interventions["fill"]) == {NEUTRAL}
    assert result.interventions["area"].eq(1).all()
    assert "Use of a region was not tested" in " ".join(result.document.not_tested)


def test_nothing_is_changed_where_that_was_asked_for(tmp_path: Path) -> None:
    said: list[str] = []
    result = audit(plant(tmp_path, count=8), said, interventions={"images": 0})
    assert result.interventions.empty
    assert not any("whole pictures" in line for line in said)


def test_no_more_images_than_asked_for(tmp_path: Path) -> None:
    result = audit(plant(tmp_path, count=8), [], interventions={"images": 4})
    assert result.interventions["image_id"].nunique() == 4
