"""Whole pictures with nothing to be found: hardly ever flagged, and often by a procedure that is broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from auditor.analysis import global_cells, sham_properties
from auditor.analysis.negative_controls import count_false_alarms
from auditor.analysis.sham_properties import DEALS, exchange, try_sides, try_turns
from auditor.analysis.statistics.mirroring import NO_SIDE, read_pairs
from auditor.analysis.statistics.neutralising import compare_pairs
from tests.analysis.asking import make_asked, planted
from tests.analysis.statistics.test_neutralising import make_lit


@pytest.mark.parametrize("slope", [0.0, 3.0])
def test_where_nothing_is_to_be_found_nothing_is(slope: float) -> None:
    """Whether the model reads brightness or not: dealt out it is nobody's, and turned it goes nowhere."""
    counts = {one.kind: one for one in count_false_alarms(make_lit(slope, noise=0.3))}
    assert list(counts) == ["permuted properties", "turned changes"]
    for one in counts.values():
        assert (one.flagged, one.tried) == (0, DEALS)
        assert one.ci == (0, pytest.approx(1.959964**2 / (DEALS + 1.959964**2)))


@pytest.mark.slow
def test_among_many_audits_hardly_any_is_flagged() -> None:
    """Noise so large that shifts of a tenth of a deviation are common: what holds is the test, not the margin."""
    flags = [
        flag
        for seed in range(12)
        for control in (try_sides, try_turns)
        for flag in control(make_lit(0.0, noise=1.5, seed=seed, draws=300))
    ]
    assert len(flags) == 12 * 2 * DEALS
    assert sum(map(bool, flags)) <= 0.05 * len(flags)


@pytest.mark.parametrize("control", [try_sides, try_turns])
def test_a_procedure_that_forgets_chance_raises_the_alarm(control: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every estimate taken for the truth, its interval without width: the counts must show that."""

    def sure(item: object, compared: object, *, least: int) -> object:
        part = made(item, compared, least=least)  # type: ignore[arg-type]
        end = part.estimate
        return replace(part, p_value=1e-9, interval=lambda _: (end, end), both_ways=lambda: (abs(end), abs(end)))

    made = global_cells._part
    evidence = make_lit(0.0, noise=8.0)
    sound = sum(map(bool, control(evidence)))  # type: ignore[operator]
    monkeypatch.setattr(global_cells, "_part", sure)
    broken = sum(map(bool, control(evidence)))  # type: ignore[operator]
    assert sound <= 1
    assert broken >= DEALS / 5


def test_a_control_that_leaves_things_as_they_are_raises_the_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a model that reads brightness, sides that were not dealt out and changes that were not turned are flagged."""
    evidence = make_lit(3.0)
    monkeypatch.setattr(sham_properties, "exchange", lambda values, *_, **__: values)
    monkeypatch.setattr(sham_properties, "_turn", lambda effect, _: effect)
    assert try_sides(evidence) == try_turns(evidence) == [True] * DEALS


def test_sides_are_dealt_out_within_labels_among_what_was_changed() -> None:
    evidence = make_lit(1.0)
    (pairs,) = read_pairs(evidence)
    dealt, again, other = (sham_properties._deal_sides(evidence, pairs, deal=k).sides for k in (0, 0, 1))
    labels = evidence.texts("label").tolist()
    assert not np.array_equal(dealt, pairs.sides)
    assert np.array_equal(dealt, again)
    assert not np.array_equal(dealt, other)
    assert Counter(zip(labels, dealt.tolist(), strict=True)) == Counter(zip(labels, pairs.sides.tolist(), strict=True))
    assert ((dealt == NO_SIDE) == (pairs.sides == NO_SIDE)).all()


def test_turned_changes_take_each_others_place_cluster_by_cluster() -> None:
    evidence = make_lit(1.0, noise=0.2)
    (pairs,) = read_pairs(evidence)
    turned = sham_properties._turn_changes(evidence, pairs, deal=0)
    assert np.array_equal(turned.sides, pairs.sides)
    for before, after in zip(pairs.effects, turned.effects, strict=True):
        moved = before.own != after.own
        assert 0.3 < moved.mean() < 0.7
        assert np.array_equal(after.own, np.where(moved, before.controls[:, 0], before.own))
        assert np.array_equal(after.controls[:, 0], np.where(moved, before.own, before.controls[:, 0]))
        together = np.sort([before.flip_own, before.flip_controls[:, 0]], axis=0)
        assert np.array_equal(np.sort([after.flip_own, after.flip_controls[:, 0]], axis=0), together)
    clusters = evidence.clusters // 4
    vars(evidence)["clusters"] = clusters
    effect = sham_properties._turn_changes(evidence, pairs, deal=0).effects[0]
    for person in np.unique(clusters):
        assert len(set((effect.own == pairs.effects[0].own)[clusters == person].tolist())) == 1


def test_without_draws_the_shifts_are_the_same() -> None:
    evidence = make_lit(2.0, noise=0.2)
    (pairs,) = read_pairs(evidence)
    for bare, drawn in zip(compare_pairs(evidence, pairs, draws=0), compare_pairs(evidence, pairs), strict=True):
        assert bare.cell is not None
        assert drawn.cell is not None
        assert len(bare.cell.null) == 0
        assert bare.cell.shift.estimate == drawn.cell.shift.estimate
        assert bare.cell.shift.interval(0.95) == drawn.cell.shift.interval(0.95)


def test_regions_alone_have_no_properties_to_deal_out() -> None:
    evidence = make_asked(60, pushes=planted(0.0, "face"))
    assert try_sides(evidence) == try_turns(evidence) == []
    assert try_sides(make_asked(40, pushes={})) == []


def test_too_few_images_are_tried_and_not_counted() -> None:
    counts = count_false_alarms(make_lit(3.0, n=40))
    assert [(one.kind, one.flagged, one.tried, one.ci) for one in counts] == [
        ("permuted properties", 0, 0, (0, 1)),
        ("turned changes", 0, 0, (0, 1)),
    ]


def test_images_of_one_person_change_places_together() -> None:
    evidence = make_asked(200, pushes=planted(0.0, "face"), per_cluster=4)
    values = (evidence.clusters % 3).astype(np.int64)
    dealt = exchange(values, evidence, taking=values > 0, generator=np.random.default_rng(0))
    assert not np.array_equal(dealt, values)
    assert ((values == 0) == (dealt == 0)).all()
    for person in np.unique(evidence.clusters):
        assert len(set(dealt[evidence.clusters == person].tolist())) == 1
