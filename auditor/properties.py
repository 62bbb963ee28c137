"""Properties of whole photographs: cues without a place in the picture, and how a trial names one.

A trial on a property has ``region="(brightness)"``, ``fill="neutral"``, place 0 for the change towards the target and
1 for a change of the same size the other way, and the target as text in ``donor_group``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from auditor.trials import Trial

if TYPE_CHECKING:
    from collections.abc import Sequence

NEUTRAL: Final = "neutral"
"""The fill of a trial on a property."""
SCALED: Final = frozenset({"contrast", "saturation"})
"""Properties that are changed by a factor, not by a step."""
LEAST: Final = 1e-4
"""A picture with no more of a scaled property than this has nothing that a factor could raise."""


class Property(NamedTuple):
    """What one number says of a whole photograph.

    Attributes
    ----------
    words
        For sentences.
    definition
        How it is computed, with its range.
    both_ways
        Whether it can be raised as well as lowered; detail that is not there cannot be added.
    """

    words: str
    definition: str
    both_ways: bool


PROPERTIES: Final = {
    "brightness": Property("brightness", "mean luma, 0 to 1", both_ways=True),
    "contrast": Property("contrast", "standard deviation of luma, 0 to 0.5", both_ways=True),
    "saturation": Property("colourfulness", "mean of largest minus smallest channel, 0 to 1", both_ways=True),
    "warmth": Property("red against blue", "mean of red minus blue, -1 to 1", both_ways=True),
    "tint": Property("green against purple", "mean of green minus half of red and blue, -1 to 1", both_ways=True),
    "sharpness": Property("sharpness", "log variance of the Laplacian of a 128 × 128 thumbnail", both_ways=False),
    "jpeg_quality": Property("JPEG quality", "1 to 100, from the file's quantisation table", both_ways=False),
    "megapixels": Property("resolution", "width × height in megapixels", both_ways=False),
}
"""Columns of the images table, missing where a file does not have the property."""


def name_region(name: str) -> str:
    """What stands in the column ``region`` for a property.

    Parameters
    ----------
    name
        One of `PROPERTIES`.

    Returns
    -------
    str
        The name in brackets, which no region bears.

    Examples
    --------
    >>> name_region("brightness")
    '(brightness)'
    """
    return f"({name})"


BY_REGION: Final = {name_region(name): one for name, one in PROPERTIES.items()}
"""By what stands in the column ``region``."""


def is_property(region: str) -> bool:
    """Whether what is named so is a property of whole pictures: it has no place that a map could lie on.

    Parameters
    ----------
    region
        Of a trial, an estimate or a finding.

    Returns
    -------
    bool
        False for regions.

    Examples
    --------
    >>> is_property("(brightness)"), is_property("brightness"), is_property("(coat)")
    (True, False, False)
    """
    return region in BY_REGION


def is_global(trial: Trial) -> bool:
    """Whether a trial changes a property of the whole picture.

    Parameters
    ----------
    trial
        Any trial.

    Returns
    -------
    bool
        False for trials on a region.

    Examples
    --------
    >>> is_global(make_trials("a.jpg", "brightness", 0.5)[0]), is_global(Trial("a.jpg", "face", "noise", 0))
    (True, False)
    """
    return trial.fill == NEUTRAL and is_property(trial.region)


def make_trials(image_id: str, name: str, target: float) -> Sequence[Trial]:
    """Trials of one property on one image.

    Parameters
    ----------
    image_id
        The image.
    name
        One of `PROPERTIES`.
    target
        Value that the property is brought to.

    Returns
    -------
    list of Trial
        Towards the target, and where the property can go both ways as far in the other direction.

    Examples
    --------
    >>> [trial.place for trial in make_trials("a.jpg", "warmth", 0.02)]
    [0, 1]
    >>> make_trials("a.jpg", "jpeg_quality", 60)[0].donor_group
    '60'
    """
    first = Trial(image_id, name_region(name), NEUTRAL, place=0, donor_group=f"{target:.6g}")
    return [first, first._replace(place=1)] if PROPERTIES[name].both_ways else [first]


def read_target(trial: Trial) -> tuple[str, float]:
    """Property and target of a trial of `make_trials`.

    Parameters
    ----------
    trial
        One for which `is_global` is True.

    Returns
    -------
    tuple
        Name of the property and the value it is brought to.

    Raises
    ------
    ValueError
        If the trial carries no target.

    Examples
    --------
    >>> read_target(make_trials("a.jpg", "warmth", 0.02)[1])
    ('warmth', 0.02)
    """
    if not is_global(trial) or trial.donor_group is None:
        msg = f"a trial on {trial.region} of {trial.image_id} has no target"
        raise ValueError(msg)
    return trial.region[1:-1], float(trial.donor_group)
