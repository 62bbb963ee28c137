"""Pieces of a donor: cut out along its region, and brought to size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn.functional import interpolate

from auditor.evidence.interventions.base import find_window
from auditor.evidence.interventions.colours import draw_noise

if TYPE_CHECKING:
    from torch import Tensor

    from auditor.evidence.interventions.base import Context
    from auditor.geometry import Size


def cut_patch(image: Tensor, region: Tensor, *, context: Context) -> Tensor:
    """Content of a region in its bounding box.

    What lies in the box beside the region becomes noise in the region's colours, so that nothing but the region is
    handed on: a background carries no trace of what stood before it.

    Parameters
    ----------
    image
        ``(3, H, W)``.
    region
        ``(H, W)`` bool, with at least one pixel inside.
    context
        Chance and the range of colours.

    Returns
    -------
    Tensor
        ``(3, h, w)``.
    """
    window = find_window(region)
    inside, content = region[window], image[:, *window]
    if inside.all():
        return content
    noise = draw_noise(content[:, inside], (inside.shape[0], inside.shape[1]), context=context)
    return torch.where(inside, content, noise)


def resize_patch(patch: Tensor, size: Size) -> Tensor:
    """A patch in another size, bilinear with antialiasing.

    Parameters
    ----------
    patch
        ``(3, h, w)``.
    size
        Height and width.

    Returns
    -------
    Tensor
        ``(3, *size)``.
    """
    if tuple(patch.shape[1:]) == size:
        return patch
    return interpolate(patch[None], size, mode="bilinear", antialias=True)[0]


def resize_mask(mask: Tensor, size: Size) -> Tensor:
    """A mask in another size, each pixel as its nearest.

    Parameters
    ----------
    mask
        ``(h, w)`` bool.
    size
        Height and width.

    Returns
    -------
    Tensor
        ``size`` bool.

    Examples
    --------
    >>> resize_mask(torch.tensor([[True, False]]), (2, 4))
    tensor([[ True,  True, False, False],
            [ True,  True, False, False]])
    """
    if tuple(mask.shape) == size:
        return mask
    return interpolate(mask[None, None].float(), size, mode="nearest-exact")[0, 0] > 0


def measure_window(mask: Tensor) -> Size:
    """Size of a mask's bounding box.

    Parameters
    ----------
    mask
        ``(H, W)`` bool, with at least one pixel inside.

    Returns
    -------
    tuple
        Height and width in pixels.
    """
    rows, columns = find_window(mask)
    return rows.stop - rows.start, columns.stop - columns.start
