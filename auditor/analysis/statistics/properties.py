"""Could the label be read off a property of the whole picture, such as its brightness? A question to the data."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.statistics.association import FOLDS, deal, guess
from auditor.analysis.statistics.cells import Key, tabulate
from auditor.analysis.statistics.intervals import proportions
from auditor.analysis.statistics.performance import share_method
from auditor.analysis.statistics.ranks import permutation_p, shuffle, tell
from auditor.properties import PROPERTIES, name_region
from auditor.records import NOT_RECORDED

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray

PERMUTATIONS: Final = 999
MOST_MOVES: Final = 40_000_000
"""Images moved by all permutations together: among more than 40 000 there are fewer permutations."""
PARTS: Final = 5
"""The rule that guesses from a property sees which fifth of all images its value is in."""
_PAIR: Final = 2


class _Target(NamedTuple):
    """What may go with a property: the label, or an attribute."""

    key: Key
    words: str
    names: tuple[str, ...]
    codes: IntArray  # (n,) which name, -1 where not recorded


def measure_properties(evidence: Evidence) -> list[Row]:
    """Association of the properties of whole pictures with the label and with each attribute.

    An association is an opportunity: it says what a model could read off the property, not that it does.

    Parameters
    ----------
    evidence
        The tables; an image without the property, or without a recorded value of the attribute, takes no part.

    Returns
    -------
    list of Row
        The property stands as ``(brightness)`` in the column ``region``. ``property_association`` per property with
        the label and each attribute: of two names the share of pairs in which the second has the larger value
        (unit ``AUC``, 0.5 is none), of more epsilon squared (unit ``share``, 0 is none), with its p. Per property
        ``property_only_accuracy`` of the label, and ``property_majority_accuracy``, what naming the most frequent
        label of the same images gets. Nothing where the tables have no such columns.
    """
    names = [name for name in PROPERTIES if name in evidence.read.columns]
    if not names or evidence.read.empty:
        return []
    values = evidence.read[names].to_numpy(dtype=np.float64, na_value=np.nan)
    targets = _targets(evidence)
    chances = permutation_p(
        values,
        [target.codes for target in targets],
        orders=shuffle(
            evidence.clusters,
            permutations=count_permutations(len(values)),
            generator=evidence.settings.generator("permuted properties"),
        ),
    )
    rows: list[Row] = []
    for k, name in enumerate(names):
        for target, p_values in zip(targets, chances, strict=True):
            rows += _association(evidence, name, values=values[:, k], target=target, p_value=float(p_values[k]))
        rows += _accuracy(evidence, name, values=values[:, k])
    return rows


def count_permutations(images: int) -> int:
    """How often the labels of so many images are permuted.

    Parameters
    ----------
    images
        Number of images.

    Returns
    -------
    int
        `PERMUTATIONS`, or fewer among many images.

    Examples
    --------
    >>> count_permutations(2000), count_permutations(100_000)
    (999, 400)
    """
    return min(PERMUTATIONS, MOST_MOVES // max(images, 1))


def _targets(evidence: Evidence) -> list[_Target]:
    """The label and the attributes, as numbers."""
    labels = evidence.texts("label")
    second = Key(label=evidence.labels[1]) if len(evidence.labels) == _PAIR else Key()
    found = [_Target(second, "label", evidence.labels, _number(labels, evidence.labels))]
    for attribute in evidence.settings.attributes:
        names = tuple(value for value in evidence.subgroups(attribute) if value != NOT_RECORDED)
        key = Key(attribute=attribute, subgroup=names[1] if len(names) == _PAIR else None)
        found.append(_Target(key, attribute, names, _number(evidence.texts(attribute), names)))
    return found


def _number(texts: np.ndarray[tuple[int], np.dtype[np.str_]], names: tuple[str, ...]) -> IntArray:
    codes = np.full(len(texts), -1)
    for number, name in enumerate(names):
        codes[texts == name] = number
    return codes


def _association(evidence: Evidence, name: str, *, values: FloatArray, target: _Target, p_value: float) -> list[Row]:
    """One row: how far a property tells a label or an attribute."""
    known = np.isfinite(values) & (target.codes >= 0)
    codes = np.unique(target.codes[known], return_inverse=True)[1]
    found = tell(
        values[known],
        codes,
        clusters=evidence.clusters[known],
        weights=evidence.weights,
        confidence=evidence.settings.confidence,
        generator=evidence.settings.generator(f"{name} and {target.words}"),
    )
    tested = np.isfinite(found.estimate)
    low, high = np.clip(found.low, 0, 1), np.clip(found.high, 0, 1)  # BCa limits of epsilon squared can lie below 0
    found = replace(found, p_value=np.where(tested, p_value, np.nan), low=low, high=high)
    about, draws = PROPERTIES[name], evidence.settings.draws
    if len(target.names) == _PAIR:
        first, second = target.names
        words = f"share of pairs in which the image of {second} has more {about.words} than that of {first}"
    else:
        words = f"epsilon squared of the ranks of {about.words} by {target.words}"
    permutations = count_permutations(len(values))
    method = (
        f"{words} ({about.definition}); bootstrap over clusters, {draws} draws; p by {permutations} permutations of "
        f"clusters of equal size{_left_out(known)}"
    )
    unit = "AUC" if len(target.names) == _PAIR else "share"
    return tabulate(
        found, keys=[target.key], statistic="property_association", region=name_region(name), unit=unit, method=method
    )


def _accuracy(evidence: Evidence, name: str, *, values: FloatArray) -> list[Row]:
    """Two rows: what guessing the label from the property gets, and what guessing without it does."""
    known = np.isfinite(values)
    labels = np.unique(evidence.texts("label")[known], return_inverse=True)[1]
    clusters = np.unique(evidence.clusters[known], return_inverse=True)[1]
    edges = np.quantile(values[known], np.arange(1, PARTS) / PARTS) if known.any() else np.zeros(0)
    fifths = np.searchsorted(edges, values[known], side="left")
    folds = deal(clusters, generator=evidence.settings.generator(f"folds {name}"))
    majority = labels == np.bincount(labels).argmax() if len(labels) else labels > 0
    rule = f"share of images with the most frequent label of their fifth of {PROPERTIES[name].words}"
    shares = {
        "property_only_accuracy": (
            guess(labels, fifths, folds=folds),
            f"{rule}, learned on the other parts of {FOLDS}",
        ),
        "property_majority_accuracy": (majority, "share of the most frequent label"),
    }
    rows: list[Row] = []
    for statistic, (hits, words) in shares.items():
        found = proportions(
            hits,
            codes=np.zeros(len(labels), dtype=np.int64),
            clusters=clusters,
            n_cells=1,
            confidence=evidence.settings.confidence,
        )
        method = f"{words}; {share_method(evidence)}{_left_out(known)}"
        rows += tabulate(
            found, keys=[Key()], statistic=statistic, region=name_region(name), unit="share", method=method
        )
    return rows


def _left_out(known: BoolArray) -> str:
    return "" if known.all() else f"; {(~known).sum()} images without a value left out"
