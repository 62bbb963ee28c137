"""What two audits differ in beside the model is listed, each thing once, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.analysis.comparability import list_differences
from auditor.documents.document import Redaction
from auditor.documents.ladder import Estimate
from tests.comparing.histories import audit
from tests.report.laddered import protocol

if TYPE_CHECKING:
    from auditor.documents.document import Document

BEFORE = audit({"face": "E3"})
DATA, METHOD, MODEL, TOOL = BEFORE.data, BEFORE.method, BEFORE.model, BEFORE.tool


def changed(part: str, **values: Any) -> Document:
    return BEFORE.model_copy(update={part: getattr(BEFORE, part).model_copy(update=values)})


HAIRLESS = [one for one in DATA.regions if one.name != "hair"]
RECAST = [one.model_copy(update={"role": "context"}) if one.name == "face" else one for one in DATA.regions]
THREE = [DATA.attributes[0].model_copy(update={"counts": {"man": 1, "woman": 1, "other": 1, "": 4}})]
CASES: list[tuple[str, Document, str]] = [
    ("images", changed("data", manifest_sha256="ab" * 32), "other images, or other annotations of them (manifest "),
    ("images", changed("data", n_read=380), "of the same list of images 400 were read, then 380"),
    ("classes", changed("model", classes=["doctor", "surgeon"]), "other classes: then without nurse and with surgeon"),
    ("regions", changed("data", regions=HAIRLESS), "other regions: then without hair"),
    ("regions", changed("data", regions=RECAST), "region face was declared protected, then context"),
    ("attributes", changed("data", attributes=[]), "other attributes: then without gender"),
    ("groups", changed("data", attributes=THREE), "values of gender: man and woman, then man, other and woman"),
    ("hiding", BEFORE.model_copy(update={"protocol": None}), "nothing was hidden in the later audit"),
    ("hiding", BEFORE.model_copy(update={"protocol": protocol(fills=["mean"])}), "the ways of hiding: noise, mean,"),
    ("hiding", BEFORE.model_copy(update={"protocol": protocol(controls=5)}), "control areas per region: 3, then 5"),
    ("rules", BEFORE.model_copy(update={"protocol": protocol(family=12)}), "tests that are corrected together: 10, t"),
    (
        "margins",
        BEFORE.model_copy(update={"protocol": protocol(margins={"alignment": (0.05, 0.2), "enrichment": (1.25, 1.5)})}),
        "the margins of alignment: 0.05 and 0.1, then 0.05 and 0.2",
    ),
    (
        "margins",
        BEFORE.model_copy(update={"protocol": protocol(margins={"alignment": (0.05, 0.1)})}),
        "the margins of enrichment: 1.25 and 1.5, then none",
    ),
    ("rules", changed("method", confidence=0.9), "the level of the intervals: 0.95, then 0.9"),
    ("maps", changed("method", cam="layercam"), "the map's method: gradcam, then layercam"),
    ("maps", changed("model", grid=(14, 14)), "cells of a map: 12 × 12, then 14 × 14"),
    ("frame", changed("model", frame=(224, 224)), "pixels that the model sees: 96 × 96, then 224 × 224"),
    ("frame", changed("model", preprocessing={"resize": 1}), "images are prepared for the model in another way"),
    ("tool", changed("tool", version="9.9"), "the tool: auditor 0.1.0, then auditor 9.9"),
]


@pytest.mark.parametrize(("topic", "after", "words"), CASES, ids=[case[2][:30] for case in CASES])
def test_a_difference_is_told_once(topic: str, after: Document, words: str) -> None:
    (one,) = list_differences(BEFORE, after)
    assert one.topic == topic
    assert one.words.startswith(words)


def test_another_model_or_result_is_no_difference() -> None:
    other = audit({"face": "R", "hair": "E4"}, day=9, title="x", warnings=["y"])
    row = Estimate(statistic="accuracy", value=0.1, ci=None, n=4, clusters=4, unit="share", method="m")
    assert list_differences(BEFORE, other.model_copy(update={"estimates": [row]})) == ()
    assert list_differences(BEFORE, BEFORE) == ()


def test_a_version_with_parts_left_out_is_told() -> None:
    note = Redaction(source_sha256="ab" * 32, public=True, hashed_ids=True)
    after = BEFORE.model_copy(update={"redaction": note})
    assert [one.topic for one in list_differences(BEFORE, after)] == ["version"]
    assert list_differences(after, after) == ()


def test_what_differs_most_stands_first() -> None:
    after = changed("data", manifest_sha256="ab" * 32, regions=HAIRLESS)
    after = after.model_copy(update={"tool": TOOL.model_copy(update={"version": "2"})})
    assert [one.topic for one in list_differences(BEFORE, after)] == ["images", "regions", "tool"]
