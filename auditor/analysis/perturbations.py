"""Which pictures are changed as a whole, and to what: trials on properties such as brightness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.properties import LEAST, PROPERTIES, SCALED, make_trials

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray
    from auditor.trials import Trial

LOW: Final = 0.05
"""Quantile that detail is taken down to: as poor as the poorest pictures of the data, not worse."""
_MEGA: Final = 1e6


def plan_perturbations(evidence: Evidence, sample: Sequence[str]) -> list[Trial]:
    """Trials that take each property of the sampled images to one value for all.

    Parameters
    ----------
    evidence
        The tables.
    sample
        Names of images.

    Returns
    -------
    list of Trial
        In the order of the sample, property by property. Towards the median of all images read, with a change of the
        same size the other way as control; for sharpness, JPEG quality and resolution down to the 5 % quantile, on
        images above it, without control. A property that all images share is left alone, and so are a resolution that
        the model's frame does not show, colours of grey pictures, and contrast of plain ones.
    """
    table = evidence.read.set_index("image_id").reindex(list(sample))
    trials: list[Trial] = []
    for name, target in choose_targets(evidence).items():
        values = table[name].to_numpy(dtype=np.float64, na_value=np.nan)
        for image_id in np.asarray(sample, dtype=object)[_wanted(name, values, target)]:
            trials += make_trials(image_id, name, target)
    return trials


def choose_targets(evidence: Evidence) -> dict[str, float]:
    """Value that each property is taken to.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    dict
        By property; without those that are not recorded, the same on all images, or not to be seen by the model.
    """
    height, width = evidence.settings.frame
    targets = {}
    for name, about in PROPERTIES.items():
        if name not in evidence.read.columns:
            continue
        values = evidence.read[name].to_numpy(dtype=np.float64, na_value=np.nan)
        values = values[np.isfinite(values)]
        if not len(values) or values.min() == values.max():
            continue
        target = float(np.quantile(values, 0.5 if about.both_ways else LOW, method="inverted_cdf"))
        if name != "megapixels" or target * _MEGA < height * width:
            targets[name] = target
    return targets


def _wanted(name: str, values: FloatArray, target: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Images that can be changed; a file without JPEG quality was saved without loss."""
    if PROPERTIES[name].both_ways:
        return np.isfinite(values) & ((values > LEAST) | (name not in SCALED))
    return values > target if name != "jpeg_quality" else ~(values <= target)
