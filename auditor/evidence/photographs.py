"""One photograph from its file: eight bits, three channels, and a note of each oddity met on the way."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from PIL import Image

from auditor.errors import DataError
from auditor.evidence.headers import DAMAGE, UPRIGHT, Header, describe, open_image, read_header, read_orientation
from auditor.evidence.properties import estimate_quality

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    from PIL.ImageFile import ImageFile

__all__ = ["Header", "Photograph", "read_header", "read_photograph"]

_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WHITE_16: Final = 65535
_STEP_16: Final = 257  # 65535 / 255
_NOTES: Final = {
    "1": ("grey", "1-bit"),
    "L": ("grey",),
    "LA": ("grey", "alpha"),
    "La": ("grey", "alpha"),
    "I": ("grey", "32-bit"),
    "CMYK": ("CMYK",),
    "P": ("palette",),
    "PA": ("palette", "alpha"),
    "RGBA": ("alpha",),
    "RGBa": ("alpha",),
}
_ANIMATED: Final = frozenset({"GIF", "PNG", "WEBP"})


@dataclass(frozen=True, slots=True)
class Photograph:
    """One decoded photograph."""

    pixels: torch.Tensor  # uint8 (3, H, W)
    sha256: str  # of the file's bytes
    width: int  # pixels, after orientation where it is applied
    height: int
    notes: tuple[str, ...]  # oddities: "CMYK", "16-bit", "palette", "alpha", "grey", "animated", "EXIF rotated", …
    jpeg_quality: float = math.nan  # 1 to 100; NaN for other formats
    picture: Image.Image | None = None  # the same pixels where the file holds them so, to spare a way back from them


def read_photograph(path: Path, *, apply_exif: bool) -> Photograph:
    """Read and decode one photograph.

    Colours are those that torchvision's training loader sees (Pillow's ``convert("RGB")``: alpha is dropped, the first
    frame of an animation counts), but for greys of more than eight bits: these are scaled, where Pillow would clip
    them to white.

    Parameters
    ----------
    path
        The file.
    apply_exif
        Turn the image upright as its EXIF orientation says; else the pixels stay as stored.

    Returns
    -------
    Photograph
        Pixels ``(3, H, W)`` uint8 and what was odd about the file.

    Raises
    ------
    DataError
        With a short reason: no image, damaged, truncated, too large, or of a kind that has no agreed white.
    """
    data = _read_bytes(path)
    with open_image(BytesIO(data)) as image:
        orientation = read_orientation(image)
        notes = _list_notes(image, orientation)
        quality = estimate_quality(getattr(image, "quantization", None))
        _decode(image)
        upright = image.transpose(_TURNS[orientation]) if apply_exif and orientation != UPRIGHT else image
        pixels = _convert(upright)
    return Photograph(
        # a view: channels last is what the resize wants
        pixels=torch.from_numpy(pixels).permute(2, 0, 1),
        sha256=hashlib.sha256(data).hexdigest(),
        width=pixels.shape[1],
        height=pixels.shape[0],
        notes=notes,
        jpeg_quality=quality,
        picture=upright if upright.mode == "RGB" else None,
    )


def _read_bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        msg = "no such file"
        raise DataError(msg) from error
    except OSError as error:
        msg = f"cannot be read: {describe(error)}"
        raise DataError(msg) from error
    if not data:
        msg = "empty file (0 bytes)"
        raise DataError(msg)
    return data


def _decode(image: ImageFile) -> None:
    try:
        image.load()
    except DAMAGE as error:
        text = describe(error)
        kind = "truncated" if "truncated" in text.casefold() or isinstance(error, EOFError) else "damaged"
        msg = f"{kind}: {text}"
        raise DataError(msg) from error


def _list_notes(image: ImageFile, orientation: int) -> tuple[str, ...]:
    """Oddities of an opened image, before it is decoded."""
    notes = list(_NOTES.get(image.mode, ("grey", "16-bit") if image.mode.startswith("I;16") else ()))
    if "transparency" in image.info and "alpha" not in notes:
        notes.append("alpha")
    if image.format in _ANIMATED and getattr(image, "is_animated", False):
        notes.append("animated")
    if orientation != UPRIGHT:
        notes.append("EXIF rotated")
    return tuple(notes)


def _convert(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Eight bits and three channels: (H, W, 3), writable."""
    if image.mode == "RGB":
        return np.array(image)
    if image.mode == "I" or image.mode.startswith("I;16"):
        return _scale_grey(np.asarray(image))
    if image.mode == "F":
        msg = "grey levels as floating point have no agreed white: save it with 8 or 16 bits"
        raise DataError(msg)
    image.info.pop("transparency", None)  # dropped in any case; kept, it makes Pillow warn
    try:
        return np.array(image.convert("RGB"))
    except DAMAGE as error:
        msg = f"colours of mode {image.mode} cannot be turned into RGB"
        raise DataError(msg) from error


def _scale_grey(levels: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
    """16-bit levels to eight bits, three times over."""
    wide = levels.astype(np.int64)
    low, high = int(wide.min()), int(wide.max())
    if low < 0 or high > _WHITE_16:
        msg = f"grey levels from {low} to {high} have no agreed white: save it with 8 or 16 bits"
        raise DataError(msg)
    grey = ((wide + _STEP_16 // 2) // _STEP_16).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
