"""Deletion by the map against the controls: a plain loop, exact p-values, maps that are right and maps that are not."""

from __future__ import annotations

import dataclasses
import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.statistics.faithfulness import CONTROLS, measure_faithfulness, one_sided_p
from auditor.trials import DELETION_KINDS

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence


def deleted(evidence: Evidence, lost: dict[str, Any], *, n: int) -> Evidence:
    """Evidence with deletions on the first n images: margin lost by kind."""
    ids = evidence.read["image_id"].tolist()[:n]
    rows = [
        {"image_id": name, "kind": kind, "area": 0.1, "margin_before": 2.0, "margin": 2.0 - lost[kind][i]}
        for i, name in enumerate(ids)
        for kind in DELETION_KINDS
    ]
    return dataclasses.replace(evidence, deletions=pd.DataFrame(rows))


def make(build: SimpleNamespace, *, n: int, gain: float, per_cluster: int = 1) -> tuple[Evidence, dict[str, Any]]:
    random = np.random.default_rng(3)
    evidence = build.sample(160, per_cluster=per_cluster)
    images = evidence.images.assign(margin=random.exponential(2.0, len(evidence.images)))
    evidence = dataclasses.replace(evidence, images=images)
    lost = {kind: random.normal(size=n) for kind in DELETION_KINDS}
    lost["map"] = lost["map"] + gain
    return deleted(evidence, lost, n=n), lost


def test_the_mean_is_that_of_a_plain_loop(build: SimpleNamespace) -> None:
    evidence, lost = make(build, n=50, gain=1.0)
    spread = np.std(evidence.read["margin"])
    rows = {row.statistic: row for row in measure_faithfulness(evidence)}
    assert set(rows) == {f"faithfulness_{kind}" for kind in CONTROLS}
    for kind in CONTROLS:
        mean = sum(a - b for a, b in zip(lost["map"], lost[kind], strict=True)) / 50 / spread
        row = rows[f"faithfulness_{kind}"]
        assert row.estimate == pytest.approx(mean)
        assert row.ci_low < mean < row.ci_high
        assert (row.n, row.clusters, row.unit) == (50, 50, "SD")


def test_a_map_that_is_right_passes_and_a_random_one_does_not(build: SimpleNamespace) -> None:
    for row in measure_faithfulness(make(build, n=100, gain=1.0)[0]):
        assert row.ci_low > 0
        assert row.p_value < 0.001
    random = measure_faithfulness(make(build, n=100, gain=0.0)[0])
    assert max(row.p_value for row in random) > 0.05
    assert min(row.ci_low for row in random) < 0
    assert all(row.p_value > 0.99 for row in measure_faithfulness(make(build, n=100, gain=-1.0)[0]))


def test_images_of_one_cluster_count_once(build: SimpleNamespace) -> None:
    (alone,) = {row.clusters for row in measure_faithfulness(make(build, n=40, gain=1.0)[0])}
    (pairs,) = {row.clusters for row in measure_faithfulness(make(build, n=40, gain=1.0, per_cluster=4)[0])}
    assert (alone, pairs) == (40, 10)


def test_a_missing_kind_leaves_the_image_out_and_nothing_gives_nothing(build: SimpleNamespace) -> None:
    evidence, _ = make(build, n=30, gain=1.0)
    short = dataclasses.replace(evidence, deletions=evidence.deletions.iloc[:-1])
    assert {row.n for row in measure_faithfulness(short)} == {29}
    assert measure_faithfulness(build.sample(30)) == []
    gone = dataclasses.replace(evidence, deletions=evidence.deletions[evidence.deletions["kind"] == "map"])
    assert measure_faithfulness(gone) == []


@pytest.mark.parametrize("m", [1, 4, 9])
def test_few_clusters_have_the_exact_p_value(m: int) -> None:
    sums = np.random.default_rng(m).normal(0.4, 1, (m, 2))
    p = one_sided_p(sums, generator=np.random.default_rng(0))
    for column in range(2):
        reached = [
            sum(sign * value for sign, value in zip(signs, sums[:, column], strict=True))
            >= sums[:, column].sum() - 1e-9
            for signs in itertools.product((1, -1), repeat=m)
        ]
        assert p[column] == pytest.approx(sum(reached) / len(reached))


def test_p_values_are_even_where_nothing_is_the_matter() -> None:
    random = np.random.default_rng(5)
    p = np.concatenate([one_sided_p(random.normal(size=(30, 20)), generator=random) for _ in range(20)])
    assert abs((p < 0.05).mean() - 0.05) < 0.03
    assert abs(p.mean() - 0.5) < 0.05
