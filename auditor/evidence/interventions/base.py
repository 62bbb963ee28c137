"""The contract of a fill: what stands where a place of an image was."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch

from auditor.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

    from auditor.geometry import BoolArray

Colour = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Donor:
    """The image that content is taken from.

    Parameters
    ----------
    image
        ``(3, H, W)``, normalised, of the changed image's size.
    region
        ``(H, W)``, True where the donor's region of the same name lies; with at least one pixel inside.
    """

    image: Tensor
    region: Tensor


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a fill may draw on besides the image.

    Parameters
    ----------
    random
        Seeded for this one change, so that neither order nor batch matters.
    mean, std
        Of the preprocessing, per channel: ``pixel = value * std + mean`` lies in [0, 1].
    place
        0 for the region itself, k for the k-th control.
    donor
        None for fills that need none.
    """

    random: np.random.Generator
    mean: Colour
    std: Colour
    place: int = 0
    donor: Donor | None = None

    def scale(self, level: float) -> Tensor:
        """A level of grey as the model sees it.

        Parameters
        ----------
        level
            From 0 (black) to 1 (white).

        Returns
        -------
        Tensor
            ``(3, 1, 1)``, normalised.
        """
        return ((level - torch.tensor(self.mean)) / torch.tensor(self.std))[:, None, None]

    def ask_donor(self) -> Donor:
        """The donor, for fills that need one.

        Returns
        -------
        Donor
            Its image and region.

        Raises
        ------
        DataError
            If there is none.
        """
        if self.donor is None:
            raise DataError("this fill takes its content from a donor, and the trial names none")
        return self.donor


class Fill(ABC):
    """A way to change the inside of a mask.

    Derive from this class and fill in `paint`. A fill that removes information never sees what it replaces.
    """

    removes_information: ClassVar[bool] = True
    """Whether nothing of what was there can be told from the result: only such fills count towards agreement."""
    needs_donor: ClassVar[bool] = False

    @abstractmethod
    def paint(self, image: Tensor, mask: Tensor, *, context: Context) -> Tensor:
        """What shall stand inside the mask.

        Parameters
        ----------
        image
            ``(3, H, W)`` float32, normalised; zero inside the mask where the fill removes information.
        mask
            ``(H, W)`` bool, with at least one pixel inside.
        context
            Chance, colours and the donor.

        Returns
        -------
        Tensor
            Of a shape that broadcasts to ``(3, h, w)``, the bounding box of the mask as `find_window` finds it; what
            lies beside the mask is not used.
        """

    def shape(self, mask: Tensor, *, context: Context) -> Tensor:
        """Pixels that are changed.

        Parameters
        ----------
        mask
            ``(H, W)`` bool: the place.
        context
            As for `paint`.

        Returns
        -------
        Tensor
            ``(H, W)`` bool, inside the mask; here the mask itself.
        """
        del context
        return mask

    def __call__(self, image: Tensor, mask: Tensor, *, context: Context) -> Tensor:
        """Change an image inside a mask, and nowhere else.

        Parameters
        ----------
        image
            ``(3, H, W)`` float32 on the CPU, normalised; stays as it is.
        mask
            ``(H, W)`` bool: the place.
        context
            Chance, colours and the donor.

        Returns
        -------
        Tensor
            A new ``(3, H, W)``, equal to the image outside of the mask bit for bit.

        Raises
        ------
        DataError
            If a donor is needed and there is none.
        """
        where = self.shape(mask, context=context)
        changed = image.clone()
        if not where.numpy().any():
            return changed
        window = find_window(where)
        inside, place = where[window], changed[:, *window]
        if self.removes_information:
            place.masked_fill_(inside, 0.0)
        place.copy_(torch.where(inside, self.paint(changed, where, context=context), place))
        return changed


def find_window(mask: Tensor, *, margin: int = 0) -> tuple[slice, slice]:
    """Bounding box of a mask.

    Parameters
    ----------
    mask
        ``(H, W)`` bool, with at least one pixel inside.
    margin
        Pixels to add on each side, as far as the frame reaches.

    Returns
    -------
    tuple
        Rows and columns.

    Examples
    --------
    >>> mask = torch.zeros(4, 5, dtype=torch.bool)
    >>> mask[1:3, 2] = True
    >>> find_window(mask)
    (slice(1, 3, None), slice(2, 3, None))
    """
    inside: BoolArray = mask.numpy()  # several times faster than torch at this size
    return _span(np.asarray(inside.any(axis=1)), margin), _span(np.asarray(inside.any(axis=0)), margin)


def _span(line: BoolArray, margin: int) -> slice:
    (inside,) = line.nonzero()
    return slice(max(int(inside[0]) - margin, 0), min(int(inside[-1]) + 1 + margin, len(line)))
