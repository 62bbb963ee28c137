"""Which images are shown side by side, by what rule, and where both models look on average."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from auditor.analysis.disagreements import choose_pair_examples, measure_distance, pair_maps, share_out, spread_maps
from auditor.analysis.paired import PairedEvidence
from tests.analysis.conftest import CLASSES, GRID

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.geometry import FloatArray

OLD, NEW, BOTH = (
    "only the baseline is right",
    "only the candidate is right",
    "both are right, for other reasons",
)


def make_pair(build: SimpleNamespace, answers: list[tuple[str, str, str, str]], **sides: Any) -> PairedEvidence:
    """Two models; of each image its label, gender and both answers; maps and scores by side."""
    made = {}
    for place, side in ((2, "baseline"), (3, "candidate")):
        facts = sides.get(side, {})
        scores = facts.get("scores", np.linspace(0.6, 0.9, len(answers)))
        rows = [
            {"label": row[0], "gender": row[1], "predicted": row[place], "score": float(score)}
            for row, score in zip(answers, scores, strict=True)
        ]
        boxes = {"face": np.tile([0.0, 0.0, 0.5, 0.5], (len(answers), 1))}
        made[side] = build.evidence(build.images(rows), boxes=boxes, maps=facts.get("maps"))
    return PairedEvidence(**made)


def corner(n: int, *, right: bool, grid: tuple[int, int] = GRID) -> FloatArray:
    """Maps with one hot cell, at the left or the right end of the first row."""
    maps = np.zeros((n, *grid))
    maps[:, 0, -1 if right else 0] = 1.0
    return maps


def test_images_are_sorted_by_who_is_right(build: SimpleNamespace) -> None:
    doctor, nurse = CLASSES
    answers = [
        (doctor, "man", doctor, nurse), (doctor, "man", nurse, doctor), (doctor, "man", doctor, doctor),
        (nurse, "man", doctor, doctor), (nurse, "man", nurse, nurse),
    ]  # fmt: skip
    maps = corner(5, right=False)
    moved = maps.copy()
    moved[2] = corner(1, right=True)[0]
    pair = make_pair(build, answers, baseline={"maps": maps}, candidate={"maps": moved})
    examples, rule, counts = choose_pair_examples(pair)
    assert [(one.kind, one.image_id) for one in examples] == [
        (OLD, "00000.jpg"), (NEW, "00001.jpg"), (BOTH, "00002.jpg"),
    ]  # fmt: skip
    assert counts == {OLD: 1, NEW: 1, BOTH: 1, "both are right": 2, "both are wrong": 1}
    assert rule.startswith("1 of 1 images that only the baseline gets right, 1 of 1 that only the candidate gets right")
    shown = examples[2]
    assert shown.distance == pytest.approx(1.0)
    assert shown.baseline.on["face"] > 0.9
    assert shown.candidate.on["face"] < 0.1
    assert shown.baseline.cam is not None
    assert np.max(shown.baseline.cam) == 1.0
    assert set(shown.regions) == {"face"}


def test_groups_take_turns_and_the_surest_wrong_answer_comes_first(build: SimpleNamespace) -> None:
    doctor, nurse = CLASSES
    answers = [(doctor, "man", doctor, nurse)] * 6 + [(nurse, "woman", nurse, doctor)] * 2
    scores = np.array([0.5, 0.9, 0.6, 0.9, 0.7, 0.8, 0.55, 0.65])
    pair = make_pair(build, answers, candidate={"scores": scores})
    names = [one.image_id[:5] for one in choose_pair_examples(pair, each=5)[0]]
    assert names == ["00001", "00007", "00003", "00006", "00005"]
    again = choose_pair_examples(pair, each=5)[0]
    assert [one.image_id[:5] for one in again] == names


def test_maps_that_are_alike_give_no_other_reasons(build: SimpleNamespace) -> None:
    answers = [("doctor", "man", "doctor", "doctor")] * 4
    maps = np.random.default_rng(0).random((4, *GRID))
    pair = make_pair(build, answers, baseline={"maps": maps}, candidate={"maps": 3 * maps})
    examples, _, counts = choose_pair_examples(pair)
    assert (examples, counts[BOTH], counts["both are right"]) == ([], 0, 4)


def test_an_empty_map_has_no_distance_and_is_shown_without_one(build: SimpleNamespace) -> None:
    answers = [("doctor", "man", "doctor", "nurse"), ("doctor", "man", "doctor", "doctor")]
    pair = make_pair(build, answers, candidate={"maps": np.zeros((2, *GRID))})
    distance = measure_distance(pair.baseline.target("predicted"), pair.candidate.target("predicted"))
    assert np.isnan(distance).all()
    (shown,), _, counts = choose_pair_examples(pair)
    assert (shown.distance, shown.candidate.cam, shown.candidate.on) == (0.0, None, {})
    assert counts[BOTH] == 0


def test_distance_is_the_total_variation(build: SimpleNamespace) -> None:
    answers = [("doctor", "man", "doctor", "doctor")] * 20
    draw = np.random.default_rng(5)
    pair = make_pair(
        build, answers, baseline={"maps": draw.random((20, *GRID))}, candidate={"maps": draw.random((20, *GRID)) ** 3}
    )
    views = [side.target("predicted") for side in (pair.baseline, pair.candidate)]
    found = measure_distance(*views)
    for k in range(20):
        p, q = (view.maps[k].astype(float) / view.maps[k].sum(dtype=float) for view in views)
        slow = sum(max(a - b, 0.0) for a, b in zip(p.ravel(), q.ravel(), strict=True))
        assert found[k] == pytest.approx(slow, abs=1e-9)


def test_grids_of_other_sizes_are_spread_over_the_coarser(build: SimpleNamespace) -> None:
    answers = [("doctor", "man", "doctor", "doctor")] * 3
    coarse = np.random.default_rng(2).random((3, *GRID))
    fine = coarse.repeat(2, axis=1).repeat(2, axis=2)
    pair = make_pair(build, answers, baseline={"maps": coarse}, candidate={"maps": fine})
    views = [side.target("predicted") for side in (pair.baseline, pair.candidate)]
    assert measure_distance(*views) == pytest.approx(0.0, abs=1e-3)  # maps are kept in half precision
    _, rule, _ = choose_pair_examples(pair)
    assert "spread over 7 × 7 cells" in rule
    (whole, _) = pair_maps(pair)
    assert np.shape(whole.baseline) == np.shape(whole.candidate) == (14, 14)
    assert np.sum(whole.baseline) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("old", "new"), [((7, 7), (14, 14)), ((14, 14), (7, 7)), ((5, 9), (8, 3)), ((1, 1), (6, 4))])
def test_spreading_keeps_sums_and_matches_a_slow_way(old: tuple[int, int], new: tuple[int, int]) -> None:
    maps = np.random.default_rng(1).random((2, *old))
    spread = spread_maps(maps, new)
    assert spread.sum(axis=(1, 2)) == pytest.approx(maps.sum(axis=(1, 2)))
    fine = maps.repeat(new[0], axis=1).repeat(new[1], axis=2) / (new[0] * new[1])  # each new cell is old × old of these
    slow = fine.reshape(2, new[0], old[0], new[1], old[1]).sum(axis=(2, 4))
    assert spread == pytest.approx(slow)


def test_mean_maps_are_of_the_same_images(build: SimpleNamespace) -> None:
    answers = [("doctor", "man", "doctor", "nurse"), ("doctor", "woman", "doctor", "doctor"), ("nurse", "man", "nurse",
                                                                                              "nurse")]  # fmt: skip
    first, second = (np.random.default_rng(k).random((3, *GRID)) for k in (1, 2))
    second[1] = 0  # the candidate has no map of the second image: neither mean takes it
    pair = make_pair(build, answers, baseline={"maps": first}, candidate={"maps": second})
    found = {(one.label, one.subgroup): one for one in pair_maps(pair)}
    assert {key: one.n for key, one in found.items()} == {
        ("doctor", None): 1, ("nurse", None): 1, ("doctor", "man"): 1, ("nurse", "man"): 1,
    }  # fmt: skip
    mine = share_out(pair.baseline.target("label"))[0]
    assert np.array(found["doctor", None].baseline) == pytest.approx(mine, abs=1e-6)
    assert np.sum(found["doctor", None].candidate) == pytest.approx(1.0, abs=1e-4)
