"""Hide a place under noise in the colours that surround it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from auditor.evidence.interventions.base import Context, Fill, find_window
from auditor.evidence.interventions.colours import draw_noise

if TYPE_CHECKING:
    from torch import Tensor

    from auditor.geometry import BoolArray

REACH: Final = 0.1
"""Width of the ring as a share of the place's side."""
LEAST: Final = 3
"""Width of the ring in pixels, at least."""


class SurroundNoise(Fill):
    """Noise with the mean and the spread of the colours in a ring around the place."""

    def paint(self, image: Tensor, mask: Tensor, *, context: Context) -> Tensor:
        """Noise in the ring's colours, in those of the rest of the image where there is no ring.

        Parameters
        ----------
        image
            ``(3, H, W)``, zero inside the mask.
        mask
            ``(H, W)`` bool.
        context
            Chance and the range of colours.

        Returns
        -------
        Tensor
            ``(3, h, w)``.
        """
        reach = max(LEAST, round(REACH * math.sqrt(int(mask.sum()))))
        near = find_window(mask, margin=reach)
        ring = find_ring(mask[near].numpy(), reach=reach)
        colours = image[:, *near][:, torch.from_numpy(ring)] if ring.any() else image[:, ~mask]
        rows, columns = find_window(mask)
        return draw_noise(colours, (rows.stop - rows.start, columns.stop - columns.start), context=context)


def find_ring(mask: BoolArray, *, reach: int) -> BoolArray:
    """Pixels beside a mask but no farther from it than the reach, in rows and in columns.

    Parameters
    ----------
    mask
        ``(h, w)``.
    reach
        In pixels, at least 1.

    Returns
    -------
    ndarray
        ``(h, w)``, True in the ring.

    Examples
    --------
    >>> find_ring(np.array([[False, False, True, False]]), reach=1)
    array([[False,  True, False,  True]])
    """
    return _spread(_spread(mask, reach).T, reach).T & ~mask


def _spread(mask: BoolArray, reach: int) -> BoolArray:
    """Each row's inside, grown to both sides: where a window's count is above zero."""
    count = np.cumsum(np.pad(mask, ((0, 0), (reach + 1, reach))), axis=1, dtype=np.int32)
    grown: BoolArray = count[:, 2 * reach + 1 :] > count[:, : -2 * reach - 1]
    return grown
