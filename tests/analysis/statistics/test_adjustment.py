"""Adjusted attention against statsmodels on columns made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.formula.api as smf
from scipy.special import logit

from auditor.analysis.statistics.adjustment import measure_adjustment

if TYPE_CHECKING:
    from types import SimpleNamespace

    import pandas as pd

    from auditor.analysis.statistics.base import Evidence


def tabulate(evidence: Evidence, region: str) -> pd.DataFrame:
    """One row per image that shows the region and has a map, from the tables alone."""
    attention = evidence.attention[evidence.attention["target"] == "predicted"].set_index("image_id")
    place = evidence.regions[evidence.regions["region"] == region].set_index("image_id")
    table = evidence.images.set_index("image_id").join(place).assign(mass=attention[f"mass:{region}"])
    table = table[table["area"].notna() & table["mass"].notna() & (table["gender"] != "")]
    x, y = ((table[f"{axis}_min"] + table[f"{axis}_max"]) / 2 - 0.5 for axis in ("x", "y"))
    return table.assign(
        size=np.log(table["area"]),
        far=np.sqrt(2 * (x**2 + y**2)),
        wrong=(table["label"] != table["predicted"]).astype(float),
        woman=(table["gender"] == "woman").astype(float),
    )


@pytest.mark.parametrize("per_cluster", [1, 3])
def test_the_ratio_of_odds_is_that_of_statsmodels(build: SimpleNamespace, per_cluster: int) -> None:
    evidence = build.sample(240, per_cluster=per_cluster)
    for row in measure_adjustment(evidence):
        table = tabulate(evidence, row.region)
        m = table["group_id"].nunique()
        table["y"] = logit((table["mass"] * (m - 1) + 0.5) / m)
        groups = np.unique(table["group_id"], return_inverse=True)[1]
        fit = smf.ols("y ~ size + far + C(label) + wrong + woman", table).fit(
            cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False}
        )
        error = fit.bse["woman"] * np.sqrt(m / (m - 6))
        assert row.estimate == pytest.approx(np.exp(fit.params["woman"]), rel=1e-6)
        assert np.log(row.ci_high / row.ci_low) / 2 / error == pytest.approx(1.97, abs=0.03)
        assert (row.n, row.clusters, row.attribute, row.subgroup) == (len(table), m, "gender", "woman")
        assert (row.p_value < 0.05) == (row.ci_low > 1 or row.ci_high < 1)
    assert {row.region for row in measure_adjustment(evidence)} == {"coat", "face"}


def test_size_alone_is_no_difference_of_attention(build: SimpleNamespace) -> None:
    """Women's faces are larger and so get more of a flat map; at equal area they do not."""
    generator = np.random.default_rng(1)
    images = build.random_images(400, generator)
    woman = (images["gender"] == "woman").to_numpy()
    side = np.where(woman, generator.uniform(0.25, 0.45, 400), generator.uniform(0.2, 0.35, 400))
    low = generator.random((400, 2)) * (1 - side[:, None])
    boxes = {"face": np.hstack([low, low + side[:, None]])}
    maps = np.ones((400, 7, 7)) + 0.02 * generator.random((400, 7, 7))
    evidence = build.evidence(images, boxes=boxes, maps=maps)
    (row,) = measure_adjustment(evidence)
    masses = tabulate(evidence, "face").groupby("gender")["mass"].mean()
    assert masses["woman"] / masses["man"] > 1.4
    assert row.estimate == pytest.approx(1, abs=0.03)


def test_masses_at_the_ends_are_drawn_in_and_counted(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(2)
    images = build.random_images(300, generator)
    boxes = {"face": build.random_boxes(300, generator)}
    maps = generator.random((300, 7, 7))
    for i in range(6):
        maps[i] = 0
        x, y = (boxes["face"][i, :2] + boxes["face"][i, 2:]) / 2
        maps[i, 0 if y > 0.5 else 6, 0 if x > 0.5 else 6] = 1
    evidence = build.evidence(images, boxes=boxes, maps=maps)
    (row,) = measure_adjustment(evidence)
    gone = int((tabulate(evidence, "face")["mass"] < 1e-9).sum())
    assert gone >= 3
    assert f"{gone} masses of 0 or 1 drawn in by half an image" in row.method
    assert np.isfinite(row.estimate)
    maps[:60] = 0
    maps[:60, 0, 0] = 1
    boxes["face"][:60] = [0.5, 0.5, 0.8, 0.8]
    (row,) = measure_adjustment(build.evidence(images, boxes=boxes, maps=maps))
    assert np.isnan(row.estimate)
    assert "of the masses are 0 or 1, which have no logit" in row.method


def test_what_cannot_be_told_apart_is_not_evaluated(build: SimpleNamespace) -> None:
    images = build.random_images(200, np.random.default_rng(3))
    boxes = {"face": build.random_boxes(200, np.random.default_rng(4))}
    split = images.assign(gender=np.where(images["label"] == "doctor", "man", "woman"))
    (row,) = measure_adjustment(build.evidence(split, boxes=boxes))
    assert np.isnan(row.estimate)
    assert "not evaluated: 0 independent images on one side of the labels that have both, 20 are needed" in row.method
    same = images.assign(gender=np.where(images["label"] == images["predicted"], "man", "woman"))
    (row,) = measure_adjustment(build.evidence(same, boxes=boxes))
    assert "not evaluated: label, area, place and outcome tell the attribute" in row.method


def test_of_many_values_each_is_set_against_the_others(build: SimpleNamespace) -> None:
    images = build.random_images(300, np.random.default_rng(5))
    images["gender"] = np.random.default_rng(6).choice(["a", "b", "c"], 300)
    rows = measure_adjustment(build.evidence(images, boxes={"face": build.random_boxes(300, np.random.default_rng(7))}))
    assert [row.subgroup for row in rows] == ["a", "b", "c"]
    assert all(row.n == 300 for row in rows)
