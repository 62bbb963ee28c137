"""Add a donor's cue to an image that has none, or as a sham a piece of the donor that is not the cue."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import torch

from auditor.evidence.interventions.base import Context, Fill, find_window
from auditor.evidence.interventions.patches import cut_patch, measure_window, resize_mask, resize_patch

if TYPE_CHECKING:
    from torch import Tensor

    from auditor.geometry import Size

OVERLAP: Final = 0.1
"""Share of the cue that a sham may hold."""


class Insert(Fill):
    """The donor's cue in its own outline; for a control an equally large piece of the donor beside the cue."""

    needs_donor: ClassVar[bool] = True

    def shape(self, mask: Tensor, *, context: Context) -> Tensor:
        """The outline of the cue, in the bounding box of the place.

        Parameters
        ----------
        mask
            ``(H, W)`` bool: the place.
        context
            With the donor.

        Returns
        -------
        Tensor
            ``(H, W)`` bool.

        Raises
        ------
        DataError
            If there is no donor.
        """
        cue = context.ask_donor().region
        if not mask.numpy().any():
            return mask
        outline = torch.zeros_like(mask)
        window = find_window(mask)
        outline[window] = resize_mask(cue[find_window(cue)], measure_window(mask)) & mask[window]
        return outline if outline.any() else mask

    def paint(self, image: Tensor, mask: Tensor, *, context: Context) -> Tensor:
        """The cue, or the sham.

        Parameters
        ----------
        image
            ``(3, H, W)``; not used.
        mask
            ``(H, W)`` bool: the outline.
        context
            Chance and the donor.

        Returns
        -------
        Tensor
            ``(3, h, w)``.

        Raises
        ------
        DataError
            If there is no donor.
        """
        del image
        donor = context.ask_donor()
        if context.place == 0:
            patch = cut_patch(donor.image, donor.region, context=context)
        else:
            patch = donor.image[:, *find_sham(donor.region, random=context.random)]
        return resize_patch(patch, measure_window(mask))


def find_sham(cue: Tensor, *, random: np.random.Generator) -> tuple[slice, slice]:
    """A place as large as the cue's bounding box that holds at most a tenth of the cue.

    Parameters
    ----------
    cue
        ``(H, W)`` bool, with at least one pixel inside.
    random
        Chooses among all such places; among those that hold least of the cue where there is none.

    Returns
    -------
    tuple
        Rows and columns.
    """
    height, width = measure_window(cue)
    held = _count_inside(cue, (height, width))
    allowed = np.flatnonzero(held <= max(OVERLAP * int(cue.sum()), int(held.min())))
    top, left = divmod(int(allowed[random.integers(len(allowed))]), held.shape[1])
    return slice(top, top + height), slice(left, left + width)


def _count_inside(mask: Tensor, size: Size) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]:
    """Pixels of the mask in the window of that size at each place: (H - h + 1, W - w + 1)."""
    total = np.pad(mask.numpy(), ((1, 0), (1, 0))).cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
    height, width = size
    counts: np.ndarray[tuple[int, int], np.dtype[np.int32]] = (
        total[height:, width:] - total[:-height, width:] - total[height:, :-width] + total[:-height, :-width]
    )
    return counts
