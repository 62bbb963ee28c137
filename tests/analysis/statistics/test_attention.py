from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.statistics.attention import measure_attention
from auditor.records import measure_column

if TYPE_CHECKING:
    from types import SimpleNamespace


def test_every_mean_against_pandas(build: SimpleNamespace) -> None:
    evidence = build.sample(200)
    rows = measure_attention(evidence)
    images = evidence.images.set_index("image_id").assign(
        outcome=lambda frame: np.where(frame["label"] == frame["predicted"], "correct", "wrong")
    )
    for target in ("label", "predicted"):
        maps = evidence.attention[evidence.attention["target"] == target].set_index("image_id")
        for region in ("coat", "face"):
            areas = evidence.regions[evidence.regions["region"] == region].set_index("image_id")["area"]
            joined = images.join(maps.drop(columns="target")).join(areas)
            joined = joined[joined[measure_column("mass", region)].notna()]
            mine = [row for row in rows if (row.target, row.region) == (target, region)]
            assert len(mine) == 4 * 9 * 3
            for row in mine:
                cell = joined
                for name, column in (("label", "label"), ("subgroup", "gender"), ("outcome", "outcome")):
                    cell = cell if getattr(row, name) is None else cell[cell[column] == getattr(row, name)]
                values = cell["area"] if row.statistic == "area" else cell[measure_column(row.statistic, region)]
                assert row.n == len(values)
                assert row.estimate == pytest.approx(values.mean(), nan_ok=True)


def test_empty_maps_are_counted_and_never_zero(build: SimpleNamespace) -> None:
    evidence = build.sample(110)
    rows = measure_attention(evidence)
    overall = [r for r in rows if r.statistic == "empty_maps" and not r.label and not r.attribute]
    assert [(r.target, r.estimate, r.n) for r in overall] == [("label", 10 / 110, 110), ("predicted", 10 / 110, 110)]
    mass = next(r for r in rows if r.statistic == "mass" and r.region == "coat" and not r.label and not r.attribute)
    assert mass.n == 100


def test_a_map_of_nan_points_nowhere(build: SimpleNamespace) -> None:
    evidence = build.sample(50)
    broken = evidence.attention.copy()
    broken.loc[broken["image_id"] == "00001.jpg", "cam_max"] = np.nan
    again = type(evidence)(
        images=evidence.images, attention=broken, regions=evidence.regions, settings=evidence.settings
    )
    count = [
        next(r.n for r in measure_attention(e) if r.statistic == "pointing" and r.region == "coat")
        for e in (evidence, again)
    ]
    assert count[1] == count[0] - 1


def test_a_read_image_without_an_attention_row_counts_as_missing(build: SimpleNamespace) -> None:
    evidence = build.sample(40)
    fewer = evidence.attention[evidence.attention["image_id"] != "00002.jpg"]
    again = type(evidence)(
        images=evidence.images, attention=fewer, regions=evidence.regions, settings=evidence.settings
    )
    shares = [next(r.estimate for r in measure_attention(e) if r.statistic == "empty_maps") for e in (evidence, again)]
    assert shares[1] == pytest.approx(shares[0] + 1 / 40)


def test_pointing_gets_a_wilson_interval_and_mass_a_bootstrap(build: SimpleNamespace) -> None:
    methods = {row.statistic: row.method for row in measure_attention(build.sample())}
    assert "Wilson" in methods["pointing"]
    assert "BCa bootstrap over clusters, 400 draws" in methods["mass"]
