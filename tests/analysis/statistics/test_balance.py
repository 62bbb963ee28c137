from __future__ import annotations

import numpy as np
import pytest

from auditor.analysis.statistics.balance import LARGEST, describe_place, standardised_difference
from tests.analysis.statistics.trialling import make_random


def plain(values: np.ndarray, member: np.ndarray, labels: np.ndarray) -> float:
    top = variance = whole = 0.0
    for label in set(labels[labels >= 0].tolist()):
        one = [v for v, m, y in zip(values, member, labels, strict=True) if m and y == label and np.isfinite(v)]
        two = [v for v, m, y in zip(values, member, labels, strict=True) if not m and y == label and np.isfinite(v)]
        if one and two:
            w = len(one) * len(two) / (len(one) + len(two))
            top += w * (np.mean(one) - np.mean(two))
            variance += w * (np.var(one) + np.var(two)) / 2
            whole += w
    return (top / whole) / (variance / whole) ** 0.5


def test_against_a_plain_loop() -> None:
    generator = np.random.default_rng(0)
    values, member, labels = generator.normal(9, 1, 90), generator.random(90) < 0.3, generator.integers(-1, 3, 90)
    values[member] += 0.4
    values[::9] = np.nan
    found = standardised_difference(values, member=member, labels=labels)
    assert found == pytest.approx(plain(values, member, labels))


def test_edges() -> None:
    member, labels = np.array([True, False]), np.zeros(2, int)
    assert standardised_difference(np.array([1.0, 1.0]), member=member, labels=labels) == 0
    assert standardised_difference(np.array([1.0, 2.0]), member=member, labels=labels) == -LARGEST
    two = np.log(np.where(np.arange(90) % 3 == 0, 0.05, 0.01))  # rounding is no spread
    assert standardised_difference(two, member=two > -4, labels=np.zeros(90, int)) == LARGEST
    assert np.isnan(standardised_difference(np.array([1.0, np.nan]), member=member, labels=labels))
    assert np.isnan(standardised_difference(np.array([1.0, 2.0]), member=member, labels=np.array([0, 1])))


def test_place_in_words_of_numbers() -> None:
    view = make_random(20).region("face")
    described = describe_place(view)
    assert described["area"] == pytest.approx(np.log(view.area))
    assert described["eccentricity"] == pytest.approx(np.zeros(20), abs=1e-12)
    corner = np.array([[0.9, 0.9, 1.1, 1.1]])
    moved = type(view)(area=np.array([0.04]), boxes=corner, rasters=view.rasters[:1])
    assert describe_place(moved)["eccentricity"] == pytest.approx([1])
