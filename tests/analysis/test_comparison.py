"""The comparison as a whole: one pair for each candidate, what it stands on, and how it says it was made."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from auditor.analysis import comparison as room
from auditor.analysis.comparison import compare_evidence, find_grounds, withholds
from auditor.analysis.matching import match
from auditor.documents.comparisons import ComparedModel
from auditor.documents.ladder import Check
from tests.analysis.conftest import CLASSES
from tests.analysis.gated import audit, protocol

if TYPE_CHECKING:
    from types import SimpleNamespace

    from auditor.analysis.matching import Matched
    from auditor.documents.document import Document

NAMES = ("old", "new", "newest")


def matched(build: SimpleNamespace, names: tuple[str, ...] = NAMES, **settings: Any) -> Matched:
    """Models with the same answers and maps."""
    roles = {"coat": "core", "face": "protected"}
    sample = build.sample(80, roles=roles, draws=200, **settings)
    answers = (sample.images["predicted"].to_numpy(dtype=str)[:, None] == np.array(CLASSES)).astype("<f4")
    images = sample.images.assign(logits=[row.tobytes() for row in answers])
    return match({name: replace(sample, images=images) for name in names})


def documents(*names: str) -> dict[str, Document]:
    return {name: audit() for name in names}


def describe(name: str) -> ComparedModel:
    facts: dict[str, Any] = {
        "source": "net", "title": "t", "created": "2026-01-01T00:00:00+00:00", "weights_sha256": "w", "parameters": 1,
        "cam": "gradcam", "target_layer": "see", "grid": (7, 7), "frame": (56, 56), "n_read": 80, "audit_sha256": name,
    }  # fmt: skip
    return ComparedModel(name=name, **facts)


def compare(found: Matched, *names: str, steps: list[int] | None = None) -> Any:
    models = [describe(name) for name in names]
    counted = [] if steps is None else steps
    return compare_evidence(found, documents(*names), models=models, step=lambda: counted.append(1))


def test_two_models_are_one_pair(build: SimpleNamespace) -> None:
    steps: list[int] = []
    found = compare(matched(build, NAMES[:2]), "old", "new", steps=steps)
    assert (found.baseline, [pair.candidate for pair in found.pairs], len(steps)) == ("old", ["new"], 1)
    assert found.ranking == []
    assert (found.matching.n, found.confidence, found.alpha) == (80, 0.95, 0.05)
    (pair,) = found.pairs
    assert pair.verdict.leaning == "cannot tell"
    assert "nothing was hidden from old and new" in pair.verdict.headline
    assert {one.change.statistic for one in pair.changes} >= {"accuracy", "mass", "core_mass"}
    assert all(one.change.value == 0 for one in pair.changes if one.change.statistic == "accuracy")
    assert len(pair.maps) == 2 * 3
    assert len(found.method) == 6
    assert not any("ranked" in sentence for sentence in found.method)
    assert any("at least 2 ways of hiding" in sentence for sentence in found.method)


def test_later_models_are_each_set_against_the_first_and_all_are_ranked(
    build: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def rank(of: Matched, **_: object) -> list[Any]:
        asked.append(list(of.evidences))
        return []

    monkeypatch.setattr(room, "rank", rank)
    steps: list[int] = []
    found = compare(matched(build), *NAMES, steps=steps)
    assert [pair.candidate for pair in found.pairs] == ["new", "newest"]
    assert (asked, len(steps)) == ([list(NAMES)], 3)
    assert found.method[-1].startswith("Models are ranked")


def test_the_same_audits_give_the_same_comparison(build: SimpleNamespace) -> None:
    first, again = (compare(matched(build, NAMES[:2]), "old", "new") for _ in range(2))
    assert first == again


def test_a_verdict_stands_on_what_both_audits_have(build: SimpleNamespace) -> None:
    found = matched(build, NAMES[:2])
    grounds = find_grounds(found, documents("old", "new"), names=("old", "new"))
    assert (grounds.core, grounds.cues, grounds.ways) == (("coat",), ("face",), ("mean", "noise"))
    assert (grounds.unhidden, grounds.withheld, grounds.blurred) == (("old", "new"), (), ())
    assert grounds.same_weights
    fewer = protocol().model_copy(update={"agreeing": ["noise", "inpaint"]})
    other = audit(model=audit().model.model_copy(update={"weights_sha256": "other"}), protocol=fewer)
    grounds = find_grounds(found, {"old": audit(), "new": other}, names=("old", "new"))
    assert (grounds.ways, grounds.same_weights) == (("noise",), False)
    bare = {"old": audit(protocol=None), "new": audit()}
    assert find_grounds(found, bare, names=("old", "new")).ways == ()


@pytest.mark.parametrize(
    ("passed", "layer", "region", "expected"),
    [
        (False, "interventions", None, True), (False, "attention", None, False), (True, "interventions", None, False),
        (None, "interventions", None, False), (False, "interventions", "face", False),
    ],
)  # fmt: skip
def test_a_layer_is_withheld_by_a_check_of_the_whole_audit_that_failed(
    passed: bool | None,  # noqa: FBT001
    layer: Any,
    region: str | None,
    expected: bool,  # noqa: FBT001
) -> None:
    check = Check(name="c", region=region, passed=passed, statistic="s", consequence="c", withholds=layer)
    document = audit(protocol=protocol().model_copy(update={"checks": [check]}))
    assert withholds(document, "interventions") is expected
    assert not withholds(audit(protocol=None), "interventions")
