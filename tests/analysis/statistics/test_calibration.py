from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit, logit
from scipy.stats import t as student

from auditor.analysis.statistics.calibration import BINS, calibration_error, measure_calibration, recalibrate

if TYPE_CHECKING:
    from types import SimpleNamespace


def draw(generator: np.random.Generator, *, clusters: int, per: int, slope: float) -> tuple[np.ndarray, ...]:
    """Scores and outcomes that are alike within a cluster in two of three pictures."""
    each = np.repeat(np.arange(clusters), per)
    n = clusters * per
    log_odds = 1.5 + 0.7 * generator.normal(size=clusters)[each] + 0.7 * generator.normal(size=n)
    alike = (generator.random(n) < 2 / 3) & (per > 1)
    uniform = np.where(alike, generator.random(clusters)[each], generator.random(n))
    return expit(log_odds), uniform < expit(0.2 + slope * log_odds), each


def test_slope_and_error_against_statsmodels() -> None:
    scores, correct, clusters = draw(np.random.default_rng(0), clusters=80, per=3, slope=0.7)
    model = sm.GLM(correct.astype(float), sm.add_constant(logit(scores)), family=sm.families.Binomial())
    oracle = model.fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})
    slope, error = recalibrate(scores, correct, clusters)
    assert slope == pytest.approx(oracle.params[1], rel=1e-6)
    assert error == pytest.approx(oracle.bse[1] * (80 / 79) ** 0.5, rel=1e-6)


@pytest.mark.parametrize("per", [1, 3])
def test_the_slope_is_covered(per: int) -> None:
    generator = np.random.default_rng(1)
    reach = student.ppf(0.975, 99)
    covered = []
    for _ in range(300):
        slope, error = recalibrate(*draw(generator, clusters=100, per=per, slope=0.7))
        covered.append(abs(slope - 0.7) <= reach * error)
    assert 0.92 <= np.mean(covered) <= 0.985


@pytest.mark.parametrize(
    ("scores", "correct"),
    [
        (np.linspace(0.5, 0.9, 20), np.ones(20, dtype=bool)),
        (np.linspace(0.5, 0.9, 20), np.linspace(0.5, 0.9, 20) > 0.7),
        (np.full(20, 0.8), np.arange(20) % 2 == 0),
        (np.array([0.5, 0.7]), np.array([True, False])),
        (np.zeros(0), np.zeros(0, dtype=bool)),
    ],
    ids=["all right", "separated", "one score", "two images", "no image"],
)
def test_where_no_slope_fits_best_there_is_none(scores: np.ndarray, correct: np.ndarray) -> None:
    assert np.isnan(recalibrate(scores, correct, np.arange(len(scores)))).all()


def test_a_score_of_one_does_no_harm() -> None:
    scores, correct, clusters = draw(np.random.default_rng(2), clusters=200, per=1, slope=1.0)
    scores[:3] = 1.0
    assert np.isfinite(recalibrate(scores, correct, clusters)).all()


def plain_error(scores: np.ndarray, correct: np.ndarray) -> float:
    total = 0.0
    for k in range(BINS):
        last = k == BINS - 1
        mine = [
            (s, c) for s, c in zip(scores, correct, strict=True) if k / BINS <= s < (k + 1) / BINS or (last and s == 1)
        ]
        if mine:
            total += len(mine) * abs(np.mean([c for _, c in mine]) - np.mean([s for s, _ in mine]))
    return total / len(scores)


def test_the_error_against_a_plain_loop() -> None:
    generator = np.random.default_rng(3)
    scores, correct = generator.random(150), generator.random(150) < 0.6
    scores[:2] = (1.0, 0.0)
    assert calibration_error(scores, correct)[0] == pytest.approx(plain_error(scores, correct))
    assert np.isnan(calibration_error(np.zeros(0), np.zeros(0, dtype=bool))).all()


def test_what_chance_makes_of_a_calibrated_model() -> None:
    generator = np.random.default_rng(4)
    scores = generator.uniform(0.5, 1, 300)
    drawn = [calibration_error(scores, generator.random(300) < scores) for _ in range(400)]
    by_chance = drawn[0][1]
    assert np.mean([error for error, _ in drawn]) == pytest.approx(by_chance, rel=0.06)
    assert by_chance > 0.02


def test_rows_overall_and_by_subgroup(build: SimpleNamespace) -> None:
    evidence = build.sample(300, per_cluster=3)
    rows = measure_calibration(evidence)
    names = ["overconfidence", "calibration_error", "calibration_error_by_chance", "calibration_slope"]
    assert [(r.statistic, r.subgroup) for r in rows[:4]] == [(name, None) for name in names]
    assert {r.label for r in rows} == {None}
    over = {r.subgroup: r for r in rows if r.statistic == "overconfidence"}
    images = evidence.images.assign(right=evidence.images["label"] == evidence.images["predicted"])
    for subgroup, row in over.items():
        mine = images if subgroup is None else images[images["gender"] == subgroup]
        assert row.estimate == pytest.approx(mine["score"].mean() - mine["right"].mean())
        assert row.ci_low < row.estimate < row.ci_high
        assert (row.n, row.clusters) == (len(mine), mine["group_id"].nunique())
    assert all(np.isnan(r.ci_low) for r in rows if r.statistic.startswith("calibration_error"))
