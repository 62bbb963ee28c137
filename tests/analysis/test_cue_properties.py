"""Properties of whole pictures in a comparison: planted slopes of two models on the same photographs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from auditor.analysis.cue_changes import compare_cues
from auditor.analysis.cue_properties import measure_properties
from auditor.analysis.paired import PairedEvidence
from auditor.analysis.statistics.mirroring import MIRRORED
from auditor.analysis.statistics.neutralising import read_neutrals
from auditor.properties import NEUTRAL
from tests.analysis.pairing import BALANCED, document, finding
from tests.analysis.statistics.test_neutralising import make_lit
from tests.analysis.test_cue_changes import FAILED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.comparisons import CueChange

NAME = "(brightness):::nurse"
FOUND = finding(NAME, "E3", "found")
RULED_OUT = finding(NAME, "R", "ruled out")


def lit(slope: float, **facts: Any) -> Evidence:
    """A model; all of one seed are shown the same photographs."""
    return make_lit(slope, **{"n": 240, "noise": 0.05, "draws": 400, "roles": {}, **facts})


def told(first: Evidence, second: Evidence, **documents: Any) -> CueChange:
    pair = PairedEvidence(baseline=first, candidate=second)
    (cue,) = compare_cues(pair, **{"baseline": BALANCED, "candidate": BALANCED, **documents})
    return cue


def test_effects_are_those_of_each_audit() -> None:
    several = [lit(3.0), lit(1.0)]
    found = measure_properties(several)
    assert [effect.fill for effect in found] == [NEUTRAL, MIRRORED]
    for i, one in enumerate(several):
        for effect, alone in zip(found, read_neutrals(one), strict=True):
            assert alone.cell is not None
            assert effect.effects[i].value == pytest.approx(alone.cell.shift.estimate)
            assert effect.effects[i].interval(0.95) == pytest.approx(alone.cell.shift.interval(0.95), abs=0.01)
            assert (effect.effects[i].n, effect.effects[i].clusters) == (alone.cell.shift.n, alone.cell.shift.clusters)


def test_the_model_that_reads_it_less_is_named() -> None:
    cue = told(lit(3.0), lit(1.0), baseline=document(FOUND), candidate=document(FOUND))
    assert (cue.leaning, cue.fate, cue.counts, cue.role) == ("candidate leans less", "shrank", False, "undeclared")
    assert cue.fingerprint == NAME
    assert (cue.baseline_level, cue.candidate_level) == ("E3", "E3")
    assert cue.sentence.startswith("The candidate leans less on brightness of the whole picture. ")
    assert "moves images with more and with less of it apart by" in cue.sentence
    assert cue.size is not None
    assert cue.size.ci is not None
    assert (cue.size.statistic, cue.size.unit) == ("property_shift_size", "SD")
    assert cue.size.ci[0] < cue.size.value < cue.size.ci[1] < 0  # type: ignore[operator]
    assert [change.change.fill for change in cue.changes] == [NEUTRAL, MIRRORED]
    assert "lost by bringing brightness to one value, images with more" in cue.changes[0].change.method
    assert "gained by as large a change the other way" in cue.changes[1].change.method
    back = told(lit(1.0), lit(3.0))
    assert (back.leaning, back.fate) == ("baseline leans less", "cannot tell")


@pytest.mark.parametrize(("slopes", "documents", "fate"), [
    ((3.0, 0.0), (FOUND, RULED_OUT), "disappeared"),
    ((0.0, 3.0), (RULED_OUT, FOUND), "appeared"),
])  # fmt: skip
def test_findings_come_and_go(slopes: tuple[float, float], documents: tuple[Any, Any], fate: str) -> None:
    baseline, candidate = (document(one) for one in documents)
    assert told(lit(slopes[0]), lit(slopes[1]), baseline=baseline, candidate=candidate).fate == fate


def test_slopes_of_one_size_and_opposite_signs_are_no_lesser_leaning() -> None:
    cue = told(lit(3.0), lit(-3.0), baseline=document(FOUND), candidate=document(FOUND))
    assert (cue.leaning, cue.fate) == ("alike", "cannot tell"), "of a size, but no longer the same"
    assert "lean alike on brightness of the whole picture, in opposite directions." in cue.sentence
    assert cue.changes[0].change.p_value is not None
    assert cue.changes[0].change.p_value < 1e-6


def test_equal_models_are_alike() -> None:
    cue = told(lit(1.0), lit(1.0), baseline=document(FOUND), candidate=document(FOUND))
    assert (cue.leaning, cue.fate) == ("alike", "unchanged")


def shock(evidence: Evidence, size: float) -> Evidence:
    """Bright images lose evidence whichever way they are changed, as where an edit cuts something off."""
    table = evidence.interventions
    light = evidence.read.set_index("image_id")["brightness"].reindex(table["image_id"]).to_numpy()
    logits = np.stack([np.frombuffer(part, "<f4") for part in table["logits"]]).astype(float)
    logits[:, 1] -= size * (light > float(table["donor_group"].iloc[0]))
    return replace(evidence, interventions=table.assign(logits=[row.tobytes() for row in logits.astype("<f4")]))


def test_what_any_edit_does_is_not_taken_for_use() -> None:
    cue = told(shock(lit(0.0), 1.0), lit(0.0))
    assert (cue.leaning, cue.p_adjusted) == ("cannot tell", 1.0)
    assert (
        "cannot tell which leans less: the two changes push opposite ways, as any edit of a picture may" in cue.sentence
    )
    assert "would settle it" not in cue.sentence, "no number of images would"


@pytest.mark.parametrize("n", [100, 120, 160])
def test_no_number_of_images_is_promised_where_the_two_ways_contradict_each_other(n: int) -> None:
    cue = told(shock(lit(0.0, n=n, noise=0.6), 0.6), lit(0.0, n=n, noise=0.6))
    assert (cue.leaning, cue.p_adjusted) == ("cannot tell", 1.0)
    assert "would settle it" not in cue.sentence


def push_one_side(evidence: Evidence, size: float) -> Evidence:
    """Only images with more of it are moved, by one change one way and by the other the other way."""
    table = evidence.interventions
    light = evidence.read.set_index("image_id")["brightness"].reindex(table["image_id"]).to_numpy()
    step = np.where(table["place"] == 0, 1.0, -1.0) * (light > float(table["donor_group"].iloc[0]))
    logits = np.stack([np.frombuffer(part, "<f4") for part in table["logits"]]).astype(float)
    logits[:, 1] -= size * step
    return replace(evidence, interventions=table.assign(logits=[row.tobytes() for row in logits.astype("<f4")]))


def test_a_push_of_one_side_alone_needs_a_finding_of_its_own() -> None:
    pushed = push_one_side(lit(0.0), 2.0)
    cue = told(pushed, lit(0.0))
    assert cue.leaning == "cannot tell"
    assert "pushes images with more and with less of it one way" in cue.sentence
    assert told(pushed, lit(0.0), baseline=document(FOUND)).leaning == "candidate leans less"


def test_other_values_are_not_compared() -> None:
    other = lit(3.0)
    table = other.interventions
    moved = replace(other, interventions=table.assign(donor_group="0.5125"))
    cue = told(lit(1.0), moved)
    assert (cue.leaning, cue.p_adjusted, cue.size) == ("cannot tell", None, None)
    goal = float(table["donor_group"].iloc[0])
    assert f"the audits brought it to different values ({goal:.6g} and 0.5125)" in cue.sentence
    assert all(change.change.value is None for change in cue.changes)


def test_medians_of_other_samples_are_near_enough() -> None:
    other = lit(3.0)
    goal = float(other.interventions["donor_group"].iloc[0])
    near = replace(other, interventions=other.interventions.assign(donor_group=f"{goal + 0.001:.6g}"))
    assert told(lit(1.0), near).leaning == "baseline leans less"


def test_few_images_tell_nothing() -> None:
    cue = told(lit(3.0, n=60, min_clusters=20), lit(0.0, n=60, min_clusters=20))
    assert cue.leaning == "cannot tell"
    assert "have more, or less, of it than the value" in cue.sentence


def test_a_failed_check_withholds_that_its_model_leans_less() -> None:
    assert told(lit(3.0), lit(0.0), candidate=document(checks=[FAILED])).leaning == "cannot tell"
    assert told(lit(3.0), lit(0.0), baseline=document(checks=[FAILED])).leaning == "candidate leans less"


def test_what_only_one_audit_changed_is_left_out() -> None:
    whole = lit(1.0)
    bare = replace(whole, interventions=whole.interventions[:0])
    assert measure_properties([whole, bare]) == []
    assert measure_properties([bare, whole]) == []


def test_models_that_do_not_differ_are_hardly_ever_told_apart() -> None:
    told_apart, p_values = 0, []
    for seed in range(100):
        own = np.random.default_rng(1000 + seed).uniform(0.2, 0.8, 120)
        first, second = (lit(0.6, n=120, seed=seed, noise=0.6, own=own, draws=200) for _ in range(2))
        generator = np.random.default_rng(seed)
        logits = np.stack([np.frombuffer(part, "<f4") for part in second.interventions["logits"]]).astype(float)
        logits[:, 1] += 0.6 * generator.normal(size=len(logits))
        again = second.interventions.assign(logits=[row.tobytes() for row in logits.astype("<f4")])
        cue = told(first, replace(second, interventions=again))
        told_apart += "leans less" in cue.leaning
        p_values.append([change.change.p_value for change in cue.changes])
    assert told_apart <= 5  # in a hundred
    for values in np.array(p_values, dtype=float).T:  # that of one way alone is as often small as it should be
        assert (values <= 0.05).sum() <= 11
        assert 35 <= (values <= 0.5).sum() <= 65
