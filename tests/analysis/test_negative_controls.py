from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from auditor.analysis.negative_controls import PERMUTED, count_false_alarms, deal_out
from auditor.analysis.statistics.effects import read_effects
from tests.analysis.asking import make_asked, planted


@pytest.fixture(scope="module", params=[0.0, 0.5])
def alarms(request: pytest.FixtureRequest) -> dict[str, tuple[int, int, tuple[float, float]]]:
    evidence = make_asked(200, pushes=planted(request.param, "face", "tie"), controls=3)
    return {one.kind: (one.flagged, one.tried, one.ci) for one in count_false_alarms(evidence)}


def test_where_nothing_is_to_be_found_nothing_is(alarms: dict[str, tuple[int, int, tuple[float, float]]]) -> None:
    """However much the regions themselves are used: shams are beside them, and permuted values are no one's."""
    flagged, tried, (low, high) = alarms["sham regions"]
    assert (flagged, tried) == (0, 3 * 2 * 2)  # controls, regions, with and without the attribute
    assert low == 0
    assert high == pytest.approx(1.959964**2 / (tried + 1.959964**2))
    flagged, tried, _ = alarms["permuted attributes"]
    assert tried == PERMUTED * 2
    assert flagged <= 1


def test_a_sham_that_is_used_is_an_alarm() -> None:
    """One control of each image turned into the region: the procedure must be able to flag shams at all."""
    evidence = make_asked(200, pushes=planted(0.8, "face"), controls=2)
    trials = evidence.interventions.copy()
    trials["place"] = trials["place"].map({0: 1, 1: 0, 2: 2}).astype(trials["place"].dtype)
    (shams, _) = count_false_alarms(replace(evidence, interventions=trials))
    assert shams.kind == "sham regions"
    assert shams.flagged > 0


def test_one_control_makes_no_sham() -> None:
    kinds = [one.kind for one in count_false_alarms(make_asked(120, pushes=planted(0.5, "face"), controls=1))]
    assert kinds == ["permuted attributes"]
    assert count_false_alarms(make_asked(120, pushes=planted(0.5, "face"), controls=1, attributes=())) == []


def test_regions_with_fewer_controls_are_left_out_of_the_shams() -> None:
    evidence = make_asked(120, pushes=planted(0.5, "face", "tie"), controls=2, attributes=())
    trials = evidence.interventions
    fewer = replace(evidence, interventions=trials[(trials["region"] == "face") | (trials["place"] < 2)])
    (shams,) = count_false_alarms(fewer)
    assert shams.tried == 2


def test_nothing_hidden_is_nothing_tried() -> None:
    assert count_false_alarms(make_asked(40, pushes={})) == []


@pytest.mark.parametrize("per_cluster", [1, 4])
def test_dealing_out_keeps_labels_numbers_and_clusters(per_cluster: int) -> None:
    evidence = make_asked(200, pushes=planted(0.5, "face"), per_cluster=per_cluster)
    evidence.images.loc[::7, "gender"] = ""
    _ = evidence.clusters, evidence.weights  # what is known before stays known
    dealt, again, other = (deal_out(evidence, "gender", deal=k) for k in (0, 0, 1))
    before, after = evidence.texts("gender"), dealt.texts("gender")
    assert not np.array_equal(before, after)
    assert np.array_equal(after, again.texts("gender"))
    assert not np.array_equal(after, other.texts("gender"))
    persons = [
        sorted(set(zip(evidence.clusters, evidence.texts("label"), side, strict=True))) for side in (before, after)
    ]
    counts = [Counter((label, value) for _, label, value in side) for side in persons]
    assert counts[0] == counts[1]
    assert ((before == "") == (after == "")).all()
    assert dealt.weights is evidence.weights
    assert dealt.settings.attributes == ("gender",)
    assert np.array_equal(evidence.texts("gender"), before)


def test_people_keep_one_value_when_dealt_out() -> None:
    evidence = make_asked(200, pushes=planted(0.5, "face"), per_cluster=5)
    dealt = deal_out(evidence, "gender", deal=0).texts("gender")
    assert not np.array_equal(dealt, evidence.texts("gender"))
    for cluster in np.unique(evidence.clusters):
        assert len(set(dealt[evidence.clusters == cluster])) == 1


def test_a_sham_is_measured_against_the_other_controls() -> None:
    evidence = make_asked(40, pushes=planted(0.5, "face"), controls=3)
    (effect, *_) = read_effects(evidence)
    sham = effect.as_sham(1)
    assert np.array_equal(sham.own, effect.controls[:, 1])
    assert np.array_equal(sham.controls, effect.controls[:, [0, 2]])
