"""Plans for changes to whole pictures: what is the same everywhere, or not seen, is left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.perturbations import choose_targets, plan_perturbations
from auditor.properties import read_target

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence

COLUMNS = {
    "brightness": np.linspace(0.2, 0.8, 41),
    "warmth": np.zeros(41),
    "sharpness": np.linspace(-8, -4, 41),
    "jpeg_quality": [*[np.nan] * 20, *range(70, 91)],
    "megapixels": np.full(41, 0.2),
}


def build_evidence(build: SimpleNamespace, **columns: object) -> Evidence:
    images = build.random_images(41, np.random.default_rng(0)).assign(**(COLUMNS | columns))
    evidence: Evidence = build.evidence(images)
    return evidence


def test_targets_are_medians_and_low_quantiles(build: SimpleNamespace) -> None:
    found = choose_targets(build_evidence(build))
    assert found == pytest.approx({"brightness": 0.5, "sharpness": -7.8, "jpeg_quality": 71})


def test_resolution_counts_only_below_the_frame(build: SimpleNamespace) -> None:
    assert "megapixels" not in choose_targets(build_evidence(build, megapixels=np.linspace(0.1, 2, 41)))
    assert "megapixels" in choose_targets(build_evidence(build, megapixels=np.linspace(0.001, 0.02, 41)))


def test_plan(build: SimpleNamespace) -> None:
    evidence = build_evidence(build)
    sample = evidence.read["image_id"].tolist()[::2]
    trials = plan_perturbations(evidence, sample)
    bright = [trial for trial in trials if trial.region == "(brightness)"]
    assert [(trial.image_id, trial.place) for trial in bright] == [(name, k) for name in sample for k in (0, 1)]
    assert {read_target(trial) for trial in bright} == {("brightness", 0.5)}
    blurred = {trial.image_id for trial in trials if trial.region == "(sharpness)"}
    assert blurred == set(sample[2:])  # the two least sharp stay
    saved = {trial.image_id for trial in trials if trial.region == "(jpeg_quality)"}
    assert saved == {name for k, name in enumerate(sample) if k != 10}  # saved without loss, or above 71
    assert {trial.place for trial in trials if trial.region != "(brightness)"} == {0}


def test_tables_without_properties_plan_nothing(build: SimpleNamespace) -> None:
    evidence = build.sample(30)
    assert plan_perturbations(evidence, evidence.read["image_id"].tolist()) == []
