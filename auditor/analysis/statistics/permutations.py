"""What chance alone would do to an attribute: its values dealt out anew among images that are alike otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from auditor.analysis.statistics.counting import number_anew
from auditor.analysis.statistics.signs import DRAWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import FloatArray

ShortArray = npt.NDArray[np.int16]
FEWEST_DRAWS: Final = 1_999
_MOST_WORK: Final = 100_000_000
_AT_ONCE: Final = 8_000_000
_FIFTHS: Final = (0.2, 0.4, 0.6, 0.8)


class Units(NamedTuple):
    """What may change places with what: the attribute moves among the units of a stratum.

    Attributes
    ----------
    unit
        ``(n,)`` the unit of each image, -1 where its attribute is not recorded.
    stratum, value
        ``(units,)`` stratum and attribute value of each, numbered from 0.
    key
        ``(units,)`` the image whose random key stands for the unit.
    """

    unit: IntArray
    stratum: IntArray
    value: IntArray
    key: IntArray


def afford_draws(units: int) -> int:
    """Permutations of so many units: `DRAWS`, and fewer of very many units, but never below `FEWEST_DRAWS`.

    Parameters
    ----------
    units
        Number of units.

    Returns
    -------
    int
        Number of draws.

    Examples
    --------
    >>> afford_draws(1_000), afford_draws(100_000)
    (9999, 1999)
    """
    return min(DRAWS, max(FEWEST_DRAWS, _MOST_WORK // max(units, 1)))


def form_units(values: IntArray, *, labels: IntArray, areas: FloatArray, clusters: IntArray) -> Units:
    """What may change places with what, so that an attribute without a part in it leaves no trace.

    A cluster whose images share one value is a unit and changes places with clusters of the same set of labels and the
    same fifth of mean area. If some clusters hold several values, the images of those change places within cluster and
    label alone, and the others only with clusters of their own size.

    Parameters
    ----------
    values
        ``(n,)`` attribute value of each image from 0; -1 where it takes no part.
    labels
        ``(n,)`` label of each image from 0.
    areas
        ``(n,)`` area of the region on each image.
    clusters
        ``(n,)`` cluster of each image.

    Returns
    -------
    Units
        Every image with a value is in one unit.
    """
    inside = np.flatnonzero(values >= 0)
    unit = np.full(len(values), -1)
    if len(inside) == 0:
        return Units(unit, unit[:0], unit[:0], unit[:0])
    value, label, cluster = values[inside], labels[inside], np.unique(clusters[inside], return_inverse=True)[1]
    size = np.bincount(cluster)
    first = np.zeros(len(size), dtype=np.int64)
    first[cluster[::-1]] = value[::-1]
    mixed = np.bincount(cluster, weights=value != first[cluster]) > 0
    inner = mixed[cluster]
    number = np.where(inner, len(size) + np.arange(len(inside)), cluster)
    _, lead, unit[inside] = np.unique(number, return_index=True, return_inverse=True)
    kind = _label_sets(cluster, label)
    area = np.bincount(cluster, weights=areas[inside]) / size
    outer = np.column_stack([kind, _fifths(area, kind), size * mixed.any(), -np.ones_like(size)])
    within = np.column_stack([label, label * 0, label * 0, cluster])
    keys = np.where(inner[lead, None], within[lead], outer[cluster[lead]])
    everyone, first_of = np.unique(clusters, return_index=True)
    key = np.where(inner[lead], inside[lead], first_of[np.searchsorted(everyone, clusters[inside[lead]])])
    stratum = np.unique(keys, axis=0, return_inverse=True)[1].ravel()
    return arrange(Units(unit, stratum, value[lead], key))


def arrange(units: Units) -> Units:
    """Number units anew, so that those of a stratum stand together and strata of one size do.

    Parameters
    ----------
    units
        In any order.

    Returns
    -------
    Units
        The same units.
    """
    order = np.lexsort((units.stratum, np.bincount(units.stratum)[units.stratum]))
    place = np.append(np.argsort(order), -1)  # unit -1 stays what it is
    return Units(place[units.unit], units.stratum[order], units.value[order], units.key[order])


def _label_sets(cluster: IntArray, label: IntArray) -> IntArray:
    """Number of the set of labels of each cluster: equal sets, equal numbers."""
    width, n_clusters = int(label.max()) + 1, int(cluster.max()) + 1
    pairs = number_anew(cluster * width + label, most=n_clusters * width)[0]
    marks = np.random.default_rng(0).integers(2**62, size=width)  # sums of marks tell sets apart
    total = np.zeros(n_clusters, dtype=np.int64)
    np.add.at(total, pairs // width, marks[pairs % width])
    return np.unique(total, return_inverse=True)[1]


def _fifths(area: FloatArray, kind: IntArray) -> IntArray:
    """Fifth of the area of each cluster among those of its kind; equal areas are in one fifth."""
    fifth = np.zeros(len(area), dtype=np.int64)
    for number in range(int(kind.max()) + 1):
        mine = kind == number
        fifth[mine] = np.searchsorted(np.quantile(area[mine], _FIFTHS), area[mine])
    return fifth


def permute(units: Units, *, draws: int, generator: np.random.Generator) -> Iterator[ShortArray]:
    """The attribute dealt out anew within each stratum, draw by draw.

    Each unit gets a random key; the values of a stratum go to its units in the order of their keys. So units that are
    in other strata for another region still get much the same values from the same generator, and what regions have in
    common stays in the draws.

    Parameters
    ----------
    units
        Of `form_units`, or put in order by `arrange`.
    draws
        Number of draws.
    generator
        Source of the keys.

    Yields
    ------
    ndarray
        ``(some draws, units)`` values.
    """
    shapes = list(_shapes(units))
    width = len(units.unit)
    step = max(1, _AT_ONCE // max(width, 1))
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        keys = np.frombuffer(generator.bytes(4 * rows * width), dtype=np.uint32).reshape(rows, width)
        keys = keys.take(units.key, axis=1)
        dealt = np.empty(keys.shape, dtype=np.int16)
        for members, starts in shapes:
            shape = (rows, len(starts), -1)
            dealt[:, members] = _deal(keys[:, members].reshape(shape), starts).reshape(rows, -1)
        yield dealt


def _shapes(units: Units) -> Iterator[tuple[slice, IntArray]]:
    """Units in strata of one size, with the rank from which each value is dealt out in each of these strata."""
    edges = np.flatnonzero(np.append(np.diff(units.stratum, prepend=-1) != 0, True))
    size = np.diff(edges)
    n_values = int(units.value.max(initial=0)) + 1
    number = np.repeat(np.arange(len(size)), size)
    counts = np.bincount(number * n_values + units.value, minlength=len(size) * n_values).reshape(-1, n_values)
    for length in np.unique(size):
        strata = np.flatnonzero(size == length)
        yield slice(int(edges[strata[0]]), int(edges[strata[-1] + 1])), np.cumsum(counts[strata], axis=1)[:, :-1]


def _deal(keys: npt.NDArray[np.uint32], starts: IntArray) -> ShortArray:
    """Value of each unit: how many of the strata's thresholds its key has reached."""
    ordered = np.sort(keys, axis=-1)
    strata = np.arange(keys.shape[1])
    dealt = np.zeros(keys.shape, dtype=np.int16)
    for start in starts.T:
        last = start >= keys.shape[2]
        least = ordered[:, strata, np.minimum(start, keys.shape[2] - 1)]
        dealt += (keys >= least[..., None]) & ~last[:, None]
    return dealt
