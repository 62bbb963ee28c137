"""Places of several models."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from auditor.analysis.matching import match
from auditor.analysis.ranking import find_places, rank
from auditor.analysis.sizes import Sampled
from tests.analysis.pairing import Lean, check, document, make_model, make_scene


def models(pushes: dict[str, float], *, n: int = 200) -> dict[str, object]:
    scene = make_scene(n)
    return {
        name: make_model(scene, {"face": Lean(push), "coat": Lean(0.9)}, seed=i)
        for i, (name, push) in enumerate(pushes.items())
    }


def test_models_come_out_in_the_order_of_what_was_planted() -> None:
    ranked = rank(match(models({"strong": 0.6, "none": 0.02, "middle": 0.3})))
    assert [one.name for one in ranked] == ["none", "middle", "strong"]
    assert [one.place for one in ranked] == [(1, 1), (2, 2), (3, 3)]
    for one in ranked:
        assert [cue.region for cue in one.cues] == ["face", "face"]  # coat is core: not asked
        margins = {None: 0.05, "gender": 0.1}
        sizes = [cue.value / margins[cue.attribute] for cue in one.cues if cue.value is not None]
        assert one.reliance.value == pytest.approx(np.mean(sizes))
        assert one.reliance.ci is not None
        assert one.reliance.ci[0] <= one.reliance.value <= one.reliance.ci[1]
        assert one.accuracy.ci is not None


def test_equal_models_share_their_places() -> None:
    ranked = rank(match(models({"a": 0.3, "b": 0.3, "c": 0.3})))
    assert {one.place for one in ranked} == {(1, 3)}


def test_two_models_are_not_ranked() -> None:
    assert rank(match(models({"a": 0.3, "b": 0.0}, n=80))) == []


def test_a_model_that_tells_nothing_may_have_any_place_and_comes_last() -> None:
    audits = models({"silent": 0.6, "strong": 0.6, "none": 0.0})
    silent = audits["silent"]
    audits["silent"] = replace(silent, interventions=silent.interventions[:0])
    ranked = rank(match(audits))
    assert [one.name for one in ranked] == ["none", "strong", "silent"]
    assert [one.place for one in ranked] == [(1, 2), (2, 3), (1, 3)]
    assert (ranked[-1].reliance.value, ranked[-1].cues) == (None, [])
    failed = document(checks=[check("positive control", None, passed=False, withholds="interventions")])
    matched = match(models({"a": 0.9, "b": 0.0, "c": 0.3}))
    places = {one.name: one.place for one in rank(matched, documents={"b": failed})}
    assert places == {"b": (1, 3), "c": (1, 2), "a": (2, 3)}
    most = rank(matched, documents={"a": failed})
    assert [(one.name, one.place) for one in most] == [("b", (1, 1)), ("c", (2, 2)), ("a", (3, 3))]
    assert "may do more" in most[-1].reliance.method


def number(value: float, error: float, seed: int) -> Sampled:
    generator, n = np.random.default_rng(seed), 100
    pulls = generator.normal(size=n)
    pulls = value + error * np.sqrt(n) * (pulls - pulls.mean()) / pulls.std()
    counts = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), size=1000)
    left = (pulls.sum() - pulls) / (n - 1)
    return Sampled(
        value=value, draws=counts @ pulls / n, jackknife=left, members=np.arange(n), effective=n, n=n, clusters=n
    )


def test_places_leave_open_what_pairs_leave_open() -> None:
    known = {"a": number(1, 0.1, 1), "b": number(1.1, 0.1, 2), "c": number(3, 0.1, 3), "d": None}
    assert find_places(known) == {"a": (1, 3), "b": (1, 3), "c": (3, 4), "d": (1, 4)}
