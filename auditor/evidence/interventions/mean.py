"""Hide a place under the mean colour of the rest of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from auditor.evidence.interventions.base import Context, Fill

if TYPE_CHECKING:
    from torch import Tensor


class MeanColour(Fill):
    """The image's mean colour, taken outside of the place; mid-grey where nothing is outside."""

    def paint(self, image: Tensor, mask: Tensor, *, context: Context) -> Tensor:
        """One colour.

        Parameters
        ----------
        image
            ``(3, H, W)``, zero inside the mask.
        mask
            ``(H, W)`` bool.
        context
            The range of colours.

        Returns
        -------
        Tensor
            ``(3, 1, 1)``.
        """
        outside = mask.numel() - int(mask.sum())
        if outside == 0:
            return context.scale(0.5)
        return (image.sum(dim=(1, 2), dtype=torch.float64) / outside).float()[:, None, None]
