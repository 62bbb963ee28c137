from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from auditor.analysis.examples import choose_examples
from auditor.records import unpack_rasters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import SimpleNamespace

    from auditor.analysis.statistics.base import Evidence


def people(build: SimpleNamespace, rows: Sequence[tuple[Any, ...]]) -> Evidence:
    names = ("image_id", "label", "predicted", "gender", "score")
    return build.evidence(build.images([dict(zip(names, row, strict=True)) for row in rows]))


ROWS = [
    ("a", "doctor", "nurse", "woman", 0.7),
    ("b", "doctor", "nurse", "woman", 0.9),
    ("c", "doctor", "nurse", "woman", 0.8),
    ("d", "nurse", "doctor", "man", 0.6),
    ("e", "doctor", "doctor", "woman", 0.88),
    ("f", "doctor", "doctor", "woman", 0.99),
    ("g", "doctor", "doctor", "man", 0.7),
    ("h", "nurse", "nurse", "woman", 0.6),
]


def test_kinds_take_turns_and_the_surest_errors_come_first(build: SimpleNamespace) -> None:
    found = choose_examples(people(build, ROWS), limit=3)
    assert [item.image_id for item in found.items if item.kind == "misclassified"] == ["b", "d", "c"]
    assert found.n_misclassified == 4
    assert found.rule.startswith(
        "3 of 4 misclassified images: from each combination of label × predicted class × gender"
    )


def test_a_control_is_correct_alike_near_in_confidence_and_used_once(build: SimpleNamespace) -> None:
    found = choose_examples(people(build, ROWS))
    pairs = {item.control_of: item for item in found.items if item.kind == "control"}
    assert {of: item.image_id for of, item in pairs.items()} == {"b": "e", "c": "f", "d": "h", "a": "g"}
    assert all(item.label == item.predicted for item in pairs.values())
    assert "For 2 no such image was left" in found.rule
    follows = [item.image_id for item in found.items]
    assert all(follows.index(item.image_id) == follows.index(of) + 1 for of, item in pairs.items())


def test_errors_without_any_correct_image_stand_alone(build: SimpleNamespace) -> None:
    found = choose_examples(people(build, ROWS[:4]))
    assert {item.kind for item in found.items} == {"misclassified"}
    assert "For 4 no correctly classified image of the label was left" in found.rule


def test_nothing_misclassified(build: SimpleNamespace) -> None:
    found = choose_examples(people(build, ROWS[4:]))
    assert (found.n_misclassified, found.items) == (0, [])
    assert found.rule == "No image is misclassified, so none is shown."


def test_an_example_carries_its_maps_and_outlines(build: SimpleNamespace) -> None:
    evidence = build.sample(60)
    for item in choose_examples(evidence).items:
        row = int(item.image_id[:5])
        assert {region.region for region in item.regions} == ({"coat"} if row % 7 == 0 else {"coat", "face"})
        assert unpack_rasters([base64.b64decode(item.regions[0].raster)]).any()
        assert (item.cam is None) == (row % 11 == 0)
        if item.cam is not None:
            assert np.max(item.cam) == 1
            assert np.shape(item.cam) == (7, 7)
            assert item.cam == item.cam_label
            assert len(str(item.cam[0][0])) <= 6


def test_the_order_of_rows_changes_nothing(build: SimpleNamespace) -> None:
    evidence = build.sample(60)
    shuffled = type(evidence)(
        images=evidence.images.sample(frac=1, random_state=0),
        attention=evidence.attention.sample(frac=1, random_state=0),
        regions=evidence.regions.sample(frac=1, random_state=0),
        settings=evidence.settings,
    )
    assert choose_examples(evidence) == choose_examples(shuffled)


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_no_more_than_the_limit(build: SimpleNamespace, limit: int) -> None:
    found = choose_examples(build.sample(80), limit=limit)
    assert sum(item.kind == "misclassified" for item in found.items) == limit
