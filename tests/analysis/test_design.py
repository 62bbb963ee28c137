from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.design import count_passes, plan_trials, summarise_placement
from auditor.analysis.placement import place_controls
from auditor.records import READ

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence
    from auditor.trials import Trial

PLAIN = ("noise", "mean", "inpaint")
ALL = (*PLAIN, "swap", "insert")


def make_town(build: SimpleNamespace, n: int = 240, **settings: Any) -> Evidence:
    """A face on all images, a tag on two thirds, a room that fills most of the frame."""
    generator = np.random.default_rng(0)
    boxes = {"face": build.random_boxes(n, generator), "tag": build.random_boxes(n, generator, side=(0.1, 0.2))}
    boxes["tag"][::3] = np.nan
    boxes["room"] = build.random_boxes(n, generator, side=(0.75, 0.95))
    evidence: Evidence = build.evidence(build.random_images(n, generator, per_cluster=2), boxes=boxes, **settings)
    return evidence


def select(trials: list[Trial], **wanted: object) -> list[Trial]:
    return [trial for trial in trials if all(getattr(trial, name) == value for name, value in wanted.items())]


def test_every_image_region_and_fill_has_its_place_and_its_controls(build: SimpleNamespace) -> None:
    evidence = make_town(build)
    trials = select(plan_trials(evidence, fills=PLAIN, controls=4, images=1000), region="face")
    places = defaultdict(list)
    for trial in trials:
        places[trial.image_id, trial.fill].append(trial)
    assert {fill for _, fill in places} == set(PLAIN)
    assert {name for name, _ in places} == set(evidence.read["image_id"])
    for (name, _), group in places.items():
        assert [trial.place for trial in group] == list(range(len(group)))
        assert group[0].box is None
        assert [t.box for t in group] == [t.box for t in places[name, "mean"]]
        assert all((t.attribute, t.donor_group, t.donor) == (None, None, None) for t in group)
        assert all(type(edge) is float for t in group[1:] for edge in t.box or ())
    assert np.mean([len(group) for group in places.values()]) > 4.9


def test_boxes_are_those_of_the_placement(build: SimpleNamespace) -> None:
    evidence = make_town(build)
    rows = np.flatnonzero(evidence.region("tag").seen)
    found = place_controls(evidence, "tag", rows=rows, controls=2)
    planned = [t.box for t in plan_trials(evidence, fills=["mean"], controls=2) if t.region == "tag" and t.place]
    assert planned == [tuple(box) for box in found.boxes[found.used].tolist()]


def test_trials_are_sorted_and_never_double(build: SimpleNamespace) -> None:
    trials = plan_trials(make_town(build, seed=3), fills=(*ALL, "mean"), controls=2, images=100)
    keys = [(t.image_id, t.region, t.fill, t.attribute or "", t.donor_group or "", t.place) for t in trials]
    assert keys == sorted(keys)
    assert len(set(keys)) == len(keys)
    assert count_passes(trials) == len(trials) > 100 * (2 * 3 * 2)
    assert len({trial.image_id for trial in trials}) <= 100


def test_the_order_of_rows_changes_nothing(build: SimpleNamespace) -> None:
    evidence = make_town(build)
    shuffled = type(evidence)(
        images=evidence.images.sample(frac=1, random_state=1),
        attention=evidence.attention.sample(frac=1, random_state=2),
        regions=evidence.regions.sample(frac=1, random_state=3),
        settings=evidence.settings,
    )
    asked: dict[str, Any] = {"fills": ALL, "controls": 2, "images": 100}
    assert plan_trials(evidence, **asked) == plan_trials(shuffled, **asked)
    assert plan_trials(evidence, **asked) != plan_trials(evidence, **asked, seed=1)
    assert plan_trials(evidence, **asked, seed=1) == plan_trials(make_town(build, seed=1), **asked)


def test_a_background_is_swapped_and_nothing_else(build: SimpleNamespace) -> None:
    evidence = make_town(build)
    assert select(plan_trials(evidence, fills=PLAIN), region="room") == []
    found = select(plan_trials(evidence, fills=ALL), region="room")
    assert Counter((t.fill, t.donor_group, t.attribute, t.place, t.box) for t in found) == {
        ("swap", "own_label", None, 0, None): 240,
        ("swap", "any_label", None, 0, None): 240,
    }


def test_swaps_name_attribute_and_donor(build: SimpleNamespace) -> None:
    evidence = make_town(build)
    found = select(plan_trials(evidence, fills=["swap"]), region="face")
    facts = evidence.read.set_index("image_id")
    assert Counter(t.donor_group for t in found) == {"same": 240, "opposite": 240}
    for trial in found:
        own, donor = facts.loc[trial.image_id], facts.loc[str(trial.donor)]
        assert own["label"] == donor["label"]
        assert own["group_id"] != donor["group_id"]
        assert (own["gender"] == donor["gender"]) == (trial.donor_group == "same")
        assert (trial.attribute, trial.place, trial.box, trial.fill) == ("gender", 0, None, "swap")


def test_a_cue_is_inserted_where_it_is_absent(build: SimpleNamespace) -> None:
    evidence = make_town(build)
    found = select(plan_trials(evidence, fills=["insert"], controls=2), fill="insert")
    shown = dict(zip(evidence.read["image_id"], evidence.region("tag").boxes.tolist(), strict=True))
    assert {t.region for t in found} == {"tag"}
    assert Counter((t.place, t.donor_group) for t in found) == {(0, "cue"): 80, (1, "sham"): 80, (2, "sham"): 80}
    by_image = defaultdict(set)
    for trial in found:
        assert np.isnan(shown[trial.image_id]).all()
        assert list(trial.box or ()) == shown[str(trial.donor)]
        assert trial.attribute is None
        by_image[trial.image_id].add((trial.donor, trial.box))
    assert {len(pairs) for pairs in by_image.values()} == {1}


def test_images_on_which_nothing_can_be_tried_take_no_place_in_the_sample(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    boxes = build.random_boxes(1000, generator)
    boxes[30:] = np.nan
    evidence = build.evidence(build.random_images(1000, generator), boxes={"face": boxes})
    assert len({t.image_id for t in plan_trials(evidence, fills=["mean"], images=50)}) == 30


def test_the_placement_is_told(build: SimpleNamespace) -> None:
    evidence = make_town(build)
    asked: dict[str, Any] = {"fills": ALL, "controls": 3, "images": 120}
    trials = plan_trials(evidence, **asked)
    told = summarise_placement(evidence, **asked)
    assert [t.region for t in told] == ["face", "tag", "room"]
    for part in told:
        mine = select(trials, region=part.region, fill="mean")
        assert part.images == len({t.image_id for t in mine}) or part.background
        assert part.controlled == len({t.image_id for t in mine if t.place})
        assert part.boxes == sum(t.place > 0 for t in mine)
        assert part.background == (part.region == "room")
    assert told[0].borrowed > 0.8
    assert told[0].borrowed + told[0].random == pytest.approx(1)
    assert np.isnan(told[2].borrowed)
    assert told[2].images > 100


def test_an_aligned_region_is_told_to_have_random_controls(build: SimpleNamespace) -> None:
    evidence = build.evidence(
        build.random_images(40, np.random.default_rng(0)), boxes={"face": np.tile([0.3, 0.3, 0.5, 0.6], (40, 1))}
    )
    (told,) = summarise_placement(evidence, fills=["mean"])
    assert (told.overlap, told.borrowed, told.random, told.boxes) == (1.0, 0.0, 1.0, 120)


def test_without_regions_attributes_or_images_there_is_little_or_nothing(build: SimpleNamespace) -> None:
    images = build.random_images(20, np.random.default_rng(0))
    assert plan_trials(build.evidence(images), fills=ALL) == []
    assert summarise_placement(build.evidence(images), fills=ALL) == []
    boxes = {"face": build.random_boxes(20, np.random.default_rng(1))}
    bare = build.evidence(images.drop(columns="gender"), boxes=boxes, attributes=())
    assert {t.fill for t in plan_trials(bare, fills=ALL)} == set(PLAIN)
    unread = build.evidence(images.assign(status="missing"), boxes=boxes)
    assert plan_trials(unread, fills=ALL) == []
    assert [(t.images, t.boxes) for t in summarise_placement(unread, fills=ALL)] == [(0, 0)]
    assert plan_trials(make_town(build, 30), fills=[]) == []


def test_no_controls_leave_the_region_itself(build: SimpleNamespace) -> None:
    trials = plan_trials(make_town(build, 30), fills=[*PLAIN, "insert"], controls=0)
    assert {t.place for t in trials} == {0}


def test_one_label_alone(build: SimpleNamespace) -> None:
    images = build.random_images(60, np.random.default_rng(0)).assign(label="doctor")
    evidence = build.evidence(images, boxes={"face": build.random_boxes(60, np.random.default_rng(1))})
    trials = plan_trials(evidence, fills=ALL, images=40)
    assert Counter(t.donor_group for t in select(trials, fill="swap")) == {"same": 40, "opposite": 40}
    assert len(select(trials, place=0, fill="mean")) == 40


def test_unread_images_are_neither_tried_nor_donors(build: SimpleNamespace) -> None:
    evidence = make_town(build)
    status = np.where(np.arange(240) % 4 == 0, "missing", READ)
    fewer = type(evidence)(
        images=evidence.images.assign(status=status),
        attention=evidence.attention,
        regions=evidence.regions,
        settings=evidence.settings,
    )
    unread = set(pd.Series(evidence.images["image_id"])[status != READ])
    trials = plan_trials(fewer, fills=ALL)
    assert trials
    assert not unread & ({t.image_id for t in trials} | {t.donor for t in trials})
