"""Cues, and the numbers on each: what changing it in one way did to each of several models, on the same images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from auditor.analysis.findings import escape
from auditor.analysis.sizes import Sampled
from auditor.analysis.statistics.contrasts import measure_scale
from auditor.analysis.statistics.counting import count_clusters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.contrasts import Scale
    from auditor.analysis.statistics.effects import Effect
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.analysis.statistics.shifts import Shift
    from auditor.geometry import BoolArray

FLIPS: Final = "flip_excess"
SHIFT: Final = "aligned_shift"
PROPERTY: Final = "property_shift"


class Cue(NamedTuple):
    """A region alone, a region with an attribute, or a property of whole pictures such as brightness.

    Attributes
    ----------
    region
        What is hidden; a property as ``"(brightness)"``.
    attribute, subgroup, others
        Who is set against whom; None for a region alone, and for a property: its sides are the pictures with more and
        with less of it.
    favours
        In the margin of which class; None for a region alone.
    """

    region: str
    attribute: str | None = None
    subgroup: str | None = None
    others: str | None = None
    favours: str | None = None

    @property
    def fingerprint(self) -> str:
        """That of the finding in an audit."""
        return ":".join(escape(part) for part in (self.region, self.attribute, self.subgroup, self.favours))

    @property
    def statistic(self) -> Literal["flip_excess", "aligned_shift", "property_shift"]:
        """What it is measured by."""
        if self.favours is None:
            return FLIPS
        return SHIFT if self.attribute is not None else PROPERTY


class Sides(NamedTuple):
    """Mean shift of the members of a subgroup, or of the images with more of a property, and of the others."""

    members: Sampled
    others: Sampled


class CueEffect(NamedTuple):
    """What hiding a cue in one way did to each model.

    Attributes
    ----------
    cue, fill
        What was hidden, and how.
    effects
        One per model: flip excess as a difference of shares, else a shift in standard deviations of the model's own
        margin; of the same images and draws.
    bare
        The same with nothing taken off for controls.
    sides
        One per model: of shifts, the mean shifts of either side; None for a region alone.
    remark
        How controls entered, or why there is no number.
    """

    cue: Cue
    fill: str
    effects: tuple[Sampled, ...]
    bare: tuple[Sampled, ...]
    sides: tuple[Sides, ...] | None
    remark: str


def share_scale(evidences: Sequence[Evidence], effect: Effect, model: int) -> Scale:
    """Standard deviation of a model's own margin, in the draws that all models share.

    Parameters
    ----------
    evidences
        Of all models.
    effect
        In whose margin.
    model
        Which of the models.

    Returns
    -------
    Scale
        Measured once.
    """
    kept, last = evidences[model].kept, evidences[-1]
    key = ("shared scale", id(last), effect.contrast.favours)
    if key not in kept:
        kept[key] = measure_scale(effect.contrast.before, clusters=last.clusters, weights=last.weights)
    found: Scale = kept[key]
    return found


def find_members(last: Evidence, inside: BoolArray, *, member: BoolArray) -> IntArray:
    """Clusters that a shift rests on: those of labels with enough of them on either side.

    Parameters
    ----------
    last
        Of any model: all have the same images.
    inside, member
        ``(n,)`` which images take part, and which of them are on the first side.

    Returns
    -------
    ndarray
        In rising order.
    """
    labels = last.cells(by_label=True).codes
    sides = [
        count_clusters(np.where(inside & side, labels, -1), last.clusters, n_groups=len(last.labels))
        for side in (member, ~member)
    ]
    enough = np.min(sides, axis=0) >= last.settings.min_clusters
    return np.unique(last.clusters[inside & enough[labels]])


def read_shifts(
    cue: Cue, shifts: Sequence[Shift], *, fill: str, remarks: tuple[str, str], members: IntArray
) -> CueEffect:
    """Put the shifts of all models together.

    Parameters
    ----------
    cue, fill
        What was changed, and how.
    shifts
        One per model, then one per model with nothing taken off for controls.
    remarks
        How controls entered; and why there is no number, where some model has none.
    members
        Of `find_members`.

    Returns
    -------
    CueEffect
        With the sides of the first.
    """
    k = len(shifts) // 2
    sampled = [_sample(shift, members) for shift in shifts]
    known = all(np.isfinite(shift.estimate) for shift in shifts)
    return CueEffect(
        cue,
        fill,
        effects=tuple(sampled[:k]),
        bare=tuple(sampled[k:]),
        sides=tuple(_find_sides(shift, members) for shift in shifts[:k]),
        remark=remarks[0] if known else remarks[1],
    )


def _sample(shift: Shift, members: IntArray, *, column: int = 0, sign: float = 1.0) -> Sampled:
    return Sampled(
        value=sign * float(shift.values[column]),
        draws=sign * shift.draws[:, column],
        jackknife=sign * shift.jackknife[:, column],
        members=members,
        effective=float(shift.effective[column]),
        n=shift.n,
        clusters=shift.clusters,
    )


def _find_sides(shift: Shift, members: IntArray) -> Sides:
    """Mean shifts of either side, which a shift holds along its own direction."""
    direction = -1.0 if shift.estimate < 0 else 1.0
    return Sides(
        members=_sample(shift, members, column=1, sign=direction),
        others=_sample(shift, members, column=2, sign=-direction),
    )
