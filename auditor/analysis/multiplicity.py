"""Error control: what many tests at once say together, and what of it may be believed.

A cell without a p-value (NaN) was not tested: it is in no family, and its adjusted value is NaN.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy.stats import false_discovery_control

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray


class Hierarchy(NamedTuple):
    """Tests of families, and of the cells inside of those that were rejected.

    Attributes
    ----------
    family_q
        ``(families,)`` adjusted p-values of the families.
    rejected_families
        ``(families,)``: at most `q`.
    cell_q
        ``(cells,)`` p-values adjusted within their own family, NaN in families that were not rejected.
    rejected_cells
        ``(cells,)``: in a rejected family, and at most `level`.
    level
        At which cells are tested: ``q`` times the share of families that were rejected.
    """

    family_q: FloatArray
    rejected_families: BoolArray
    cell_q: FloatArray
    rejected_cells: BoolArray
    level: float


def adjust(p: FloatArray, *, method: Literal["bh", "by"] = "bh") -> FloatArray:
    """P-values adjusted for the false discovery rate.

    Parameters
    ----------
    p
        ``(m,)`` in [0, 1]; NaN for what was not tested.
    method
        ``"bh"`` for tests that are independent or depend positively, ``"by"`` under any dependence.

    Returns
    -------
    ndarray
        ``(m,)``: the least level at which each is rejected.

    References
    ----------
    Benjamini & Hochberg (1995), Controlling the false discovery rate. JRSS B 57, 289-300. Benjamini & Yekutieli
    (2001), The control of the false discovery rate in multiple testing under dependency. Annals of Statistics 29,
    1165-1188, theorem 1.3.

    Examples
    --------
    >>> adjust(np.array([0.04, 0.01, np.nan, 0.02]))
    array([0.04, 0.03,  nan, 0.03])
    """
    adjusted = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        adjusted[tested] = false_discovery_control(p[tested], method=method)
    return adjusted


def fcr_level(rejected: int, family: int, *, q: float = 0.05) -> float:
    """Level of the intervals of cells that were picked because they were rejected.

    Parameters
    ----------
    rejected
        How many were.
    family
        How many were tested.
    q
        Share of the intervals of picked cells that may miss, in (0, 1).

    Returns
    -------
    float
        ``1 - rejected * q / family``; ``1 - q`` where nothing was rejected, so that nothing was picked.

    References
    ----------
    Benjamini & Yekutieli (2005), False discovery rate-adjusted multiple confidence intervals for selected parameters.
    JASA 100, 71-81, definition 1.

    Examples
    --------
    >>> fcr_level(2, 20)
    0.995
    """
    return 1 - (rejected / family if rejected else 1.0) * q


def unite(p: FloatArray) -> FloatArray:
    """One p-value per cell that is found only if each of its tests finds it: the intersection-union test.

    Parameters
    ----------
    p
        ``(cells, tests)``, such as one test per way of hiding a region.

    Returns
    -------
    ndarray
        ``(cells,)`` the largest of each; NaN where one is missing.

    References
    ----------
    Berger (1982), Multiparameter hypothesis testing and acceptance sampling. Technometrics 24, 295-300, theorem 1.

    Examples
    --------
    >>> unite(np.array([[0.01, 0.03], [0.001, np.nan]]))
    array([0.03,  nan])
    """
    united: FloatArray = p.max(axis=1)
    return united


def simes(p: FloatArray) -> float:
    """One p-value of a family: whether anything in it is there at all.

    Parameters
    ----------
    p
        ``(m,)``; NaN for what was not tested.

    Returns
    -------
    float
        The least of the p-values adjusted by `adjust`; NaN where nothing was tested.

    References
    ----------
    Simes (1986), An improved Bonferroni procedure for multiple tests of significance. Biometrika 73, 751-754.

    Examples
    --------
    >>> simes(np.array([0.04, 0.01, np.nan]))
    0.02
    """
    tested = adjust(p)[~np.isnan(p)]
    return float(tested.min()) if len(tested) else float("nan")


def descend(pooled: FloatArray, cells: FloatArray, family: IntArray, *, q: float = 0.05) -> Hierarchy:
    """Test families first, and cells only inside of families that were rejected.

    So one effect that shows in a family and in many of its cells is one finding with details. For a third stage, call
    it again with `level` in place of `q`.

    Parameters
    ----------
    pooled
        ``(families,)`` p-values of each family as a whole, such as a region and an attribute over all labels.
    cells
        ``(cells,)`` p-values of their parts.
    family
        ``(cells,)`` the family of each, numbered from 0.
    q
        False discovery rate among families, and on average over rejected families of the false discovery proportion
        inside, in (0, 1).

    Returns
    -------
    Hierarchy
        Adjusted p-values and what is rejected.

    References
    ----------
    Benjamini & Bogomolov (2014), Selective inference on multiple families of hypotheses. JRSS B 76, 297-318,
    procedure 1.

    Examples
    --------
    >>> found = descend(np.array([0.001, 0.9]), np.array([0.02, 0.8, 0.01]), np.array([0, 0, 1]))
    >>> found.level, found.rejected_families, found.cell_q
    (0.025, array([ True, False]), array([0.04, 0.8 ,  nan]))
    """
    family_q = adjust(pooled)
    rejected = family_q <= q
    tested = int((~np.isnan(pooled)).sum())
    level = q * int(rejected.sum()) / max(tested, 1)
    cell_q = np.full(cells.shape, np.nan)
    for number in np.flatnonzero(rejected):
        cell_q[family == number] = adjust(cells[family == number])
    return Hierarchy(family_q, rejected, cell_q, cell_q <= level, level)


def step_down(observed: FloatArray, permuted: FloatArray) -> FloatArray:
    """P-values adjusted so that the chance of even one false finding is held: Westfall and Young's maxT.

    Permutations are shared by all cells, so what the cells have in common is in the draws and costs nothing.

    Parameters
    ----------
    observed
        ``(cells,)`` statistics, the larger the more telling: of two-sided tests their sizes. NaN for what could not be
        computed.
    permuted
        ``(draws, cells)`` the same statistics under permutation; NaN where a draw does not give one.

    Returns
    -------
    ndarray
        ``(cells,)`` in (0, 1]: (1 + draws whose largest value, over this cell and all less telling ones, is at least
        the observed one) / (draws + 1), and no less than that of any more telling cell.

    References
    ----------
    Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 4.1, p. 116. Ge, Dudoit & Speed (2003),
    Resampling-based multiple testing for microarray data analysis. Test 12, 1-77, box 2.

    Examples
    --------
    >>> step_down(np.array([3.0, 1.0]), np.array([[1.0, 2.0], [0.5, 0.1], [2.0, 0.3]]))
    array([0.25, 0.5 ])
    """
    return step_down_by_part(observed, [permuted])


def step_down_by_part(observed: FloatArray, parts: Iterable[FloatArray]) -> FloatArray:
    """`step_down` where the draws of all cells would not fit in memory together.

    Parameters
    ----------
    observed
        ``(cells,)`` statistics.
    parts
        ``(some draws, cells)`` each.

    Returns
    -------
    ndarray
        ``(cells,)`` as there.
    """
    adjusted = np.full(observed.shape, np.nan)
    order = np.flatnonzero(~np.isnan(observed))
    order = order[np.argsort(-observed[order], kind="stable")]
    beyond, draws = np.zeros(len(order)), 0
    for permuted in parts:
        # what a draw does not give is below all else, just as what was not observed can never be found
        ranked = np.nan_to_num(permuted[:, order], nan=-np.inf, posinf=np.inf, neginf=-np.inf)
        largest = np.maximum.accumulate(ranked[:, ::-1], axis=1)[:, ::-1]
        beyond += (largest >= observed[order]).sum(axis=0)
        draws += len(permuted)
    adjusted[order] = np.maximum.accumulate((1 + beyond) / (draws + 1))
    return adjusted
