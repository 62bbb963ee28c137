from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditor.analysis.statistics.calibration import BINS, calibration_error
from auditor.analysis.statistics.intervals import wilson
from auditor.analysis.statistics.reliability import measure_reliability


def evidence(scores: Any, correct: Any) -> Any:
    return SimpleNamespace(
        read=pd.DataFrame({"score": np.asarray(scores, dtype=float)}),
        correct=np.asarray(correct, dtype=bool),
        clusters=np.arange(len(scores)),
        settings=SimpleNamespace(confidence=0.95),
    )


def test_bins_are_those_of_the_calibration_error() -> None:
    generator = np.random.default_rng(0)
    scores = generator.beta(4, 2, 500)
    correct = generator.random(500) < scores**1.5
    rows = {row.statistic: row for row in measure_reliability(evidence(scores, correct))}
    total = 0.0
    for k in range(1, BINS + 1):
        mine = (scores >= (k - 1) / BINS) & (scores < k / BINS)
        if not mine.any():
            assert f"accuracy_in_bin_{k:02}" not in rows
            continue
        right, score = rows[f"accuracy_in_bin_{k:02}"], rows[f"score_in_bin_{k:02}"]
        assert right.estimate == pytest.approx(correct[mine].mean())
        assert score.estimate == pytest.approx(scores[mine].mean())
        assert right.n == score.n == mine.sum()
        low, high = wilson(np.array([correct[mine].mean()]), np.array([float(mine.sum())]), confidence=0.95)
        assert (right.ci_low, right.ci_high) == pytest.approx((low[0], high[0]))
        total += mine.sum() * abs(right.estimate - score.estimate)
    assert total / 500 == pytest.approx(calibration_error(scores, correct)[0])


def test_a_score_of_one_is_in_the_last_bin_and_nothing_makes_nothing() -> None:
    (right, score) = measure_reliability(evidence([1.0, 1.0], [True, False]))
    assert (right.statistic, right.n, right.estimate) == ("accuracy_in_bin_10", 2, 0.5)
    assert (score.statistic, score.estimate) == ("score_in_bin_10", 1.0)
    assert measure_reliability(evidence([], [])) == []
