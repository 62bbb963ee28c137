from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.statistics.effects import read_effects
from auditor.analysis.statistics.flips import compare_flips, deal_flips
from auditor.analysis.statistics.signs import DRAWS
from tests.analysis.asking import make_asked

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.effects import Effect


def by_way(seed: int = 0, per_cluster: int = 1) -> tuple[Evidence, list[Effect]]:
    """One effect per region and way, of answers that change often."""
    drifts = {name: np.full(160, 0.4) for name in ("face", "tie")}
    evidence = make_asked(160, drifts=drifts, spread=0.8, seed=seed, per_cluster=per_cluster, attributes=())
    return evidence, read_effects(evidence)


def test_the_excess_against_a_plain_mean() -> None:
    evidence, (first, *_) = by_way()
    found = compare_flips(evidence, first, level=0.95)
    plain = first.flip_own - first.flip_controls.mean(axis=1)
    assert found.excess.estimate[0] == pytest.approx(plain.mean())
    assert found.excess.low[0] < plain.mean() < found.excess.high[0]


@pytest.mark.parametrize("per_cluster", [1, 4])
def test_signs_are_those_of_clusters_and_shared(per_cluster: int) -> None:
    """Each draw is a sum over persons with a sign each; the same region twice has the same draws."""
    evidence, effects = by_way(per_cluster=per_cluster)
    first, second, again = deal_flips(evidence, [effects[0], effects[2], effects[0]], draws=400)
    assert np.array_equal(first, again)
    for null, effect in ((first, effects[0]), (second, effects[2])):
        sums = np.bincount(evidence.clusters, effect.flip_own - effect.flip_control)
        assert null.shape == (400,)
        assert null.std() == pytest.approx(np.sqrt((sums**2).sum()) / 160, rel=0.12)
        assert abs(null).max() <= np.abs(sums).sum() / 160 + 1e-6
    apart = np.column_stack(
        [np.bincount(evidence.clusters, e.flip_own - e.flip_control) for e in (effects[0], effects[2])]
    )
    assert np.corrcoef(first, second)[0, 1] == pytest.approx(
        (apart.prod(axis=1).sum()) / np.sqrt((apart**2).sum(axis=0).prod()), abs=0.15
    )


def test_images_without_controls_take_no_part() -> None:
    evidence, (first, *_) = by_way()
    bare = first.without_controls()
    lone, _ = deal_flips(evidence, [bare, first], draws=50)
    assert lone.tolist() == [0.0] * 50


def test_without_draws_there_are_none() -> None:
    evidence, effects = by_way()
    assert deal_flips(evidence, effects[:2], draws=0) == [None, None]
    assert deal_flips(evidence, []) == []
    assert len(deal_flips(evidence, effects[:1])[0]) == DRAWS
