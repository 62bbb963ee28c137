from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from auditor.analysis.cautions import list_not_tested, list_warnings
from auditor.analysis.estimates import estimate
from auditor.analysis.statistics.base import Evidence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import SimpleNamespace

FORBIDDEN = ("debias", "unbiased", "fair", "proves")


def said(evidence: Evidence) -> list[str]:
    return list_warnings(evidence, estimate(evidence))


def of(build: SimpleNamespace, labels: Sequence[str], predicted: Sequence[str], **columns: Sequence[str]) -> Evidence:
    rows = [{"label": a, "predicted": b} for a, b in zip(labels, predicted, strict=True)]
    images = build.images(rows).assign(**{"gender": ["man", "woman"] * (len(rows) // 2)} | columns)
    return build.evidence(images)


def test_a_sound_audit_is_left_in_peace(build: SimpleNamespace) -> None:
    images = build.random_images(400, np.random.default_rng(0))
    assert said(build.evidence(images, boxes={"face": build.random_boxes(400, np.random.default_rng(1))})) == []


def test_accuracy_near_chance_is_loud_and_first(build: SimpleNamespace) -> None:
    evidence = of(build, ["doctor", "nurse"] * 50, ["doctor", "doctor", "nurse", "nurse"] * 25)
    first = said(evidence)[0]
    assert first.startswith(
        "Accuracy is 50.0% (interval 40.4% to 59.6%), not clearly above chance (50.0% with 2 classes)"
    )
    assert "the weights, the order of the classes or the preprocessing may be wrong" in first


def test_swapped_classes_are_worse_than_chance(build: SimpleNamespace) -> None:
    evidence = of(build, ["doctor", "nurse"] * 50, ["nurse", "doctor"] * 50)
    assert "may be wrong" in said(evidence)[0]


def test_below_the_majority(build: SimpleNamespace) -> None:
    labels = ["doctor"] * 180 + ["nurse"] * 20
    evidence = of(build, labels, ["doctor"] * 120 + ["nurse"] * 80)
    assert "less than always naming the most frequent label (90.0%)" in said(evidence)[0]


def test_unread_images_are_counted_with_their_reasons(build: SimpleNamespace) -> None:
    evidence = build.sample(400)
    images = evidence.images.copy()
    images.loc[:2, "status"] = "truncated"
    images.loc[5, "status"] = "not an image"
    again = Evidence(images=images, attention=evidence.attention, regions=evidence.regions, settings=evidence.settings)
    assert "4 of 400 listed images are in no number: truncated (3), not an image (1)." in said(again)


def test_nothing_read_is_said_before_all_else(build: SimpleNamespace) -> None:
    evidence = build.sample(6)
    images = evidence.images.assign(status="missing")
    again = Evidence(images=images, attention=evidence.attention, regions=evidence.regions, settings=evidence.settings)
    assert said(again)[0] == "None of the 6 listed images could be used: there are no results."


def test_one_class_only(build: SimpleNamespace) -> None:
    found = said(of(build, ["doctor"] * 60, ["doctor"] * 60))
    assert "All images have the label doctor: nothing can be said about telling classes apart." in found


def test_empty_maps(build: SimpleNamespace) -> None:
    found = "\n".join(said(build.sample(400)))
    assert "9% of the maps of the label are empty" in found
    assert "More than 5% of the maps are empty in:" in found


@pytest.mark.parametrize(("side", "small"), [((0.05, 0.1), True), ((0.2, 0.3), False), ((1 / 7, 1 / 7), False)])
def test_regions_smaller_than_a_cell(build: SimpleNamespace, *, side: tuple[float, float], small: bool) -> None:
    generator = np.random.default_rng(0)
    boxes = {"tag": build.random_boxes(300, generator, side=side)}
    found = said(build.evidence(build.random_images(300, generator), boxes=boxes))
    assert any("Region tag is below map resolution" in sentence for sentence in found) == small


def test_regions_at_one_place_or_none(build: SimpleNamespace) -> None:
    generator = np.random.default_rng(0)
    boxes = {"face": np.tile([0.3, 0.3, 0.6, 0.6], (300, 1)), "tag": np.full((300, 4), np.nan)}
    found = said(build.evidence(build.random_images(300, generator), boxes=boxes))
    assert any(sentence.startswith("Region face lies at nearly one place") for sentence in found)
    assert any(sentence.startswith("Region tag is seen in none of the 300 images") for sentence in found)


@pytest.mark.parametrize(
    ("values", "told"),
    [(["man", ""], "one value alone"), (["man", "man"], "one value alone"), (["", ""], "no value"), (["a", "b"], "")],
)
def test_an_attribute_with_nothing_to_compare(build: SimpleNamespace, values: list[str], told: str) -> None:
    labels = ["doctor", "nurse"] * 50
    found = said(of(build, labels, labels, gender=values * 50))
    lines = [line for line in found if "no groups can be compared" in line]
    assert lines == ([f"gender has {told} on these images: no groups can be compared by it."] if told else [])


def test_missing_values_thin_and_empty_subgroups(build: SimpleNamespace) -> None:
    labels = ["doctor", "nurse"] * 100
    gender = (["man", "woman"] * 100)[:190] + [""] * 10
    gender[0:20:2] = ["other"] * 10
    found = said(of(build, labels, labels, gender=gender))
    assert any(s.startswith("gender is not recorded for 10 of 200 images") for s in found)
    lacking = "There are no images of: doctor with gender woman, nurse with gender man, nurse with gender other. "
    assert any(s.startswith(lacking) for s in found)
    assert any(
        s.startswith("Fewer than 20 independent images or persons stand behind: doctor with gender other (10)")
        for s in found
    )


def test_what_was_not_tested_depends_on_what_was_given(build: SimpleNamespace) -> None:
    rich = build.sample(40, per_cluster=2)
    poor = build.evidence(build.random_images(40, np.random.default_rng(0)), attributes=())
    rich_said, poor_said = ("\n".join(list_not_tested(e, estimate(e))) for e in (rich, poor))
    assert "attention alone does not show use" in rich_said
    assert "no regions were given" not in rich_said
    assert "no regions were given" in poor_said
    assert "no attributes were given" in poor_said
    assert "No two images share a group_id" in poor_said
    assert "No two images share a group_id" not in rich_said


def test_the_words_keep_to_what_is_known(build: SimpleNamespace) -> None:
    evidence = build.sample(100)
    table = estimate(evidence)
    text = " ".join([*list_warnings(evidence, table), *list_not_tested(evidence, table), *table["method"]]).lower()
    assert not [word for word in FORBIDDEN if word in text]
