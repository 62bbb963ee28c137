"""How a layer lays its spatial grid out: channels first, channels last, or a row of tokens."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from auditor.errors import ModelError

if TYPE_CHECKING:
    from torch import Tensor

    from auditor.geometry import Size

PREFIXES: Final = (0, 1, 2, 4, 5, 8)
"""Tokens that may stand before the patches: class, distillation and register tokens."""
_IMAGES: Final = 4
_TOKENS: Final = 3


@dataclass(frozen=True)
class Layout:
    """Where a layer's output keeps its rows, columns and channels.

    Parameters
    ----------
    kind
        ``"nchw"``: ``(B, C, h, w)``; ``"nhwc"``: ``(B, h, w, C)``; ``"tokens"``: ``(B, prefix + h * w, C)``.
    grid
        Height and width in cells.
    prefix
        Tokens before the patches.
    """

    kind: Literal["nchw", "nhwc", "tokens"]
    grid: Size
    prefix: int = 0

    def to_images(self, output: Tensor) -> Tensor:
        """View of the layer's output with channels first.

        Parameters
        ----------
        output
            As the layer returns it.

        Returns
        -------
        Tensor
            ``(B, C, h, w)``, without the prefix tokens.

        Raises
        ------
        ModelError
            If the output does not have this layout.

        Examples
        --------
        >>> import torch
        >>> Layout("tokens", (7, 7), prefix=1).to_images(torch.zeros(2, 50, 768)).shape
        torch.Size([2, 768, 7, 7])
        """
        if not self._fits(tuple(output.shape)):
            raise ModelError(f"expected the layer's output in the layout {self}, found shape {tuple(output.shape)}")
        if self.kind == "nchw":
            return output
        if self.kind == "tokens":
            patches = output[:, self.prefix :]
            output = patches.reshape(len(patches), *self.grid, -1)
        return output.permute(0, 3, 1, 2)

    def _fits(self, shape: tuple[int, ...]) -> bool:
        if self.kind == "tokens":
            return len(shape) == _TOKENS and shape[1] == self.prefix + math.prod(self.grid)
        return len(shape) == _IMAGES and (shape[2:] if self.kind == "nchw" else shape[1:3]) == tuple(self.grid)


def find_layout(shape: tuple[int, ...], frame: Size) -> Layout | None:
    """Layout of a layer's output, from its shape and that of the input.

    Channels come first unless only the other reading has the proportions of the frame.

    Parameters
    ----------
    shape
        Of the layer's output.
    frame
        Height and width of the model's input in pixels.

    Returns
    -------
    Layout or None
        None where the output has no grid of more than one cell.

    Examples
    --------
    >>> find_layout((1, 512, 7, 7), (224, 224))
    Layout(kind='nchw', grid=(7, 7), prefix=0)
    >>> find_layout((1, 7, 7, 768), (224, 224))
    Layout(kind='nhwc', grid=(7, 7), prefix=0)
    >>> find_layout((1, 197, 768), (224, 224))
    Layout(kind='tokens', grid=(14, 14), prefix=1)
    """
    if len(shape) == _IMAGES:
        return _find_image_layout(shape, frame)
    if len(shape) == _TOKENS:
        return next((found for prefix in PREFIXES if (found := _find_token_layout(shape, frame, prefix))), None)
    return None


def has_proportions(grid: Size, frame: Size) -> bool:
    """Whether a grid has the frame's proportions, but for the rounding of one cell.

    Parameters
    ----------
    grid
        Height and width in cells.
    frame
        Height and width in pixels.

    Returns
    -------
    bool
        True where it has.

    Examples
    --------
    >>> has_proportions((6, 8), (180, 240)), has_proportions((197, 64), (224, 224))
    (True, False)
    """
    return abs(grid[0] * frame[1] / frame[0] - grid[1]) <= max(1.0, frame[1] / frame[0])


def _find_image_layout(shape: tuple[int, ...], frame: Size) -> Layout | None:
    first, last = (shape[2], shape[3]), (shape[1], shape[2])
    channels_last = has_proportions(last, frame) and not has_proportions(first, frame)
    layout = Layout("nhwc", last) if channels_last else Layout("nchw", first)
    return layout if math.prod(layout.grid) > 1 else None


def _find_token_layout(shape: tuple[int, ...], frame: Size, prefix: int) -> Layout | None:
    patches = shape[1] - prefix
    height = math.isqrt(max(patches, 0) * frame[0] // frame[1])
    if height * height * frame[1] != patches * frame[0] or patches <= 1:  # patches are square: exact or not at all
        return None
    return Layout("tokens", (height, patches // height), prefix)
