"""What one photograph says of itself: its colours, its sharpness, how it was saved, and a hash to find its copies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from auditor.evidence.photographs import Photograph
    from auditor.geometry import FloatArray

    SingleArray = npt.NDArray[np.float32]

SIDE: Final = 128
"""Pixels of the square thumbnail on which everything is measured: finer detail than a model sees does not count."""
HASH: Final = (17, 16)
"""Width and height of the grey thumbnail behind the hash: 16 steps to the right in each of 16 rows."""
STEP: Final = 4.0
"""Grey levels, of 255, that a step must rise to count: less may be noise of compression on a plain wall."""
LUMA: Final = (0.299, 0.587, 0.114)
FLAT: Final = 1e-6
"""Added to the variance of the Laplacian, so that the sharpness of a plain surface is a number."""
_QUALITIES: Final = np.arange(1, 101)
_HALF: Final = 50
_LARGEST: Final = 255
_TOLERANCE: Final = 0.25
_MEGA: Final = 1e6
# the luminance table of ITU-T T.81, Annex K.1, which libjpeg scales
_STANDARD: Final = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
).ravel()


def measure_photograph(photograph: Photograph) -> dict[str, object]:
    """Perceptual hash and properties of a photograph.

    Parameters
    ----------
    photograph
        As read.

    Returns
    -------
    dict
        ``hash`` (32 bytes) and one number for each of `auditor.properties.PROPERTIES`; NaN where the file has no such
        property.
    """
    thumbnail = shrink(photograph.picture or Image.fromarray(photograph.pixels.permute(1, 2, 0).numpy()))
    return {
        "hash": hash_steps(thumbnail),
        **measure_colours(_to_unit(np.asarray(thumbnail)[::2, ::2])),  # one pixel in four is enough
        "sharpness": measure_sharpness(thumbnail),
        "jpeg_quality": photograph.jpeg_quality,
        "megapixels": photograph.width * photograph.height / _MEGA,
    }


def shrink(image: Image.Image) -> Image.Image:
    """Thumbnail on which properties are measured.

    Parameters
    ----------
    image
        Of any size and aspect; a smaller one is enlarged without adding detail.

    Returns
    -------
    Image
        ``SIDE × SIDE``, of the same mode.
    """
    larger = min(image.size) >= SIDE
    # means of whole blocks; enlarged by them, a small picture would show edges that it does not have
    method = Image.Resampling.BOX if larger else Image.Resampling.BILINEAR
    return image.resize((SIDE, SIDE), method, reducing_gap=1.0 if larger else None)


def measure_colours(pixels: SingleArray) -> dict[str, float]:
    """Properties that follow from the colours of the pixels, wherever they stand.

    Parameters
    ----------
    pixels
        ``(H, W, 3)`` in [0, 1].

    Returns
    -------
    dict
        brightness, contrast, saturation, warmth and tint, as `auditor.properties.PROPERTIES` defines them.

    Examples
    --------
    >>> orange = np.tile(np.array([1.0, 0.5, 0.0], dtype=np.float32), (2, 2, 1))
    >>> {name: round(value, 2) for name, value in measure_colours(orange).items()}
    {'brightness': 0.59, 'contrast': 0.0, 'saturation': 1.0, 'warmth': 1.0, 'tint': 0.0}
    """
    luma = pixels @ np.array(LUMA, dtype=np.float32)
    red, green, blue = (pixels[..., channel] for channel in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    means = pixels.reshape(-1, 3).mean(axis=0, dtype=np.float64)
    return {
        "brightness": float(luma.mean(dtype=np.float64)),
        "contrast": float(luma.std(dtype=np.float64)),
        "saturation": float(spread.mean(dtype=np.float64)),
        "warmth": float(means[0] - means[2]),
        "tint": float(means[1] - (means[0] + means[2]) / 2),
    }


def measure_sharpness(thumbnail: Image.Image) -> float:
    """Log variance of the Laplacian of a thumbnail.

    Parameters
    ----------
    thumbnail
        Of `shrink`: because its size is fixed, the number does not grow with the photograph's resolution.

    Returns
    -------
    float
        Natural logarithm, from ``log(FLAT)`` = -13.8 for a plain surface to about 0 for a chequerboard of pixels.

    References
    ----------
    Pech-Pacheco et al. (2000), Diatom autofocusing in brightfield microscopy: a comparative study. ICPR, eq. 4.

    Examples
    --------
    >>> round(measure_sharpness(Image.new("RGB", (128, 128), (90, 120, 10))), 1)
    -13.8
    """
    grey = _to_unit(np.asarray(thumbnail.convert("L")))
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    return math.log(float(laplacian.var(dtype=np.float64)) + FLAT)


def _to_unit(levels: npt.NDArray[np.uint8]) -> SingleArray:
    return levels.astype(np.float32) / np.float32(_LARGEST)


def hash_steps(thumbnail: Image.Image) -> bytes:
    """Hash that copies of a picture share, up to a few bits.

    Each bit says whether the picture gets brighter by more than `STEP` from a cell to its right neighbour: a
    difference hash that passes over plain surfaces, where compression would toss a coin.

    Parameters
    ----------
    thumbnail
        Of `shrink`.

    Returns
    -------
    bytes
        256 bits, row by row.

    Examples
    --------
    >>> hash_steps(Image.new("RGB", (128, 128), (90, 120, 10))) == bytes(32)
    True
    """
    cells: FloatArray = np.asarray(thumbnail.convert("L").convert("F").resize(HASH, Image.Resampling.BOX))
    return np.packbits(cells[:, 1:] - cells[:, :-1] > STEP).tobytes()


def scale_table(quality: int) -> npt.NDArray[np.int64]:
    """Luminance quantisation table of a quality, as libjpeg scales it.

    Parameters
    ----------
    quality
        1 to 100.

    Returns
    -------
    ndarray
        ``(64,)`` row by row, 1 to 255.

    Examples
    --------
    >>> scale_table(50)[:4], scale_table(75)[:4], scale_table(100).max()
    (array([16, 11, 10, 16]), array([8, 6, 5, 8]), np.int64(1))
    """
    percent = 5000 // quality if quality < _HALF else 200 - 2 * quality
    table: npt.NDArray[np.int64] = np.clip((_STANDARD * percent + 50) // 100, 1, _LARGEST)
    return table


_TABLES: Final = np.log(np.stack([scale_table(int(quality)) for quality in _QUALITIES]))


def estimate_quality(tables: Mapping[int, Sequence[int]] | None) -> float:
    """Quality that a JPEG file was saved with.

    Parameters
    ----------
    tables
        Quantisation tables by number, as Pillow gives them; None for other formats.

    Returns
    -------
    float
        The quality in 1 to 100 whose luminance table is nearest in mean absolute log ratio: the very one for files
        written by libjpeg, an equivalent for other encoders. NaN where there is no table, or none is near.

    Examples
    --------
    >>> estimate_quality({0: scale_table(83).tolist()}), estimate_quality(None)
    (83.0, nan)
    """
    if not tables:
        return math.nan
    first = np.asarray(tables[min(tables)], dtype=np.float64)
    if first.shape != _STANDARD.shape or first.min() < 1:
        return math.nan
    # quality matters to the coarser steps as to the finer ones: ratios, not differences
    apart = np.abs(_TABLES - np.log(first)).mean(axis=1)
    nearest = int(apart.argmin())
    return float(_QUALITIES[nearest]) if apart[nearest] <= _TOLERANCE else math.nan
