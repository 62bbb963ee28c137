"""Put a donor's content in the place of this image's."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from auditor.evidence.interventions.base import Context, Fill
from auditor.evidence.interventions.patches import cut_patch, measure_window, resize_patch

if TYPE_CHECKING:
    from torch import Tensor


class Swap(Fill):
    """The donor's region, brought to this region's size; for a control the donor's pixels of the same place."""

    needs_donor: ClassVar[bool] = True

    def paint(self, image: Tensor, mask: Tensor, *, context: Context) -> Tensor:
        """Content of the donor.

        Parameters
        ----------
        image
            ``(3, H, W)``; not used.
        mask
            ``(H, W)`` bool.
        context
            With the donor.

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
        source = donor.region if context.place == 0 else mask
        return resize_patch(cut_patch(donor.image, source, context=context), measure_window(mask))
