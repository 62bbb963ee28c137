"""The frame that a model saw, cut from a photograph as its preprocessing cuts it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image, ImageOps

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from auditor.geometry import Size

LONGEST: Final = 224
"""Longest side of a picture, in pixels."""
_STEP_16: Final = 257  # 65535 / 255
_ORIENTATION: Final = 0x0112
_LYING: Final = range(5, 9)
"""Orientations whose files lie on their side."""
_UNREADABLE: Final = (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning)


@dataclass(frozen=True, kw_only=True)
class Geometry:
    """How the model's frame is cut from a photograph: resize, then crop from the middle."""

    resize: int | tuple[int, int] | None
    frame: Size
    exif: bool
    longest: int = LONGEST  # longest side of the picture, in pixels

    @classmethod
    def of(cls, preprocessing: Mapping[str, Any], *, frame: Size, exif: bool) -> Geometry:
        """Read the geometry of a document's preprocessing.

        Parameters
        ----------
        preprocessing
            As `Preprocessing.describe` wrote it.
        frame
            Height and width of what the model saw.
        exif
            Whether the orientation that the file declares was applied.

        Returns
        -------
        Geometry
            What `photograph` needs.

        Examples
        --------
        >>> Geometry.of({"resize": 256}, frame=(224, 224), exif=True).resize
        256
        """
        resize = preprocessing.get("resize")
        pair = tuple(int(side) for side in resize) if isinstance(resize, list | tuple) else None
        return cls(
            resize=(pair[0], pair[1])
            if pair and len(pair) == len(frame)
            else int(resize)
            if resize and not pair
            else None,
            frame=frame,
            exif=exif,
        )

    def resized(self, size: Size) -> Size:
        """Height and width of a photograph of this size once it is resized."""
        if isinstance(self.resize, tuple):
            return self.resize
        if self.resize is None:
            return size
        short = min(size)
        return tuple(self.resize if side == short else int(self.resize * side / short) for side in size)  # type: ignore[return-value]

    @property
    def canvas(self) -> Size:
        """Height and width of the picture."""
        scale = self.longest / max(self.frame)
        return max(1, round(self.frame[0] * scale)), max(1, round(self.frame[1] * scale))


def photograph(folder: Path | None, path: str, geometry: Geometry) -> Image.Image | None:
    """Read a photograph as the model saw it.

    Parameters
    ----------
    folder
        The images folder; None where there is none.
    path
        Of the photograph inside of it.
    geometry
        How the frame is cut.

    Returns
    -------
    Image or None
        RGB of the size `Geometry.canvas`, without metadata; None where it cannot be read or lies outside the folder.
    """
    parts = PurePosixPath(path)
    if folder is None or parts.is_absolute() or ".." in parts.parts:
        return None
    try:
        with Image.open(folder / path) as opened:
            lies = geometry.exif and opened.getexif().get(_ORIENTATION) in _LYING
            size = (opened.width, opened.height) if lies else (opened.height, opened.width)
            wanted = _wanted(size, geometry)
            opened.draft(None, wanted if lies else wanted[::-1])  # a JPEG can be decoded to an eighth of its pixels
            if geometry.exif:
                ImageOps.exif_transpose(opened, in_place=True)
            return _cut(_colour(opened), geometry, size=size)
    except _UNREADABLE:
        return None


def _colour(image: Image.Image) -> Image.Image:
    """RGB as the model saw it: alpha is dropped, greys of 16 bits are scaled and not clipped."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        levels = np.asarray(image).astype(np.float64)
        return Image.fromarray(np.clip(np.rint(levels / _STEP_16), 0, 255).astype(np.uint8)).convert("RGB")
    if "transparency" in image.info:  # kept, it makes Pillow warn
        image.info.pop("transparency")
    return image.convert("RGB")


def _wanted(size: Size, geometry: Geometry) -> Size:
    """Height and width that the whole photograph has on the scale of the picture."""
    scale = max(geometry.canvas) / max(geometry.frame)
    rows, columns = geometry.resized(size)
    return ceil(rows * scale), ceil(columns * scale)


def _cut(image: Image.Image, geometry: Geometry, *, size: Size) -> Image.Image:
    """The frame, on black where the crop is larger than the photograph, which had this size before it was decoded."""
    height, width = geometry.resized(size)
    top, left = round((height - geometry.frame[0]) / 2), round((width - geometry.frame[1]) / 2)
    seen = (max(left, 0), max(top, 0), min(left + geometry.frame[1], width), min(top + geometry.frame[0], height))
    across, down = image.width / width, image.height / height
    box = (seen[0] * across, seen[1] * down, min(seen[2] * across, image.width), min(seen[3] * down, image.height))
    rows, columns = geometry.canvas
    scale = columns / geometry.frame[1]
    size = (max(1, round((seen[2] - seen[0]) * scale)), max(1, round((seen[3] - seen[1]) * scale)))
    part = image.resize(size, Image.Resampling.BILINEAR, box=box, reducing_gap=3.0)
    canvas = Image.new("RGB", (columns, rows))
    canvas.paste(part, (round((seen[0] - left) * scale), round((seen[1] - top) * scale)))
    return canvas
