"""What is asked of two models: each answer against a plain computation, and the contract over the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import binom
from statsmodels.stats.contingency_tables import mcnemar

from auditor.analysis.core_mass import sum_mass
from auditor.analysis.paired import PAIRED, PairedEvidence, list_changes
from auditor.analysis.paired.attention import compare_attention
from auditor.analysis.paired.calibration import compare_calibration, score_answers
from auditor.analysis.paired.effects import compare_effects
from auditor.analysis.paired.performance import compare_performance
from auditor.analysis.paired.worst_groups import Bounds, bound_change, compare_worst_groups
from auditor.analysis.statistics.effects import read_effects
from auditor.geometry import interpolation_matrix
from auditor.records import RASTER, unpack_rasters
from tests.analysis.conftest import make_evidence, random_boxes, random_images
from tests.analysis.pairing import Lean, make_model, make_pair, make_scene

if TYPE_CHECKING:
    from auditor.documents.comparisons import Change

KEYS = ("statistic", "target", "region", "fill", "label", "predicted", "attribute", "subgroup", "outcome")


@pytest.fixture(scope="module")
def pair() -> PairedEvidence:
    leans = {"face": Lean(0.3, 0.2), "coat": Lean(0.0, 0.5), "hair": Lean()}
    scene = make_scene(160)
    return PairedEvidence(
        baseline=make_model(scene, leans, seed=0, skill=0.5), candidate=make_model(scene, leans, seed=1, skill=2.0)
    )


def pick(changes: list[Change], **keys: Any) -> Change:
    wanted = {**dict.fromkeys(KEYS[3:]), **keys}
    (found,) = (one for one in changes if all(getattr(one.change, name) == value for name, value in wanted.items()))
    return found


@pytest.mark.parametrize("name", PAIRED)
def test_every_answer_holds_together(name: str, pair: PairedEvidence) -> None:
    changes = PAIRED[name](pair)
    assert changes
    seen = set()
    for one in changes:
        keys = [tuple(getattr(side, key) for key in KEYS) for side in (one.baseline, one.candidate, one.change)]
        assert keys[0] == keys[1] == keys[2]
        assert keys[0] not in seen
        seen.add(keys[0])
        assert one.change.n > 0
        if one.change.value is not None and one.baseline.value is not None and one.candidate.value is not None:
            assert one.change.value == pytest.approx(one.candidate.value - one.baseline.value, abs=1e-9)
        if one.change.ci is not None and one.change.value is not None:
            assert one.change.ci[0] <= one.change.value <= one.change.ci[1]


def test_all_answers_are_listed_once(pair: PairedEvidence) -> None:
    keys = [tuple(getattr(one.change, key) for key in KEYS) for one in list_changes(pair)]
    assert len(keys) == len(set(keys)) > 50


def test_a_model_against_itself_changes_nothing(pair: PairedEvidence) -> None:
    same = PairedEvidence(baseline=pair.baseline, candidate=pair.baseline)
    for one in list_changes(same):
        assert one.change.value in {0, None}
        assert one.change.p_value in {1, None}
        if one.change.ci is not None:
            assert one.change.ci[0] <= 0 <= one.change.ci[1]


def test_accuracy_is_tested_by_mcnemar(pair: PairedEvidence) -> None:
    changes = compare_performance(pair)
    both, gender = (pair.baseline.correct, pair.candidate.correct), pair.candidate.texts("gender")
    for subgroup in (None, "man", "woman"):
        inside = (gender == subgroup) | (subgroup is None)
        before, after = (side[inside] for side in both)
        keys = {"attribute": "gender", "subgroup": subgroup} if subgroup else {}
        found = pick(changes, statistic="accuracy", **keys)
        assert found.change.value == pytest.approx(after.mean() - before.mean())
        table = [[(before & after).sum(), (before & ~after).sum()], [(~before & after).sum(), (~before & ~after).sum()]]
        assert found.change.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
        assert found.change.n == inside.sum()


def test_scores_of_answers_are_plain(pair: PairedEvidence) -> None:
    found = score_answers(pair.candidate)
    logits = np.stack([np.frombuffer(row, dtype="<f4") for row in pair.candidate.read["logits"]]).astype(float)
    chances = softmax(logits, axis=1)
    for i, label in enumerate(pair.candidate.texts("label")):
        truth = np.array([label == "doctor", label == "nurse"])
        assert found[i, 0] == pytest.approx(((chances[i] - truth) ** 2).sum())
        assert found[i, 1] == pytest.approx(-np.log(chances[i][truth][0]))
        assert found[i, 2] == pytest.approx(chances[i].max() - pair.candidate.correct[i], abs=1e-6)
    changes = compare_calibration(pair)
    brier = pick(changes, statistic="brier_score").change.value
    assert brier == pytest.approx((found - score_answers(pair.baseline))[:, 0].mean())


def test_the_worst_group_is_the_lowest_of_label_and_value(pair: PairedEvidence) -> None:
    (found,) = compare_worst_groups(pair)
    labels, gender = pair.candidate.texts("label"), pair.candidate.texts("gender")
    groups = [(labels == label) & (gender == value) for label in ("doctor", "nurse") for value in ("man", "woman")]
    worst = [min(side.correct[group].mean() for group in groups) for side in (pair.baseline, pair.candidate)]
    assert (found.baseline.value, found.candidate.value) == pytest.approx(worst)
    assert found.change.attribute == "gender"


def test_limits_of_the_lowest_hold_whatever_lies_within_those_of_the_groups() -> None:
    generator = np.random.default_rng(0)
    for _ in range(300):
        b, c = generator.uniform(size=(2, 4))
        reach = generator.uniform(0, 0.2, size=(3, 2, 4))
        low, high = bound_change(Bounds(*((x - r[0], x + r[1]) for x, r in zip((b, c, c - b), reach, strict=True))))
        assert low <= c.min() - b.min() <= high


def test_worst_group_limits_cover() -> None:
    truth, missed, repeats, n = np.array([0.7, 0.72, 0.9, 0.95]), 0, 60, 200
    scene = make_scene(n)
    at = np.arange(n) % 4
    plain = make_model(scene, {"face": Lean()}, seed=0)
    labels = np.array(scene.labels)
    for seed in range(repeats):
        generator = np.random.default_rng(seed)
        sides = []
        for share in (truth, truth[[0, 1, 3, 2]] + [0.1, 0, 0, 0]):
            right = generator.random(n) < share[at]
            predicted = np.where(right, labels, np.where(labels == "doctor", "nurse", "doctor"))
            sides.append(with_answers(plain, predicted))
        (found,) = compare_worst_groups(PairedEvidence(baseline=sides[0], candidate=sides[1]))
        assert found.change.ci is not None
        missed += not found.change.ci[0] <= 0.02 <= found.change.ci[1]
    assert missed <= binom.ppf(0.9999, repeats, 0.05)


def with_answers(evidence: Any, predicted: Any) -> Any:
    from dataclasses import replace

    return replace(evidence, images=evidence.images.assign(predicted=predicted))


def test_mass_is_compared_over_the_same_maps(pair: PairedEvidence) -> None:
    changes = compare_attention(pair)
    masses = [side.target("predicted").measure("mass", "face") for side in (pair.baseline, pair.candidate)]
    both = pair.baseline.correct & pair.candidate.correct
    found = pick(changes, statistic="mass", target="predicted", region="face")
    assert found.change.value == pytest.approx((masses[1] - masses[0]).mean())
    right = pick(changes, statistic="mass", target="predicted", region="face", outcome="correct")
    assert right.change.value == pytest.approx((masses[1] - masses[0])[both].mean())
    assert right.change.n == both.sum()


def test_mass_on_several_regions_counts_what_they_share_once() -> None:
    generator = np.random.default_rng(3)
    images = random_images(40, generator)
    boxes = {name: random_boxes(40, generator, side=(0.3, 0.6)) for name in ("coat", "stethoscope")}
    boxes["stethoscope"][:5] = np.nan
    boxes["coat"][3:7] = np.nan
    evidence = make_evidence(images, boxes=boxes, maps=generator.random((40, 7, 7)) ** 4)
    found = sum_mass(evidence, ["coat", "stethoscope"])
    up = interpolation_matrix(7, RASTER[0])
    maps = evidence.target("predicted").maps
    for i in range(40):
        seen = [name for name in boxes if evidence.region(name).seen[i]]
        if not seen:
            assert np.isnan(found[i])
            continue
        inside = np.any([unpack_rasters([evidence.region(name).rasters[i]])[0] for name in seen], axis=0)
        whole = up @ maps[i] @ up.T
        assert found[i] == pytest.approx((whole * inside).sum() / whole.sum(), abs=0.03)
    assert np.nanmax(found) <= 1


def test_effects_are_those_of_images_tried_with_both(pair: PairedEvidence) -> None:
    changes = compare_effects(pair)
    (theirs,) = (one for one in read_effects(pair.baseline) if (one.region, one.fill) == ("face", "mean"))
    (ours,) = (one for one in read_effects(pair.candidate) if (one.region, one.fill) == ("face", "mean"))
    where = {"region": "face", "fill": "mean"}
    flips = pick(changes, statistic="flips", **where)
    assert flips.change.value == pytest.approx((ours.flip_own - theirs.flip_own).mean())
    both = pair.both_right
    right = pick(changes, statistic="flips", outcome="correct", **where)
    assert right.change.value == pytest.approx((ours.flip_own - theirs.flip_own)[both].mean())
    excess = pick(changes, statistic="flip_excess", outcome="correct", **where)
    each = (ours.flip_own - ours.flip_control) - (theirs.flip_own - theirs.flip_control)
    assert excess.change.value == pytest.approx(each[both].mean())
    women = pick(changes, statistic="flip_excess", attribute="gender", subgroup="woman", **where)
    assert women.change.value == pytest.approx(each[pair.candidate.texts("gender") == "woman"].mean())
    size = pick(changes, statistic="occlusion_excess", predicted="nurse", **where)
    spread = [(np.abs(e.own) - np.abs(e.controls).mean(axis=1)).mean() / e.contrast.spread for e in (theirs, ours)]
    assert (size.baseline.value, size.candidate.value) == pytest.approx(spread)


def test_nothing_hidden_gives_no_effects() -> None:
    from dataclasses import replace

    bare = make_pair({"face": Lean()}, {"face": Lean()}, n=40)
    empty = replace(bare.baseline, interventions=bare.baseline.interventions[:0])
    assert compare_effects(PairedEvidence(baseline=empty, candidate=bare.candidate)) == []


def test_limits_of_changes_in_accuracy_cover() -> None:
    missed, repeats, n = 0, 80, 100
    plain = make_model(make_scene(n), {"face": Lean()}, seed=0)
    labels = np.array(make_scene(n).labels)
    wrong = np.where(labels == "doctor", "nurse", "doctor")
    for seed in range(repeats):
        generator = np.random.default_rng(seed)
        easy = generator.random(n)
        sides = [
            with_answers(plain, np.where(easy + 0.2 * generator.random(n) < share, labels, wrong))
            for share in (0.8, 0.9)
        ]
        found = compare_performance(PairedEvidence(baseline=sides[0], candidate=sides[1]))[0].change
        assert found.ci is not None
        missed += not found.ci[0] <= 0.1 <= found.ci[1]
    assert missed <= binom.ppf(0.9999, repeats, 0.06)
