"""What the head of an image file says: size and orientation, without decoding a pixel."""

from __future__ import annotations

import os
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Final

from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from auditor.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from auditor.geometry import Size

FORMATS: Final = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")
"""The formats that are read; every other decoder stays shut."""
MAX_PIXELS: Final = 89_478_485
"""Pillow's own limit, held here whatever a user's code has set there."""
DAMAGE: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    ArithmeticError,
    AttributeError,
    NotImplementedError,
    struct.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises on damaged files, format by format."""
UPRIGHT: Final = 1
_TRANSPOSED: Final = frozenset({5, 6, 7, 8})
_ORIENTATIONS: Final = range(1, 9)
_BATCH: Final = 256


@dataclass(frozen=True, slots=True)
class Header:
    """Size and orientation of an image, from the head of its file.

    Examples
    --------
    >>> Header(width=640, height=480, orientation=6).frame(apply_exif=True)
    (640, 480)
    """

    width: int  # pixels, as stored
    height: int
    orientation: int  # EXIF, 1 to 8; 1 is upright

    def frame(self, *, apply_exif: bool) -> Size:
        """Height and width once orientation is applied or ignored.

        Parameters
        ----------
        apply_exif
            Whether the image is turned upright.

        Returns
        -------
        tuple
            Height and width in pixels.
        """
        turned = apply_exif and self.orientation in _TRANSPOSED
        return (self.width, self.height) if turned else (self.height, self.width)


def open_image(source: Path | IO[bytes], *, formats: Sequence[str] = FORMATS) -> ImageFile.ImageFile:
    """Open an image and refuse what must not be decoded.

    Parameters
    ----------
    source
        The file, or its bytes as a stream.
    formats
        Formats that are let in.

    Returns
    -------
    ImageFile
        Nothing decoded yet.

    Raises
    ------
    DataError
        If the file cannot be read, is of no such format, damaged, or over `MAX_PIXELS`.
    """
    # other libraries allow truncated files for the whole process: a half-grey picture must not pass as read
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        image = Image.open(source, formats=list(formats))
    except UnidentifiedImageError as error:
        msg = f"not an image: expected {', '.join(formats)}"
        raise DataError(msg) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        msg = f"over the limit of {MAX_PIXELS / 1e6:.1f} megapixels: {str(error).split(',')[0]}"
        raise DataError(msg) from error
    except FileNotFoundError as error:
        msg = "no such file"
        raise DataError(msg) from error
    except DAMAGE as error:
        # Pillow's own complaints carry no number of the system
        what = "damaged" if getattr(error, "errno", None) is None else "cannot be read"
        msg = f"{what}: {describe(error)}"
        raise DataError(msg) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        image.close()
        msg = f"{width * height / 1e6:.0f} megapixels: over the limit of {MAX_PIXELS / 1e6:.1f}"
        raise DataError(msg)
    return image


def describe(error: BaseException) -> str:
    """What an error of Pillow or of the system says, in one line and without paths.

    Parameters
    ----------
    error
        The error.

    Returns
    -------
    str
        Its text, or its type where it has none.

    Examples
    --------
    >>> describe(FileNotFoundError(2, "No such file or directory", "/home/me/a.jpg"))
    'No such file or directory'
    """
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


def read_orientation(image: ImageFile.ImageFile) -> int:
    """EXIF orientation of an opened image.

    Parameters
    ----------
    image
        As `open_image` returns it; nothing is decoded.

    Returns
    -------
    int
        1 to 8. 1 where there is none, where it is no valid value, and for TIFF, which Pillow turns upright for
        every reader, training loaders included.
    """
    if image.format == "TIFF":
        return UPRIGHT
    try:
        # PNG's own getexif decodes the whole picture in search of a late chunk
        value = Image.Image.getexif(image).get(ExifTags.Base.Orientation, UPRIGHT)
    except DAMAGE:
        return UPRIGHT
    return value if isinstance(value, int) and value in _ORIENTATIONS else UPRIGHT


def read_header(path: Path, *, formats: Sequence[str] = FORMATS) -> Header:
    """Size and orientation of an image file.

    Parameters
    ----------
    path
        The file.
    formats
        Formats that are let in.

    Returns
    -------
    Header
        As the file claims: a truncated file has a good header.

    Raises
    ------
    DataError
        If the file is of no such format, damaged, or over `MAX_PIXELS`.
    """
    with open_image(path, formats=formats) as image:
        return Header(width=image.width, height=image.height, orientation=read_orientation(image))


def _read_batch(paths: Sequence[Path], formats: Sequence[str]) -> list[Header | str]:
    headers: list[Header | str] = []
    for path in paths:
        try:
            headers.append(read_header(path, formats=formats))
        except DataError as error:
            headers.append(str(error))
    return headers


def read_headers(paths: Sequence[Path], *, formats: Sequence[str] = FORMATS) -> list[Header | str]:
    """Headers of many files, by threads.

    Parameters
    ----------
    paths
        The files.
    formats
        Formats that are let in.

    Returns
    -------
    list
        In the order given: the header, or the reason why there is none.
    """
    batches = [paths[start : start + _BATCH] for start in range(0, len(paths), _BATCH)]
    Image.preinit()
    with ThreadPoolExecutor(max_workers=min(16, 4 * (os.cpu_count() or 1))) as pool:
        return [header for batch in pool.map(lambda batch: _read_batch(batch, formats), batches) for header in batch]
