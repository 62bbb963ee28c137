"""Regressions against statsmodels with every group a column of its own, and separation against a linear programme."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import linprog

from auditor.analysis.statistics.regression import fit_linear, fit_logistic

if TYPE_CHECKING:
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray


def draw(n: int = 300, *, per_cluster: int = 3, seed: int = 0) -> tuple[FloatArray, IntArray, IntArray, FloatArray]:
    """Three columns, groups that clusters lie across, and a pull that images of a cluster share."""
    generator = np.random.default_rng(seed)
    clusters = np.arange(n) // per_cluster
    groups = generator.integers(0, 4, n)
    columns = generator.normal(size=(n, 3)) + 0.3 * groups[:, None]
    columns[:, 2] = generator.random(n) < 0.4
    return columns, groups, clusters, generator.normal(size=clusters.max() + 1)[clusters]


def full(columns: FloatArray, groups: IntArray) -> FloatArray:
    return np.hstack([columns, (groups[:, None] == np.unique(groups)).astype(float)])


def kept(clusters: IntArray, parameters: int) -> float:
    """What our correction is, over none."""
    m = len(np.unique(clusters))
    return m / (m - parameters)


@pytest.mark.parametrize("per_cluster", [1, 3])
def test_least_squares_are_those_of_statsmodels(per_cluster: int) -> None:
    columns, groups, clusters, shared = draw(per_cluster=per_cluster)
    y = columns @ [0.5, -0.2, 0.3] + groups + shared + np.random.default_rng(1).normal(size=len(columns))
    fit = fit_linear(y, columns, groups=groups, clusters=clusters)
    model = sm.OLS(y, full(columns, groups))
    oracle = model.fit(cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False})
    assert fit.slopes == pytest.approx(oracle.params[:3], rel=1e-9)
    assert fit.covariance == pytest.approx(oracle.cov_params()[:3, :3] * kept(clusters, 7), rel=1e-9)
    assert fit.freedom == clusters.max() + 1 - 7
    if per_cluster == 1:
        assert fit.covariance == pytest.approx(model.fit(cov_type="HC1").cov_params()[:3, :3], rel=1e-9)
        corrected = model.fit(cov_type="cluster", cov_kwds={"groups": clusters})
        assert fit.covariance == pytest.approx(corrected.cov_params()[:3, :3], rel=1e-9)


@pytest.mark.parametrize("per_cluster", [1, 3])
def test_odds_are_those_of_statsmodels(per_cluster: int) -> None:
    columns, groups, clusters, shared = draw(per_cluster=per_cluster, seed=2)
    chance = 1 / (1 + np.exp(-(columns @ [0.8, -0.5, 0.3] + 0.4 * groups + shared - 2)))
    hits = np.random.default_rng(3).random(len(columns)) < chance
    fit = fit_logistic(hits, columns, groups=groups, clusters=clusters)
    oracle = sm.Logit(hits.astype(float), full(columns, groups)).fit(
        disp=0, cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
    )
    assert fit.slopes == pytest.approx(oracle.params[:3], rel=1e-7)
    assert fit.covariance == pytest.approx(oracle.cov_params()[:3, :3] * kept(clusters, 7), rel=1e-6)
    weights = np.array([1.0, 0.0, 1.0])
    ratio, low, high, p = fit.ratio(weights, confidence=0.95)
    error = np.sqrt(weights @ fit.covariance @ weights)
    assert ratio == pytest.approx(np.exp(oracle.params[0] + oracle.params[2]), rel=1e-7)
    assert (np.log(high) - np.log(low)) / error == pytest.approx(2 * 1.97, abs=0.04 if per_cluster == 1 else 0.06)
    assert low < ratio < high
    assert (p < 0.05) == (low > 1 or high < 1)


def test_images_that_occur_twice_in_their_cluster_change_nothing() -> None:
    columns, groups, clusters, shared = draw(seed=4)
    hits = columns[:, 0] + shared > 0.2
    once = [
        fit(values, columns, groups=groups, clusters=clusters)  # type: ignore[operator]
        for fit, values in ((fit_linear, shared), (fit_logistic, hits))
    ]
    doubled = [np.concatenate([part, part]) for part in (shared, hits, columns, groups, clusters)]
    twice = [
        fit(doubled[i], doubled[2], groups=doubled[3], clusters=doubled[4])  # type: ignore[operator]
        for i, fit in enumerate((fit_linear, fit_logistic))
    ]
    for one, two in zip(once, twice, strict=True):
        assert two.slopes == pytest.approx(one.slopes, rel=1e-7)
        assert two.covariance == pytest.approx(one.covariance, rel=1e-6)


def test_what_is_told_already_is_left_out() -> None:
    columns, groups, clusters, shared = draw(seed=5)
    more = np.column_stack(
        [np.full(len(columns), 7.0), columns[:, 0], groups, 2 * columns[:, 0] - groups, columns[:, 1]]
    )
    fit = fit_linear(shared, more, groups=groups, clusters=clusters)
    assert np.isnan(fit.slopes).tolist() == [True, False, True, True, False]
    plain = fit_linear(shared, columns[:, :2], groups=groups, clusters=clusters)
    assert fit.slopes[[1, 4]] == pytest.approx(plain.slopes)
    assert np.isnan(fit.ratio([0, 0, 1, 0, 0], confidence=0.95)).all()
    assert fit.ratio([0, 1, 0, 0, 0], confidence=0.95) == pytest.approx(plain.ratio([1, 0], confidence=0.95))


def is_separated(hits: BoolArray, design: FloatArray) -> bool:
    """Whether some direction never points the wrong way, and somewhere the right one (Konis 2007)."""
    signed = np.where(hits, 1.0, -1.0)[:, None] * design
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(hits)), bounds=(-1, 1))
    return bool(-found.fun > 1e-7)


def test_separation_is_what_a_linear_programme_says_it_is() -> None:
    generator = np.random.default_rng(6)
    answers: list[bool] = []
    for _ in range(150):
        n = int(generator.integers(14, 26))
        columns = generator.integers(0, 3, (n, 2)).astype(float)
        groups = np.arange(n) % 2
        hits = columns @ [1.0, 1.0] + generator.normal(size=n) > 2
        hits[:4] = [True, False, False, True]  # each group has both
        design = full(columns, groups)
        if np.linalg.matrix_rank(design) < 4:
            continue
        fit = fit_logistic(hits, columns, groups=groups, clusters=np.arange(n))
        answers.append(is_separated(hits, design))
        assert ("separated" in fit.reason) == answers[-1]
        assert np.isnan(fit.slopes).all() == answers[-1]
    assert 20 < sum(answers) < len(answers) - 20


def test_complete_and_quasi_complete_separation() -> None:
    x = np.arange(60.0)
    for hits in (x > 29.5, (x > 30) | ((x == 30) & (np.arange(60) % 2 == 0))):
        fit = fit_logistic(hits, x[:, None], groups=np.zeros(60, int), clusters=np.arange(60))
        assert "separated" in fit.reason
    tied = np.repeat([0.0, 1.0, 2.0], 20)
    fit = fit_logistic(
        (tied > 1) | ((tied == 1) & (np.arange(60) % 2 == 0)),
        tied[:, None],
        groups=np.zeros(60, int),
        clusters=np.arange(60),
    )
    assert "separated" in fit.reason


def test_too_few_clusters_give_nothing() -> None:
    columns, groups, clusters, shared = draw(20, seed=7)
    for fit in (
        fit_linear(shared, columns, groups=groups, clusters=clusters),
        fit_logistic(shared > 0, columns, groups=groups * 0, clusters=clusters * 0),
    ):
        assert fit.reason.startswith("too few")
        assert np.isnan(fit.ratio([1, 0, 0], confidence=0.95)).all()
