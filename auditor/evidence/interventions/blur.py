"""Blur a place: its details go, its colour and coarse form stay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
import torch

from auditor.evidence.interventions.base import Context, Fill, find_window

if TYPE_CHECKING:
    from torch import Tensor

WIDTH: Final = 0.25
"""Standard deviation as a share of the place's side."""


class Blur(Fill):
    """The place blurred; it keeps its colour, so this fill never counts towards agreement."""

    removes_information: ClassVar[bool] = False

    def paint(self, image: Tensor, mask: Tensor, *, context: Context) -> Tensor:
        """Gaussian blur as wide as a quarter of the place's side.

        Parameters
        ----------
        image
            ``(3, H, W)``.
        mask
            ``(H, W)`` bool.
        context
            Not used.

        Returns
        -------
        Tensor
            ``(3, h, w)``.
        """
        import cv2

        del context
        sigma = max(1.0, WIDTH * math.sqrt(int(mask.sum())))
        radius = math.ceil(3 * sigma)
        rows, columns = find_window(mask, margin=radius)
        pixels = np.ascontiguousarray(image[:, rows, columns].permute(1, 2, 0).numpy())
        side = 2 * radius + 1
        blurred = cv2.GaussianBlur(pixels, (side, side), sigma, borderType=cv2.BORDER_REPLICATE)
        inner_rows, inner_columns = find_window(mask[rows, columns])
        return torch.from_numpy(blurred)[inner_rows, inner_columns].permute(2, 0, 1)
