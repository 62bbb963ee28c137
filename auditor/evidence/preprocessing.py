"""From photograph to model input; boxes and masks go through the same geometry."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from auditor.errors import DataError, UsageError, nearest
from auditor.evidence.regions.masks import read_mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from auditor.evidence.dataset import Region
    from auditor.evidence.photographs import Photograph
    from auditor.geometry import BoolArray, FloatArray, Size

INTERPOLATIONS: Final = {mode.value: mode for mode in InterpolationMode if mode.value not in {"box", "hamming"}}
CHANNELS: Final = 3


@dataclass(frozen=True, slots=True)
class PreparedRegion:
    """A region in the frame that the model sees."""

    name: str
    boxes: FloatArray  # (k, 4): x_min, y_min, x_max, y_max in pixels of the frame, cut to it; k may be 0
    mask: BoolArray | None  # (H, W), with at least one pixel inside


@dataclass(frozen=True, slots=True)
class Prepared:
    """A photograph as the model sees it."""

    image: torch.Tensor  # float32 (3, H, W), normalised
    regions: tuple[PreparedRegion, ...]  # one for each that was asked for, seen in the frame or not


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """Resize, centre crop, scale to [0, 1], normalise: what a classifier was trained to see.

    Parameters
    ----------
    resize
        New length of the shorter side in pixels, or (height, width); None leaves the size.
    crop
        Centre crop in pixels: a side, or (height, width); None crops nothing. A crop larger than the image pads it
        with black.
    mean, std
        Per channel, on the scale from 0 to 1.
    interpolation
        As torchvision names it; always with antialiasing.

    Raises
    ------
    UsageError
        If a number is out of range or the interpolation is none.

    Examples
    --------
    >>> Preprocessing(resize=256, crop=224, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)).frame
    (224, 224)
    """

    resize: int | tuple[int, int] | None
    crop: int | tuple[int, int] | None
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        for name in ("resize", "crop", "mean", "std"):
            value = getattr(self, name)
            object.__setattr__(self, name, tuple(value) if isinstance(value, list) else value)
        _check_length("resize", self.resize)
        _check_length("crop", self.crop)
        _check_channels("mean", self.mean)
        _check_channels("std", self.std)
        if min(self.std) <= 0:
            raise UsageError(f"preprocessing std is {list(self.std)}, expected numbers above 0")
        if self.interpolation not in INTERPOLATIONS:
            known = ", ".join(INTERPOLATIONS)
            hint = nearest(self.interpolation, INTERPOLATIONS)
            raise UsageError(f"preprocessing interpolation {self.interpolation!r} is none of {known}{hint}")

    @cached_property
    def frame(self) -> Size:
        """Height and width in pixels that the model sees.

        Returns
        -------
        tuple
            The crop, else the size that images are resized to.

        Raises
        ------
        UsageError
            If images keep different sizes.
        """
        if self.crop is not None:
            return (self.crop, self.crop) if isinstance(self.crop, int) else self.crop
        if isinstance(self.resize, tuple):
            return self.resize
        raise UsageError("preprocessing needs crop, or resize = [height, width]: the model must see images of one size")

    def describe(self) -> dict[str, Any]:
        """Every step, for the report.

        Returns
        -------
        dict
            Plain values by name.
        """
        steps = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
        return {**steps, "antialias": True}

    def __call__(self, photograph: Photograph, regions: Sequence[Region] = ()) -> Prepared:
        """Prepare a photograph and the regions on it.

        Parameters
        ----------
        photograph
            As read.
        regions
            In pixels of the photograph.

        Returns
        -------
        Prepared
            Image ``(3, H, W)`` and the regions in the same frame.

        Raises
        ------
        DataError
            If a mask cannot be decoded, or is not of the image's size.
        """
        resized = self._resize(photograph.pixels, INTERPOLATIONS[self.interpolation])
        image = functional.to_dtype(self._crop(resized), torch.float32, scale=True)
        image = functional.normalize(image, list(self.mean), list(self.std), inplace=True)
        resized_to = (resized.shape[-2], resized.shape[-1])
        return Prepared(image, tuple(self._prepare(region, photograph, resized_to) for region in regions))

    def _resize(self, pixels: torch.Tensor, interpolation: InterpolationMode) -> torch.Tensor:
        if self.resize is None:
            return pixels
        size = [self.resize] if isinstance(self.resize, int) else list(self.resize)
        resized: torch.Tensor = functional.resize(pixels, size, interpolation=interpolation, antialias=True)
        return resized

    def _crop(self, pixels: torch.Tensor) -> torch.Tensor:
        if self.crop is None:
            return pixels
        cropped: torch.Tensor = functional.center_crop(pixels, list(self.frame))
        return cropped

    def _prepare(self, region: Region, photograph: Photograph, resized: Size) -> PreparedRegion:
        boxes = self._move(np.array(region.boxes, dtype=np.float64).reshape(-1, 4), photograph, resized)
        mask = None
        if region.mask is not None:
            whole = torch.from_numpy(read_mask(region.mask).astype(np.uint8))[None]  # (1, H, W)
            if whole.shape[1:] != photograph.pixels.shape[1:]:
                _, height, width = whole.shape
                size = f"{photograph.width} × {photograph.height}"
                raise DataError(f"mask {region.mask.name}: {width} × {height} pixels, the image has {size}")
            # torchvision's own masks take the upper left neighbour: half a pixel beside the image
            inside = self._crop(self._resize(whole, InterpolationMode.NEAREST_EXACT))[0].numpy().astype(bool)
            mask = inside if inside.any() else None
        return PreparedRegion(region.name, boxes, mask)

    def _move(self, boxes: FloatArray, photograph: Photograph, resized: Size) -> FloatArray:
        """Boxes in the frame; torchvision's own boxes slip by a pixel where a crop pads an odd number of rows."""
        scale = np.array([resized[1] / photograph.width, resized[0] / photograph.height] * 2)
        offset = np.array([_offset(self.frame[1], resized[1]), _offset(self.frame[0], resized[0])] * 2)
        moved = np.clip(boxes * scale + offset, 0, np.array([self.frame[1], self.frame[0]] * 2))
        seen: FloatArray = moved[(moved[:, 2:] > moved[:, :2]).all(axis=1)]
        return seen


def _offset(crop: int, length: int) -> int:
    """Where a centre crop puts the first pixel, rounded as torchvision does."""
    return (crop - length) // 2 if crop > length else -round((length - crop) / 2)


def _check_length(name: str, value: object) -> None:
    lengths = value if isinstance(value, tuple) else (value, value)
    whole = all(isinstance(length, int) and not isinstance(length, bool) and length > 0 for length in lengths)
    if value is not None and not (whole and len(lengths) == 2):  # noqa: PLR2004 -- height and width
        raise UsageError(f"preprocessing {name} is {value!r}, expected a number of pixels or [height, width]")


def _check_channels(name: str, values: Sequence[float]) -> None:
    if len(values) != CHANNELS or not all(math.isfinite(value) for value in values):
        raise UsageError(f"preprocessing {name} is {list(values)}, expected {CHANNELS} numbers")
