"""Hide a place by growing its surroundings into it.

Reference
---------
Telea (2004), An image inpainting technique based on the fast marching method, J. Graphics Tools 9(1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from auditor.evidence.interventions.base import Context, Fill, find_window

if TYPE_CHECKING:
    from torch import Tensor

RADIUS: Final = 3
"""Pixels around each unknown one that tell its colour."""
MARGIN: Final = 2 * RADIUS + 2
"""What lies farther from the place than this has no say: only the surroundings are handed over."""


class Inpaint(Fill):
    """The surroundings continued inwards by fast marching (Telea 2004)."""

    def paint(self, image: Tensor, mask: Tensor, *, context: Context) -> Tensor:
        """Continue the surroundings, in eight bits per channel.

        Parameters
        ----------
        image
            ``(3, H, W)``, zero inside the mask.
        mask
            ``(H, W)`` bool.
        context
            Mean and std of the preprocessing.

        Returns
        -------
        Tensor
            ``(3, h, w)``; mid-grey where there are no surroundings.
        """
        import cv2

        if mask.all():
            return context.scale(0.5)
        rows, columns = find_window(mask, margin=MARGIN)
        mean, std = torch.tensor(context.mean)[:, None, None], torch.tensor(context.std)[:, None, None]
        levels = ((image[:, rows, columns] * std + mean) * 255).round_().clamp_(0, 255).to(torch.uint8)
        pixels = np.ascontiguousarray(levels.permute(1, 2, 0).numpy())
        unknown = mask[rows, columns].numpy().astype(np.uint8)
        grown = torch.from_numpy(cv2.inpaint(pixels, unknown, RADIUS, cv2.INPAINT_TELEA))
        inner_rows, inner_columns = find_window(mask[rows, columns])
        return (grown[inner_rows, inner_columns].permute(2, 0, 1).float() / 255 - mean) / std
