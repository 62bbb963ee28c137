"""How far a class stands above the others: the margins that every effect is measured in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from auditor.analysis.statistics.bootstrap import resample
from auditor.analysis.statistics.intervals import sum_by_cluster
from auditor.analysis.statistics.memory import once
from auditor.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.geometry import FloatArray

_PAIR: Final = 2


@dataclass(frozen=True, eq=False)
class Contrast:
    """A signed margin: how far a class stands above what it is set against.

    Attributes
    ----------
    name
        In words: ``"nurse over doctor"``.
    favours
        The class that a positive margin speaks for.
    before
        ``(n,)`` margin of each image read, untouched, in logits.
    spread
        Standard deviation of `before` over the images read.
    """

    name: str
    favours: str
    before: FloatArray
    spread: float


class Scale(NamedTuple):
    """The standard deviation of a margin over the images read.

    Attributes
    ----------
    value
        On all of them.
    draws
        ``(B,)`` in each draw of the bootstrap.
    left
        ``(clusters,)`` with one cluster left out.
    """

    value: float
    draws: FloatArray
    left: FloatArray


def signed_margins(logits: FloatArray, favoured: int) -> FloatArray:
    """Logit of one class minus the best of the others.

    Parameters
    ----------
    logits
        ``(n, classes)``, at least two classes.
    favoured
        Number of the class.

    Returns
    -------
    ndarray
        ``(n,)``; negative where another class leads.

    Examples
    --------
    >>> signed_margins(np.array([[1.0, 4.0, 2.0], [5.0, 0.0, 3.0]]), 1)
    array([ 2., -5.])
    """
    others = np.delete(logits, favoured, axis=1).max(axis=1)
    margins: FloatArray = logits[:, favoured] - others
    return margins


@once
def contrasts(evidence: Evidence) -> list[Contrast]:
    """Margins that effects are measured in.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of Contrast
        Of two classes one: the second over the first. Of more, one per class that occurs as a label: that class over
        the best of the others.

    Raises
    ------
    DataError
        If the images table holds no logits.
    """
    classes = evidence.settings.classes
    logits = unpack_logits(evidence.read.get("logits", pd.Series(dtype=object)), n=len(evidence.read), classes=classes)
    pair = len(classes) == _PAIR
    favoured = [1] if pair else [i for i, name in enumerate(classes) if name in evidence.labels]
    found = []
    for number in favoured:
        name = f"{classes[1]} over {classes[0]}" if pair else f"{classes[number]} over the best of the others"
        before = signed_margins(logits, number)
        spread = float(before.std()) if len(before) else float("nan")
        found.append(Contrast(name=name, favours=classes[number], before=before, spread=spread))
    return found


def unpack_logits(column: Iterable[bytes], *, n: int, classes: tuple[str, ...]) -> FloatArray:
    """Logits of a column of bytes.

    Parameters
    ----------
    column
        Float32, little-endian, one entry per row.
    n
        Rows that there must be.
    classes
        Names of the classes.

    Returns
    -------
    ndarray
        ``(n, classes)`` as float64.

    Raises
    ------
    DataError
        If a row has none.
    """
    packed = list(column)
    whole = b"".join(packed) if set(map(type, packed)) <= {bytes} else b""
    if len(packed) != n or len(whole) != 4 * n * len(classes):
        raise DataError("tables: expected logits in every row, found rows without; run the audit again")
    return np.frombuffer(whole, dtype="<f4").reshape(n, len(classes)).astype(np.float64)


@once
def find_scale(evidence: Evidence, contrast: Contrast) -> Scale:
    """Standard deviation of a contrast over the images read, as `measure_scale` has it."""
    return measure_scale(contrast.before, clusters=evidence.clusters, weights=evidence.weights)


def measure_scale(margins: FloatArray, *, clusters: IntArray, weights: ByteArray) -> Scale:
    """Standard deviation of a margin, in each draw and without each cluster.

    Parameters
    ----------
    margins
        ``(n,)`` of all images read.
    clusters
        ``(n,)`` from 0 without gaps.
    weights
        ``(B, clusters)`` of the bootstrap.

    Returns
    -------
    Scale
        With divisor n, so that images that occur twice in their cluster change nothing.
    """
    centred = margins - margins.mean()
    columns = np.column_stack([np.ones(len(margins)), centred, centred**2])
    table = sum_by_cluster(columns, codes=np.zeros(len(margins), dtype=np.int64), clusters=clusters, n_cells=1)
    return Scale(
        value=float(margins.std()),
        draws=_spread(resample(table.sums, table.cluster, weights)),
        left=_spread(table.sums.sum(axis=0) - table.sums),
    )


def _spread(sums: FloatArray) -> FloatArray:
    """Standard deviation from number, sum and sum of squares; NaN where nothing is left or nothing differs."""
    n = np.maximum(sums[:, 0], 1)
    variance = sums[:, 2] / n - (sums[:, 1] / n) ** 2
    return np.sqrt(np.where(variance > 0, variance, np.nan))
