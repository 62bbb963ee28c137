"""Near-duplicates: pictures that are one case, where nobody said which images belong together.

Measured on 14 056 photographs of five public sets: of 40.6 million pairs within a set 15 were taken for copies; the
nine that were looked at are. Of copies made of photographs of 200 pixels and more, 100 in 100 were found after JPEG at
quality 50, 97 to 100 at quality 20, 98 to 100 at half the size, and 73 to 91 with 1 % cut off every side, but only 3
to 20 with 2 % cut off two sides; pictures of 32 pixels change too much when they are saved again with loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray

WordArray = npt.NDArray[np.uint64]

MOST_BITS: Final = 20
"""Bits, of 256, in which copies differ at most."""
MOST_SHARE: Final = 0.12
"""And as a share of the set bits of both: pictures with little structure have little to differ in."""
LEAST_BITS: Final = 16
"""Set bits from which a hash says anything; a plain surface has none."""
BANDS: Final = 16
CROWDED: Final = 32
"""Hashes with one key from which agreement in one band alone is too little."""
LONGEST: Final = 64
"""Neighbours in a bucket that a picture is compared with at most."""
_BYTES: Final = 32
_ONE_EACH: Final = "one image each"


def group_duplicates(images: pd.DataFrame) -> IntArray:
    """Number of the group that each image is in, by its file's bytes and by its perceptual hash.

    Parameters
    ----------
    images
        With the columns ``sha256`` and ``hash`` (32 bytes, or missing); without the latter nothing is grouped.

    Returns
    -------
    ndarray
        ``(n,)`` from 0 without gaps. Copies of copies are one group.
    """
    if "hash" not in images.columns:
        return np.arange(len(images))
    files = np.unique(images["sha256"].fillna("").to_numpy(dtype=str), return_inverse=True)[1]
    words = _words(images["hash"])
    hashes, which = np.unique(words, axis=0, return_index=False, return_inverse=True)
    told = _count(hashes) >= LEAST_BITS
    known = np.flatnonzero(images["sha256"].notna())
    alike = np.flatnonzero(told[which])
    n, at_file = len(images), len(images)
    at_hash = at_file + len(files)
    # images, files and hashes are the nodes: an image hangs on its file and on its hash, and like hashes on each other
    edges = [
        np.column_stack([known, at_file + files[known]]),
        np.column_stack([alike, at_hash + which[alike]]),
        at_hash + np.flatnonzero(told)[find_pairs(hashes[told])],
    ]
    first, second = np.concatenate(edges).T
    size = at_hash + len(hashes)
    graph = coo_array((np.ones(len(first), dtype=bool), (first, second)), shape=(size, size))
    component = connected_components(graph, directed=False)[1][:n]
    groups: IntArray = np.unique(component, return_inverse=True)[1].astype(np.int64)
    return groups


def find_pairs(hashes: WordArray) -> IntArray:
    """Pairs of hashes that copies of one picture may have.

    Parameters
    ----------
    hashes
        ``(n, 4)``: 256 bits each, all different.

    Returns
    -------
    ndarray
        ``(pairs, 2)`` row numbers. The bits are dealt to `BANDS` bands; hashes that agree in all bits of a band are
        compared. Up to 15 bits of difference leave a band untouched; 20 bits touch all in 1 of 5 000 cases.
    """
    if len(hashes) == 0:
        return np.zeros((0, 2), dtype=np.int64)
    keys, counts = _bands(hashes), _count(hashes)
    found = [np.zeros((0, 2), dtype=np.int64)]
    for band in range(BANDS):
        buckets = _bucket(keys[band], keys[(band + 1) % BANDS])
        order = np.argsort(buckets, kind="stable")
        for left, right in _neighbours(buckets[order]):
            pairs = np.column_stack([order[left], order[right]])
            found.append(pairs[_are_near(hashes, counts, pairs)])
    return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)


def describe_clusters(evidence: Evidence) -> str:
    """Where the independent cases come from.

    Parameters
    ----------
    evidence
        The tables and the settings.

    Returns
    -------
    str
        ``"group_id"``, or what was found by perceptual hash instead.
    """
    if not evidence.settings.group_duplicates:
        return "group_id" if evidence.repeats else _ONE_EACH
    if "hash" not in evidence.read.columns:
        return _ONE_EACH
    groups, images = count_groups(evidence.clusters)
    if not groups:
        return f"{_ONE_EACH} (no near-duplicates by perceptual hash)"
    return f"near-duplicates by perceptual hash: {_number(groups, 'group')} of {_number(images, 'image')}"


def count_groups(clusters: IntArray) -> tuple[int, int]:
    """Clusters of more than one image, and images in them.

    Parameters
    ----------
    clusters
        ``(n,)`` numbers from 0.

    Returns
    -------
    tuple of int
        Groups and images.

    Examples
    --------
    >>> count_groups(np.array([0, 1, 1, 2, 3, 3, 3]))
    (2, 5)
    """
    sizes = np.bincount(clusters)
    return int((sizes > 1).sum()), int(sizes[sizes > 1].sum())


def warn_of_duplicates(evidence: Evidence) -> Iterator[str]:
    """What a reader must know of near-duplicates that stand in for a missing group_id.

    Parameters
    ----------
    evidence
        The tables and the settings.

    Yields
    ------
    str
        One sentence, or none.
    """
    groups, images = count_groups(evidence.clusters) if evidence.settings.group_duplicates else (0, 0)
    if not groups:
        return
    sizes = np.bincount(evidence.clusters)
    labels = np.unique(evidence.texts("label"), return_inverse=True)[1]
    kinds = np.unique(np.column_stack([evidence.clusters, labels]), axis=0)[:, 0]
    torn = int((np.bincount(kinds) > 1).sum())
    doubt = f"; in {_number(torn, 'group')} the labels differ" if torn else ""
    yield (
        f"No group_id was given, and {images} images look nearly the same as another (perceptual hash): they form "
        f"{_number(groups, 'group')}, the largest of {sizes.max()} images, and each group counts as one case{doubt}."
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _words(column: Iterable[object]) -> WordArray:
    """``(n, 4)`` words of the hashes; zeros where there is none."""
    packed = b"".join(item if isinstance(item, bytes) and len(item) == _BYTES else bytes(_BYTES) for item in column)
    return np.frombuffer(packed, dtype=np.uint64).reshape(-1, 4)


def _count(words: WordArray) -> IntArray:
    """Set bits of each row."""
    bits: IntArray = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    return bits


def _bands(hashes: WordArray) -> npt.NDArray[np.uint16]:
    """``(BANDS, n)`` keys: each band takes one bit of each row of the thumbnail, from another column each time."""
    bits = np.unpackbits(hashes.view(np.uint8), axis=1).reshape(-1, BANDS, BANDS)
    rows = np.arange(BANDS)
    keys = np.empty((BANDS, len(hashes)), dtype=np.uint16)
    for band in range(BANDS):
        picked = bits[:, rows, (band + 5 * rows) % BANDS]
        keys[band] = np.ascontiguousarray(np.packbits(picked, axis=1)).view(np.uint16)[:, 0]
    return keys


def _bucket(keys: npt.NDArray[np.uint16], following: npt.NDArray[np.uint16]) -> IntArray:
    """Bucket of each hash: its key, and where that is crowded the next band's key as well.

    Pictures with so little structure that a key is crowded may differ in few bits, and of 16 bands in a circle of
    which at most 7 are touched, two neighbours agree.
    """
    crowded = np.bincount(keys, minlength=1 << 16)[keys] > CROWDED
    return np.where(crowded, (keys.astype(np.int64) << 16) + following + (1 << 32), keys)


def _neighbours(keys: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Positions of equal keys in sorted keys, one distance after another."""
    left = np.arange(len(keys))
    for apart in range(1, min(LONGEST, len(keys) - 1) + 1):
        left = left[left + apart < len(keys)]
        left = left[keys[left] == keys[left + apart]]
        if not len(left):
            return
        yield left, left + apart


def _are_near(hashes: WordArray, counts: IntArray, pairs: IntArray) -> BoolArray:
    first, second = pairs.T
    apart = _count(hashes[first] ^ hashes[second])
    near: BoolArray = (apart <= MOST_BITS) & (apart <= MOST_SHARE * (counts[first] + counts[second]))
    return near
