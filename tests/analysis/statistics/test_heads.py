"""A region in the same place everywhere against random heads: plain loops, and how often it errs."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.statistics import heads
from auditor.analysis.statistics.base import Settings
from auditor.analysis.statistics.bootstrap import draw_weights
from auditor.analysis.statistics.heads import HEADS_MASS, OVER_HEADS, measure_heads
from auditor.analysis.statistics.randomisation import Masses, measure_randomisation
from auditor.geometry import frame_weights, project_boxes
from auditor.records import pack_grid

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray

KINDS = ("model", *(f"head-{k}" for k in range(20)))
PLACE = np.array([0.25, 0.25, 0.75, 0.75])


def tried(build: SimpleNamespace, maps: dict[str, FloatArray], n: int = 60, **settings: Any) -> Evidence:
    """Faces at one place, and the maps of the model and of random heads on the first images."""
    evidence: Evidence = build.evidence(
        build.random_images(n, np.random.default_rng(0)), boxes={"face": np.tile(PLACE, (n, 1))}, **settings
    )
    rows: list[dict[str, Any]] = []
    for kind, grids in maps.items():
        for name, grid in zip(evidence.read["image_id"], grids, strict=False):
            peak = float(grid.max())
            cam = pack_grid(grid / peak if peak > 0 else np.zeros_like(grid), "float16")
            facts = {"grid_height": 7, "grid_width": 7, "cam_max": peak, "cam_sum": float(grid.sum())}
            rows.append({"image_id": name, "kind": kind, "cam": cam, **facts})
    return dataclasses.replace(evidence, randomised=pd.DataFrame(rows))


def draw(n: int = 40, *, gain: float = 0.0, seed: int = 1) -> dict[str, FloatArray]:
    random = np.random.default_rng(seed)
    maps = {kind: random.random((n, 7, 7)) for kind in KINDS}
    maps["model"][:, 2:5, 2:5] += gain
    return maps


def mass(grid: FloatArray) -> float:
    stored = (grid / grid.max()).astype(np.float16).astype(np.float64)
    inside = project_boxes(PLACE[None] * 56, frame=(56, 56), grid=(7, 7))[0]
    return float((stored * inside).sum() / (stored * frame_weights((56, 56), (7, 7))).sum())


def test_the_ratio_is_that_of_a_plain_loop(build: SimpleNamespace) -> None:
    maps = draw(gain=1.0)
    maps["head-3"][5] = 0  # empty: this image is left out for this head
    maps["model"][7] = 0
    rows = {row.statistic: row for row in measure_heads(tried(build, maps))}
    pairs = [
        (mass(maps["model"][i]), mass(maps[f"head-{k}"][i]))
        for k in range(20)
        for i in range(40)
        if i != 7 and (i, k) != (5, 3)
    ]
    own, random = np.array(pairs).T
    found = rows[OVER_HEADS]
    assert found.estimate == pytest.approx(own.sum() / random.sum(), rel=1e-6)
    assert rows[HEADS_MASS].estimate == pytest.approx(random.mean(), rel=1e-6)
    assert (found.n, found.clusters, found.unit, found.target) == (39, 39, "ratio", "predicted")
    assert found.ci_low < found.estimate < found.ci_high
    assert "the region lies in the same place in every image" in found.method


def test_it_is_the_ratio_of_the_two_enrichments(build: SimpleNamespace) -> None:
    """Where every head has every map, the share of the frame below both cancels: exp(E - E of random heads)."""
    evidence = tried(build, draw(gain=0.5))
    ratio = next(row for row in measure_heads(evidence) if row.statistic == OVER_HEADS)
    probed = {row.statistic: row for row in measure_randomisation(evidence) if row.region}
    share = next(row for row in measure_heads(evidence) if row.statistic == HEADS_MASS).estimate / 0.25
    assert ratio.estimate == pytest.approx(probed["enrichment_probed"].estimate / share, rel=1e-6)


def test_only_regions_in_one_place_are_asked_and_only_where_heads_were_tried(build: SimpleNamespace) -> None:
    evidence = build.sample(60)
    assert measure_heads(evidence) == []
    assert measure_heads(dataclasses.replace(evidence, randomised=tried(build, draw()).randomised)) == []
    some = {kind: grids for kind, grids in draw().items() if kind in KINDS[:5]}
    assert measure_heads(tried(build, some)) == []  # four heads are no range


def test_few_images_get_no_interval(build: SimpleNamespace) -> None:
    rows = measure_heads(tried(build, draw(15)))
    assert all(np.isnan(row.ci_low) and np.isfinite(row.estimate) for row in rows)
    assert all("no interval: fewer than 20" in row.method for row in rows)


def test_the_order_of_rows_changes_nothing(build: SimpleNamespace) -> None:
    evidence = tried(build, draw())
    shuffled = dataclasses.replace(evidence, randomised=evidence.randomised.sample(frac=1, random_state=3))
    assert [row[:14] for row in measure_heads(evidence)] == [row[:14] for row in measure_heads(shuffled)]


@pytest.mark.parametrize(("spread", "head"), [(0.1, False), (0.5, False), (0.5, True)])
def test_a_head_like_any_other_is_rarely_found(spread: float, head: bool) -> None:  # noqa: FBT001
    """Heads differ: intervals that knew of images alone would miss half the time, and find a random head's luck."""
    random = np.random.default_rng(4)
    hits = found = 0
    rounds = 120
    for number in range(rounds):
        settings = Settings(
            classes=("a", "b"), attributes=(), regions=("r",), frame=(56, 56), grid=(7, 7), draws=400, seed=number
        )
        shared = 0.2 * np.exp(random.normal(0, 0.4, 64))
        pull = np.exp(random.normal(-(spread**2) / 2, spread, 20))
        theirs = shared[:, None] * pull * np.exp(random.normal(-0.02, 0.2, (64, 20)))
        luck = np.exp(random.normal(-(spread**2) / 2, spread)) if head else 1.5
        own = shared * luck * np.exp(random.normal(-0.02, 0.2, 64))
        masses = Masses(
            np.arange(64), {"model": own, **{f"head-{k}": theirs[:, k] for k in range(20)}}, {}, aligned=True
        )
        evidence = dataclasses.make_dataclass("Told", ["settings", "clusters", "weights"])(
            settings, np.arange(64), draw_weights(64, draws=400, generator=np.random.default_rng(number))
        )
        row = next(row for row in heads._rows(evidence, masses, region="r") if row.statistic == OVER_HEADS)
        hits += row.ci_low <= 1.5 <= row.ci_high
        found += row.ci_low > 1.5 and own.mean() > np.quantile(theirs.mean(axis=0), 0.975)
    assert found <= 0.1 * rounds
    assert head or hits >= 0.88 * rounds
