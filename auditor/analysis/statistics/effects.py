"""What hiding a region did to the evidence for each class: the table of trials as arrays over the images read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from auditor.analysis.statistics.contrasts import contrasts, signed_margins, unpack_logits
from auditor.analysis.statistics.memory import once
from auditor.properties import NEUTRAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.contrasts import Contrast
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray, FloatArray


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What hiding one region in one way did to one contrast, aligned with the images read.

    Attributes
    ----------
    region, fill
        What was hidden, and how.
    contrast
        Whose margin is meant.
    own
        ``(n,)`` margin lost by hiding the region, in logits; NaN where it was not hidden.
    controls
        ``(n, k)`` the same by hiding each control; NaN where there is none.
    flip_own, flip_controls
        ``(n,)`` and ``(n, k)``: 1 where the answer changed, 0 where it stayed; NaN as above.
    """

    region: str
    fill: str
    contrast: Contrast
    own: FloatArray
    controls: FloatArray
    flip_own: FloatArray
    flip_controls: FloatArray

    @cached_property
    def control(self) -> FloatArray:
        """``(n,)`` mean margin lost over the controls; NaN where the image has none."""
        return average(self.controls)

    @cached_property
    def control_size(self) -> FloatArray:
        """``(n,)`` mean size of the margin lost over the controls, without sign; NaN where the image has none."""
        return average(np.abs(self.controls))

    @cached_property
    def flip_control(self) -> FloatArray:
        """``(n,)`` share of the controls that changed the answer; NaN where the image has none."""
        return average(self.flip_controls)

    @property
    def paired(self) -> BoolArray:
        """``(n,)`` whether the region and at least one control were hidden."""
        both: BoolArray = np.isfinite(self.own) & np.isfinite(self.control)
        return both

    def without_controls(self) -> Effect:
        """The region alone, with nothing to take off."""
        nothing = np.full_like(self.controls, np.nan)
        return replace(self, controls=nothing, flip_controls=nothing)

    def as_sham(self, k: int) -> Effect:
        """The k-th control in the place of the region, against the other controls.

        Parameters
        ----------
        k
            Column of `controls`.

        Returns
        -------
        Effect
            With one control less.
        """
        others = np.arange(self.controls.shape[1]) != k
        return Effect(
            region=self.region,
            fill=self.fill,
            contrast=self.contrast,
            own=self.controls[:, k],
            controls=self.controls[:, others],
            flip_own=self.flip_controls[:, k],
            flip_controls=self.flip_controls[:, others],
        )


class Trials(NamedTuple):
    """Trials on images that were read.

    Attributes
    ----------
    table
        Rows of the table ``interventions``.
    image
        ``(t,)`` position of each row's image among the images read.
    logits
        ``(t, classes)`` after the change.
    flipped
        ``(t,)`` whether the class answered before has lost its lead.
    """

    table: pd.DataFrame
    image: IntArray
    logits: FloatArray
    flipped: BoolArray

    def select(self, kept: BoolArray) -> Trials:
        """Some of the trials."""
        return Trials(self.table[kept], self.image[kept], self.logits[kept], self.flipped[kept])

    def equals(self, column: str, value: str) -> BoolArray:
        """``(t,)`` whether a column holds a value."""
        same: BoolArray = (self.table[column] == value).to_numpy(dtype=bool)
        return same

    def per_image(self, values: FloatArray | BoolArray, n: int) -> FloatArray:
        """Mean of one value per trial over the trials of each of n images, ``(n,)``; NaN where there is none."""
        counts = np.bincount(self.image, minlength=n)
        total = np.bincount(self.image, weights=values.astype(np.float64), minlength=n)
        mean: FloatArray = np.divide(total, counts, out=np.full(n, np.nan), where=counts > 0)
        return mean

    def split(self, values: FloatArray, groups: tuple[str, str], *, n: int) -> tuple[FloatArray, FloatArray]:
        """Mean of one value per trial over the trials of each image with a donor of either group, ``(n,)`` each."""
        first, second = (self.equals("donor_group", group) for group in groups)
        return self.select(first).per_image(values[first], n), self.select(second).per_image(values[second], n)


def average(values: FloatArray) -> FloatArray:
    """Mean of each row over its numbers.

    Parameters
    ----------
    values
        ``(n, k)`` with NaN where there is none.

    Returns
    -------
    ndarray
        ``(n,)``; NaN where a row has no number.

    Examples
    --------
    >>> average(np.array([[1.0, 3.0], [np.nan, 2.0], [np.nan, np.nan]]))
    array([ 2.,  2., nan])
    """
    known = np.isfinite(values)
    counts = known.sum(axis=1)
    total = np.where(known, values, 0).sum(axis=1)
    mean: FloatArray = np.divide(total, counts, out=np.full(len(values), np.nan), where=counts > 0)
    return mean


@once
def read_trials(evidence: Evidence) -> Trials:
    """All trials on images that were read.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    Trials
        In the order of the table; trials on other images are left out.
    """
    table = evidence.interventions
    image = pd.Index(evidence.read["image_id"]).get_indexer(table["image_id"])
    kept = image >= 0
    table = table[kept]
    return Trials(
        table=table,
        image=image[kept].astype(np.int64),
        logits=unpack_logits(table["logits"], n=len(table), classes=evidence.settings.classes),
        flipped=table["margin"].to_numpy(dtype=np.float64) < 0,
    )


def read_effects(evidence: Evidence, regions: Sequence[str] | None = None) -> list[Effect]:
    """What hiding did: an effect per region, fill and contrast.

    Parameters
    ----------
    evidence
        The tables; of the trials those without a donor count here, since content that is pasted is not hidden.
    regions
        Names; by default the plan's. A property of the whole picture is named as in its trials.

    Returns
    -------
    list of Effect
        In the order of the regions, then of the fills' names, then of `contrasts`; empty where nothing was
        hidden.

    Raises
    ------
    DataError
        If a table holds no logits.
    """
    if evidence.interventions.empty:
        return []
    names = evidence.settings.regions if regions is None else regions
    return [effect for region in names for effect in _read_region(evidence, region)]


@once
def _hiding(evidence: Evidence) -> Trials:
    """Trials without a donor."""
    trials = read_trials(evidence)
    return trials.select(trials.table["donor_group"].isna().to_numpy(dtype=bool) | trials.equals("fill", NEUTRAL))


@once
def _read_region(evidence: Evidence, region: str) -> list[Effect]:
    trials, margins = _hiding(evidence), contrasts(evidence)
    here = trials.select(trials.equals("region", region))
    found: list[Effect] = []
    for fill in sorted(here.table["fill"].unique()):
        found += _effects(here.select(here.equals("fill", fill)), evidence, margins=margins)
    return found


def _effects(trials: Trials, evidence: Evidence, *, margins: list[Contrast]) -> list[Effect]:
    """Effects of one region and fill, one per contrast."""
    places = trials.table["place"].to_numpy(dtype=np.int64)
    first = trials.table.iloc[0]
    slots, shape = (trials.image, places), (len(evidence.read), int(places.max()) + 1)
    flips = _lay_out(trials.flipped.astype(np.float64), slots=slots, shape=shape)
    found = []
    for contrast in margins:
        after = signed_margins(trials.logits, evidence.settings.classes.index(contrast.favours))
        lost = _lay_out(contrast.before[trials.image] - after, slots=slots, shape=shape)
        found.append(
            Effect(
                region=first["region"],
                fill=first["fill"],
                contrast=contrast,
                own=lost[:, 0],
                controls=lost[:, 1:],
                flip_own=flips[:, 0],
                flip_controls=flips[:, 1:],
            )
        )
    return found


def _lay_out(values: FloatArray, *, slots: tuple[IntArray, IntArray], shape: tuple[int, int]) -> FloatArray:
    """One value per trial as an array of images by places; NaN where there was no trial."""
    laid = np.full(shape, np.nan)
    laid[slots] = values
    return laid
