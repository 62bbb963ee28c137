"""Contrasts of attention against plain loops over images and, for the interval, over draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.statistics.attention_contrasts import measure_contrasts
from auditor.analysis.statistics.borrowing import pair_masses

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.geometry import BoolArray


def pick(rows: list[Row], **keys: str | None) -> Row:
    wanted = {"label": None, "attribute": None, "subgroup": None, "outcome": None, **keys}
    (found,) = (row for row in rows if all(getattr(row, name) == value for name, value in wanted.items()))
    return found


def ratio(evidence: Evidence, region: str, taken: BoolArray) -> float:
    """Enrichment over some images, or the mean mass of a region that is aligned."""
    pair = next(one for one in pair_masses(evidence) if (one.region, one.target) == (region, "predicted"))
    top = bottom = 0.0
    for i in np.flatnonzero(taken):
        if pair.aligned and np.isfinite(pair.own[i]):
            top, bottom = top + pair.own[i], bottom + 1
        elif np.isfinite(pair.mass[i]):
            top, bottom = top + pair.mass[i] * pair.room[i], bottom + pair.borrowed[i] * pair.room[i]
    return top / bottom


def sides(evidence: Evidence, key: str) -> tuple[BoolArray, BoolArray]:
    if key == "outcome":
        return ~evidence.correct, evidence.correct
    gender = evidence.texts("gender")
    return gender == "woman", gender == "man"


def test_a_contrast_is_the_ratio_of_two_enrichments(build: SimpleNamespace) -> None:
    evidence = build.sample(200, per_cluster=2)
    rows = measure_contrasts(evidence)
    labels = evidence.texts("label")
    enough = {"gender": {"attribute": "gender", "subgroup": "woman"}, "outcome": {"outcome": "wrong"}}
    for region in ("coat", "face"):
        for key, keys in enough.items():
            one, other = sides(evidence, key)
            logs, weights = [], []
            for label in ("doctor", "nurse"):
                here = labels == label
                expected = ratio(evidence, region, one & here) / ratio(evidence, region, other & here)
                row = pick([r for r in rows if r.region == region], label=label, **keys)
                assert row.estimate == pytest.approx(expected, rel=1e-9)
                assert row.ci_low < row.estimate < row.ci_high
                taking = np.isfinite(
                    next(p for p in pair_masses(evidence) if p.region == region and p.target == "predicted").mass
                )
                n_one, n_other = (taking & here & one).sum(), (taking & here & other).sum()
                assert row.n == n_one + n_other
                clusters = [len(np.unique(evidence.clusters[taking & here & side])) for side in (one, other)]
                if min(clusters) >= 20:
                    logs.append(np.log(expected))
                    weights.append(n_one * n_other / (n_one + n_other))
            pooled = pick([r for r in rows if r.region == region], **keys)
            if logs:
                assert pooled.estimate == pytest.approx(np.exp(np.average(logs, weights=weights)), rel=1e-9)
            else:
                assert np.isnan(pooled.estimate)
                assert pooled.n == 0


def test_a_planted_contrast_is_found_and_no_other(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(5)
    images = build.random_images(400, generator)
    place = np.tile([0.25, 0.25, 0.75, 0.75], (400, 1))
    maps = generator.random((400, 7, 7))
    maps[(images["gender"] == "woman").to_numpy(), 2:5, 2:5] += 1
    evidence = build.evidence(images, boxes={"face": place}, maps=maps)
    rows = measure_contrasts(evidence)
    assert {row.statistic for row in rows} == {"mass_contrast"}
    found = pick(rows, attribute="gender", subgroup="woman")
    one, other = (ratio(evidence, "face", side) for side in sides(evidence, "gender"))
    assert found.estimate == pytest.approx(one / other, rel=0.02)
    assert found.ci_low > 1.2
    assert "aligned" in found.method
    nothing = pick(rows, outcome="wrong")
    assert nothing.ci_low < 1 < nothing.ci_high


def test_a_side_without_images_has_no_row(build: SimpleNamespace) -> None:
    images = build.random_images(80, np.random.default_rng(6))
    images["gender"] = np.where(images["label"] == "doctor", "man", images["gender"])
    images["predicted"] = images["label"]
    boxes = {"face": build.random_boxes(80, np.random.default_rng(7))}
    rows = measure_contrasts(build.evidence(images, boxes=boxes))
    assert not [row for row in rows if row.label == "doctor"]
    assert not [row for row in rows if row.outcome and np.isfinite(row.estimate)]


def test_labels_with_few_on_a_side_are_not_pooled(build: SimpleNamespace) -> None:
    evidence = build.sample(60, min_clusters=1000)
    pooled = [row for row in measure_contrasts(evidence) if row.label is None]
    assert pooled
    assert all(np.isnan(row.estimate) and row.n == row.clusters == 0 for row in pooled)


def test_without_regions_nothing_is_asked(build: SimpleNamespace) -> None:
    assert measure_contrasts(build.evidence(build.random_images(20, np.random.default_rng(0)))) == []


def test_many_questions_are_answered_in_batches(build: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measure_contrasts(build.sample(80))
    monkeypatch.setattr("auditor.analysis.statistics.attention_contrasts._AT_ONCE", 1)
    parts = measure_contrasts(build.sample(80))
    key = lambda row: (row.region, row.label or "", row.attribute or "", row.outcome or "")  # noqa: E731
    for one, other in zip(sorted(whole, key=key), sorted(parts, key=key), strict=True):
        assert other[:9] == one[:9]
        assert other[9:12] == pytest.approx(one[9:12], nan_ok=True)
