"""How large regions are and how often they are seen, which decides what can be tried on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray

BACKGROUND: Final = 0.4
"""Median area above which a region is background-like: nothing as large lies beside it."""
SMALL: Final = 0.15
"""Median area up to which a region may be a presence cue."""
RARE: Final = 0.05
"""Share of the images that must show a presence cue, and that must lack it."""


def find_backgrounds(evidence: Evidence) -> tuple[str, ...]:
    """Regions so large that nothing as large lies beside them.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    tuple of str
        Those whose median area, over the images that show them, is above `BACKGROUND`.
    """
    return tuple(r for r in evidence.settings.regions if _median(evidence.region(r).area) > BACKGROUND)


def find_cues(evidence: Evidence) -> tuple[str, ...]:
    """Regions whose presence may be a cue: small, on some images and not on others.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    tuple of str
        Those with a median area up to `SMALL` that at least the share `RARE` of the images show, and lack.
    """
    found = []
    for region in evidence.settings.regions:
        area = evidence.region(region).area
        shown = int((area > 0).sum())
        if min(shown, len(area) - shown) >= RARE * len(area) and _median(area) <= SMALL:
            found.append(region)
    return tuple(found)


def _median(area: FloatArray) -> float:
    """Over the images that show the region."""
    shown = area[area > 0]
    return float(np.median(shown)) if len(shown) else float("nan")
