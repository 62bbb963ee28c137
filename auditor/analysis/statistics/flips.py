"""Changed answers: how many more hiding a region changes than hiding its controls, and what chance makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from auditor.analysis.statistics.intervals import sum_by_cluster
from auditor.analysis.statistics.pairing import compare_pairs
from auditor.analysis.statistics.signs import DRAWS, flip_signs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.pairing import Pairing
    from auditor.geometry import FloatArray


def compare_flips(evidence: Evidence, effect: Effect, *, level: float) -> Pairing:
    """Share of answers that hiding a region changes, that hiding its controls changes, and the one less the other.

    Parameters
    ----------
    evidence
        The tables: clusters, bootstrap and seed.
    effect
        What hiding did.
    level
        Of the intervals, in (0, 1).

    Returns
    -------
    Pairing
        One cell, of the images that have controls.
    """
    (pairing,) = compare_pairs(
        effect.flip_own[:, None],
        effect.flip_control[:, None],
        codes=np.zeros(len(effect.own), dtype=np.int64),
        clusters=evidence.clusters,
        n_cells=1,
        weights=evidence.weights,
        confidence=level,
        shares=True,
        draws=1,
        generator=evidence.settings.generator("signs"),
    )
    return pairing


def deal_flips(
    evidence: Evidence, effects: Sequence[Effect], *, draws: int | None = None
) -> list[FloatArray] | list[None]:
    """Flip excess under random signs, which mean that region and controls change places cluster by cluster.

    Parameters
    ----------
    evidence
        The tables: clusters and seed.
    effects
        What hiding did, a region and way each.
    draws
        By default `DRAWS`; with 0 there are none.

    Returns
    -------
    list of ndarray, or of None
        ``(draws,)`` per effect, as differences of shares, over the same images as its flip excess. A draw gives each
        cluster one sign for all effects, so that what they have in common stays in the draws.
    """
    if draws == 0 or not effects:
        return [None] * len(effects)
    apart = np.column_stack([effect.flip_own - effect.flip_control for effect in effects])
    known = np.isfinite(apart)
    codes = np.where(known.any(axis=1), 0, -1)
    table = sum_by_cluster(np.where(known, apart, 0.0), codes=codes, clusters=evidence.clusters, n_cells=1)
    generator = evidence.settings.generator("signs of all regions")
    dealt = flip_signs(table.sums, draws=DRAWS if draws is None else draws, generator=generator)
    return list((dealt / np.maximum(known.sum(axis=0), 1)).T)
