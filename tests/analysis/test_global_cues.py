"""Findings on whole pictures: found where the model reads brightness, ruled out where it does not, else open."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.estimates import estimate
from auditor.analysis.global_cells import list_global_cells
from auditor.analysis.global_cues import list_global_findings
from auditor.analysis.global_rungs import as_correlation, judge_global_harm, judge_global_opportunity, judge_global_use
from auditor.analysis.protocol import follow_protocol
from auditor.analysis.statistics.mirroring import MIRRORED
from auditor.analysis.statistics.neutralising import read_neutrals
from auditor.analysis.uses import judge
from auditor.properties import NEUTRAL
from tests.analysis.conftest import make_evidence, make_images
from tests.analysis.statistics.test_neutralising import make_lit
from tests.analysis.statistics.trialling import make_read, make_told, make_trials

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.ladder import Finding


def fill_in(evidence: Evidence) -> Evidence:
    """With all columns and maps that an audit leaves."""
    images = make_images(evidence.images.to_dict("records"), attributes=())
    whole = make_evidence(images, classes=evidence.settings.classes, attributes=())
    return replace(whole, interventions=evidence.interventions)


def find(evidence: Evidence) -> list[Finding]:
    evidence = fill_in(evidence)
    return list_global_findings(evidence, estimate(evidence))


def find_one(evidence: Evidence) -> Finding:
    (finding,) = find(evidence)
    return finding


def answer(finding: Finding, rung: str) -> str:
    (found,) = [one for one in finding.rungs if one.name == rung]
    return found.answer


def test_a_model_that_reads_brightness_is_found() -> None:
    finding = find_one(make_lit(3.0))
    assert answer(finding, "uses") == "found"
    assert finding.level in {"E3", "E4"}
    assert (finding.region, finding.role, finding.attribute) == ("(brightness)", "undeclared", None)
    assert finding.fills == [NEUTRAL, MIRRORED]
    assert finding.contrast == "nurse"
    assert finding.q_value is not None
    assert finding.q_value < 0.05
    assert finding.ci_adjusted is not None
    assert finding.ci_adjusted[0] > 0.1
    assert "The model uses brightness of the whole picture." in finding.headline
    assert "More brightness is evidence for nurse" in finding.headline
    assert answer(finding, "looks") == "not evaluated"
    assert len(finding.examples) == 6
    assert {example.place for example in finding.examples} == {"largest", "median", "smallest"}


def test_a_model_that_reads_darkness_speaks_for_the_other_class() -> None:
    assert "More brightness is evidence for doctor" in find_one(make_lit(-3.0)).headline


def test_a_model_that_does_not_read_it_is_ruled_out() -> None:
    finding = find_one(make_lit(0.0, noise=0.05))
    assert answer(finding, "uses") == "ruled out"
    assert finding.level == "R"
    assert "ruled out above the margin" in finding.headline
    assert finding.ci_adjusted is None


def test_a_model_that_is_blind_to_it_is_ruled_out_without_any_spread() -> None:
    finding = find_one(make_lit(0.0))
    assert answer(finding, "uses") == "ruled out"
    assert finding.p_value == 1
    assert "at most 0.01 SD" in finding.headline


def test_little_and_noisy_is_open() -> None:
    finding = find_one(make_lit(0.45, noise=1.0))
    assert answer(finding, "uses") == "not enough evidence"
    assert finding.level == "I"
    assert "not enough evidence either way" in finding.headline


def test_an_edit_that_only_shocks_is_not_found() -> None:
    """Bright images lose evidence whichever way they are changed: the mirrored way contradicts."""
    evidence = make_lit(0.0)
    table = evidence.interventions
    light = evidence.read.set_index("image_id")["brightness"].reindex(table["image_id"]).to_numpy()
    logits = np.stack([np.frombuffer(part, "<f4") for part in table["logits"]]).astype(float)
    logits[:, 1] -= 3 * (light - float(table["donor_group"].iloc[0]))
    vars(evidence)["interventions"] = table.assign(logits=[row.tobytes() for row in logits.astype("<f4")])
    finding = find_one(evidence)
    assert answer(finding, "uses") == "not enough evidence"
    assert finding.p_value == 1


def test_a_push_of_one_side_alone_is_not_found() -> None:
    evidence = make_lit(0.0)
    table = evidence.interventions
    light = evidence.read.set_index("image_id")["brightness"].reindex(table["image_id"]).to_numpy()
    step = np.where(table["place"] == 0, 1.0, -1.0) * np.maximum(light - float(table["donor_group"].iloc[0]), 0)
    logits = np.stack([np.frombuffer(part, "<f4") for part in table["logits"]]).astype(float)
    logits[:, 1] -= 6 * step
    vars(evidence)["interventions"] = table.assign(logits=[row.tobytes() for row in logits.astype("<f4")])
    finding = find_one(evidence)
    assert answer(finding, "uses") == "not enough evidence"
    assert "do not agree well enough" in finding.rungs[2].sentence


def test_opportunity_comes_from_the_labels() -> None:
    apart = find_one(_aligned(0.85))
    assert answer(apart, "opportunity") == "found"
    assert answer(find_one(make_lit(3.0, n=1000)), "opportunity") == "ruled out"


def _aligned(alignment: float, n: int = 400, **settings: object) -> Evidence:
    """Nurses are bright at a rate; the model reads brightness."""
    generator = np.random.default_rng(5)
    nurse = generator.random(n) < 0.5
    bright = nurse == (generator.random(n) < alignment)
    light = np.where(bright, 0.6, 0.4) + generator.uniform(-0.05, 0.05, n)
    evidence = make_lit(4.0, n=n, own=light, **settings)
    images = evidence.images.assign(label=np.where(nurse, "nurse", "doctor"))
    vars(evidence)["images"] = images
    vars(evidence).pop("read", None)
    return evidence


def test_a_property_that_goes_with_the_label_and_is_used_climbs_to_the_top() -> None:
    finding = find_one(_aligned(0.8, n=600))
    assert [rung.answer for rung in finding.rungs] == ["found", "not evaluated", "found", "found"]
    assert finding.level == "E4"
    assert "are answered correctly" in finding.headline


def test_complete_alignment_cannot_be_tested_and_says_so() -> None:
    finding = find_one(_aligned(1.0))
    assert finding.level == "E1"
    assert re.search(
        r"could not be tested: it splits the labels completely: every image labelled nurse has more of it than any "
        r"labelled doctor \(400 images in all\); its use cannot be told apart",
        finding.headline,
    )
    assert "its use cannot be told apart" in finding.rungs[2].sentence
    assert finding.p_value is None
    assert finding.examples == []


def test_nearly_complete_alignment_says_how_few_there_are() -> None:
    finding = find_one(_aligned(0.97))
    assert re.search(r"could not be tested: at most \d+ independent images", finding.headline)


def test_every_claim_on_a_whole_picture_says_that_a_local_cue_may_be_behind_it() -> None:
    local = "A cue in one place, such as an object or a tag, changes this number of the whole picture as well"
    told = [make_lit(3.0), make_lit(0.45, noise=1.0), _aligned(0.8, n=600), _aligned(1.0)]
    for finding, levels in zip(map(find_one, told), ({"E3", "E4"}, {"I"}, {"E4"}, {"E1"}), strict=True):
        assert finding.level in levels
        assert local in finding.headline
        assert finding.level == "E1" or local in finding.rungs[2].sentence
    finding = find_one(make_lit(0.0))
    assert finding.headline.endswith("Of a cue in one place this says nothing.")
    assert "Of a cue in one place this says nothing." in finding.rungs[2].sentence


@pytest.mark.parametrize("name", ["sharpness", "jpeg_quality", "megapixels"])
def test_what_can_only_be_taken_down_is_never_found_and_never_ruled_out(name: str) -> None:
    for slope in (0.0, 5.0):
        evidence = make_lit(slope)
        table = evidence.interventions
        first = table[table["place"] == 0].assign(region=f"({name})", donor_group="0.1")
        vars(evidence)["interventions"] = first
        finding = find_one(evidence)
        assert answer(finding, "uses") == "not evaluated"
        assert finding.level in {"E0", "E1"}
        assert finding.p_value is None
        assert finding.fills == []
        uses = finding.rungs[2]
        assert "neither found nor ruled out" in uses.sentence
        assert {one.statistic for one in uses.estimates} == {"property_shift", "property_flips"}


def test_properties_missing_from_every_file_make_no_finding() -> None:
    evidence = make_lit(3.0)
    vars(evidence)["images"] = evidence.images.assign(jpeg_quality=np.nan)
    assert [finding.region for finding in find(evidence)] == ["(brightness)"]


def test_quality_that_some_files_lack_is_told_of_all() -> None:
    """Files without a quality were saved without loss, so they are changed although they have no side."""
    evidence = make_lit(1.0)
    quality = np.where(np.arange(len(evidence.images)) % 2 == 0, np.nan, 90.0)
    table = evidence.interventions
    first = table[table["place"] == 0].assign(region="(jpeg_quality)", donor_group="80")
    vars(evidence).update(interventions=first, images=evidence.images.assign(jpeg_quality=quality))
    (flips,) = [one for one in find_one(evidence).rungs[2].estimates if one.statistic == "property_flips"]
    assert flips.n == len(evidence.images)


def test_null_models_are_not_flagged() -> None:
    """The edit moves each margin at random: over 60 models and both signs none is flagged."""
    flagged, tried = 0, 0
    for seed in range(60):
        evidence = make_lit(0.0, noise=0.5, seed=seed, draws=200)
        for use in judge(list_global_cells(read_neutrals(evidence), least=20)):
            tried += use.answer != "not evaluated"
            flagged += use.answer == "found"
    assert tried == 60
    assert flagged == 0


def test_at_the_margin_false_alarms_keep_to_the_level() -> None:
    """A shift of exactly the margin must not be found more often than at 5 %, each way alone."""
    low = 0
    for seed in range(60):
        own = np.random.default_rng(1000 + seed).uniform(0.2, 0.8, 160)
        probe = make_lit(1.0, seed=seed, own=own, draws=200)
        shift = read_neutrals(probe)[0].cell.shift  # type: ignore[union-attr]
        slope = 0.1 / shift.estimate
        evidence = make_lit(slope, seed=seed, own=own, noise=0.3, draws=200)
        (use,) = judge(list_global_cells(read_neutrals(evidence), least=20))
        low += use.answer == "found"
    assert low <= 6


def test_several_classes() -> None:
    classes = ("doctor", "nurse", "patient")
    generator = np.random.default_rng(2)
    n = 360
    light = generator.uniform(0.2, 0.8, n)
    other = generator.normal(size=(n, 3))
    target = float(np.quantile(light, 0.5, method="inverted_cdf"))

    def answer_at(values: np.ndarray) -> np.ndarray:
        return other + 4 * np.outer(values - 0.5, [0, 0, 1])

    images = make_read(
        answer_at(light), labels=generator.choice(classes, n).tolist(), gender=["man"] * n, classes=classes
    )
    trials = [
        make_trials(
            images,
            answer_at(values),
            at=range(n),
            region="(brightness)",
            fill=NEUTRAL,
            place=place,
            classes=classes,
            donor_group=f"{target:.6g}",
        )
        for place, values in ((0, np.full(n, target)), (1, 2 * light - target))
    ]
    evidence = make_told(images.assign(brightness=light), trials, classes=classes, attributes=())
    finding = find_one(evidence)
    assert finding.level in {"E3", "E4"}
    assert finding.contrast == "patient"
    cells = list_global_cells(read_neutrals(evidence), least=20)
    assert [cell.favours for cell in cells] == list(classes)
    rung = judge_global_opportunity(estimate(fill_in(evidence)), "brightness", labels=classes)
    assert rung.answer == "ruled out"
    assert "epsilon = " in rung.sentence


def test_protocol_keeps_the_two_families_apart() -> None:
    evidence = fill_in(make_lit(3.0))
    findings, protocol = follow_protocol(evidence, estimate(evidence))
    assert [finding.region for finding in findings] == ["(brightness)"]
    assert protocol is not None
    assert (protocol.family, protocol.fills, protocol.controls) == (0, [], 0)
    assert protocol.images == evidence.interventions["image_id"].nunique() > 0
    assert protocol.passes == len(evidence.interventions)
    assert any("a family of its own" in note for note in protocol.notes)


def test_scales() -> None:
    assert as_correlation(0.35, pair=True) == pytest.approx(-0.3)
    assert as_correlation(0.09, pair=False) == pytest.approx(0.3)
    assert as_correlation(-0.01, pair=False) == 0


def test_rungs_without_numbers() -> None:
    nothing = estimate(fill_in(make_lit(1.0))).iloc[:0]
    assert judge_global_opportunity(nothing, "tint", labels=("a", "b")).answer == "not evaluated"
    assert judge_global_harm(nothing, "tint").answer == "not evaluated"
    assert "an unknown share" in judge_global_use(nothing, "sharpness", use=None, classes=("a", "b")).sentence


def test_order_of_rows_changes_nothing() -> None:
    evidence = make_lit(3.0)
    shuffled = make_lit(3.0)
    vars(shuffled)["interventions"] = shuffled.interventions.sample(frac=1, random_state=0)
    for one, other in itertools.zip_longest(find(evidence), find(shuffled)):
        assert one == other
