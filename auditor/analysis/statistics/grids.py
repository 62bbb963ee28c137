"""Maps as shares: each divided by what it holds over the whole frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from auditor.geometry import frame_weights
from auditor.records import unpack_grids

if TYPE_CHECKING:
    import pandas as pd

    from auditor.geometry import BoolArray, Size

SingleArray = npt.NDArray[np.float32]
_AT_ONCE: Final = 8192


def unpack_shares(column: pd.Series[Any], *, usable: BoolArray, frame: Size, grid: Size) -> SingleArray:
    """Maps divided by their sum over the frame, in slices, so that float64 copies stay small.

    Parameters
    ----------
    column
        ``cam`` of the attention table.
    usable
        ``(n,)`` which of them hold anything.
    frame, grid
        Height and width of what the model sees, in pixels, and of its maps, in cells.

    Returns
    -------
    ndarray
        ``(n, h, w)`` float32; zero where a map is not usable, missing or empty.
    """
    over_frame = frame_weights(frame, grid)
    empty = bytes(2 * grid[0] * grid[1])
    cams = [cam if isinstance(cam, bytes) and fine else empty for cam, fine in zip(column, usable, strict=True)]
    maps = np.zeros((len(cams), *grid), dtype=np.float32)
    for start in range(0, len(cams), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        cells = unpack_grids(cams[part], grid=grid, dtype="float16")
        total = (cells * over_frame).sum(axis=(1, 2), keepdims=True)
        fine = np.isfinite(total) & (total > 0)
        maps[part] = np.divide(cells, total, out=np.zeros_like(cells), where=fine)
    return maps
