from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import numpy as np
import pytest

import auditor.documents.document
from auditor.analysis.findings import GRAVITY, find_level, list_findings
from auditor.analysis.statistics.effects import read_effects
from auditor.documents.ladder import Check, Rung
from tests.analysis.asking import FILLS, answer, gaping, looks, make_asked, planted, row, table

if TYPE_CHECKING:
    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.ladder import Answer, Finding

NEVER = re.compile(r"\b(un)?fair|bias|prove", re.IGNORECASE)
FOUND, RULED_OUT, OPEN, UNTESTED, WITHHELD = "found", "ruled out", "not enough evidence", "not evaluated", "withheld"


@pytest.fixture(scope="module")
def used() -> Evidence:
    return make_asked(
        600,
        spread=0.2,
        pushes=planted(0.35, "face") | planted(0.0, "coat"),
        roles={"coat": "core", "face": "protected"},
    )


def pick(findings: list[Finding], region: str, attribute: str | None = "gender") -> Finding:
    (found,) = (one for one in findings if (one.region, one.attribute) == (region, attribute))
    return found


def failed(withholds: str, region: str | None = None) -> Check:
    facts = {"name": "faithful maps", "passed": False, "statistic": "-0.1 SD", "consequence": "maps are not faithful"}
    return Check.model_validate({**facts, "region": region, "withholds": withholds})


def rungs(**answers: Answer) -> dict[str, Rung]:
    names = ("opportunity", "looks", "uses", "hurts")
    return {
        name: Rung.model_validate(
            {"name": name, "answer": answers.get(name, UNTESTED), "sentence": "", "estimates": []}
        )
        for name in names
    }


@pytest.mark.parametrize(
    ("opportunity", "seen", "uses", "hurts", "level"),
    [
        (FOUND, FOUND, FOUND, FOUND, "E4"),
        (RULED_OUT, RULED_OUT, FOUND, FOUND, "E4"),
        (FOUND, FOUND, FOUND, OPEN, "E3"),
        (FOUND, WITHHELD, FOUND, OPEN, "E3"),
        (FOUND, UNTESTED, FOUND, RULED_OUT, "E3"),
        (FOUND, RULED_OUT, FOUND, RULED_OUT, "E3'"),
        (FOUND, OPEN, FOUND, UNTESTED, "E3'"),
        (FOUND, FOUND, RULED_OUT, FOUND, "E2"),
        (FOUND, FOUND, OPEN, FOUND, "E2"),
        (FOUND, FOUND, UNTESTED, FOUND, "E2"),
        (FOUND, OPEN, RULED_OUT, FOUND, "R"),
        (FOUND, WITHHELD, OPEN, FOUND, "I"),
        (FOUND, RULED_OUT, UNTESTED, FOUND, "E1"),
        (FOUND, RULED_OUT, WITHHELD, FOUND, "E1"),
        (OPEN, UNTESTED, UNTESTED, UNTESTED, "E0"),
        (RULED_OUT, OPEN, UNTESTED, FOUND, "E0"),
    ],
)
def test_the_level_is_read_off_the_rungs(
    opportunity: Answer, seen: Answer, uses: Answer, hurts: Answer, level: str
) -> None:
    assert find_level(rungs(opportunity=opportunity, looks=seen, uses=uses, hurts=hurts)) == level


@pytest.mark.parametrize(
    ("rows", "level"),
    [
        ([looks("face", 2.6, 2.0, 3.1)], "E3"),
        ([looks("face", 2.6, 2.0, 3.1), *gaping("nurse", -0.2, -0.3, -0.1)], "E4"),
        ([looks("face", 2.6, 2.0, 3.1), *gaping("nurse", -0.2, -0.3, -0.1, attribute="age")], "E3"),
        ([looks("face", 1.0, 0.9, 1.1)], "E3'"),
        ([looks("face", 1.6, 1.3, 1.9)], "E3'"),
        ([], "E3"),
    ],
)
def test_use_is_three_and_what_else_was_seen_says_which(used: Evidence, rows: list[dict[str, Any]], level: str) -> None:
    finding = pick(list_findings(used, table(*rows), checks=[]), "face")
    assert finding.level == level
    assert finding.ci_adjusted is not None
    assert 0.1 < finding.ci_adjusted[0] < finding.ci_adjusted[1]
    assert ("does not show this" in finding.headline) == (level == "E3'")
    assert (finding.subgroup, finding.contrast, finding.fills) == ("woman", "nurse", list(FILLS))


def test_looks_without_use_is_two(used: Evidence) -> None:
    finding = pick(list_findings(used, table(looks("coat", 2.6, 2.0, 3.1)), checks=[]), "coat")
    assert finding.level == "E2"
    assert "Looking is not using: hiding it did not materially change answers" in finding.headline
    assert finding.ci_adjusted is None


def test_no_use_is_ruled_out_and_opportunity_alone_is_one(used: Evidence) -> None:
    assert pick(list_findings(used, table(), checks=[]), "coat").level == "R"
    few = make_asked(60, pushes=planted(0.5, "face"))
    together = row("cramers_v", 0.7, 0.6, 0.8, attribute="gender")
    assert pick(list_findings(few, table(together), checks=[]), "face").level == "E1"
    finding = pick(list_findings(few, table(), checks=[]), "face")
    assert finding.level == "E0"
    assert finding.headline.endswith("at most 15 independent images or persons on one side; more are needed.")
    assert finding.examples == []


def test_a_complete_split_of_the_labels_says_what_cannot_be_told_apart() -> None:
    evidence = make_asked(200, pushes=planted(0.5, "face"))
    images = evidence.images.assign(gender=np.where(evidence.images["label"] == "doctor", "man", "woman"))
    split = replace(evidence, images=images)
    together = row("cramers_v", 1.0, 0.97, 1.0, attribute="gender")
    finding = pick(list_findings(split, table(together), checks=[]), "face")
    reason = (
        "no label has images on both sides of gender: doctor has no woman (100 images), nurse has only woman "
        "(100 images); use of gender cannot be told apart from use of what else the labels differ in"
    )
    assert finding.level == "E1"
    assert finding.headline.endswith(f"Whether the model does this could not be tested: {reason}.")
    assert finding.rungs[2].sentence == f"Not evaluated: {reason}."
    seen = pick(list_findings(split, table(together, looks("face", 2.6, 2.0, 3.1)), checks=[]), "face")
    assert seen.level == "E2"
    assert f"use could not be tested in connection with gender: {reason}." in seen.headline
    some = images.assign(gender=images["gender"].where(images.index > 7, "woman"))
    finding = pick(list_findings(replace(evidence, images=some), table(together), checks=[]), "face")
    assert "at most 4 independent images or persons on one side" in finding.headline


def test_random_heads_in_the_place_of_other_areas_claim_less(used: Evidence) -> None:
    keys: dict[str, Any] = {"region": "face", "target": "predicted", "unit": "ratio"}
    for value in (1.0, 1.5, 2.0):
        rows = [
            row("enrichment_over_heads", value, value - 0.1, value + 0.1, **keys),
            row("enrichment_probed", 2.0, **keys),
            row("enrichment_random_heads", 1.0, 0.8, 1.2, **keys),
        ]
        finding = pick(list_findings(used, table(*rows), checks=[]), "face")
        assert finding.level == "E3"
        assert "does not show this" not in finding.headline
        assert "lies in the same place in every image" in finding.rungs[1].sentence
    coat = [{**one, "region": "coat"} for one in rows]
    finding = pick(list_findings(used, table(*coat), checks=[]), "coat")
    assert finding.level == "E2"
    assert finding.headline.startswith("The map favours coat (declared core) more than with a random head. coat lies")


def test_maps_that_are_not_faithful_are_not_spoken_of(used: Evidence) -> None:
    seen = table(looks("face", 1.0, 0.9, 1.1), looks("coat", 3.0, 2.5, 3.5))
    findings = list_findings(used, seen, checks=[failed("attention")])
    assert [pick(findings, name).level for name in ("face", "coat")] == ["E3", "R"]
    looked = pick(findings, "face").rungs[1]
    assert (looked.answer, looked.sentence) == ("withheld", "Withheld: maps are not faithful")
    elsewhere = list_findings(used, seen, checks=[failed("attention", "coat")])
    assert [pick(elsewhere, name).level for name in ("face", "coat")] == ["E3'", "R"]


def test_edits_that_may_not_reach_the_model_rule_nothing_out(used: Evidence) -> None:
    """What they changed they changed; only that nothing changed says nothing any more."""
    findings = list_findings(used, table(), checks=[failed("interventions")])
    assert pick(findings, "face").level == "E3"
    finding = pick(findings, "coat")
    assert (finding.level, finding.rungs[2].answer) == ("E0", "withheld")
    assert "maps are not faithful" in finding.headline


def test_each_region_and_attribute_is_one_finding_gravest_first() -> None:
    evidence = make_asked(pushes=planted(0.3, "face", "tie") | planted(0.0, "coat", "hat"), roles={"hat": "core"})
    generator = np.random.default_rng(1)
    images = evidence.images.assign(age=generator.choice(["mid", "old", "young"], 300))
    evidence = replace(evidence, images=images, settings=replace(evidence.settings, attributes=("age", "gender")))
    findings = list_findings(evidence, table(), checks=[])
    keys = [(one.region, one.attribute) for one in findings]
    assert len(keys) == len(set(keys)) == 4 * 2 + 3
    ranks = [GRAVITY.index(one.level) for one in findings]
    assert ranks == sorted(ranks)
    assert {one.region for one in findings[:2]} == {"face", "tie"}
    assert all(one.level not in {"E3", "E3'", "E4"} for one in findings if one.attribute == "age")


def test_examples_are_those_of_the_rule(used: Evidence) -> None:
    finding = pick(list_findings(used, table(), checks=[]), "face")
    effects = [one for one in read_effects(used) if one.region == "face"]
    shifts = {one.fill: one.own / one.contrast.before.std() for one in effects}
    found = {example.image_id: example for example in finding.examples}
    assert len(found) == 6
    names = used.read["image_id"].tolist()
    own = next(
        values
        for values in shifts.values()
        if values[names.index(finding.examples[0].image_id)] == pytest.approx(finding.examples[0].shift)
    )
    order = sorted(range(600), key=lambda i: (-abs(own[i]), names[i]))
    expected = {"largest": order[:2], "median": order[299:301], "smallest": order[-2:]}
    for place, rows in expected.items():
        assert [one.image_id for one in finding.examples if one.place == place] == [names[i] for i in rows]
    trials = used.interventions.set_index(["image_id", "region", "place"])
    for example in finding.examples:
        assert example.path == f"photos/{example.image_id}"
        assert example.predicted_hidden in trials.loc[(example.image_id, "face", 0), "predicted"].tolist()


def test_five_images_are_shown_once_each() -> None:
    evidence = make_asked(5, pushes=planted(0.5, "face"), min_clusters=1, attributes=())
    (finding,) = list_findings(evidence, table(), checks=[])
    shown = [example.image_id for example in finding.examples]
    assert len(shown) == len(set(shown)) == 5


def test_the_order_of_rows_changes_nothing(used: Evidence) -> None:
    shuffled = replace(
        used,
        images=used.images.sample(frac=1, random_state=1),
        regions=used.regions.sample(frac=1, random_state=2),
        interventions=used.interventions.sample(frac=1, random_state=3),
    )
    findings = [list_findings(one, answer(one, "alignment", "occlusion"), checks=[]) for one in (used, shuffled)]
    assert findings[0] == findings[1]


def test_hostile_names_go_through_as_they_are() -> None:
    region, other = "<b>a:b</b>\n\"'{x}", "<b>a"
    evidence = make_asked(160, pushes=planted(0.4, region) | planted(0.0, other))
    name = "b</b>:{0}%s\\"
    images = evidence.images.rename(columns={"gender": name})
    images[name] = images[name].map({"man": "", "woman": "<script>"}).where(images.index % 5 > 0, "x:y\u202e")
    settings = replace(evidence.settings, attributes=(name,))
    findings = list_findings(replace(evidence, images=images, settings=settings), table(), checks=[])
    assert {one.region for one in findings} == {region, other}
    assert len({one.fingerprint for one in findings}) == len(findings)
    assert all(one.region in one.headline for one in findings)


def test_a_margin_that_never_varies_is_no_crash() -> None:
    evidence = make_asked(100, pushes=planted(0.0, "face"))
    packed = evidence.images["logits"].iloc[0]
    same = replace(evidence, images=evidence.images.assign(logits=[packed] * 100, predicted="nurse"))
    findings = list_findings(same, table(), checks=[])
    assert pick(findings, "face").level == "E0"
    assert "the margin is the same on every image" in pick(findings, "face").headline


def every(used: Evidence) -> list[Finding]:
    rows: list[pd.DataFrame] = [
        table(looks("face", value, value - 0.2, value + 0.2), *gaping("nurse", -0.2, -0.2 - half, -0.2 + half))
        for value in (1.0, 3.0)
        for half in (0.05, 0.3)
    ]
    few = make_asked(60, pushes=planted(0.5, "face"))
    open_ = make_asked(100, pushes=planted(0.1, "face"), spread=0.8)
    together = table(row("cramers_v", 0.7, 0.6, 0.8, attribute="gender"))
    told = [list_findings(used, one, checks=[]) for one in rows]
    told += [list_findings(used, table(looks("coat", 3, 2.5, 3.5)), checks=[failed("interventions")])]
    told += [list_findings(few, one, checks=[]) for one in (together, table())] + [
        list_findings(open_, table(), checks=[])
    ]
    return [finding for findings in told for finding in findings]


def test_every_level_fits_the_schema_and_keeps_to_what_was_measured(used: Evidence) -> None:
    findings = every(used)
    assert {one.level for one in findings} == set(GRAVITY)
    schema = auditor.documents.document.make_schema()
    part = {**schema["$defs"]["Finding"], "$defs": schema["$defs"]}
    for finding in findings:
        jsonschema.validate(json.loads(finding.model_dump_json()), part)
        for text in (finding.headline, *(rung.sentence for rung in finding.rungs)):
            assert not NEVER.search(text), text
            assert "nan" not in text.lower().split(), text
            assert "None" not in text, text
            assert text.strip() == text
            assert text.endswith((".", "maps are not faithful")), text
            assert ".." not in text
